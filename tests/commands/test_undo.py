"""`rollback`, `withdraw`, `release`, `erase`: what they leave, and that nothing undoes them by itself."""

from __future__ import annotations

import io
import itertools
import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest

from pipelines.commands.publish import only_routine, person_said_yes, publish
from pipelines.commands.workspace import Workspace
from pipelines.portals.gate import checked_version
from pipelines.portals.metadata import About

MARKER = "Izvorul Șters 4711"
HELD: dict[str, list[str]] = {"rollback": ["1.0.0"], "withdraw": [], "erase": ["--version", "1.1.0"]}


def _four_versions(desk: Any) -> dict[str, str]:
    """Four versions, all public once; the rows of each."""
    source = desk.dataset()
    found: dict[str, str] = {}
    for rows in ("A,1\n", "A,1\nB,2\n", "A,9\nB,2\n", "B,2\n"):
        source.write_text("Loc,Nr\n" + rows, "utf-8")
        desk.publish()
        found[desk.shown()] = desk.rows()
    assert list(found) == ["1.0.0", "1.1.0", "1.1.1", "1.2.0"]
    return found


def test_g4_every_version_can_be_made_current_from_every_other(desk: Any) -> None:
    rows = _four_versions(desk)
    walk = [number for pair in itertools.permutations(rows, 2) for number in pair]
    for number in walk:
        ran = desk.run("rollback", "wells", number, "--reason", f"to {number}", "--yes")
        assert ran.code == 0, ran.said
        assert (desk.shown(), desk.rows()) == (number, rows[number])
        for other, text in rows.items():
            assert (desk.public / "wells" / "versions" / other / "data" / "rows.csv").read_text("utf-8") == text
    assert desk.archive.ledger("wells").broken_links() == []


@pytest.mark.parametrize("verb", HELD)
def test_nothing_is_published_until_a_person_lifts_the_hold(desk: Any, verb: str) -> None:
    source = desk.dataset()
    desk.publish()
    source.write_text("Loc,Nr\nB,2\n", "utf-8")
    desk.publish()
    assert desk.run(verb, "wells", *HELD[verb], "--reason", "a wrong count", "--yes").code == 0
    source.write_text("Loc,Nr\nC,3\n", "utf-8")
    before = desk.tree()
    ran = desk.run("publish", "--yes", "--json")
    assert (ran.code, ran.json[0]["status"]) == (0, "held")
    assert "a wrong count" in ran.json[0]["findings"][0]["text"]["en"]
    assert desk.tree() == before
    assert desk.run("status", "--json").json[0]["hold"] == verb
    assert desk.run("release", "wells").code == 0
    assert desk.publish().out.startswith("wells: published ")
    assert desk.rows() == "place,count\nC,3\n"
    assert desk.archive.ledger("wells").broken_links() == []


@pytest.mark.parametrize("verb", HELD)
def test_the_reason_is_kept(desk: Any, verb: str) -> None:
    _four_versions(desk)
    assert desk.run(verb, "wells", *HELD[verb], "--reason", "a wrong count", "--yes").code == 0
    assert "a wrong count" in desk.run("history", "wells").out
    if verb == "withdraw":
        assert "a wrong count" in (desk.public / "wells" / "index.html").read_text("utf-8")


def test_without_a_yes_nothing_is_undone(desk: Any) -> None:
    _four_versions(desk)
    before = desk.tree()
    for verb, rest in HELD.items():
        assert desk.run(verb, "wells", *rest, "--reason", "x").code == 1
    assert desk.tree() == before


def test_what_was_withdrawn_can_be_taken_back(desk: Any) -> None:
    rows = _four_versions(desk)
    desk.run("withdraw", "wells", "--reason", "under review", "--yes")
    assert desk.reading()["status"] == "withdrawn"
    assert not (desk.public / "wells" / "latest").exists()
    assert "never" not in desk.run("status").out
    desk.run("release", "wells")
    desk.publish()
    assert (desk.shown(), desk.rows()) == ("1.2.0", rows["1.2.0"])
    assert [v["version"] for v in desk.reading()["versions"]] == list(reversed(rows))


def test_after_a_rollback_and_a_release_what_is_told_is_what_is_then_published(desk: Any) -> None:
    rows = _four_versions(desk)
    desk.run("rollback", "wells", "1.0.0", "--reason", "x", "--yes")
    desk.run("release", "wells")
    for verb in ("check", "diff"):
        assert "nothing changed, 1.2.0 stands" in desk.run(verb).out
    assert desk.run("plan", "--json").json[0]["version"] == "1.2.0"
    desk.publish()
    assert (desk.shown(), desk.rows()) == ("1.2.0", rows["1.2.0"])


