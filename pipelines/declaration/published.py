"""What of a declaration is published, as plain JSON values: the part of a descriptor that makes versions.

How the source is laid out (formats, dialect, paths, headings) is left out: it is rewritten to the standard's defaults
and never makes a version. File hashes and sizes are added by `packages/`; the differences are judged in `versions/`.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from pipelines.declaration.dataset import Dataset
from pipelines.declaration.model import FieldModel, Resource, Schema
from pipelines.declaration.vocabulary import file_formats

_SOURCE_ONLY = {
    "source", "format", "decimal_char", "group_char", "bare_number", "true_values", "false_values", "missing_values",
}  # fmt: skip
_PUBLISHED_FORMATS = ("email", "uri", "uuid")  # of text; others say how the source writes it


def _dump(model: BaseModel, exclude: set[str] | None = None) -> dict[str, Any]:
    return model.model_dump(mode="json", by_alias=True, exclude=exclude, exclude_defaults=True, exclude_none=True)


def published_field(field: FieldModel) -> dict[str, Any]:
    """A field as published: name and type first, nothing that describes the source."""
    value = _dump(field, _SOURCE_ONLY)
    if field.type == "string" and field.format in _PUBLISHED_FORMATS:
        value["format"] = field.format
    if field.categories and "enum" not in value.get("constraints", {}):
        # frictionless does not enforce categories, so the closed list is said a second time as a constraint
        value["constraints"] = {**value.get("constraints", {}), "enum": [c.value for c in field.categories]}
    return value


def published_schema(schema: Schema) -> dict[str, Any]:
    """A Table Schema as published."""
    value: dict[str, Any] = {"fields": [published_field(field) for field in schema.fields]}
    if schema.primary_key:
        value["primaryKey"] = schema.primary_key
    if schema.unique_keys:
        value["uniqueKeys"] = schema.unique_keys
    if schema.foreign_keys:
        value["foreignKeys"] = [key.model_dump(mode="json", by_alias=True) for key in schema.foreign_keys]
    return value


def published_resource(resource: Resource) -> dict[str, Any]:
    """A resource as published: its name, its words, its schema."""
    value: dict[str, Any] = {"name": resource.name}
    for key in ("title", "description"):
        if held := getattr(resource, key):
            value[key] = held
    if translations := _dump(resource.translations):
        value["translations"] = translations
    value["schema"] = published_schema(resource.schema_)
    return value


def published_metadata(dataset: Dataset) -> dict[str, Any]:
    """All published metadata of a dataset but what the portal alone shows (the organisation's contact, the cadence)."""
    package = dataset.package
    value: dict[str, Any] = {
        "name": package.name,
        "title": package.title,
        "description": package.description,
        "translations": _dump(package.translations),
        "keywords": package.keywords,
        "licenses": [
            {"name": named.name, "title": licence.title, "path": licence.path}
            for named, licence in zip(package.licenses, dataset.licences, strict=True)
        ],
        "sources": [_dump(source) for source in package.sources],
    }
    if package.contributors:
        value["contributors"] = [_dump(contributor) for contributor in package.contributors]
    if package.homepage:
        value["homepage"] = package.homepage
    value["theme"] = package.publica.theme
    if package.publica.temporal:
        value["temporal"] = _dump(package.publica.temporal)
    if package.publica.spatial:
        value["spatial"] = package.publica.spatial
    value["formats"] = [name for name in file_formats() if name in package.publica.formats]  # one order for all
    value["resources"] = [published_resource(resource) for resource in package.resources]
    return value
