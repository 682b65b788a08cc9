"""Bad input, end to end: a finding that names the place, and nothing lost of what was good.

After each the last good version is served byte for byte, the officer's file is as it was, and the ledger is whole.
"""

from __future__ import annotations

import io
import os
import resource
import signal
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest

GOOD = "Loc,Nr\nA,1\nB,2\n"


def _workbook(rows: list[list[object]], merged: str = "") -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    if merged:
        sheet.merge_cells(merged)
    whole = io.BytesIO()
    book.save(whole)
    return whole.getvalue()


def _packed(change: dict[str, bytes]) -> bytes:
    """A workbook's ZIP with other members."""
    whole = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(_workbook([["Loc", "Nr"], ["A", 1]]))) as good,
        zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as bad,
    ):
        for name in {*good.namelist(), *change}:
            bad.writestr(name, change.get(name) or good.read(name))
    return whole.getvalue()


def _bomb() -> bytes:
    cell = b'<c t="inlineStr"><is><t>' + b"x" * 1000 + b"</t></is></c>"
    head = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    rows = b"".join(b"<row>" + cell * 10 + b"</row>" for _ in range(20_000))
    return _packed({"xl/worksheets/sheet1.xml": head + rows + b"</sheetData></worksheet>"})


def _unharmed(desk: Any, *words: str, told: list[str], env: dict[str, str] | None = None) -> None:
    """Publishing refuses, saying `told`; and nothing is lost."""
    served, officers = desk.tree("public"), desk.tree("datapackages")
    ran = desk.run("publish", "--yes", *words)
    assert ran.code == 1, ran.said
    assert "Traceback" not in ran.err
    assert all(word in ran.err for word in told), ran.err
    assert desk.tree("public") == served
    assert desk.tree("datapackages") == officers
    assert desk.archive.ledger("wells").broken_links() == []
    assert desk.shown() == "1.0.0"


CSV: dict[str, tuple[bytes, list[str]]] = {
    "empty": (b"", ["rows.csv"]),
    "only blank lines": (b"\n\n", ["rows.csv"]),
    "only a header": (b"Loc,Nr\n", ["rows"]),
    "wrong encoding": ("Loc,Nr\nVărzărești,1\n".replace("ș", "ş").encode("cp1250"), ["rows.csv:2", "utf-8"]),
    "duplicate headers": (b"Loc,Loc,Nr\nA,A,1\n", ["rows.csv:1", "Loc"]),
    "an unmapped column": (b"Loc,Nr,Tel\nA,1,2\n", ["Tel"]),
    "a column less": (b"Loc\nA\n", ["Nr"]),
    "ragged rows": (b"Loc,Nr\nA,1\nB\nC,1,2\n", ["rows.csv:3", "rows.csv:4"]),
    "text in a number": (b"Loc,Nr\nA,1\nB,doi\n", ["rows.csv:3", "Nr"]),
    "the same key twice": (b"Loc,Nr\nA,1\nA,2\n", ["rows.csv:3"]),
    "an open quote": (b'Loc,Nr\n"A,1\nB,2\n', ["rows.csv:2"]),
    "a null character": (b"Loc,Nr\nA\0,1\n", ["rows.csv:2"]),
}


@pytest.mark.parametrize("what", CSV)
def test_a_bad_csv(desk: Any, what: str) -> None:
    source = desk.dataset(rows=GOOD)
    desk.publish()
    content, told = CSV[what]
    source.write_bytes(content)
    _unharmed(desk, told=told)


XLSX: dict[str, tuple[bytes, list[str]]] = {
    "merged cells": (_workbook([["Loc", "Nr"], ["A", 1], ["B", None]], "B2:B3"), ["B2:B3"]),
    "a formula nobody computed": (_workbook([["Loc", "Nr"], ["A", "=1+1"]]), ["B2"]),
    "only a header": (_workbook([["Loc", "Nr"]]), ["rows"]),
    "nothing": (_workbook([]), ["rows.xlsx"]),
    "a cell bomb": (_bomb(), ["xl/worksheets/sheet1.xml"]),
    "a name that leaves the folder": (_packed({"../../evil.xml": b"<x/>"}), ["../../evil.xml"]),
    "no workbook at all": (b"Loc,Nr\n", ["rows.xlsx"]),
}


@pytest.mark.parametrize("what", XLSX)
def test_a_bad_workbook(desk: Any, what: str) -> None:
    source = desk.dataset(file="rows.xlsx", rows=_workbook([["Loc", "Nr"], ["A", 1], ["B", 2]]))
    desk.publish()
    content, told = XLSX[what]
    assert len(content) < 1_000_000
    source.write_bytes(content)
    _unharmed(desk, told=told)
    assert not list(desk.root.parent.rglob("evil.xml"))


def test_a_missing_file(desk: Any) -> None:
    source = desk.dataset(rows=GOOD)
    desk.publish()
    source.unlink()
    _unharmed(desk, told=["wells/datapackage.yaml:15", "source/rows.csv"])


