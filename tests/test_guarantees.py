"""What publica sells, each once end to end: a person types and a reader looks. The rooms' tests hold them in detail."""

from __future__ import annotations

import csv
import json
import os
import re
import sqlite3
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines.declaration.load import load_all
from pipelines.portals.shelf import Shelf

TESTS = Path(__file__).resolve().parent
PROJECT = TESTS.parent
DOCUMENTS = PROJECT.parent / "shared" / "seeds"  # not part of the project; where they lie beside it, they are read
PROVENANCE = ("source_document", "source_line", "source_text")
GUARANTEES = [1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13]  # personal data (G10) has corpora of its own in checks/
SECRET = "Sesam-4711"


@pytest.mark.parametrize("number", GUARANTEES)
def test_each_guarantee_has_a_test_named_after_it(number: int) -> None:
    texts = (file.read_text("utf-8") for file in TESTS.rglob("test_*.py"))
    assert any(re.search(rf"^def test_g{number}_", text, re.MULTILINE) for text in texts)


@pytest.mark.parametrize("spoilt", ["package/data/rows.csv", "manifest.json", "verdict"])
def test_g1_one_byte_changed_after_the_verdict_and_it_is_not_published(desk: Any, spoilt: str) -> None:
    desk.dataset()
    assert desk.run("build").code == 0
    home = desk.root / "archive" / "wells"
    (verdict,) = (home / "verdicts").iterdir()
    file = verdict if spoilt == "verdict" else home / "1.0.0" / spoilt
    content = file.read_bytes()
    file.write_bytes(content[:-2] + bytes([content[-2] ^ 1]) + content[-1:])
    ran = desk.run("publish", "--yes")
    assert ran.code == 1
    assert "1.0.0" in ran.err
    assert not (desk.public / "wells").exists()


def test_g1_what_its_checks_stop_is_made_no_version_by_any_verb(desk: Any) -> None:
    desk.dataset(publica="{checks: {rows: {min: 3}}}")
    for words in (["build"], ["publish", "--yes"], ["plan"], ["check"], ["diff"]):
        assert desk.run(*words).code == 1
    assert desk.archive.numbers("wells") == []
    assert not (desk.public / "wells").exists()


def test_g3_names_and_links_hold_through_every_version(desk: Any) -> None:
    source = desk.dataset()
    seen: set[str] = set()
    for number in range(6):
        source.write_text("Loc,Nr\n" + "".join(f"L{n},{number}\n" for n in range(number + 1)), "utf-8")
        desk.publish()
        files = desk.reading()["files"]
        links = {file["url"] for file in files}
        assert "latest/data/rows.csv" in links
        assert all((desk.public / "wells" / link).is_file() for link in links)
        stable = {key: [file.get(key) for file in files] for key in ("id", "name", "path", "url", "format")}
        seen.add(json.dumps(stable))
    assert len(desk.reading()["versions"]) == 6
    assert len(seen) == 1


def test_g5_the_same_inputs_give_the_same_bytes_under_other_circumstances(desk: Any) -> None:
    for slug in ("mills", "wells"):
        desk.dataset(slug)
    circumstances = [
        ({"TZ": "Asia/Tokyo", "LC_ALL": "C", "POLARS_MAX_THREADS": "1", "PYTHONHASHSEED": "1"}, 0o077),
        ({"TZ": "America/New_York", "LC_ALL": "ro_MD.UTF-8", "POLARS_MAX_THREADS": "3", "PYTHONHASHSEED": "2"}, 0o002),
    ]
    made: list[dict[str, bytes]] = []
    for number, (environment, umask) in enumerate(circumstances):
        before = os.umask(umask)
        try:
            ran = desk.process("build", "--archive", f"archive-{number}", env=environment)
        finally:
            os.umask(before)
        assert ran.code == 0, ran.said
        home = desk.root / f"archive-{number}"
        files = [path for slug in ("mills", "wells") for path in (home / slug / "1.0.0").rglob("*") if path.is_file()]
        made.append({path.relative_to(home).as_posix(): path.read_bytes() for path in files})
    assert len(made[0]) > 20
    assert made[0] == made[1]


