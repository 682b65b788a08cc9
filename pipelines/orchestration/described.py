"""What an asset says about itself before anything has run: description, owners, kinds, tags, columns and their lineage.

All of it comes from the declaration. What a run found out (row counts, hashes, versions) is in `reported.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

import dagster as dg

from pipelines.declaration.dataset import Dataset
from pipelines.declaration.model import (
    CatalogueSource,
    DerivedSource,
    FieldModel,
    PackageSource,
    Resource,
    Schema,
    SqlSource,
)
from pipelines.declaration.vocabulary import Cadence
from pipelines.languages import Language
from pipelines.orchestration.names import CADENCE, CATALOGUE_KEY, MILESTONE, THEME, Stage, identifier, key, tag_value

# How long after a publication was last confirmed something is wrong: one tick of its schedule, and a little.
FRESH: Mapping[Cadence, timedelta] = {
    "daily": timedelta(days=2),
    "weekly": timedelta(days=9),
    "monthly": timedelta(days=36),
    "quarterly": timedelta(days=100),
    "semester": timedelta(days=195),
    "annual": timedelta(days=380),
}
_KINDS = {"xlsx": "excel", "ods": "excel"}  # the names that Dagster has pictures for
_MOST_KINDS = 3  # Dagster allows no more
_STAGE_WORDS: Mapping[Stage, str] = {
    "source": "The sources as fetched, each kept with its hash.",
    "package": "The newest version: checked, numbered, sealed in the archive.",
    "publication": "What the public sees, read back after every write.",
    "version": "The newest version in the archive, as other datasets read it. Where the package fails, the last one.",
}


def spec(
    dataset: Dataset, stage: Stage, deps: Sequence[dg.AssetKey], columns: dg.TableSchema, **more: Any
) -> dg.AssetSpec:
    """The asset of one stage, which holds `columns`. `more` goes to `AssetSpec` as it is."""
    publica = dataset.package.publica
    return dg.AssetSpec(
        key(dataset.slug, stage),
        deps=deps,
        group_name=identifier(publica.organization),
        owners=[f"team:{publica.organization}"],
        tags=_tags(dataset),
        description=_description(dataset, stage),
        code_version=dataset.digest[:12],
        metadata=_metadata(dataset, stage, columns),
        **more,
    )


def catalogue_spec(publications: Iterable[dg.AssetKey]) -> dg.AssetSpec:
    """`portal/catalogue`: what stands between the publications and the datasets that are measured from them.

    Nothing makes it, so that a publication which fails or waits stops nobody: the catalogue is then what is public.
    """
    words = "What the portal lists: every public version of every dataset, but of those that are made from this list."
    return dg.AssetSpec(CATALOGUE_KEY, deps=publications, description=words, group_name="portal", kinds={"catalogue"})


def freshness(cadence: Cadence) -> dg.FreshnessPolicy | None:
    """When a publication that nobody confirmed is late; None where nothing is expected."""
    return dg.FreshnessPolicy.time_window(fail_window=FRESH[cadence]) if cadence in FRESH else None


def source_kinds(dataset: Dataset) -> set[str]:
    """The formats that the sources come in, as far as there is room."""
    found = sorted({_kind(resource) for resource in dataset.package.resources} - {""})
    return set(found[:_MOST_KINDS])


def package_kinds(dataset: Dataset) -> set[str]:
    """The formats that are published, as far as there is room."""
    formats = dataset.package.publica.formats
    return {_KINDS.get(each, each) for each in formats[:_MOST_KINDS]}


def _kind(resource: Resource) -> str:
    match resource.publica.source:
        case SqlSource():
            return "sql"
        case PackageSource():
            return "datapackage"
        case CatalogueSource():
            return "catalogue"
        case DerivedSource():
            return ""
        case _:
            name = resource.format or resource.path.rpartition(".")[2].lower()
            return _KINDS.get(name, name)


def _description(dataset: Dataset, stage: Stage) -> str:
    package = dataset.package
    titles = (package.title, package.translations.ro.title, package.translations.ru.title)
    # the first line has no markup: lists of assets show it as it is
    return "\n\n".join([" / ".join(filter(None, titles)), package.description.strip(), _STAGE_WORDS[stage]])


def _tags(dataset: Dataset) -> dict[str, str]:
    publica = dataset.package.publica
    tags = {CADENCE: publica.cadence, THEME: tag_value(publica.theme)}
    milestones = [publica.milestone] if isinstance(publica.milestone, str) else publica.milestone or []
    for index, milestone in enumerate(milestones):
        tags[MILESTONE if index == 0 else f"{MILESTONE}_{index + 1}"] = tag_value(milestone)
    return tags


def _metadata(dataset: Dataset, stage: Stage, columns: dg.TableSchema) -> dict[str, Any]:
    package, body = dataset.package, dataset.organization
    value: dict[str, Any] = {
        "dagster/column_schema": columns,
        "organisation": body.title,
        "contact": body.email,
        "cadence": package.publica.cadence,
    }
    if stage == "source":
        return value
    value["licence"] = dg.MetadataValue.md(", ".join(f"[{each.title}]({each.path})" for each in dataset.licences))
    value["keywords"] = ", ".join(package.keywords)
    if body.url:
        value["organisation page"] = dg.MetadataValue.url(body.url)
    return value


# --- columns --------------------------------------------------------------------------------------------------------


def column(dataset: Dataset, resource: Resource, name: str) -> str:
    """What Dagster calls a column: its name, after the table's where a dataset has several tables."""
    return name if len(dataset.package.resources) == 1 else f"{resource.name}.{name}"


