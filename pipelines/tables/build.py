"""A raw table and its declaration -> a typed table: columns mapped, corrected, looked up, cast; rows kept from before.

Casting one column is in `cast.py`; tables computed from other tables are in `derive.py`. Whether the values are
acceptable is judged in `checks/`; here only what keeps a table from being built is a finding. The rows come batch by
batch, and it does not matter how many are in one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

import polars as pl

from pipelines.declaration.dataset import Dataset
from pipelines.declaration.model import Resource
from pipelines.errors import UserError
from pipelines.findings import Finding, Place, blocking
from pipelines.sources.raw import RawTable, blank_rows
from pipelines.tables.ahead import in_order
from pipelines.tables.cast import cast, missing
from pipelines.tables.clean import clean
from pipelines.tables.corrections import correct, stale
from pipelines.tables.held import Held
from pipelines.tables.history import keep_history
from pipelines.tables.spill import Gathering
from pipelines.tables.table import Look, Table
from pipelines.text import mask, nearest, romanian

BATCH = 262_144  # rows worked on at a time
MAX_UNKNOWN = 50  # distinct values that a lookup does not know, shown at most


@dataclass(frozen=True)
class _Batch:
    """Some rows of a table, built. `raw`: where they stood. `blank`: the places of rows that hold nothing, inside the
    batch and at its end. `unknown`: what lookups do not know, with where it stands first, by field. `seen`: by each
    of those who look at the rows."""

    raw: RawTable
    values: pl.DataFrame
    texts: pl.DataFrame
    blank: tuple[list[Place], list[Place]]
    matched: list[bool]
    unknown: Mapping[str, Mapping[str, Place]]
    seen: Sequence[object]


def build_table(
    dataset: Dataset,
    resource: Resource,
    raws: Iterable[RawTable],
    previous: pl.DataFrame | Held | None,
    looks: Sequence[Look] = (),
) -> Table:
    """The typed table of one resource; `previous` is its table in the current version, or None.

    `looks`: who will want to look at its rows (`Table.seen`), and does so while they are at hand.
    Raises UserError with every column that is not mapped, correction that no longer matches, value that a lookup does
    not know, and row that would change what `history: append` has published; or with what is wrong with the source.
    """
    rest = iter(raws)
    first = next(rest)
    columns, findings = _map_columns(resource, first)
    if blocking(findings):
        for _ in rest:  # what is wrong with the source is said before what is wrong with its columns
            pass
        raise UserError(_within(findings, resource))
    building = _Building(dataset, resource, first, columns, looks)
    with Gathering(resource.schema_) as gathering:
        for batch in in_order(building.build, _batches(first, rest)):
            building.note(batch)
            gathering.add(batch.values, batch.texts)
        if found := building.findings():
            raise UserError(_within(found, resource))
        values, texts = gathering.done()
    table = Table(resource.name, resource.schema_, values, texts, building.raw, None, columns, looks=building.seen)
    return keep_history(resource, table, previous)


def _batches(first: RawTable, rest: Iterator[RawTable]) -> Iterator[RawTable]:
    """The same rows, never too many at a time."""
    for raw in chain([first], rest):
        for start in range(0, max(raw.frame.height, 1), BATCH):
            yield raw if raw.frame.height <= BATCH else raw.of_rows(slice(start, start + BATCH))


class _Building:
    """A table in the making."""

    def __init__(
        self, dataset: Dataset, resource: Resource, first: RawTable, columns: Mapping[str, int], looks: Sequence[Look]
    ) -> None:
        self._resource, self._columns, self._first = resource, columns, first
        self.seen: dict[Look, list[tuple[int, object]]] = {look: [] for look in looks}
        self._height = 0
        self._corrections = dataset.corrections.get(resource.name, ())
        declared = ((field.name, dataset.lookups.get((resource.name, field.name))) for field in resource.schema_.fields)
        self._lookups = {name: lookup for name, lookup in declared if lookup is not None}
        self._rows: list[pl.Series] = []
        self._matched = [False] * len(self._corrections)
        self._unknown: dict[str, dict[str, Place]] = {name: {} for name in self._lookups}
        self._blank: list[Place] = []
        self._blank_end: list[Place] = []

    def build(self, raw: RawTable) -> _Batch:
        """Some rows as they are published; what is noticed about them is `note`d in order."""
        raw, blank = self._without_blank(raw)
        raw, matched = correct(raw, self._corrections)
        texts: list[pl.Series] = []
        values: list[pl.Series] = []
        unknown: dict[str, Mapping[str, Place]] = {}
        for field in self._resource.schema_.fields:
            column = self._columns[field.name]
            words = self._resource.schema_.missing_values if field.missing_values is None else field.missing_values
            verbatim = field.name in self._resource.publica.verbatim
            lookup = self._lookups.get(field.name)
            canonical, native = (
                raw.frame.to_series(column),
                None if raw.native is None else raw.native.to_series(column),
            )
            as_they_stand = lookup is None and native is None
            typed = clean(canonical, field, words, verbatim=verbatim) if as_they_stand else None
            if typed is None:
                text = missing(canonical.alias(field.name), words)
                if lookup is not None:
                    text, unknown[field.name] = _look_up(raw, column, text, lookup)
                canonical, typed = cast(text, native, field, verbatim=verbatim)
            texts.append(canonical.alias(field.name))
            values.append(typed.alias(field.name))
        part = Table(self._resource.name, self._resource.schema_, pl.DataFrame(values), pl.DataFrame(texts))
        seen = [look(part) for look in self.seen]
        return _Batch(raw.without_cells(), part.frame, part.texts, blank, matched, unknown, seen)

    def note(self, batch: _Batch) -> None:
        """Remember what was noticed about the next batch."""
        self._rows.append(batch.raw.rows)
        for parts, seen in zip(self.seen.values(), batch.seen, strict=True):
            parts.append((self._height, seen))
        self._height += batch.values.height
        self._matched = [before or now for before, now in zip(self._matched, batch.matched, strict=True)]
        for name, places in batch.unknown.items():
            for value, place in places.items():
                self._unknown[name].setdefault(value, place)
        inside, end = batch.blank
        if batch.values.height:  # what seemed the end was none
            self._blank += [*self._blank_end, *inside]
            self._blank_end = end
        else:
            self._blank_end = [*self._blank_end, *end][:MAX_UNKNOWN]

    def findings(self) -> list[Finding]:
        """What keeps the table from being built, now that all of it is noted."""
        found = [Finding("empty-row", place=replace(place, column=None)) for place in self._blank[:MAX_UNKNOWN]]
        found += stale(self._first, self._corrections, self._matched)
        for name, places in self._unknown.items():
            file, known = self._resource.publica.lookups[name], self._lookups[name]
            for value, place in list(places.items())[:MAX_UNKNOWN]:
                params = {"value": mask(value), "file": file, "nearest": nearest(value, known)}
                found.append(Finding("lookup-unknown", params=params, field=name, place=place))
        return found

    @property
    def raw(self) -> RawTable:
        """Where each row of the table stood."""
        return replace(self._first.without_cells(), rows=pl.concat(self._rows))

    def _without_blank(self, raw: RawTable) -> tuple[RawTable, tuple[list[Place], list[Place]]]:
        """The rows that hold anything; and the places of those that do not, before the last of these and after it."""
        blank = blank_rows(raw.frame.to_series(column) for column in self._columns.values())
        if blank.is_empty():
            return raw, ([], [])
        filled = ~pl.int_range(raw.frame.height, eager=True).is_in(blank.implode())
        last = filled.arg_true().tail(1).to_list()
        inside = blank.filter(blank < last[0]) if last else blank.head(0)
        places = [
            [raw.place(row, 0) for row in rows.head(MAX_UNKNOWN)]
            for rows in (inside, blank.tail(len(blank) - len(inside)))
        ]
        return raw.of_rows(filled), (places[0], places[1])


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
        elif len(blank_rows([raw.frame.to_series(index)])) < raw.frame.height:
            findings.append(Finding("blank-label", params={"number": raw.columns[index]}, place=raw.place(None, index)))
    return columns, findings


def _look_up(
    raw: RawTable, column: int, text: pl.Series, lookup: Mapping[str, str]
) -> tuple[pl.Series, dict[str, Place]]:
    """What is looked up for each text; and the texts that are not known, with where each stands first."""
    known = {_same(key): value for key, value in lookup.items()}
    distinct = text.drop_nulls().unique(maintain_order=True)
    unknown = [value for value in distinct if _same(value) not in known][:MAX_UNKNOWN]
    places = {value: raw.place((text == value).arg_max(), column) for value in unknown}
    found = [known.get(_same(value)) or None for value in distinct]
    return text.replace_strict(distinct, found, default=None, return_dtype=pl.String), places
