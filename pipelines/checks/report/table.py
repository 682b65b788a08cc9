"""One table of a package read block by block: its size, the rows that frictionless has to judge, and what they repeat.

A block is scanned while the next is, and nothing is kept of it but its keys. Judging the rows and making the report is
in `judge.py`; what makes a row doubtful in `scan.py`; the bytes in `blocks.py`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.checks.report import blocks
from pipelines.checks.report.blocks import Block, Form, certain, cut, read_by_python, rows_from
from pipelines.checks.report.outside import NotHereError, local_path
from pipelines.checks.report.scan import Scanned, Scanner

if TYPE_CHECKING:
    from frictionless import Field
    from frictionless.resources import TableResource

_HANDS = 2
_AHEAD = 3  # blocks in work or waiting
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Source:
    """A CSV file whose rows can be scanned. `start`: where the first of them begins, `first`: its number."""

    path: Path
    form: Form
    fields: Sequence[Field]
    start: int
    first: int

    @classmethod
    def of(cls, resource: TableResource) -> Source:
        """The file of an open resource. Raises NotHereError, UnicodeDecodeError."""
        form = _form(resource)
        path = local_path(resource)
        with path.open("rb") as file:
            start = len(_BOM) if file.read(len(_BOM)) == _BOM else 0
        first = resource.dialect.create_first_content_row()
        for number, (_, end) in enumerate(rows_from(path, start, form), start=2):
            if number > first:
                break
            start = end
        return cls(path, form, resource.header.get_expected_fields(), start, first)

    def scanned(self, scanner: Scanner, *, keys_only: bool = False) -> Iterator[Scanned]:
        """All blocks, in order. Raises UnicodeDecodeError where the file is not UTF-8."""

        def work(offset: int, data: bytes) -> Scanned | None:
            block = certain(offset, data, self.form)
            return block and scanner.scan(block, keys_only=keys_only)

        place, waiting = self.start, deque[tuple[int, Future[Scanned | None]]]()
        with self.path.open("rb") as file, ThreadPoolExecutor(_HANDS) as hands:
            try:
                while True:
                    while len(waiting) < _AHEAD and (data := cut(file, place, self.form.quote, blocks.BLOCK)):
                        waiting.append((place, hands.submit(work, place, data)))
                        place += len(data)
                    if not waiting:
                        return
                    offset, future = waiting.popleft()
                    found = future.result()
                    if found is None:  # Python and polars could read this differently, and what follows as well
                        waiting.clear()
                        block = read_by_python(self.path, offset, self.form, blocks.BLOCK)
                        found, place = scanner.looked_at(*block.padded(), block, keys_only=keys_only), block.end(-1)
                    yield found
            finally:
                hands.shutdown(cancel_futures=True)

    def again(self, offset: int, size: int, *, by_python: bool) -> Block:
        """A block that was scanned before. Raises NotHereError."""
        if by_python:
            return read_by_python(self.path, offset, self.form, size)
        with self.path.open("rb") as file:
            file.seek(offset)
            block = certain(offset, file.read(size), self.form)
        if block is None:
            raise NotHereError  # the file is not what it was
        return block


def _form(resource: TableResource) -> Form:
    """How an open resource's CSV is to be read. Raises NotHereError where that is anything special."""
    from frictionless.formats import CsvControl

    csv = CsvControl.from_dialect(resource.dialect).to_python()
    dialect = resource.dialect
    special = (
        resource.encoding not in ("utf-8", "utf-8-sig"),
        not _is_sign(csv.delimiter),
        not _is_sign(csv.quotechar),
        csv.delimiter == csv.quotechar,
        csv.escapechar is not None,
        csv.skipinitialspace,
        dialect.comment_char,
        dialect.comment_rows,
        dialect.skip_blank_rows,
        not dialect.header_case and resource.schema.primary_key,
    )
    width = len(resource.header.get_expected_fields())
    if any(special) or not width:
        raise NotHereError
    return Form(str(csv.delimiter), str(csv.quotechar), width)


def _is_sign(text: str | None) -> bool:
    return text is not None and len(text) == 1 and text.isascii() and (text.isprintable() or text == "\t")