def test_g9_what_is_not_read_back_as_it_was_written_is_put_back(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    source = desk.dataset()
    desk.publish()
    good = desk.rows()
    genuine = Shelf.switch

    def spoiling(shelf: Shelf, state: str | None) -> None:
        genuine(shelf, state)
        page = shelf.public / "dataset.json"
        if state == "000002":
            page.write_bytes(page.read_bytes()[:-5])

    source.write_text("Loc,Nr\nLunca,1\n", "utf-8")
    with monkeypatch.context() as patched:
        patched.setattr(Shelf, "switch", spoiling)
        ran = desk.run("publish", "--yes")
    assert ran.code == 1
    assert "wells/dataset.json" in ran.err
    assert (desk.shown(), desk.rows()) == ("1.0.0", good)
    desk.publish()
    assert desk.rows() == "place,count\nLunca,1\n"


# --- the five real datasets -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A portal with the project's own datasets, published by the true command."""
    home = tmp_path_factory.mktemp("real")
    places = ["--archive", str(home / "archive"), "--to", f"folder:{home / 'public'}"]
    words = [str(Path(sys.executable).parent / "publica"), *places, "publish", "--yes"]
    subprocess.run(words, cwd=PROJECT, check=True, capture_output=True)
    return home / "public"


def _tables() -> Iterator[tuple[str, str, bool]]:
    """(dataset, table, whether it is made from others or from the portal's catalogue) of all that is declared."""
    catalogue = load_all(PROJECT / "datapackages")
    assert not catalogue.broken
    for slug, dataset in catalogue.datasets.items():
        for resource in dataset.package.resources:
            yield slug, resource.name, resource.publica.source is not None


@pytest.mark.parametrize(("slug", "table", "computed"), list(_tables()))
def test_g12_every_row_names_its_document_line_and_characters(
    real: Path, slug: str, table: str, computed: bool
) -> None:
    with (real / slug / "latest" / "data" / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows
    if computed and not set(PROVENANCE) & set(rows[0]):  # its rows follow from those of a table that is traced
        return
    for row in rows:
        if computed and row["origin"] == "measured":  # on this portal: no document prints it
            assert not any(row[field] for field in PROVENANCE)
            continue
        document, line, text = (row[field] for field in PROVENANCE)
        assert document.endswith(".txt"), row
        assert 0 < len(text) <= 60, row
        assert int(line) > 0, row
        if DOCUMENTS.is_dir():
            lines = (DOCUMENTS / document).read_text("utf-8").split("\n")
            assert text in unicodedata.normalize("NFC", lines[int(line) - 1]), row


# --- secrets ----------------------------------------------------------------------------------------------------------


def test_g13_a_secret_stands_in_no_output_and_in_no_file(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = desk.root.parent / SECRET
    folder.mkdir()
    with sqlite3.connect(folder / "wells.db") as database:
        database.execute("create table wells (Loc text, Nr integer)")
        database.execute("insert into wells values ('A', 1), ('B', 2)")
    database.close()
    query = '{sql: "select Loc, Nr from wells order by Loc", address: WELLS_DATABASE}'
    desk.dataset(publica=f"{{source: {query}, checks: {{rows: {{min: 1}}}}}}").unlink()
    monkeypatch.setenv("PUBLICA_TOKEN", SECRET)
    monkeypatch.setenv("WELLS_DATABASE", f"sqlite:///{folder / 'wells.db'}")
    told = [desk.run("publish", "--yes"), desk.run("publish", "--yes", "--json")]
    assert [ran.code for ran in told] == [0, 0], told[0].said
    for address in (
        f"postgresql+psycopg://officer:{SECRET}@127.0.0.1:1/wells",
        f"postgresql+psycopg://officer:{SECRET}@[127.0.0.1/wells",
        f"nonsense://{SECRET}",
        f"sqlite:///{folder}/none/wells.db",
        f"sqlite:///{folder / 'empty.db'}",
    ):
        monkeypatch.setenv("WELLS_DATABASE", address)
        ran = desk.run("publish", "--yes")
        assert ran.code == 1, ran.said
        assert "WELLS_DATABASE" in ran.err or "no such table" in ran.err
        told += [ran, *(desk.run(verb, "--json") for verb in ("check", "diff", "plan", "status"))]
    told.append(desk.run("history", "wells"))
    assert [ran for ran in told if SECRET in ran.said] == []
    files = [path for path in desk.root.rglob("*") if path.is_file()]
    assert len(files) > 30
    assert [path for path in files if SECRET.encode() in path.read_bytes()] == []
    assert [path for path in files if SECRET in str(path.relative_to(desk.root))] == []


def test_g1_a_ledger_that_was_written_again_by_hand_publishes_nothing(desk: Any) -> None:
    desk.dataset()
    desk.publish()
    entry = desk.root / "archive" / "wells" / "ledger" / "000002.json"
    entry.write_text(entry.read_text("utf-8").replace('"bump": "first"', '"bump": "minor"'), "utf-8")
    ran = desk.run("publish", "--yes", "--to", f"folder:{desk.root / 'other'}")
    assert (ran.code, "ledger" in ran.said) == (1, True), ran.said
    assert not (desk.root / "other" / "wells").exists()
