"""Rules of a declaration that span several keys: names that must exist, be unique, and fit together.

What one key may hold is in `model.py`. Every rule yields all its findings; none stops at the first.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Protocol

from pipelines.declaration.model import (
    Constraints,
    Cumulative,
    DerivedSource,
    FieldModel,
    Package,
    Resource,
    Schema,
    SqlSource,
)
from pipelines.declaration.paths import is_web_address, path_fault
from pipelines.declaration.shared import PROJECT, Shared
from pipelines.declaration.vocabulary import FieldType
from pipelines.findings import Finding, Place
from pipelines.text import mask, nearest


class At(Protocol):
    """Tells the place of a path in the declaration."""

    def __call__(self, *path: str | int) -> Place:  # noqa: D102 - the class says it
        ...


TRANSFORMS = PROJECT / "pipelines" / "tables" / "transforms"

_COMPARED: tuple[FieldType, ...] = ("string", "integer", "year", "boolean")  # equal or not, without any doubt
_ORDERED: tuple[FieldType, ...] = ("integer", "number", "date", "datetime", "time", "year", "yearmonth")
_FORMATS: dict[FieldType, tuple[str, ...]] = {
    "string": ("default", "email", "uri", "uuid", "period"),
    "date": ("default", "romanian"),
    "datetime": ("default",),
    "time": ("default",),
    "yearmonth": ("default", "romanian"),
}
_SHAPES: dict[FieldType, str] = {
    "date": r"[0-9]{4}-[0-9]{2}-[0-9]{2}",
    "datetime": r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?Z",
    "time": r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]",
    "yearmonth": r"[0-9]{4}-(0[1-9]|1[0-2])",
}
_DIRECTIVES = {"date": "dmYyeBbjF", "datetime": "dmYyeBbjFHMST"}  # of a pattern such as %d.%m.%Y


def package_rules(package: Package, folder: Path, shared: Shared, at: At) -> Iterator[Finding]:
    """Everything wrong with a package beyond single keys. `at(*path)` is the place of a path in the file."""
    if package.name != folder.name:
        yield Finding("name-differs", params={"name": package.name, "folder": folder.name}, place=at("name"))
    yield from _known("organization", package.publica.organization, shared.organizations, at, "publica", "organization")
    yield from _known("theme", package.publica.theme, shared.themes, at, "publica", "theme")
    for index, licence in enumerate(package.licenses):
        yield from _known("license", licence.name, shared.licences, at, "licenses", index, "name")
    for language, texts in (("ro", package.translations.ro), ("ru", package.translations.ru)):
        if not texts.title or (language == "ro" and not texts.description):
            yield Finding("translation-missing", params={"language": language}, place=at("translations", language))
    if "csv" not in package.publica.formats:
        yield Finding("csv-always", place=at("publica", "formats"))
    yield from _twice((r.name for r in package.resources), "name-twice", lambda i: at("resources", i, "name"))
    for index, resource in enumerate(package.resources):
        yield from _resource_rules(package, resource, folder, shared, _below(at, "resources", index))


def _below(at: At, *start: str | int) -> At:
    return lambda *path: at(*start, *path)


def _known(kind: str, value: str, known: Collection[str], at: At, *path: str | int) -> Iterator[Finding]:
    if value not in known:
        words = sorted(known)
        params = {"key": kind, "value": mask(value), "nearest": nearest(value, words), "known": ", ".join(words)}
        yield Finding("unknown-value", params=params, place=at(*path))


def _twice(names: Iterable[str], code: str, place: Callable[[int], Place]) -> Iterator[Finding]:
    seen: Counter[str] = Counter()
    for index, name in enumerate(names):
        seen[name] += 1
        if seen[name] == 2:
            yield Finding(code, params={"name": name}, place=place(index))


def _resource_rules(package: Package, resource: Resource, folder: Path, shared: Shared, at: At) -> Iterator[Finding]:
    extra = resource.publica
    yield from _source_rules(package, resource, folder, at)
    yield from _schema_rules(package, resource, at)
    for index, use in enumerate(extra.expectations):
        name = use if isinstance(use, str) else use.suite
        suite = shared.suites.get(name)
        if suite is None:
            yield from _known("expectations", name, shared.suites, at, "publica", "expectations", index)
        elif isinstance(suite, list):
            yield from suite
    if not extra.expectations and extra.checks is None:
        yield Finding("no-checks", params={"resource": resource.name}, place=at())
    if extra.history != "snapshot" and not resource.schema_.primary_key:
        yield Finding("history-needs-key", params={"history": extra.history}, place=at("publica", "history"))
    names = [f.name for f in resource.schema_.fields]
    for index, field in enumerate(extra.verbatim):
        yield from _known("verbatim", field, names, at, "publica", "verbatim", index)
    for field in extra.lookups:
        yield from _known("lookups", field, names, at, "publica", "lookups", field)
    for index, series in enumerate(extra.checks.cumulative if extra.checks else []):
        yield from _cumulative_rules(resource, series, _below(at, "publica", "checks", "cumulative", index))


def _cumulative_rules(resource: Resource, series: Cumulative, at: At) -> Iterator[Finding]:
    fields = {field.name: field.type for field in resource.schema_.fields}
    for key, used in (("field", [series.field]), ("order", [series.order]), ("by", series.by)):
        for name in used:
            yield from _known(key, name, fields, at, key)
    for name, value in series.where.items():
        kind = fields.get(name)
        if kind is None:
            yield from _known("where", name, fields, at, "where", name)
        elif kind not in _COMPARED:
            yield Finding(
                "constraint-does-not-fit", params={"constraint": "where", "type": kind}, place=at("where", name)
            )
        elif not _fits(kind, value):
            yield Finding("constraint-value", params={"value": mask(value), "type": kind}, place=at("where", name))


def _source_rules(package: Package, resource: Resource, folder: Path, at: At) -> Iterator[Finding]:
    source, corrections = resource.publica.source, resource.publica.corrections
    for name, path in resource.publica.lookups.items():
        yield from _file(folder, path, at, "publica", "lookups", name)
    if corrections:
        yield from _file(folder, corrections, at, "publica", "corrections")
    if source is None and not is_web_address(resource.path):
        yield from _file(folder, resource.path, at, "path")
    if isinstance(source, SqlSource) and not re.match(r"\s*(select|with)\b", source.sql, re.IGNORECASE):
        yield Finding("sql-not-a-question", place=at("publica", "source", "sql"))
    if isinstance(source, DerivedSource):
        before = package.resources[: package.resources.index(resource)]  # computed ones are built in this order
        others = [r.name for r in package.resources if r in before or not isinstance(r.publica.source, DerivedSource)]
        for index, table in enumerate(source.tables):
            if "/" not in table:
                yield from _known("tables", table, others, at, "publica", "source", "tables", index)
    transform = resource.publica.transform
    if transform:
        known = [f.stem for f in TRANSFORMS.glob("*.py") if f.stem != "__init__"]
        yield from _known("transform", transform, known, at, "publica", "transform")
    if isinstance(source, DerivedSource) and not transform:
        yield Finding("missing-key", params={"key": "transform"}, place=at("publica", "source"))


def _file(folder: Path, path: str, at: At, *key: str | int) -> Iterator[Finding]:
    if fault := path_fault(folder, path):
        yield replace(fault, place=at(*key))


def _schema_rules(package: Package, resource: Resource, at: At) -> Iterator[Finding]:
    schema = resource.schema_
    names = [f.name for f in schema.fields]
    yield from _twice(names, "name-twice", lambda i: at("schema", "fields", i, "name"))
    columns = [f.source or f.name for f in schema.fields]
    yield from _twice(columns, "column-twice", lambda i: at("schema", "fields", i, "from"))
    for label in resource.publica.ignore:
        if label in columns:
            yield Finding("ignored-and-used", params={"column": label}, place=at("publica", "ignore"))
    for index, field in enumerate(schema.fields):
        yield from _field_rules(field, _below(at, "schema", "fields", index))
    for index, name in enumerate(schema.primary_key):
        yield from _known("primaryKey", name, names, at, "schema", "primaryKey", index)
    for index, key in enumerate(schema.unique_keys):
        for name in key:
            yield from _known("uniqueKeys", name, names, at, "schema", "uniqueKeys", index)
    yield from _foreign_key_rules(package, schema, names, at)


def _foreign_key_rules(package: Package, schema: Schema, names: list[str], at: At) -> Iterator[Finding]:
    by_name = {r.name: r for r in package.resources}
    for index, key in enumerate(schema.foreign_keys):
        here = _below(at, "schema", "foreignKeys", index)
        for name in key.fields:
            yield from _known("foreignKeys", name, names, here)
        other = by_name.get(key.reference.resource) if key.reference.resource else None
        if key.reference.resource and other is None:
            yield from _known("reference", key.reference.resource, by_name, here)
            continue
        theirs = [f.name for f in (other.schema_ if other else schema).fields]
        for name in key.reference.fields:
            yield from _known("reference", name, theirs, here)
        if len(key.fields) != len(key.reference.fields):
            yield Finding("foreign-key-lengths", place=here())
            continue
        kinds = {f.name: _kind(f) for f in schema.fields}
        their_kinds = {f.name: _kind(f) for f in (other.schema_ if other else schema).fields}
        for mine, theirs_ in zip(key.fields, key.reference.fields, strict=True):
            if mine in kinds and theirs_ in their_kinds and kinds[mine] != their_kinds[theirs_]:
                params = {"field": mine, "type": kinds[mine], "other": theirs_, "other_type": their_kinds[theirs_]}
                yield Finding("foreign-key-types", params=params, place=here())


def _kind(field: FieldModel) -> str:
    """The type of a field as far as keys compare it: whole and other numbers can be equal."""
    return "number" if field.type in ("integer", "number", "year") else field.type


def _field_rules(field: FieldModel, at: At) -> Iterator[Finding]:
    if field.format and not _is_pattern(field.type, field.format):
        known = list(_FORMATS.get(field.type, ("default",)))
        yield from _known("format", field.format, known, at, "format")
    if field.group_char is not None and field.group_char == (field.decimal_char or "."):
        yield Finding("signs-alike", params={"sign": field.group_char}, place=at("groupChar"))
    if both := set(field.true_values or ()) & set(field.false_values or ()):
        yield Finding("true-and-false", params={"value": mask(min(both))}, place=at("falseValues"))
    if field.categories is not None and field.type != "string":
        yield Finding("categories-need-text", place=at("categories"))
    yield from _constraint_rules(field, field.constraints, at)


def _is_pattern(kind: FieldType, text: str) -> bool:
    """Whether a format is a pattern of dates, made of directives that are known for the type."""
    found = re.findall(r"%(.?)", text)
    return bool(found) and all(sign and sign in _DIRECTIVES.get(kind, "") for sign in found)


def _constraint_rules(field: FieldModel, constraints: Constraints, at: At) -> Iterator[Finding]:
    given = constraints.model_dump(by_alias=True, exclude_none=True, exclude_defaults=True)
    for name, value in given.items():
        limit = name in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
        text = name in ("minLength", "maxLength", "pattern")
        here = _below(at, "constraints", name)
        if (limit and field.type not in _ORDERED) or (text and field.type != "string"):
            yield Finding("constraint-does-not-fit", params={"constraint": name, "type": field.type}, place=here())
        elif limit and not _fits(field.type, value):
            yield Finding("constraint-value", params={"value": mask(value), "type": field.type}, place=here())
        elif name == "pattern" and not _compiles(str(value)):
            yield Finding("pattern-broken", params={"pattern": mask(value)}, place=here())
        elif name == "enum" and not all(_fits(field.type, each) for each in value):
            yield Finding("constraint-value", params={"value": mask(value), "type": field.type}, place=here())


def _fits(kind: FieldType, value: object) -> bool:
    """Whether a value of a constraint is one of the field's type."""
    if kind in ("integer", "year"):
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    if kind == "boolean":
        return isinstance(value, bool)
    if not isinstance(value, str) or re.fullmatch(_SHAPES.get(kind, r"(?s).*"), value) is None:
        return False
    try:
        if kind == "date":
            date.fromisoformat(value)
        elif kind == "datetime":
            datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _compiles(pattern: str) -> bool:
    try:
        re.compile(f"^{pattern}$")  # as every reader of a Table Schema does
    except re.error:
        return False
    return True
