"""Personal data does not get out: personal numbers, private e-mail addresses, telephones and bank accounts.

They are looked for in a table and in the words published with it; the rules of each kind are in `personal.py`. A
finding names the column and the rows, or the key of the declaration, never a value; other findings about such a column
show no samples either (`withheld` in the other modules of this room).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import add
from typing import cast

import polars as pl

from pipelines.checks.personal import DETECTORS, Detector, telling
from pipelines.checks.words import MOST_NAMED, folded
from pipelines.declaration.dataset import Dataset
from pipelines.declaration.model import FieldModel
from pipelines.declaration.published import published_metadata
from pipelines.declaration.vocabulary import FieldType
from pipelines.findings import Finding, Severity
from pipelines.tables.alike import few_texts
from pipelines.tables.table import Table

Path = tuple[str | int, ...]

_FEW = 10_000  # rows of a table whose columns are sooner looked through all at once
_CHUNK = 100_000  # cells made into Python text at a time
_OURS = ("theme", "temporal", "spatial", "formats")  # published beside the standard's keys, declared under `publica`


def check_privacy(table: Table) -> list[Finding]:
    """One finding per column and kind of personal data in it: it blocks, or warns where it may be chance."""
    parts = [[hits.after(start) for hits in found] for start, found in table.seen(personal_data)]
    return [finding for hits in zip(*parts, strict=True) for finding in _verdict(table, reduce(add, hits))]


def personal_data(part: Table) -> list[Hits]:
    """What is found in each column of a table that is in memory, of each kind that is looked for there."""
    asked = [
        _Column(field, detector, told=telling(field, detector.heading))
        for field in part.schema.fields
        for detector in DETECTORS
        if field.type in detector.types
    ]
    suspected = _suspected(part.texts, asked) if asked else []
    return [_hits(column, part.texts[column.field.name]) if column in suspected else Hits(column) for column in asked]


def check_words(dataset: Dataset) -> list[Finding]:
    """One finding per place and kind of personal data in the metadata that is published: each blocks.

    Words are few and a person wrote them, so that nothing there is left to chance or to a majority.
    """
    leaves = [(path, value, _field(dataset, path)) for path, value in _leaves(published_metadata(dataset), ())]
    texts = _one_line_each(pl.Series([str(value) for _, value, _ in leaves], dtype=pl.String))
    fields = [field for resource in dataset.package.resources for field in resource.schema_.fields]
    found: list[Finding] = []
    for detector in DETECTORS:
        telling_ones = {id(field) for field in fields if telling(field, detector.heading)}
        shapes = zip(texts.str.contains(detector.shape), texts.str.contains(detector.told_shape), strict=True)
        for (path, value, field), shaped in zip(leaves, shapes, strict=True):
            told = id(field) in telling_ones
            if shaped[told] and not _said_twice(field, path) and _hit(detector, value, told=told):
                place = dataset.place(*path)
                found.append(Finding(f"{detector.code}-in-words", params={"where": _where(path)}, place=place))
    return found


def withheld(findings: Sequence[Finding]) -> frozenset[str]:
    """The fields that `check_privacy` found something in: nothing of them may be shown."""
    return frozenset(finding.field for finding in findings)


def _suspected(texts: pl.DataFrame, asked: Sequence[_Column]) -> list[_Column]:
    """Those of the columns in which some cell has the shape that is looked for."""
    names = [*dict.fromkeys(column.field.name for column in asked)]
    longest = texts.select(pl.col(names).str.len_bytes().max()).row(0, named=True)
    possible = [column for column in asked if column.detector.shortest <= (longest[column.field.name] or 0)]
    if texts.height <= _FEW:
        shaped = (pl.col(column.field.name).str.contains(column.shape).any() for column in possible)
        there = texts.select(each.alias(str(index)) for index, each in enumerate(shaped)).row(0) if possible else ()
        return [column for column, found in zip(possible, there, strict=True) if found]
    lines = {name: _lines(texts[name]) for name in dict.fromkeys(column.field.name for column in possible)}
    return [column for column in possible if lines[column.field.name].str.contains(column.shape).any()]


def _lines(texts: pl.Series) -> pl.Series:
    """All texts as lines of a single one, where a shape is found ten times as fast; few texts once each."""
    few = few_texts(texts)
    lines = (texts if few is None else few).drop_nulls()
    whole = lines.str.join("\n")
    if whole.str.count_matches("\n", literal=True)[0] >= lines.len():
        whole = _one_line_each(lines).str.join("\n")
    return whole


def _one_line_each(texts: pl.Series) -> pl.Series:
    return texts.str.replace_all("\n", " ", literal=True)


@dataclass(frozen=True)
class _Column:
    """One kind of personal data in one column. `told`: the heading says what it is."""

    field: FieldModel
    detector: Detector
    told: bool

    @property
    def shape(self) -> str:
        """What every cell with a hit matches."""
        return self.detector.told_shape if self.told else self.detector.shape


@dataclass(frozen=True)
class Hits:
    """What was found in a column: the first rows, how many, among how many candidates, and whether one says it is."""

    column: _Column
    rows: tuple[int, ...] = ()
    count: int = 0
    candidates: int = 0
    said: bool = False

    def after(self, start: int) -> Hits:
        """The same, where so many rows come before."""
        return replace(self, rows=tuple(row + start for row in self.rows)) if self.rows else self

    def __add__(self, later: Hits) -> Hits:
        return Hits(
            self.column,
            (*self.rows, *later.rows)[:MOST_NAMED],
            self.count + later.count,
            self.candidates + later.candidates,
            self.said or later.said,
        )


def _hits(column: _Column, texts: pl.Series) -> Hits:
    """What the cells hold that have the shape."""
    shaped = _one_line_each(texts).str.contains(column.shape).fill_null(False).arg_true()
    rows: list[int] = []
    candidates, said = 0, False
    for start in range(0, shaped.len(), _CHUNK):
        chunk = shaped[start : start + _CHUNK]
        for row, text in zip(chunk.to_list(), texts.gather(chunk).to_list(), strict=True):
            says = _says(column.detector, text)
            seen, passed = column.detector.judge(text, column.field.type, column.told or says)
            candidates += seen
            if passed:
                rows.append(row)
                said = said or says
    return Hits(column, tuple(rows[:MOST_NAMED]), len(rows), candidates, said)


def _verdict(table: Table, hits: Hits) -> Iterator[Finding]:
    """Any hit blocks that is certain, by its kind, heading or cell; else three, if most of the column passes."""
    if not hits.count:
        return
    column, likely = hits.column, hits.count * 2 > hits.candidates
    certain = column.told or column.detector.certain or hits.said
    if certain or (likely and hits.count >= 3):
        code, severity = column.detector.code, Severity.BLOCK
    elif likely:
        code, severity = f"{column.detector.code}-possible", Severity.WARN
    else:
        return
    named = ", ".join(str(row + 1) for row in hits.rows) + (", …" if hits.count > MOST_NAMED else "")
    yield Finding(
        code,
        severity,
        params={"count": hits.count, "rows": named},
        resource=table.name,
        field=column.field.name,
        row=hits.rows[0] + 1,
        place=table.place(hits.rows[0], column.field.name),
    )


def _says(detector: Detector, text: str) -> bool:
    """Whether a text itself says that such a thing stands in it."""
    return not text.isdigit() and detector.heading.search(folded(text)) is not None


def _leaves(value: object, path: Path) -> Iterator[tuple[Path, str | int | float]]:
    """Every text and number of a JSON value, with where it is declared."""
    if isinstance(value, Mapping):
        for key, held in cast(Mapping[str, object], value).items():
            yield from _leaves(held, ("publica", key) if not path and key in _OURS else (*path, key))
    elif isinstance(value, list):
        for index, held in enumerate(cast(list[object], value)):
            yield from _leaves(held, (*path, index))
    elif isinstance(value, str | int | float) and not isinstance(value, bool):
        yield path, value


def _field(dataset: Dataset, path: Path) -> FieldModel | None:
    """The field that `path` stands in, or None."""
    match path:
        case ("resources", int(resource), "schema", "fields", int(field), *_):
            return dataset.package.resources[resource].schema_.fields[field]
        case _:
            return None


def _said_twice(field: FieldModel | None, path: Path) -> bool:
    """Whether this is the list of categories once more, published as a constraint and declared nowhere."""
    return field is not None and field.constraints.enum is None and path[5:7] == ("constraints", "enum")


def _hit(detector: Detector, value: str | float, *, told: bool) -> bool:
    kind: FieldType = "string" if isinstance(value, str) else "integer" if isinstance(value, int) else "number"
    text = str(value)
    return kind in detector.types and detector.judge(text, kind, told or _says(detector, text))[1]


def _where(path: Path) -> str:
    """A path as people write one: resources[0].schema.fields[1].title."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")