DECLARATIONS: dict[str, tuple[str, str, list[str]]] = {
    "a path that leaves the folder": (
        "source/rows.csv",
        "../../secret.csv",
        ["datapackage.yaml:15", "../../secret.csv"],
    ),
    "an absolute path": ("source/rows.csv", "/etc/hostname", ["datapackage.yaml:15", "/etc/hostname"]),
    "an unknown key": ("keywords:", "keyword:", ["datapackage.yaml:8", "keywords"]),
    "a foreign key to nowhere": (
        "primaryKey: [place]",
        "primaryKey: [place]\n      foreignKeys: [{fields: [place], reference: {resource: towns, fields: [name]}}]",
        ["datapackage.yaml:29", "towns"],
    ),
    "no checks": ("{checks: {rows: {min: 1}}}", "{}", ["datapackage.yaml"]),
}


@pytest.mark.parametrize("what", DECLARATIONS)
def test_a_bad_declaration(desk: Any, what: str) -> None:
    (desk.root / "secret.csv").write_text(GOOD, "utf-8")
    desk.dataset(rows=GOOD)
    desk.publish()
    old, new, told = DECLARATIONS[what]
    desk.edit("wells", old, new)
    _unharmed(desk, told=told)


@pytest.mark.parametrize("text", ["- a list\n", "just words\n", "", "a: [\n", "a: 1\na: 2\n"])
def test_yaml_that_is_no_mapping(desk: Any, text: str) -> None:
    desk.dataset(rows=GOOD)
    desk.publish()
    (desk.datapackages / "wells" / "datapackage.yaml").write_text(text, "utf-8")
    _unharmed(desk, told=["wells/datapackage.yaml:"])


def test_a_value_that_a_foreign_key_does_not_find(desk: Any) -> None:
    desk.dataset(rows=GOOD)
    desk.publish()
    (desk.datapackages / "wells" / "source" / "parts.csv").write_text("Loc,Of\nx,A\ny,Nowhere\n", "utf-8")
    with (desk.datapackages / "wells" / "datapackage.yaml").open("a", encoding="utf-8") as file:
        file.write("""\
  - name: parts
    type: table
    path: source/parts.csv
    title: Parts
    translations: {ro: {title: Părți}}
    publica: {checks: {rows: {min: 1}}}
    schema:
      fields:
        - {name: part, type: string, from: Loc, title: Part, translations: {ro: {title: Partea}}}
        - {name: of, type: string, from: Of, title: Of, translations: {ro: {title: A cui}}}
      primaryKey: [part]
      foreignKeys: [{fields: [of], reference: {resource: rows, fields: [place]}}]
""")
    _unharmed(desk, told=["parts.csv:3"])


def _changed(desk: Any) -> None:
    source = desk.dataset(rows=GOOD)
    desk.publish()
    source.write_text(GOOD + "C,3\n", "utf-8")


def _as_a_person(desk: Any) -> subprocess.CompletedProcess[str]:
    """Publish without root's right to write what may not be written; who is not root has none."""
    rights = "-dac_override,-dac_read_search"
    bare = ["setpriv", "--inh-caps", rights, "--bounding-set", rights] if os.getuid() == 0 else []
    words = [*bare, str(Path(sys.executable).parent / "publica"), "publish", "--yes"]
    return subprocess.run(words, cwd=desk.root, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("closed", ["archive", "public"])
def test_a_folder_that_may_not_be_written(desk: Any, closed: str) -> None:
    _changed(desk)
    before = desk.tree("public", "archive" if closed == "archive" else "public")
    home = desk.root / closed
    locked = [path for path in (home, *home.rglob("*")) if not path.is_symlink()]
    modes = {path: path.stat().st_mode for path in locked}
    for path, mode in modes.items():
        path.chmod(mode & 0o555)
    try:
        ran = _as_a_person(desk)
    finally:
        for path, mode in modes.items():
            path.chmod(mode)
    assert ran.returncode == 1, ran.stderr
    assert "Traceback" not in ran.stderr
    assert "Permission denied" in ran.stderr
    assert closed in ran.stderr
    assert desk.shown() == "1.0.0"
    after = desk.tree("public", "archive" if closed == "archive" else "public")
    assert {path: what for path, (what, _, _) in after.items()} == {path: what for path, (what, _, _) in before.items()}


# From no room at all to room for all but the last file.
ROOM = (0, 300, 700, 1_500, 3_000, 6_000, 12_000)


@pytest.mark.parametrize("room", ROOM)
def test_a_disk_that_fills_up_while_it_is_written(desk: Any, room: int) -> None:
    """A limit on the size of files answers a writer in the middle of a file, as a full disk does."""
    _changed(desk)
    before = desk.tree("public/wells")

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))

    process = desk.started("publish", "--yes", preexec_fn=limit)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 1, err
    assert "Traceback" not in err
    assert "File too large" in err
    assert desk.tree("public/wells") == before
    assert desk.archive.ledger("wells").broken_links() == []
    desk.publish()
    assert desk.shown() == "1.1.0"


def test_a_ledger_that_somebody_spoilt_is_named(desk: Any) -> None:
    _changed(desk)
    last = desk.root / "archive" / "wells" / "ledger" / "000003.json"
    last.write_text("{", "utf-8")
    ran = desk.run("publish", "--yes")
    assert ran.code == 1
    assert "000003.json" in ran.err
    assert desk.shown() == "1.0.0"