def published_columns(dataset: Dataset) -> dg.TableSchema:
    """The columns of all tables of a dataset, with what holds for them, and the keys of the tables."""
    columns: list[dg.TableColumn] = []
    keys: list[str] = []
    for resource in dataset.package.resources:
        for field in resource.schema_.fields:
            required = field.constraints.required or field.name in resource.schema_.primary_key
            held = dg.TableColumnConstraints(
                nullable=not required,
                unique=field.constraints.unique or resource.schema_.primary_key == [field.name],
                other=list(_limits(field)),
            )
            name = column(dataset, resource, field.name)
            columns.append(dg.TableColumn(name, field.type, description=_words(field), constraints=held))
        keys += [f"{resource.name}: {each}" for each in _keys(resource.schema_)]
    return dg.TableSchema(columns, constraints=dg.TableConstraints(other=keys))


def source_columns(dataset: Dataset) -> dg.TableSchema:
    """The headings of the sources that are mapped to published columns."""
    return dg.TableSchema(
        [
            dg.TableColumn(column(dataset, resource, label), "text", description=f"published as {field.name}")
            for resource, label, field in _mapped(dataset)
        ]
    )


def package_lineage(dataset: Dataset) -> dg.TableColumnLineage:
    """Which heading of a source each published column is read from. What a transform computes has none."""
    source = key(dataset.slug, "source")
    return dg.TableColumnLineage(
        {
            column(dataset, resource, field.name): [dg.TableColumnDep(source, column(dataset, resource, label))]
            for resource, label, field in _mapped(dataset)
        }
    )


def publication_lineage(dataset: Dataset) -> dg.TableColumnLineage:
    """Published is what was built, column by column."""
    package = key(dataset.slug, "package")
    names = [column(dataset, r, field.name) for r in dataset.package.resources for field in r.schema_.fields]
    return dg.TableColumnLineage({name: [dg.TableColumnDep(package, name)] for name in names})


def _mapped(dataset: Dataset) -> Iterator[tuple[Resource, str, FieldModel]]:
    for resource in dataset.package.resources:
        if not isinstance(resource.publica.source, DerivedSource):
            for field in resource.schema_.fields:
                yield resource, field.source or field.name, field


def _words(field: FieldModel) -> str:
    languages: list[Language] = ["ro", "ru"]
    translated = [getattr(field.translations, language).title for language in languages]
    titles = " / ".join(title for title in (field.title, *translated) if title)
    unit = f" ({field.unit})" if field.unit else ""
    return "\n\n".join(text for text in (titles + unit, field.description) if text)


def _limits(field: FieldModel) -> Iterator[str]:
    given = field.constraints.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_defaults=True)
    yield from (f"{name} {value}" for name, value in given.items() if name not in ("required", "unique", "enum"))
    values = [each.value for each in field.categories] if field.categories else field.constraints.enum
    if values:
        yield "one of: " + ", ".join(str(each) for each in values)


def _keys(schema: Schema) -> Iterator[str]:
    if schema.primary_key:
        yield f"primary key ({', '.join(schema.primary_key)})"
    for names in schema.unique_keys:
        yield f"unique ({', '.join(names)})"
    for foreign in schema.foreign_keys:
        there = f"{foreign.reference.resource or 'itself'} ({', '.join(foreign.reference.fields)})"
        yield f"({', '.join(foreign.fields)}) is in {there}"
