"""A table judged as frictionless judges it, which is shown only the rows that could be wrong.

The steps, their order and their words are those of frictionless 5.21 (`Resource.validate`, and `row_stream` in
`spans.py`); its own code reads the descriptor, opens the file, reads the cells of the doubtful rows and makes the
report. Which rows are doubtful is found in `table.py`. What is out of the common is handed to frictionless whole.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from pipelines.checks.report.blocks import Block
from pipelines.checks.report.digests import Digests
from pipelines.checks.report.encoding import spare_detection
from pipelines.checks.report.outside import NotHereError, frictionless_code
from pipelines.checks.report.scan import Scanned, Scanner
from pipelines.checks.report.spans import Spans
from pipelines.checks.report.table import Source

if TYPE_CHECKING:
    from frictionless import Checklist, Report
    from frictionless.errors import Error
    from frictionless.resources import TableResource


@dataclass(frozen=True)
class Limits:
    """As frictionless takes them: how many errors are told (0: all), how many rows are read."""

    errors: int
    rows: int | None


def judge(resource: TableResource, checklist: Checklist, limits: Limits, digests: Digests) -> Report:
    """The report on a table that can be scanned, as `resource.validate` would give it. Raises whatever that raises.

    `digests` of its file are on their way.
    """
    from frictionless import FrictionlessException, Report, helpers

    timer = helpers.Timer()
    try:
        resource.to_descriptor(validate=True)
    except FrictionlessException as exception:
        return Report.from_validation_task(resource, time=timer.time, errors=exception.to_errors())
    untouched = resource.to_copy()
    try:
        judged = _Judged(resource, checklist, limits, digests)
    except (NotHereError, FrictionlessException, UnicodeDecodeError, pl.exceptions.PolarsError):
        return untouched.validate(checklist, limit_errors=limits.errors, limit_rows=limits.rows)
    return Report.from_validation_task(
        resource, time=timer.time, labels=resource.labels, errors=judged.errors, warnings=judged.warnings
    )


@dataclass(frozen=True)
class _Place:
    """Where a block was: the first of its rows (from 0), its place in the file."""

    first: int
    offset: int
    size: int
    by_python: bool


@dataclass(frozen=True)
class _Row:
    """A row to judge: its cells and where it ends. `errors`: what is wrong with it, if no other has to do with it."""

    cells: list[str]
    end: int
    errors: list[Error] | None = None


@dataclass
class _Found:
    """What was found before keys are compared. `kept`: the rows that are wrong alone."""

    rows: int = 0
    places: list[_Place] = field(default_factory=list[_Place])
    kept: dict[int, _Row] = field(default_factory=dict[int, "_Row"])
    keys: list[Sequence[pl.DataFrame]] = field(default_factory=list[Sequence[pl.DataFrame]])
    last: Block | None = None


class _Judged:
    """The errors and warnings on a table that is left open, its statistics complete.

    Raises NotHereError, UnicodeDecodeError and polars' errors where only frictionless can tell.
    """

    def __init__(self, resource: TableResource, checklist: Checklist, limits: Limits, digests: Digests) -> None:
        self.errors: list[Error] = []
        self.warnings: list[str] = []
        self._resource, self._checklist, self._limits = resource, checklist, limits
        self._checks = checklist.connect(resource)
        self._note_hash()
        spare_detection(resource)
        self._spans = Spans.opened(resource)
        with resource:
            self._source = Source.of(resource)
            self._judge(digests)

    def _note_hash(self) -> None:
        from frictionless import helpers

        if self._resource.hash and helpers.parse_resource_hash_v1(self._resource.hash)[0] not in ("md5", "sha256"):
            self.warnings.append("hash is ignored; supported algorithms: md5/sha256")

    def _judge(self, digests: Digests) -> None:
        for check in self._checks:
            self._add(check.validate_start())
        found = self._found()
        stopped = self._stopped(found)
        if stopped is None:
            digests.of_all(self._resource)
            self._resource.stats.rows = found.rows
            for check in self._checks:
                self._add(check.validate_end())
            return
        row, end = stopped
        self._resource.stats.rows = row + 1
        if any(place.by_python for place in found.places):
            self._reread(row)
        else:
            digests.up_to(self._resource, end)

    def _add(self, errors: Iterable[Error]) -> None:
        self.errors += [error for error in errors if self._checklist.match(error)]

    def _full(self, count: int) -> bool:
        return bool(self._limits.errors) and count >= self._limits.errors

    # --- first: what could be wrong ---

    def _found(self) -> _Found:
        """All blocks, or as many as the limits need."""
        found, count = _Found(), len(self.errors)
        with frictionless_code():
            scanner = Scanner(self._source.fields, self._spans.keys, self._spans.primary)
        most = max(self._limits.rows, 1) if self._limits.rows else None
        for scanned in self._source.scanned(scanner):
            block, first = scanned.block, found.rows
            found.places.append(_Place(first, block.offset, block.size, block.read is not None))
            found.keys.append(scanned.keys)
            found.rows += scanned.rows
            found.last = block
            if self._full(count) and not first:
                found.kept[0] = _Row(block.cells(0), block.end(0))
                found.rows = 1
                return found
            if most is not None and found.rows >= most:
                found.rows = most
            count = self._suspects(scanned, first, count, found)
            if self._full(count) or found.rows == most:
                return found
        return found

    def _suspects(self, scanned: Scanned, first: int, count: int, found: _Found) -> int:
        """Keep what is wrong in a block; returns how many errors there are up to its end, keys apart."""
        for row in scanned.doubtful.tolist():
            if first + row >= found.rows:
                break
            cells = scanned.block.cells(row)
            errors = self._spans.alone(cells, first + row + self._source.first)
            if told := sum(self._checklist.match(error) for error in errors):
                found.kept[first + row] = _Row(cells, scanned.block.end(row), errors)
            count += told
            if self._full(count):
                found.rows = first + row + 1
                break
        return count

    # --- then: what is ---

    def _stopped(self, found: _Found) -> tuple[int, int] | None:
        """Judge the rows. Gives the row at which a limit was reached and where it ends, None at the end of all."""
        most = max(self._limits.rows, 1) if self._limits.rows else None
        for index, row in self._rows(found):
            known = row.errors
            self._add(self._spans.judged(row.cells, index + self._source.first, index) if known is None else known)
            if index + 1 == most:
                break
            if self._full(len(self.errors)):
                self.errors = self.errors[: self._limits.errors]
                self.warnings.append(f"reached error limit: {self._limits.errors}")
                return index, row.end
        if most is None or found.rows < most or found.last is None:
            return None
        self.warnings.append(f"reached row limit: {self._limits.rows}")
        return most - 1, found.last.end(most - 1 - found.places[-1].first)

    def _rows(self, found: _Found) -> Iterator[tuple[int, _Row]]:
        """The rows to judge, by their place: those that are wrong alone and those that others have to do with."""
        spanning = self._spans.found([[each[place] for each in found.keys] for place in range(len(self._spans.keys))])
        wanted = np.union1d(np.array(list(found.kept), np.int64), spanning)
        firsts, at, block = [place.first for place in found.places], -1, None
        shared = set(spanning[spanning < found.rows].tolist())
        for row in wanted[wanted < found.rows].tolist():
            if kept := found.kept.get(row):
                yield row, replace(kept, errors=None) if row in shared else kept
                continue
            number = bisect_right(firsts, row) - 1
            place = found.places[number]
            if block is None or number != at:
                block = self._source.again(place.offset, place.size, by_python=place.by_python)
                at = number
            yield row, _Row(block.cells(row - place.first), block.end(row - place.first))

    def _reread(self, row: int) -> None:
        """Have frictionless itself read up to a row, for what it then knows of the bytes."""
        for number, _ in enumerate(self._resource.cell_stream, start=1):
            if number == self._source.first + row:
                return
