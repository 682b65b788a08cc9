"""The rows of one table judged by frictionless' own `Row`, with what spans rows: unique fields, keys, foreign keys.

`Spans.judged` has the body of `TableResource.row_stream` of frictionless 5.21, given only some of the rows: all that
are wrong alone, and all that share a key with another or name one that is not there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.checks.report.keys import repeated, strangers
from pipelines.checks.report.lookup import known_keys
from pipelines.checks.report.outside import NotHereError, frictionless_code

if TYPE_CHECKING:
    from frictionless import Field, Row
    from frictionless.errors import Error
    from frictionless.resources import TableResource

Names = tuple[str, ...]


class Spans:
    """What the rows of an open table are judged by. `keys`: the names of fields whose values must be known of all."""

    def __init__(self, resource: TableResource, foreign: Sequence[dict[str, Any]]) -> None:
        from frictionless.table.row import create_cell_handlers

        self._resource = resource
        fields = {field.name: field for field in resource.header.get_expected_fields()}
        self._handlers = create_cell_handlers(list(fields.values()))
        self._unique = {name: dict[Any, int]() for name, field in fields.items() if field.constraints.get("unique")}
        primary = resource.schema.primary_key
        self.primary = primary if set(primary) <= fields.keys() else []
        self._seen: dict[tuple[Any, ...], int] = {}
        self._foreign = [key for key in foreign if set(key["fields"]) <= fields.keys()]
        if any(not key["fields"] for key in self._foreign):
            raise NotHereError
        self._known = self._all_known(fields)
        self._missing = [np.empty(0, np.int64) for _ in self._foreign]
        repeats: list[Names] = [(name,) for name in self._unique]
        repeats += [tuple(self.primary)] if self.primary else []
        self._repeats = list(dict.fromkeys(repeats))
        self.keys = list(dict.fromkeys([*repeats, *(tuple(key["fields"]) for key in self._foreign)]))

    @classmethod
    def opened(cls, resource: TableResource) -> Spans:
        """Open the table, without reading the tables that it refers to. Raises FrictionlessException, NotHereError."""
        schema = resource.schema
        foreign = schema.foreign_keys
        if foreign:
            schema.foreign_keys = []
        try:
            resource.open()
        finally:
            if foreign:
                schema.foreign_keys = foreign
        return cls(resource, foreign)

    def _all_known(self, fields: Mapping[str, Field]) -> list[pl.DataFrame]:
        """What each foreign key may name; a table that several name is read once. Raises NotHereError."""
        found: dict[int, pl.DataFrame] = {}
        for name in dict.fromkeys(key["reference"]["resource"] for key in self._foreign):
            keys = {n: key for n, key in enumerate(self._foreign) if key["reference"]["resource"] == name}
            sides = [([fields[name] for name in key["fields"]], key["reference"]["fields"]) for key in keys.values()]
            found |= zip(keys, known_keys(self._resource, name, sides), strict=True)
        return [found[number] for number in range(len(self._foreign))]

    def found(self, keys: Sequence[Sequence[pl.DataFrame]]) -> NDArray[np.int64]:
        """The rows to judge because of others. `keys`: for each of `self.keys` what was found, block by block."""
        held = dict(zip(self.keys, keys, strict=True))
        if not any(held.values()):
            return np.empty(0, np.int64)
        rows = [repeated([frame["word 0"] for frame in held[names]]) for names in self._repeats]
        self._missing = [
            strangers(held[tuple(key["fields"])], known) for key, known in zip(self._foreign, self._known, strict=True)
        ]
        return np.unique(np.concatenate([*rows, *self._missing])) if rows or self._missing else np.empty(0, np.int64)

    def alone(self, cells: Sequence[str], number: int) -> list[Error]:
        """What is wrong with a row that shares no key. Raises NotHereError where frictionless itself fails on it."""
        return self._errors(cells, number, {name: {} for name in self._unique}, {}, None)

    def judged(self, cells: Sequence[str], number: int, index: int) -> list[Error]:
        """All that is wrong with a row. Rows come in their order; `index` is from 0, `number` is frictionless'."""
        return self._errors(cells, number, self._unique, self._seen, index)

    def _errors(
        self,
        cells: Sequence[str],
        number: int,
        unique: Mapping[str, dict[Any, int]],
        primary: dict[tuple[Any, ...], int],
        index: int | None,
    ) -> list[Error]:
        from frictionless import Row, errors

        row = Row(list(cells), handlers=self._handlers, row_number=number)
        with frictionless_code():
            for name, seen in unique.items():
                cell = row[name]
                if cell is not None:
                    match = seen.get(cell)
                    seen[cell] = number
                    if match:
                        row.errors.append(errors.UniqueError.from_row(row, note=_same(match), field_name=name))
            if self.primary:
                key = tuple(row[name] for name in self.primary)
                if set(key) == {None}:
                    note = 'cells composing the primary keys are all "None"'
                    row.errors.append(errors.PrimaryKeyError.from_row(row, note=note))
                else:
                    match = primary.get(key)
                    primary[key] = number
                    if match:
                        row.errors.append(errors.PrimaryKeyError.from_row(row, note=_same(match)))
            for key, missing in zip(self._foreign, self._missing, strict=True):
                self._refer(row, key, index, missing)
            return cast("list[Error]", row.errors)

    def _refer(self, row: Row, key: dict[str, Any], index: int | None, missing: NDArray[np.int64]) -> None:
        from frictionless import errors

        names, there = key["fields"], key["reference"]
        cells = tuple(row[name] for name in names)
        if index is None or set(cells) == {None} or index not in missing[np.searchsorted(missing, index) :][:1]:
            return
        values, others = ", ".join(str(cell) for cell in cells), ", ".join(there["fields"])
        note = f'for "{", ".join(names)}": values "{values}" not found'
        note += f' in the lookup table "{there["resource"]}" as "{others}"'
        error = errors.ForeignKeyError.from_row(
            row,
            note=note,
            field_names=list(names),
            field_values=list(cells),
            reference_name=there["resource"],
            reference_field_names=list(there["fields"]),
        )
        row.errors.append(error)


def _same(number: int) -> str:
    return f"the same as in the row at position {number}"
