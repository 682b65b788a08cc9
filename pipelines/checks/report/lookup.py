"""The keys that a foreign key may name: those of another table, or of the same one.

A large CSV file is scanned; any other table is read by frictionless, row by row. What is compared with them is in
`keys.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

from pipelines.checks.report.outside import NotHereError, frictionless_code, scannable
from pipelines.checks.report.scan import Scanner, hashed_values
from pipelines.checks.report.table import Source

if TYPE_CHECKING:
    from frictionless import Field
    from frictionless.resources import TableResource

# Values of these types are the same for us exactly where they are for Python; of two kinds they never are.
COMPARED = {
    "string": "text",
    "any": "text",
    "integer": "whole number",
    "year": "whole number",
    "boolean": "boolean",
    "date": "date",
    "yearmonth": "yearmonth",
}


Reference = tuple[Sequence["Field"], Sequence[str]]  # the fields here, the names of those there


def known_keys(resource: TableResource, name: str, references: Sequence[Reference]) -> list[pl.DataFrame]:
    """For each reference of an open resource to the table `name`: all that its fields may hold, as in `Scanned.keys`.

    Raises NotHereError.
    """
    other = _referred(resource, name)
    with other:
        theirs = {field.name: field for field in other.header.get_expected_fields()}
        for fields, names in references:
            if not set(names) <= theirs.keys():
                raise NotHereError
            for ours, there in zip(fields, names, strict=True):
                kinds = {COMPARED.get(ours.type), COMPARED.get(theirs[there].type)}
                if len(kinds) != 1 or None in kinds:
                    raise NotHereError
        if scannable(other):
            source = Source.of(other)
            with frictionless_code():
                scanner = Scanner(source.fields, [names for _, names in references])
            found = [scanned.keys for scanned in source.scanned(scanner, keys_only=True)]
            return [
                pl.concat([hashed_values(fields, []), *(keys[place] for keys in found)])
                for place, (fields, _) in enumerate(references)
            ]
        with frictionless_code():
            rows = list(other.row_stream)
            return [_of_rows(fields, [[row[name] for name in names] for row in rows]) for fields, names in references]


def _of_rows(fields: Sequence[Field], rows: Sequence[Sequence[Any]]) -> pl.DataFrame:
    for place, field in enumerate(fields):
        if COMPARED[field.type] == "text" and not all(isinstance(row[place], str | None) for row in rows):
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
