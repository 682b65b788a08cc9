"""XLSX: calamine reads the cells; what it would show as empty (errors, formulas nobody computed), and what is merged or
hidden, is found in the sheet's own XML. Macros are never read, a workbook that has them is refused.

What makes a table of a sheet is in `sheet.py`.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from functools import cache

from pipelines.declaration.model import Resource
from pipelines.findings import Place
from pipelines.sources.raw import RawTable
from pipelines.sources.refusal import refused
from pipelines.sources.sheet import MOST_TEXT, Area, Sheet, Suspects, bounded, bounded_text, number_of, table
from pipelines.sources.snapshot import Snapshot
from pipelines.sources.workbook import cells, chosen_sheet, content, opened
from pipelines.sources.xml import Attributes, Parser, local

WORKBOOK, RELATIONS, SHARED = "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/sharedstrings.xml"
_TEXT_END = re.compile(rb"</(?:\w+:)?si\s*>")
_YES = ("1", "true")
_NONE = ("0", "0.0")


def batches(snapshot: Snapshot, resource: Resource) -> Iterator[RawTable]:
    """The table, in one, of an XLSX file. Raises UserError."""
    file, members = snapshot.name, content(snapshot)
    by_name = {name.lower(): data for name, data in members.items()}
    if WORKBOOK not in by_name or RELATIONS not in by_name:
        raise refused("workbook-kind", Place(file=file), format="XLSX")
    with opened(members, file) as workbook:
        name = chosen_sheet(workbook, resource, file)
        part = _parts(by_name, file).get(name, "").lower()
        if part not in by_name:
            raise refused("workbook-broken", Place(file=file), reason=f"sheet without content: {name}")
        suspects = _Scan(file).of(by_name[part])
        bounded([suspects], file)
        _bound_shared_texts(by_name, part, suspects.height * suspects.width, file)
        yield table(Sheet(name, file, cells(workbook, name), suspects), resource)


def _parts(members: dict[str, bytes], file: str) -> dict[str, str]:
    """Where each sheet's XML is: member names by sheet names."""
    sheets: dict[str, str] = {}
    targets: dict[str, str] = {}

    def sheet(element: str, attributes: Attributes) -> None:
        if local(element) == "sheet":
            relation = next((v for k, v in attributes.items() if ":" in k and local(k) == "id"), "")
            sheets[attributes.get("name", "")] = relation

    def target(element: str, attributes: Attributes) -> None:
        if local(element) == "Relationship":
            targets[attributes.get("Id", "")] = attributes.get("Target", "")

    Parser(file, sheet).parse(members[WORKBOOK])
    Parser(file, target).parse(members[RELATIONS])
    return {name: _absolute(targets.get(relation, "")) for name, relation in sheets.items()}


def _absolute(target: str) -> str:
    return posixpath.normpath(posixpath.join("/xl", target)).removeprefix("/")


def _bound_shared_texts(members: dict[str, bytes], part: str, cells: int, file: str) -> None:
    """Texts are kept once and used by number: a small file can hold a long one and use it a million times."""
    shared = members.get(SHARED, b"")
    # Nearly always the longest text in every cell would still do. A "<!" could hide where texts end.
    if b"<!" not in shared and max(map(len, _TEXT_END.split(shared))) * cells <= MOST_TEXT:
        return
    lengths: list[int] = []
    kind, in_all = "", 0

    def text(name: str, _: Attributes) -> None:
        if local(name) == "si":
            lengths.append(0)

    def more(characters: str) -> None:
        if lengths:
            lengths[-1] += len(characters)

    def cell(name: str, attributes: Attributes) -> None:
        nonlocal kind
        if local(name) == "c":
            kind = attributes.get("t", "n")
        uses.listen(None, use if kind == "s" and local(name) == "v" else None)

    def use(number: str) -> None:
        nonlocal in_all
        if number.strip():
            in_all += lengths[int(number)]
            bounded_text(in_all, file)

    texts, uses = Parser(file, text), Parser(file, cell)
    texts.listen(None, more)
    texts.parse(shared)
    uses.parse(members[part])


@cache
def _column(letters: str) -> int:
    return number_of(letters)


class _Scan:
    """One pass over a sheet's XML."""

    def __init__(self, file: str) -> None:
        self._parser = Parser(file, self._start)
        self._found = Suspects()
        self._row = self._column = 0
        self._kind = self._value = ""
        self._formula = self._valued = False

    def of(self, content: bytes) -> Suspects:
        """What is suspicious about the sheet. Raises UserError where `content` is not sound XML."""
        self._parser.parse(content)
        self._leave_cell()
        return self._found

    def _start(self, name: str, attributes: Attributes) -> None:
        # Nearly all there is are cells and values, a million of each in a large sheet: they are asked for first.
        if name == "c":
            if self._formula or self._kind == "e":
                self._leave_cell()
            self._valued = False
            self._kind = attributes.get("t", "n")
            if reference := attributes.get("r"):
                letters = reference.rstrip("0123456789")
                self._row, self._column = int(reference[len(letters) :]), _column(letters)
            else:
                self._column += 1
        elif name == "v":
            self._valued = True
            self._found.reach(self._row, self._column)
            if self._formula or self._kind == "e":
                self._parser.listen(None, self._characters)
        elif ":" in name:
            self._start(local(name), attributes)
        else:
            self._rare(name, attributes)

    def _rare(self, name: str, attributes: Attributes) -> None:
        match name:
            case "f":
                self._formula = True
                self._found.reach(self._row, self._column)
            case "is":
                self._found.reach(self._row, self._column)
            case "row":
                self._leave_cell()
                self._row, self._column = int(attributes.get("r", self._row + 1)), 0
                if attributes.get("hidden") in _YES or attributes.get("ht") in _NONE:
                    self._found.hidden_rows.append((self._row, self._row))
            case "col":
                if attributes.get("hidden") in _YES or attributes.get("width") in _NONE:
                    self._found.hidden_columns.append((int(attributes["min"]), int(attributes["max"])))
            case "mergeCell":
                self._found.merged.append(_area(attributes["ref"]))
            case _:
                pass

    def _characters(self, text: str) -> None:
        self._value += text

    def _leave_cell(self) -> None:
        if self._kind == "e":
            self._found.errors.append((self._row, self._column, self._value.strip()))
        # An empty text is a value that a formula may well have; an empty number is one that nobody computed.
        elif self._formula and not (self._value.strip() or (self._kind == "str" and self._valued)):
            self._found.uncomputed.append((self._row, self._column))
        if self._formula or self._kind == "e":
            self._parser.listen(None)
        self._kind = self._value = ""
        self._formula = self._valued = False


def _area(reference: str) -> Area:
    corners: list[tuple[int, int]] = []
    for corner in reference.split(":"):
        letters = corner.rstrip("0123456789")
        corners.append((int(corner[len(letters) :]), _column(letters)))
    return Area(corners[0][0], corners[0][1], corners[-1][0], corners[-1][1])
