"""`check`, `diff`, `plan`: what would happen, told without making anything of it happen."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from pipelines import console

PERIOD = ("2020-S2", "01.07.2020", "31.12.2020")


@pytest.mark.parametrize("verb", ["check", "diff", "plan"])
def test_looking_writes_nothing(desk: Any, verb: str) -> None:
    source = desk.dataset()
    assert desk.run(verb).code == 0
    assert desk.tree() == {}
    desk.publish()
    source.write_text("Loc,Nr\nLunca,1\n", "utf-8")
    before = desk.tree()
    assert desk.run(verb).code == 0
    assert desk.tree() == before


def test_the_plan_is_what_publishing_then_writes(desk: Any) -> None:
    source = desk.dataset()
    for rows in ("Loc,Nr\nA,1\n", "Loc,Nr\nA,1\nB,2\n", "Loc,Nr\nA,3\nB,2\n"):
        source.write_text(rows, "utf-8")
        (answer,) = desk.run("plan", "--json").json
        before = _seen(desk)
        desk.publish()
        after = _seen(desk)
        written = {path for path in after if after[path] != before.get(path)}
        planned = {write["path"]: write for write in answer["plan"]}
        assert planned.keys() == written
        assert answer["writes"] == len(planned)
        assert answer["version"] == desk.shown()
        for path, write in planned.items():
            if write["action"] == "link" or not path.startswith("wells/versions/"):
                continue  # pages tell when they were made
            assert after[path] == (write["sha256"], write["bytes"])
    assert desk.run("plan", "--json").json[0]["plan"] == []


def _seen(desk: Any) -> dict[str, object]:
    """Every file and link of a dataset at its public address; files of versions under their own."""
    found: dict[str, object] = {}
    home = desk.public / "wells"
    for path in home.rglob("*") if home.exists() else ():
        name = f"wells/{path.relative_to(home)}"
        if path.is_symlink():
            found[name] = str(path.readlink())
        elif path.is_file():
            found[name] = (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_size)
    for link in home.glob("versions/*"):
        for path in link.rglob("*"):
            if path.is_file():
                content = path.read_bytes()
                name = f"wells/versions/{link.name}/{path.relative_to(link)}"
                found[name] = (hashlib.sha256(content).hexdigest(), len(content))
    return found


def test_a_plan_of_what_is_held_has_no_writes(desk: Any) -> None:
    source = desk.dataset()
    desk.publish()
    desk.run("withdraw", "wells", "--reason", "x", "--yes")
    source.write_text("Loc,Nr\nA,1\n", "utf-8")
    (answer,) = desk.run("plan", "--json").json
    assert (answer["status"], answer["plan"]) == ("held", [])


def test_the_difference_is_told_cell_by_cell_with_the_number(desk: Any) -> None:
    source = desk.dataset()
    desk.publish()
    source.write_text("Loc,Nr\nValea Albă,4\nLunca,1\n", "utf-8")
    ran = desk.run("diff")
    assert "wells: the next version would be 1.1.0" in ran.out
    assert "rows Valea Albă count: 3 -> 4" in ran.out
    changes = desk.run("diff", "--json").json[0]["changes"]
    assert {(c["change"], c["key"]) for c in changes} == {
        ("revised", '["Valea Albă"]'),
        ("added", '["Lunca"]'),
        ("removed", '["Dealul Rece"]'),
    }


def test_many_changes_are_counted_for_people_and_all_there_for_programs(desk: Any) -> None:
    source = desk.dataset(rows="Loc,Nr\n" + "".join(f"L{n},1\n" for n in range(50)))
    desk.publish()
    source.write_text("Loc,Nr\n" + "".join(f"L{n},2\n" for n in range(50)), "utf-8")
    assert "and 30 more" in desk.run("diff").out
    (answer,) = desk.run("diff", "--json").json
    assert (len(answer["changes"]), answer["more_changes"]) == (50, False)


def test_more_changes_than_anybody_reads_are_not_all_told(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    source = desk.dataset(rows="Loc,Nr\n" + "".join(f"L{n},1\n" for n in range(50)))
    desk.publish()
    source.write_text("Loc,Nr\n" + "".join(f"L{n},2\n" for n in range(50)), "utf-8")
    monkeypatch.setattr(console, "MAX_TOLD", 30)
    assert "and over 10 more; after publica build" in desk.run("diff").out
    (answer,) = desk.run("diff", "--json").json
    assert (len(answer["changes"]), answer["more_changes"]) == (30, True)


def test_all_faults_are_told_at_once_with_their_places(desk: Any) -> None:
    desk.dataset(rows="Loc,Nr\nA,unu\nA,2\nB,3x\n")
    ran = desk.run("check")
    assert ran.code == 1
    assert {"rows.csv:2", "rows.csv:4"} <= {line.split(",")[0].split()[-1] for line in ran.err.splitlines()}
    assert "STOP" in ran.err
    assert ran.out.startswith("wells: stopped")


def _xlsx(path: Path, count: object) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (["Loc", "Nr"], ["A", count], ["B", 2]):
        sheet.append(row)
    book.save(path)


def test_a_workbook_saved_again_makes_no_version(desk: Any) -> None:
    source = desk.dataset(file="rows.xlsx", rows=b"")
    _xlsx(source, 1)
    desk.publish()
    before = source.read_bytes()
    book = openpyxl.load_workbook(source)
    book.properties.creator = "somebody else"
    book.save(source)
    assert source.read_bytes() != before
    shown = desk.tree("public")
    assert "nothing changed, 1.0.0 stands" in desk.publish().out
    assert desk.tree("public") == shown
    assert [e.kind for e in desk.archive.ledger("wells").entries()][-1] == "confirmed"
    assert "nothing changed" in desk.publish().out
    assert len(desk.archive.ledger("wells").entries()) == 4


def test_a_new_half_year_is_added_and_what_was_published_before_stays(desk: Any) -> None:
    """The real dataset whose source holds one half-year at a time, with an invented second one."""
    source = desk.real("paralegals") / "source" / "paralegals.csv"
    desk.publish()
    before = desk.rows("paralegals", "observations")
    head, *lines = source.read_text("utf-8").splitlines()
    rows = [
        line.replace("2020-S1", PERIOD[0]).replace("01.01.2020", PERIOD[1]).replace("30.06.2020", PERIOD[2])
        for line in lines
        if line.startswith("2020-S1")
    ]
    assert len(rows) == 4
    source.write_text("\n".join([head, *rows]) + "\n", "utf-8")
    (answer,) = desk.run("diff", "--json").json
    assert answer["version"] == "1.1.0"
    assert {change["change"] for change in answer["changes"]} == {"added"}
    desk.publish()
    after = desk.rows("paralegals", "observations")
    assert desk.shown("paralegals") == "1.1.0"
    assert set(before.splitlines()) < set(after.splitlines())
    assert len(after.splitlines()) == len(before.splitlines()) + 4
