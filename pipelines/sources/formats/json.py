"""JSON records: a list of flat objects, at the top or under `dialect.property`.

Numbers keep every digit that matters. Records may differ in their keys: a key that is absent is an empty cell.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

import polars as pl

from pipelines.declaration.model import Resource
from pipelines.errors import UserError
from pipelines.findings import Finding, Place
from pipelines.sources.decoding import decode
from pipelines.sources.numbers import plain
from pipelines.sources.raw import RawTable, heading, settled
from pipelines.sources.refusal import MOST_COLUMNS, refused
from pipelines.sources.snapshot import Snapshot
from pipelines.text import mask, nearest

MOST_BYTES = 200_000_000  # JSON is read whole
MOST_DIGITS = 400  # of a number written out, so that 1e999999999 is not a gigabyte


class _Number(str):
    """A number's digits as printed."""

    __slots__ = ()


class _Refused(str):
    """What is not a number though JSON's parser lets it pass: NaN, Infinity, or more digits than anyone means."""

    __slots__ = ()


class _Object(dict[str, object]):
    """An object that remembers which keys it had twice."""

    twice: tuple[str, ...] = ()


class _Cell(NamedTuple):
    text: str | None
    native: bool


def batches(snapshot: Snapshot, resource: Resource) -> Iterator[RawTable]:
    """The table, in one, of a JSON file. Raises UserError."""
    file = snapshot.name
    if snapshot.size > MOST_BYTES:
        raise refused("source-too-large", Place(file=file), name=file, limit=MOST_BYTES // 1_000_000)
    records = _records(_parsed(decode(snapshot.path.read_bytes(), resource.encoding, file), file), resource, file)
    keys = list(dict.fromkeys(key for record in records if isinstance(record, _Object) for key in record))
    if len(keys) > MOST_COLUMNS:
        raise refused("too-many-columns", Place(file=file), count=len(keys), limit=MOST_COLUMNS)
    findings: list[Finding] = []
    cells = [_cells(record, number, keys, file, findings) for number, record in enumerate(records, 1)]
    kept = [i for i, row in enumerate(cells) if any(cell.text is not None for cell in row)]
    columns = {str(c): [cells[i][c] for i in kept] for c in range(len(keys))}
    raw = RawTable(
        labels=[heading([key]) for key in keys],
        frame=pl.DataFrame({n: pl.Series([c.text for c in column], dtype=pl.String) for n, column in columns.items()}),
        native=pl.DataFrame(
            {n: pl.Series([c.native for c in column], dtype=pl.Boolean) for n, column in columns.items()}
        ),
        rows=pl.Series("rows", [i + 1 for i in kept], dtype=pl.UInt32),
        sheet=None,
        columns=[str(number) for number in range(1, len(keys) + 1)],
        file=file,
        records=True,
    )
    if not keys and not findings:
        raise refused("json-no-records", Place(file=file))
    yield from settled([raw], findings)


def _parsed(text: str, file: str) -> object:
    def numbered(digits: str) -> str:
        if len(digits) > MOST_DIGITS:
            return _Refused(digits)
        try:
            value = Decimal(digits)
        except InvalidOperation:
            return _Refused(digits)
        return _Refused(digits) if abs(value.adjusted()) > MOST_DIGITS else _Number(plain(value))

    def noticed(pairs: list[tuple[str, object]]) -> _Object:
        found = _Object(pairs)
        if len(found) < len(pairs):
            keys = [key for key, _ in pairs]
            found.twice = tuple(key for key in found if keys.count(key) > 1)
        return found

    try:
        parsed: object = json.loads(
            text, object_pairs_hook=noticed, parse_int=numbered, parse_float=numbered, parse_constant=_Refused
        )
    except json.JSONDecodeError as error:
        if not text.strip():
            raise refused("source-empty", Place(file=file), name=file) from None
        raise refused("json-broken", Place(file=file, line=error.lineno), reason=error.msg, at=error.colno) from None
    except RecursionError:
        raise refused("json-too-deep", Place(file=file)) from None
    return parsed


def _records(value: object, resource: Resource, file: str) -> list[object]:
    """The list of records, at the top or where `property` (keys joined by dots) leads."""
    for key in (resource.dialect.property or "").split(".") if resource.dialect.property else ():
        if not isinstance(value, _Object) or key not in value:
            known = list(value) if isinstance(value, _Object) else []
            params = {"key": key, "nearest": nearest(key, known) or "-", "known": mask(", ".join(known) or "-")}
            raise refused("json-property", Place(file=file), **params)
        if key in value.twice:
            raise refused("json-key-twice", Place(file=file), key=mask(key))
        value = value[key]
    if not isinstance(value, list):
        known = mask(", ".join(value)) if isinstance(value, _Object) else "-"
        raise refused("json-not-a-list", Place(file=file), known=known)
    records: list[object] = [*value]  # pyright: ignore[reportUnknownVariableType] - the members are judged one by one
    return records


def _cells(record: object, number: int, keys: list[str], file: str, findings: list[Finding]) -> list[_Cell]:
    """One record's cells by `keys`; what is wrong with it goes to `findings`."""
    place = Place(file=file, record=number)
    if not isinstance(record, _Object):
        findings.append(Finding("json-not-a-record", place=place))
        return []
    findings += (Finding("json-key-twice", params={"key": mask(key)}, place=place) for key in record.twice)
    cells: list[_Cell] = []
    for key in keys:
        try:
            cells.append(_cell(record.get(key), Place(file=file, record=number, column=key)))
        except UserError as error:
            findings += error.findings
            cells.append(_Cell(None, False))
    return cells


def _cell(value: object, place: Place) -> _Cell:
    match value:
        case None | "":
            return _Cell(None, False)
        case bool():
            return _Cell("true" if value else "false", True)
        case _Refused():
            raise refused("json-number", place, value=mask(value))
        case _Number():
            return _Cell(str(value), True)
        case str():
            return _Cell(value, False)
        case _:
            raise refused("json-nested", place)
