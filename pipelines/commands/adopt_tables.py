"""Which tables the files of an adopted dataset are: their fields inferred, and held to what API developers know.

Where a table stands behind a file, its columns decide names, types and words as far as file and standard allow.
What a dataset says of itself is in `adopt_words.py`, taking it over in `adopt.py`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from pipelines.commands.infer import GUESSES, Inferred, ascii_words, infer, values_of
from pipelines.declaration.vocabulary import FieldType
from pipelines.errors import UserError
from pipelines.findings import Finding, Severity
from pipelines.languages import LANGUAGES
from pipelines.portals.adoption import Found, FoundColumn, FoundFile, Taken
from pipelines.text import mask

if TYPE_CHECKING:
    import polars as pl

_FIELD_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_FORMAT_WORDS = re.compile(r"\b(csv|xlsx?|excel)\b", re.IGNORECASE)
_MOMENTS = ("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%Y-%m-%d %H:%M:%S", "%d.%m.%Y %H:%M")
_READINGS: tuple[dict[str, Any], ...] = (
    *GUESSES,
    {"type": "datetime"},
    *({"type": "datetime", "format": pattern} for pattern in _MOMENTS),
    {"type": "boolean", "trueValues": ["1", "t", "TRUE", "True"], "falseValues": ["0", "f", "FALSE", "False"]},
    {"type": "string"},
)


@dataclass(frozen=True)
class AdoptedTable:
    """A table that a dataset will be published with. `files`: what holds it now, the source of its rows first.

    `stays`: ids of those whose link goes on showing what it shows, since they hold more than this table.
    """

    name: str
    inferred: Inferred
    fields: list[dict[str, Any]]
    files: tuple[FoundFile, ...]
    same: bool
    findings: list[Finding] = field(default_factory=list[Finding])
    stays: tuple[str, ...] = ()

    @property
    def source(self) -> FoundFile:
        """The file that its rows are read from."""
        return self.files[0]

    @property
    def taken(self) -> list[Taken]:
        """What each of its files becomes."""
        types: dict[str, FieldType] = {each["name"]: each["type"] for each in self.fields}
        kept = [file for file in self.files if file.id not in self.stays]
        return [Taken(file, self.name, file.path.suffix[1:], types, self.same) for file in kept]

    def also(self, file: FoundFile, inferred: Inferred) -> AdoptedTable:
        """The same table, also held by `file`."""
        findings = [finding.within(resource=self.name) for finding in _sheets(file, inferred)]
        stays = (*self.stays, file.id) if findings else self.stays
        return replace(self, files=(*self.files, file), findings=[*self.findings, *findings], stays=stays)


def tables_of(found: Found) -> list[AdoptedTable]:
    """The tables of a dataset. Raises UserError with all that is wrong with files that cannot be read as tables."""
    tables: list[AdoptedTable] = []
    findings: list[Finding] = []
    for file in sorted(found.files, key=lambda file: (file.table is None, file.path.suffix)):
        try:
            inferred = infer(file.path, sample=None)
        except UserError as error:
            findings += [finding.within(dataset=found.name, resource=file.title) for finding in error.findings]
            continue
        twin = next((n for n, table in enumerate(tables) if _is_twin(table, file, inferred)), None)
        if twin is not None:
            tables[twin] = tables[twin].also(file, inferred)
        else:
            tables.append(_table(file, inferred, {table.name for table in tables}))
    if findings:
        raise UserError([*findings, Finding("adopt-without", dataset=found.name, params={"name": found.name})])
    order = [file.id for file in found.files]
    return sorted(tables, key=lambda table: order.index(table.source.id))


def title_of(file: FoundFile) -> str:
    """A resource's title without the word for its format."""
    bare = re.sub(r"\(\s*\)|\[\s*\]", "", _FORMAT_WORDS.sub("", file.title))
    return " ".join(bare.split()).strip(" .,;:-_") or file.title


def _table(file: FoundFile, inferred: Inferred, taken: Collection[str]) -> AdoptedTable:
    base = ascii_words(title_of(file), "-")[:60].strip("-") or "table"
    base = f"{base}-data" if base == "version" else base
    name = next(name for name in _numbered(base) if name not in taken)
    fields, same, findings = _held_to_columns(file, inferred)
    sheets = _sheets(file, inferred)
    told = [finding.within(resource=name) for finding in (*findings, *sheets)]
    stays = (file.id,) if sheets and file.table is None else ()
    return AdoptedTable(name, inferred, fields, (file,), same and not sheets, told, stays)


def _numbered(base: str) -> Iterator[str]:
    yield base
    number = 2
    while True:
        yield f"{base}-{number}"
        number += 1


def _sheets(file: FoundFile, inferred: Inferred) -> list[Finding]:
    """A warning where a workbook has sheets that are not read: its link must not lose them."""
    from pipelines.sources.workbook import sheet_names

    read = (inferred.raw.sheet or "").strip()
    others = [mask(name) for name in sheet_names(file.path) if name.strip() != read] if read else []
    params = {"sheet": read, "others": ", ".join(others)}
    return [Finding("adopt-sheets", Severity.WARN, params)] if others else []


