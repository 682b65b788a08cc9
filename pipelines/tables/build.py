"""A raw table and its declaration -> a typed table: columns mapped, corrected, looked up, cast; rows kept from before.

Casting one column is in `cast.py`; tables computed from other tables are in `derive.py`. Whether the values are
acceptable is judged in `checks/`; here only what keeps a table from being built is a finding.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from pipelines.declaration.dataset import Dataset
from pipelines.declaration.model import Resource
from pipelines.errors import UserError
from pipelines.findings import Finding, blocking
from pipelines.sources.raw import RawTable
from pipelines.tables.cast import cast, missing
from pipelines.tables.corrections import correct
from pipelines.tables.history import keep_history
from pipelines.tables.table import Table
from pipelines.text import mask, nearest, romanian

MAX_UNKNOWN = 50  # distinct values that a lookup does not know, shown at most


def build_table(dataset: Dataset, resource: Resource, raw: RawTable, previous: pl.DataFrame | None) -> Table:
    """The typed table of one resource; `previous` is its table in the current version, or None.

    Raises UserError with every column that is not mapped, correction that no longer matches, value that a lookup does
    not know, and row that would change what `history: append` has published.
    """
    columns, findings = _map_columns(resource, raw)
    if blocking(findings):
        raise UserError(_within(findings, resource))
    raw, rows = _without_blank_end(raw, list(columns.values()))
    findings += _blank_rows(raw, rows)
    raw, stale = correct(raw, dataset.corrections.get(resource.name, ()))
    findings += stale
    texts, values = _cast_all(dataset, resource, raw, columns, findings)
    if blocking(findings):
        raise UserError(_within(findings, resource))
    table = Table(
        name=resource.name,
        schema=resource.schema_,
        frame=pl.DataFrame(values),
        texts=pl.DataFrame(texts),
        raw=raw,
        origin=None,
        columns=columns,
    )
    return keep_history(resource, table, previous)


def _within(findings: list[Finding], resource: Resource) -> list[Finding]:
    return [finding.within(resource=resource.name) for finding in findings]


def _same(label: str) -> str:
    """A heading as it is compared: cedillas and runs of blanks do not count."""
    return " ".join(romanian(label).split())


def _map_columns(resource: Resource, raw: RawTable) -> tuple[dict[str, int], list[Finding]]:
    """Field name -> column of the source; and a finding for each heading that is missing, twice there, or unknown."""
    labels = [_same(label) for label in raw.labels]
    findings: list[Finding] = []
    columns: dict[str, int] = {}
    for field in resource.schema_.fields:
        wanted = _same(field.source or field.name)
        found = [index for index, label in enumerate(labels) if label == wanted]
        if len(found) == 1:
            columns[field.name] = found[0]
        elif found:
            params = {"label": wanted, "first": raw.columns[found[0]], "again": raw.columns[found[1]]}
            place = raw.place(None, found[1])
            findings.append(Finding("duplicate-label", params=params, field=field.name, place=place))
        else:
            params = {"label": wanted, "nearest": nearest(wanted, labels), "labels": ", ".join(raw.labels)}
            place = replace(raw.place(None, None), column=None)
            findings.append(Finding("missing-label", params=params, field=field.name, place=place))
    ignored = {_same(label) for label in resource.publica.ignore}
    used = set(columns.values())
    for index, label in enumerate(labels):
        if index in used or label in ignored or any(f.params.get("label") == label for f in findings):
            continue
        if label:
            findings.append(Finding("extra-label", params={"label": raw.labels[index]}, place=raw.place(None, index)))
        elif raw.frame.to_series(index).str.strip_chars().ne("").any():
            findings.append(Finding("blank-label", params={"number": raw.columns[index]}, place=raw.place(None, index)))
    return columns, findings


def _filled(raw: RawTable, used: list[int]) -> pl.Series:
    frame = raw.frame.select(pl.nth(used).str.strip_chars().ne("").fill_null(value=False))
    return frame.select(pl.any_horizontal(pl.all())).to_series()


def _without_blank_end(raw: RawTable, used: list[int]) -> tuple[RawTable, pl.Series]:
    """The table up to its last row that holds anything, and which of its rows hold something."""
    filled = _filled(raw, used)
    last = filled.arg_true().tail(1).to_list()
    height = int(last[0]) + 1 if last else 0
    cut = replace(
        raw,
        frame=raw.frame.head(height),
        native=None if raw.native is None else raw.native.head(height),
        rows=raw.rows.head(height),
    )
    return cut, filled.head(height)


def _blank_rows(raw: RawTable, filled: pl.Series) -> list[Finding]:
    blank = filled.not_().arg_true()
    return [Finding("empty-row", place=replace(raw.place(row, 0), column=None)) for row in blank.head(MAX_UNKNOWN)]


def _cast_all(
    dataset: Dataset, resource: Resource, raw: RawTable, columns: Mapping[str, int], findings: list[Finding]
) -> tuple[list[pl.Series], list[pl.Series]]:
    texts: list[pl.Series] = []
    values: list[pl.Series] = []
    for field in resource.schema_.fields:
        column = columns[field.name]
        words = field.missing_values if field.missing_values is not None else resource.schema_.missing_values
        text = missing(raw.frame.to_series(column).alias(field.name), words)
        lookup = dataset.lookups.get((resource.name, field.name))
        if lookup is not None:
            text = _look_up(resource, raw, column, text, lookup, findings)
        native = None if raw.native is None else raw.native.to_series(column)
        canonical, typed = cast(text, native, field, verbatim=field.name in resource.publica.verbatim)
        texts.append(canonical.alias(field.name))
        values.append(typed.alias(field.name))
    return texts, values


def _look_up(
    resource: Resource, raw: RawTable, column: int, text: pl.Series, lookup: Mapping[str, str], findings: list[Finding]
) -> pl.Series:
    known = {_same(key): value for key, value in lookup.items()}
    distinct = text.drop_nulls().unique(maintain_order=True)
    unknown = [value for value in distinct if _same(value) not in known]
    for value in unknown[:MAX_UNKNOWN]:
        row = (text == value).arg_max()
        params = {"value": mask(value), "file": resource.publica.lookups[text.name], "nearest": nearest(value, lookup)}
        findings.append(Finding("lookup-unknown", params=params, field=text.name, place=raw.place(row, column)))
    return text.replace_strict(
        distinct, [known.get(_same(value)) or None for value in distinct], default=None, return_dtype=pl.String
    )
