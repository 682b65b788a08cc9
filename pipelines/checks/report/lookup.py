"""The keys that a foreign key may name: those of another table, or of the same one.

A large CSV file is scanned; any other table is read by frictionless, row by row. What is compared with them is in
`keys.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

from pipelines.checks.report.outside import NotHereError, frictionless_code
from pipelines.checks.report.scan import Scanner, hashed_values
from pipelines.checks.report.table import Source, scannable

if TYPE_CHECKING:
    from frictionless import Field
    from frictionless.resources import TableResource

# Values of these types are the same for us exactly where they are for Python; of two kinds they never are.
_KINDS = {
    "string": "text",
    "any": "text",
    "integer": "whole number",
    "year": "whole number",
    "boolean": "boolean",
    "date": "date",
    "yearmonth": "yearmonth",
}


def known_keys(resource: TableResource, fields: Sequence[Field], reference: Mapping[str, Any]) -> pl.DataFrame:
    """All that `fields` of an open resource may hold together, as in `Scanned.keys`. Raises NotHereError."""
    other, names = _referred(resource, reference["resource"]), list[str](reference["fields"])
    with other:
        theirs = {field.name: field for field in other.header.get_expected_fields()}
        if not set(names) <= theirs.keys():
            raise NotHereError
        for ours, name in zip(fields, names, strict=True):
            kinds = {_KINDS.get(ours.type), _KINDS.get(theirs[name].type)}
            if len(kinds) != 1 or None in kinds:
                raise NotHereError
        if scannable(other):
            source = Source.of(other)
            with frictionless_code():
                scanner = Scanner(source.fields, [names])
            found = [scanned.keys[0] for scanned in source.scanned(scanner, keys_only=True)]
            return pl.concat([hashed_values(fields, []), *found])
        with frictionless_code():
            rows = [[row[name] for name in names] for row in other.row_stream]
    for place, field in enumerate(fields):
        if _KINDS[field.type] == "text" and not all(isinstance(row[place], str | None) for row in rows):
            raise NotHereError  # inline data can hold numbers where anything may stand
    return hashed_values(fields, rows)


def _referred(resource: TableResource, name: str) -> TableResource:
    from frictionless.resources import TableResource

    if name in ("", resource.name):
        other = resource.to_copy()
    elif resource.package and resource.package.has_resource(name):
        other = resource.package.get_resource(name).to_copy()
    else:
        raise NotHereError
    if not isinstance(other, TableResource):
        raise NotHereError
    if other.schema:
        other.schema.foreign_keys = []
    return other