def test_withdrawing_what_was_never_public_is_a_mistake(desk: Any) -> None:
    desk.dataset()
    assert desk.run("withdraw", "wells", "--reason", "x", "--yes").code == 1
    assert desk.run("erase", "wells", "--reason", "x", "--yes").code == 1
    assert desk.run("rollback", "wells", "1.0.0", "--reason", "x", "--yes").code == 1


def _holds(path: Path, content: bytes, needle: bytes) -> list[str]:
    """Where `needle` stands in a file, also inside ZIPs and what they hold."""
    found = [str(path)] if needle in content else []
    if content[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            for name in packed.namelist():
                found += _holds(path / name, packed.read(name), needle)
    return found


def _everywhere(desk: Any, needle: str) -> list[str]:
    return [
        place
        for folder in ("archive", "public")
        for path in (desk.root / folder).rglob("*")
        if path.is_file()
        for place in _holds(path, path.read_bytes(), needle.encode())
    ]


def test_erased_rows_are_nowhere_and_their_numbers_are_never_given_again(desk: Any) -> None:
    source = desk.dataset(rows=f"Loc,Nr\nA,1\n{MARKER},2\n")
    desk.publish()
    source.write_text("Loc,Nr\nA,1\nB,5\n", "utf-8")
    desk.publish()
    source.write_text("Loc,Nr\nA,1\nB,6\n", "utf-8")
    desk.publish()
    places = _everywhere(desk, MARKER)
    assert any("xlsx" in place for place in places)
    assert any("changes.csv" in place for place in places)
    ran = desk.run("erase", "wells", "--version", "1.0.0", "--reason", "court order 12", "--yes", "--json")
    assert ran.json[0]["versions"] == "1.0.0, 1.1.0"
    assert _everywhere(desk, MARKER) == []
    assert desk.rows() == "place,count\nA,1\nB,6\n"
    assert desk.archive.numbers("wells") == ["1.1.1"]
    assert "court order 12" in desk.run("history", "wells").out
    assert desk.run("rollback", "wells", "1.0.0", "--reason", "x", "--yes").code == 1
    desk.run("release", "wells")
    source.write_text("Loc,Nr\nC,1\n", "utf-8")
    desk.publish()
    assert desk.shown() == "1.2.0"


def test_erasing_all_leaves_hashes_and_the_reason_and_later_versions_go_on_counting(desk: Any) -> None:
    source = desk.dataset(rows=f"Loc,Nr\n{MARKER},2\n")
    desk.publish()
    desk.run("publish", "--yes", "--to", "folder:other")
    assert desk.run("erase", "wells", "--reason", "court order 12", "--yes").code == 0
    assert _everywhere(desk, MARKER) == []
    entry = desk.archive.ledger("wells").last()
    assert set(entry.data["hashes"]["1.0.0"]) == {"manifest", "content_hash"}
    assert desk.reading()["status"] == "erased"
    other = [p for p in (desk.root / "other").rglob("*") if p.is_file() and MARKER.encode() in p.read_bytes()]
    assert other == []
    assert desk.run("erase", "wells", "--reason", "again", "--yes").code == 1
    desk.run("release", "wells")
    source.write_text("Loc,Nr\nA,1\n", "utf-8")
    desk.publish()
    assert desk.shown() == "2.0.0"
    assert desk.archive.ledger("wells").broken_links() == []


def test_an_erasure_that_died_half_way_is_ended_by_the_next(desk: Any) -> None:
    _four_versions(desk)
    shutil.rmtree(desk.root / "archive" / "wells" / "1.0.0")  # what a process killed in the middle leaves
    assert desk.run("erase", "wells", "--reason", "court order 12", "--yes").code == 0
    state = desk.archive.state("wells")
    assert sorted(state.erased) == ["1.0.0", "1.1.0", "1.1.1", "1.2.0"]
    assert desk.run("publish", "--yes").code == 0


def test_a_rollback_onto_a_portal_that_was_lost_brings_its_versions_back(desk: Any) -> None:
    _four_versions(desk)
    shutil.rmtree(desk.public)
    ran = desk.run("rollback", "wells", "1.0.0", "--reason", "x", "--yes")
    assert ran.code == 0, ran.said
    assert desk.shown() == "1.0.0"
    assert len(json.loads((desk.public / "wells" / "dataset.json").read_bytes())["versions"]) == 4


def test_a_rollback_that_died_before_it_was_written_down_is_no_edit_by_hand(desk: Any) -> None:
    _four_versions(desk)
    workspace = Workspace(desk.datapackages, desk.root / "archive", f"folder:{desk.public}")
    about = About.of(workspace.dataset("wells"))
    workspace.portal.publish(checked_version(workspace.archive, "wells", "1.1.0"), about, workspace.now())
    assert desk.shown() == "1.1.0"
    assert "by hand" not in desk.run("status").said
    desk.publish()
    assert desk.shown() == "1.2.0"


def test_an_undo_holds_the_dataset_before_it_touches_the_portal(desk: Any) -> None:
    _four_versions(desk)
    assert desk.run("rollback", "wells", "1.0.0", "--reason", "a wrong count", "--yes").code == 0
    assert [entry.kind for entry in desk.archive.ledger("wells").entries()][-2:] == ["held", "rolled-back"]


def test_an_undo_that_the_portal_refuses_leaves_no_hold(desk: Any) -> None:
    _four_versions(desk)
    (desk.public / "wells" / "dataset.json").write_text("{}", "utf-8")
    assert desk.run("rollback", "wells", "1.0.0", "--reason", "a wrong count", "--yes").code == 1
    assert desk.archive.state("wells").hold is None


def test_what_a_killed_run_left_in_the_making_is_gone_after_an_erasure(desk: Any) -> None:
    desk.dataset()
    desk.publish()
    left = desk.root / "archive" / "wells" / ".scratch" / "dead"
    left.mkdir(parents=True)
    (left / "rows.csv").write_text(MARKER, "utf-8")
    assert desk.run("erase", "wells", "--reason", "court order", "--yes").code == 0
    assert not left.exists()


def test_erasing_reaches_a_version_that_a_killed_run_never_wrote_down(desk: Any) -> None:
    source = desk.dataset()
    desk.publish()
    source.write_text("Loc,Nr\nA,1\nB,2\n", "utf-8")
    desk.publish()
    home = desk.root / "archive" / "wells"
    max((home / "ledger").iterdir()).unlink()  # published
    max((home / "ledger").iterdir()).unlink()  # version 1.1.0: as if the run had died just before
    assert (home / "1.1.0" / "manifest.json").exists()
    shutil.rmtree(desk.public)
    assert desk.run("erase", "wells", "--reason", "court order", "--yes").code == 0
    assert not (home / "1.1.0").exists()


def test_the_first_publication_after_a_hold_waits_for_a_person(desk: Any) -> None:
    _four_versions(desk)
    assert desk.run("rollback", "wells", "1.0.0", "--reason", "a wrong count", "--yes").code == 0
    assert desk.run("release", "wells").code == 0
    workspace = Workspace(desk.datapackages, desk.root / "archive", f"folder:{desk.public}")
    outcome = publish(workspace, "wells", only_routine)
    assert (outcome.status, [f.code for f in outcome.findings]) == ("waits", ["waits-lifted"])
    assert desk.shown() == "1.0.0"
    assert publish(workspace, "wells", person_said_yes).status == "published"


def test_a_rollback_works_where_the_declaration_no_longer_loads(desk: Any) -> None:
    _four_versions(desk)
    (desk.datapackages / "wells" / "datapackage.yaml").write_text("- no mapping\n", "utf-8")
    ran = desk.run("rollback", "wells", "1.0.0", "--reason", "a wrong count", "--yes")
    assert ran.code == 0, ran.said
    assert desk.shown() == "1.0.0"


def test_a_version_made_after_a_rollback_takes_the_step_that_its_readers_feel(desk: Any) -> None:
    source = desk.dataset(rows="Loc,Nr\nA,1\n")
    desk.publish()
    source.write_text("Loc,Nr\nA,1\nB,2\n", "utf-8")
    desk.publish()
    assert desk.run("rollback", "wells", "1.0.0", "--reason", "a wrong row", "--yes").code == 0
    source.write_text("Loc,Nr\nA,9\n", "utf-8")
    assert desk.run("release", "wells").code == 0
    desk.publish()
    assert desk.shown() == "1.2.0"


def test_a_dataset_whose_every_version_was_erased_is_no_longer_called_withdrawn(desk: Any) -> None:
    desk.dataset()
    desk.publish()
    assert desk.run("withdraw", "wells", "--reason", "under review", "--yes").code == 0
    assert desk.run("erase", "wells", "--reason", "court order", "--yes").code == 0
    told = json.loads((desk.public / "wells" / "dataset.json").read_text("utf-8"))
    assert (told["status"], told["reason"]["en"]) == ("erased", "court order")


def test_an_erasure_names_the_datasets_that_were_made_from_the_erased_one(desk: Any) -> None:
    desk.dataset()
    desk.dataset(
        "copies", title="Copied wells", publica="{source: {package: wells, resource: rows}, checks: {rows: {min: 1}}}"
    )
    desk.edit("copies", "from: Loc", "from: place")
    desk.edit("copies", "name: count, type: integer, from: Nr", "name: count, type: integer")
    desk.publish()
    ran = desk.run("erase", "wells", "--reason", "court order", "--yes", "--json")
    assert [(f["code"], f["dataset"]) for f in ran.json[0]["findings"]] == [("made-from-erased", "copies")]
