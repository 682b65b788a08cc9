"""ODS: calamine reads the cells; errors, formulas nobody computed, and what is merged or hidden is found in the XML.

What makes a table of a sheet is in `sheet.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipelines.declaration.model import Resource
from pipelines.findings import Place
from pipelines.sources.raw import RawTable
from pipelines.sources.refusal import refused
from pipelines.sources.sheet import MOST_ROWS, Area, Sheet, Suspects, bounded, bounded_text, table
from pipelines.sources.snapshot import Snapshot
from pipelines.sources.workbook import cells, chosen_sheet, content, opened
from pipelines.sources.xml import Attributes, Parser, local

CONTENT = "content.xml"
_ERROR = re.compile(r"#[A-Z0-9/]+[!?]?|(Err|Ошибка|Eroare):\d+")
_HIDDEN = ("collapse", "filter")


def batches(snapshot: Snapshot, resource: Resource) -> Iterator[RawTable]:
    """The table, in one, of an ODS file. Raises UserError."""
    file, members = snapshot.name, content(snapshot)
    if CONTENT not in members or b"opendocument.spreadsheet" not in members.get("mimetype", b""):
        raise refused("workbook-kind", Place(file=file), format="ODS")
    sheets = _Scan(file).of(members[CONTENT])  # before calamine, which unfolds repeated cells of all sheets
    bounded(sheets.values(), file)
    with opened(members, file) as workbook:
        name = chosen_sheet(workbook, resource, file)
        yield table(Sheet(name, file, cells(workbook, name), sheets[name]), resource)


class _Scan:
    """One pass over the whole content; rows and cells that stand for many are counted as many."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._parser = Parser(file, self._start)
        self._parser.listen(self._end)
        self._sheets: dict[str, Suspects] = {}
        self._found = Suspects()
        self._depth = 0  # of tables in tables
        self._row = self._column = self._next_row = self._next_column = self._next_header = 1
        self._text = ""
        self._times = 1
        self._characters_in_all = 0
        self._typed = self._formula = self._error = False

    def of(self, content: bytes) -> dict[str, Suspects]:
        """What is suspicious about each sheet. Raises UserError where `content` is not sound XML."""
        self._parser.parse(content)
        return self._sheets

    def _start(self, name: str, attributes: Attributes) -> None:
        match name:
            case "table:table":
                self._depth += 1
                if self._depth == 1:
                    self._found = self._sheets.setdefault(attributes.get("table:name", ""), Suspects())
                    self._next_row = self._next_header = 1
            case "table:table-column" if self._depth == 1:
                first, self._next_header = self._next_header, self._next_header + self._repeated(attributes, "columns")
                if attributes.get("table:visibility") in _HIDDEN:
                    self._found.hidden_columns.append((first, self._next_header - 1))
            case "table:table-row" if self._depth == 1:
                self._row, self._next_row = self._next_row, self._next_row + self._repeated(attributes, "rows")
                self._next_column = 1
                if attributes.get("table:visibility") in _HIDDEN:
                    self._found.hidden_rows.append((self._row, self._next_row - 1))
            case "table:table-cell" | "table:covered-table-cell" if self._depth == 1:
                self._cell(attributes)
            case _:
                pass

    def _repeated(self, attributes: Attributes, what: str) -> int:
        count = attributes.get(f"table:number-{what}-repeated", "1")
        if not count.isdecimal() or len(count) > len(str(MOST_ROWS)) or int(count) > MOST_ROWS:
            raise refused("workbook-broken", Place(file=self._file), reason=f"{what} repeated: {count}")
        return int(count)

    def _cell(self, attributes: Attributes) -> None:
        self._column = self._next_column
        self._next_column += self._repeated(attributes, "columns")
        kind = next((value for key, value in attributes.items() if key.startswith("calcext:")), None)
        self._typed, self._error = "office:value-type" in attributes, kind == "error"
        self._formula, self._text = "table:formula" in attributes, ""
        if self._typed or self._formula:
            self._found.reach(self._next_row - 1, self._next_column - 1)
        self._times = (self._next_row - self._row) * (self._next_column - self._column)
        self._weigh(attributes.get("office:string-value", ""))
        if self._error or self._formula or self._times > 1:
            self._parser.listen(self._end, self._characters)
        down, across = (int(attributes.get(f"table:number-{what}-spanned", "1")) for what in ("rows", "columns"))
        if down > 1 or across > 1:
            bottom, right = self._row + down - 1, self._column + across - 1
            self._found.merged.append(Area(self._row, self._column, bottom, right))

    def _characters(self, text: str) -> None:
        self._text += text
        self._weigh(text)

    def _weigh(self, text: str) -> None:
        self._characters_in_all += len(text) * self._times
        bounded_text(self._characters_in_all, self._file)

    def _end(self, name: str) -> None:
        if name == "table:table":
            self._depth -= 1
        elif self._depth == 1 and local(name) in ("table-cell", "covered-table-cell"):
            self._leave_cell()

    def _leave_cell(self) -> None:
        if self._error or self._formula:
            if self._error or _ERROR.fullmatch(self._text.strip()):
                self._found.errors.append((self._row, self._column, self._text.strip()))
            elif not self._typed:
                self._found.uncomputed.append((self._row, self._column))
        if self._error or self._formula or self._times > 1:
            self._error, self._formula, self._times = False, False, 1
            self._parser.listen(self._end)
