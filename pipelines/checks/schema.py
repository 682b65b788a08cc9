"""A table against its Table Schema: types, constraints, keys. All findings at once, in the order of rows.

The cells are judged by frictionless itself, but only those rows that `suspicion.py` could not clear, so a clean table
does not even import it. What frictionless lets through and we refuse is added beside its findings, with codes of ours.
Keys are in `keys.py`; the schema that frictionless is given is the one that is published.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING

import polars as pl

from pipelines.checks.keys import key_findings
from pipelines.checks.suspicion import EXACT_DIGITS, JUDGED_FORMATS, suspicious_rows
from pipelines.checks.words import MOST_FINDINGS, cut, folded, in_words, listed, sample
from pipelines.declaration.model import FieldModel, Schema
from pipelines.declaration.published import published_field
from pipelines.findings import Finding
from pipelines.tables.table import Table
from pipelines.text import mask, nearest

if TYPE_CHECKING:
    from frictionless import Row

EXACT_INTEGER = 2**53  # above, neighbouring whole numbers are the same double, in spreadsheets and in JavaScript
_PROFILE = "https://datapackage.org/profiles/2.0/tableschema.json"
_CHUNK = 10_000
_CONSTRAINT = re.compile(r'constraint "(\w+)"')


def check_schema(table: Table, tables: Mapping[str, Table], withheld: Collection[str] = ()) -> list[Finding]:
    """Everything in which `table` differs from its schema: at most `MOST_FINDINGS`, the first ones by row.

    `tables`: all tables of the package, for foreign keys. Nothing is shown of the fields `withheld`.
    """
    cells = list(islice(_cell_findings(table, withheld), MOST_FINDINGS + 1))
    found = [*cells, *key_findings(table, tables, withheld)]
    return cut(sorted(found, key=lambda finding: finding.row or 0))


def _cell_findings(table: Table, withheld: Collection[str]) -> Iterator[Finding]:
    for start, rows in table.seen(suspicious_rows):
        for some in rows.cast(pl.Int64).to_frame().iter_slices(_CHUNK):
            yield from _of_rows(table, some.to_series() + start, withheld)


def _of_rows(table: Table, rows: pl.Series, withheld: Collection[str]) -> Iterator[Finding]:
    fields = {field.name: field for field in table.schema.fields}
    values, texts = table.at(rows)
    holds = values.select(pl.exclude(pl.Float64).is_not_null(), pl.col(pl.Float64).is_finite())
    held = holds.select(values.columns).rows()  # flags, not values: Python cannot hold every date of polars
    numbers, judged = rows.to_list(), _judge(table.schema, texts.rows())
    for number, judgement, text, flags in zip(numbers, judged, texts.rows(), held, strict=True):
        cells = dict(zip(fields, text, strict=True))
        refused: dict[str, str] = {}
        for error in judgement.errors:
            name = getattr(error, "field_name", "")
            refused[name] = error.type
            shown = sample(cells.get(name) or "", [name], withheld)
            yield _theirs(table, number, error.type, fields.get(name), error.note, shown)
        for field, cell, read in zip(fields.values(), text, flags, strict=True):
            if cell is not None and (code := _stricter(field, cell, bool(read), refused.get(field.name))):
                yield _ours(table, number, code, field, sample(cell, [field.name], withheld))


def _judge(schema: Schema, texts: Sequence[tuple[str | None, ...]]) -> Iterator[Row]:
    """Frictionless' own reading of rows; `errors` of each holds what it has against its cells."""
    import frictionless
    from frictionless.table.row import create_cell_handlers

    kept = ("name", "type", "constraints")
    fields = [
        {key: value for key, value in published_field(field).items() if key in kept}
        | ({"format": field.format} if field.type == "string" and field.format in JUDGED_FORMATS else {})
        for field in schema.fields
    ]
    handlers = create_cell_handlers(frictionless.Schema.from_descriptor({"$schema": _PROFILE, "fields": fields}).fields)
    for number, cells in enumerate(texts):
        yield frictionless.Row(
            ["" if cell is None else cell for cell in cells], handlers=handlers, row_number=number + 2
        )


def _theirs(table: Table, row: int, code: str, field: FieldModel | None, note: str, shown: str) -> Finding:
    """A finding for an error of frictionless; without a field it is about the whole row."""
    if field is None:
        return Finding(code, params={"note": note}, resource=table.name, row=row + 1, place=table.place(row, None))
    params: dict[str, str | int] = {"sample": shown, "note": note}
    if code == "type-error":
        params |= in_words(f"expected-{field.type}", {"sample": shown})
    elif code == "constraint-error" and (found := _CONSTRAINT.match(note)):
        params |= {"constraint": found[1], **_rule(field, found[1], shown)}
    return _at(table, row, field, code, params)


def _ours(table: Table, row: int, code: str, field: FieldModel, shown: str) -> Finding:
    params: dict[str, str | int] = {"sample": shown}
    if code == "form-error":
        params |= in_words(f"expected-{field.type}", {"sample": shown})
    elif code == "pattern-not-whole":
        params["limit"] = str(field.constraints.pattern)
    elif code == "category-error":
        params |= _one_of(shown, [category.value for category in field.categories or []])
    return _at(table, row, field, code, params)


def _at(table: Table, row: int, field: FieldModel, code: str, params: Mapping[str, str | int]) -> Finding:
    place = table.place(row, field.name)
    return Finding(code, params=params, resource=table.name, field=field.name, row=row + 1, place=place)


def _rule(field: FieldModel, name: str, shown: str) -> dict[str, str]:
    """What the constraint `name` of a field asks for, in words."""
    constraints = published_field(field)["constraints"]
    if name == "enum":
        return in_words("constraint-enum", _one_of(shown, [str(value) for value in constraints["enum"]]))
    return in_words(f"constraint-{name}", {"sample": shown, "limit": mask(constraints[name])})


def _one_of(shown: str, known: Sequence[str]) -> dict[str, str | int]:
    likeness = {folded(each): each for each in known}
    return {"sample": shown, "nearest": likeness[nearest(folded(shown), likeness)], "known": listed(known)}


def _stricter(field: FieldModel, text: str, read: bool, theirs: str | None) -> str | None:
    """The code of what is wrong with a cell that frictionless could read, if anything beside `theirs`."""
    if theirs == "type-error":
        return None
    if field.type == "integer" and re.fullmatch(r"[+-]?[0-9]+", text) and abs(int(text)) > EXACT_INTEGER:
        return "integer-too-large"
    if not read:
        return "form-error"
    if field.type == "number" and _significant_digits(text) > EXACT_DIGITS:
        return "number-precision"
    if theirs is not None:
        return None
    pattern = field.constraints.pattern
    if pattern is not None and not re.fullmatch(f"(?:{pattern})", text):
        return "pattern-not-whole"
    if field.categories is not None and text not in {category.value for category in field.categories}:
        return "category-error"
    return None


def _significant_digits(text: str) -> int:
    digits = "".join(map(str, Decimal(text.strip()).as_tuple().digits))
    return len(digits.strip("0"))