def _is_twin(table: AdoptedTable, file: FoundFile, inferred: Inferred) -> bool:
    """Whether `file` holds the same table in the other format, value for value, and nobody's API hangs on it."""
    ours = table.inferred
    if file.table or file.path.suffix in {other.path.suffix for other in table.files}:
        return False
    if ours.raw.labels != inferred.raw.labels or ours.raw.frame.height != inferred.raw.frame.height:
        return False
    return all(_equal(_column(ours, n), _column(inferred, n), told) for n, told in enumerate(table.fields))


def _equal(
    ours: tuple[pl.Series, pl.Series | None], theirs: tuple[pl.Series, pl.Series | None], told: Mapping[str, Any]
) -> bool:
    values = values_of(*ours, told)
    candidates = [told, *(reading for reading in _READINGS if reading["type"] == told["type"])]
    others = (values_of(*theirs, reading) for reading in candidates)
    return values is not None and any(
        other is not None and _same_values(values, other, told["type"]) for other in others
    )


def _same_values(ours: pl.Series, theirs: pl.Series, kind: FieldType) -> bool:
    import polars as pl

    if kind == "number":
        ours, theirs = ours.cast(pl.Float64, strict=False), theirs.cast(pl.Float64, strict=False)
    return ours.equals(theirs, null_equal=True)


def _column(inferred: Inferred, index: int) -> tuple[pl.Series, pl.Series | None]:
    raw = inferred.raw
    return raw.frame.to_series(index), None if raw.native is None else raw.native.to_series(index)


# --- columns that API developers know ---------------------------------------------------------------------------------


def _held_to_columns(file: FoundFile, inferred: Inferred) -> tuple[list[dict[str, Any]], bool, list[Finding]]:
    """The fields of a table; whether the table behind the file can go on as it is; and what is to be said of it."""
    if file.table is None:
        return inferred.fields, True, []
    columns = {column.name: column for column in file.table.columns}
    by_words = {ascii_words(name, "_"): name for name in columns}
    fields: list[dict[str, Any]] = []
    renamed: list[str] = []
    retyped: list[str] = []
    texts: list[str] = []
    for index, (told, label) in enumerate(zip(inferred.fields, inferred.raw.labels, strict=True)):
        like = (label, by_words.get(ascii_words(label, "_"), ""))
        column = next((columns.pop(name) for name in like if name in columns), None)
        if column is None:
            fields.append(told)
            continue
        made = _named(told, label, column, {each["name"] for each in (*inferred.fields, *fields) if each is not told})
        kind = _type(column, *_column(inferred, index), told)
        fields.append(_worded({"name": made["name"], **(kind or _bare(told)), **made}, column))
        if made["name"] != column.name:
            renamed.append(f"{mask(column.name)} → {made['name']}")
        if kind is None:
            retyped.append(f"{mask(column.name)}: {column.type} → {told['type']}")
        elif kind["type"] == "string" != told["type"]:
            texts.append(made["name"])
    gone = [mask(name) for name in columns]
    findings = [
        Finding(code, severity, {"columns": ", ".join(names)})
        for code, severity, names in (
            ("adopt-columns-renamed", Severity.WARN, renamed),
            ("adopt-columns-retyped", Severity.WARN, retyped),
            ("adopt-columns-gone", Severity.WARN, gone),
            ("adopt-columns-text", Severity.INFO, texts),
        )
        if names
    ]
    return fields, not (renamed or retyped or gone), findings


def _named(told: Mapping[str, Any], label: str, column: FoundColumn, taken: Collection[str]) -> dict[str, Any]:
    """Name, heading and title of a field: by the column where its name can be a field's."""
    fits = _FIELD_NAME.fullmatch(column.name) and column.name not in taken
    name = column.name if fits else told["name"]
    return {"name": name, **({"from": label} if label != name else {}), "title": told["title"]}


def _bare(told: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in told.items() if key not in ("name", "from", "title")}


def _type(
    column: FoundColumn, cells: pl.Series, native: pl.Series | None, told: Mapping[str, Any]
) -> dict[str, Any] | None:
    """The type as which a column's values go on where they are: the inferred one, else the column's; None: neither."""
    readings = [_bare(told), *(reading for kind in column.types for reading in _READINGS if reading["type"] == kind)]
    for reading in readings:
        values = values_of(cells, native, reading)
        if values is not None and column.holds(reading["type"], values):
            return reading
    return None


def _worded(made: dict[str, Any], column: FoundColumn) -> dict[str, Any]:
    """A field with the words of the data dictionary."""
    plain = {key: column.words[key] for key in ("title", "description", "unit") if key in column.words}
    told = {
        language: {key: text for key in ("title", "description") if (text := column.words.get(f"{key}_{language}"))}
        for language in LANGUAGES
    }
    english = told.pop("en")
    translations = {language: words for language, words in told.items() if words}
    return {**made, **plain, **english, **({"translations": translations} if translations else {})}
