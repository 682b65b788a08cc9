"""What a `datapackage.yaml` may say: a Data Package v2 descriptor, with ours under `publica`.

Models only, immutable, and all of them are imported from here. The words for one table are in `table_model.py`, for
checks in `checks_model.py`, what datasets share in `shared_model.py`, the closed lists in `vocabulary.py`. Reading a
file into them is in `load.py`; the editors' JSON Schema is made from them, and from the string below each attribute,
in `editor_schema.py`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Discriminator, Field, StringConstraints, Tag

from pipelines.declaration.base import FieldName, Model, Scalar, Slug, Text, Translation, Translations
from pipelines.declaration.checks_model import Bounds, Checks, Cumulative, Limit, Most, SuiteEntry, SuiteUse
from pipelines.declaration.shared_model import (
    CorrectionEntry,
    Expectation,
    LicenceText,
    Organization,
    SuiteFile,
    Theme,
    Words,
)
from pipelines.declaration.table_model import (
    Category,
    Constraints,
    Dialect,
    FieldModel,
    ForeignKey,
    Reference,
    Schema,
)
from pipelines.declaration.vocabulary import (
    Cadence,
    Encoding,
    FileFormat,
    History,
    SourceFormat,
)

__all__ = [
    "PACKAGE_PROFILE", "Bounds", "CatalogueSource", "Category", "Checks", "Constraints", "Contributor",
    "CorrectionEntry", "Cumulative", "DerivedSource", "Dialect", "Expectation", "FieldModel", "FieldName",
    "ForeignKey", "Licence", "LicenceText", "Limit", "Model", "Most", "Organization", "Package", "PackageExtra",
    "PackageSource", "Reference", "Resource", "ResourceExtra", "Scalar", "Schema", "Slug", "Source", "SourceNote",
    "SqlSource", "SuiteEntry", "SuiteFile", "SuiteUse", "Temporal", "Text", "Theme", "Translation", "Translations",
    "Words",
]  # fmt: skip

PACKAGE_PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"

Day = Annotated[str, StringConstraints(pattern=r"^\d{4}(-\d{2}(-\d{2})?)?$")]
CellRange = Annotated[str, StringConstraints(pattern=r"^[A-Z]{1,3}[1-9][0-9]*:[A-Z]{1,3}([1-9][0-9]*)?$")]
Variable = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]*$")]


class Licence(Model):
    """A licence of the package."""

    name: Text
    """One of `_shared/licenses.yaml`."""


class SourceNote(Model):
    """Where the data comes from, for readers."""

    title: Text
    """What the source is called."""
    path: Text | None = None
    """Where to find it; may be a web address."""
    version: Text | None = None
    """Which edition of it."""


class Contributor(Model):
    """A person or body that contributed, by the standard's words."""

    title: Text
    """The name."""
    path: Text | None = None
    """A web address."""
    roles: list[Text] = Field(default=[])
    """What they did: creator, author, publisher ..."""
    organization: Text | None = None
    """Whom they belong to."""


class SqlSource(Model):
    """A query."""

    sql: Text
    """The question: one SELECT."""
    address: Variable
    """The environment variable that holds the database's address."""


class PackageSource(Model):
    """A table of another dataset, in its newest version in the archive."""

    package: Slug
    """The other dataset."""
    resource: Slug
    """Its table."""


class DerivedSource(Model):
    """Tables that a transform computes this one from."""

    tables: list[Text] = Field(min_length=1)
    """`table` of this package, or `dataset/table` of another's newest version."""


class CatalogueSource(Model):
    """What the portal itself lists, without what is derived from it."""

    catalogue: Literal["versions"]
    """What one row is: versions, one for each public version of each dataset."""


_KINDS = {SqlSource: "<sql>", PackageSource: "<package>", DerivedSource: "<tables>", CatalogueSource: "<catalogue>"}


def _source_kind(value: object) -> str:
    """Which kind of source is meant. The names of kinds are none that a key could have (`explain.py` relies on it)."""
    if isinstance(value, SqlSource | PackageSource | DerivedSource | CatalogueSource):
        return _KINDS[type(value)]
    keys = [str(key) for key in value] if isinstance(value, dict) else []  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] - not yet checked
    return next((kind for kind in _KINDS.values() if kind.strip("<>") in keys), "<sql>")


Source = Annotated[
    Annotated[SqlSource, Tag("<sql>")]
    | Annotated[PackageSource, Tag("<package>")]
    | Annotated[DerivedSource, Tag("<tables>")]
    | Annotated[CatalogueSource, Tag("<catalogue>")],
    Discriminator(_source_kind),
]


class ResourceExtra(Model):
    """Ours, for one table."""

    source: Source | None = None
    """Where the source comes from, if a path cannot name it: a query, another package, other tables, the catalogue."""
    range: CellRange | None = None
    """The cells of the sheet that hold the table, such as B3:F40 or B3:F."""
    ignore: list[Text] = Field(default=[])
    """Headings of source columns that are not published."""
    verbatim: list[FieldName] = Field(default=[])
    """Text fields whose characters stay as printed, cedillas and all."""
    lookups: dict[FieldName, Text] = Field(default={})
    """For a field, the file that says which value stands for which text of the source."""
    corrections: Text | None = None
    """The file that lists known errors of the source."""
    transform: Text | None = None
    """The code of `pipelines/tables/transforms/` that computes the table."""
    history: History = "snapshot"
    """What a new source means: the whole (snapshot), more rows (append), or more and revised rows (upsert)."""
    expectations: list[SuiteEntry] = Field(default=[])
    """The suites of `expectations/` that must hold."""
    checks: Checks | None = None
    """Limits of size and change."""


class Resource(Model):
    """One table: where its source is, how to read it, what it is published as."""

    name: Slug
    """The table's name, for ever: lower-case letters, digits, hyphens."""
    type: Literal["table"] = "table"
    """Every resource is a table."""
    path: Text
    """The source: a file beside the declaration or a web address."""
    title: Text | None = None
    """The table's title, in English."""
    description: Text | None = None
    """What one row is, in English."""
    translations: Translations = Translations()
    """Title and description in the other languages."""
    format: SourceFormat | None = None
    """The source's format, if its name does not say it."""
    mediatype: Text | None = None
    """The source's media type."""
    encoding: Encoding = "utf-8"
    """The source's encoding."""
    dialect: Dialect = Dialect()
    """How the source is laid out."""
    schema_: Schema = Field(alias="schema")
    """The fields, and what is accepted in them."""
    publica: ResourceExtra = ResourceExtra()
    """What the standard has no word for."""


class Temporal(Model):
    """The time the data is about, as ISO dates."""

    start: Day
    """The first day, month or year."""
    end: Day | None = None
    """The last day, month or year."""


class PackageExtra(Model):
    """Ours, for the package."""

    organization: Text
    """The publishing body: a name from `_shared/organizations.yaml`."""
    cadence: Cadence
    """How often it is published: schedule, freshness, and what the portal shows."""
    theme: Text
    """The subject: a name from `_shared/themes.yaml`."""
    milestone: Text | list[Text] | None = None
    """The commitments that this data answers, as plan/number."""
    contact: Text | None = None
    """Who answers questions, if not the organisation's own address."""
    temporal: Temporal | None = None
    """The time the data is about."""
    spatial: Text | None = None
    """The place the data is about."""
    formats: list[FileFormat] = Field(default=["csv", "json", "xlsx", "parquet"], min_length=1)
    """The file formats published; csv always."""


class Package(Model):
    """A dataset of publica: the whole of a `datapackage.yaml`."""

    schema_: Literal["https://datapackage.org/profiles/2.0/datapackage.json"] = Field(alias="$schema")
    """Says that this is a Data Package of version 2."""
    name: Slug
    """The dataset's name, for ever: that of its folder."""
    title: Text
    """The title, in English."""
    description: Text
    """What the data is, in English."""
    translations: Translations
    """Title and description in Romanian, title in Russian."""
    keywords: list[Text] = Field(min_length=1)
    """Words people search by."""
    licenses: list[Licence] = Field(min_length=1)
    """What readers may do with the data."""
    sources: list[SourceNote] = Field(min_length=1)
    """Where the data comes from."""
    contributors: list[Contributor] = Field(default=[])
    """Who contributed."""
    homepage: Text | None = None
    """A web address with more about it."""
    publica: PackageExtra
    """What the standard has no word for."""
    resources: list[Resource] = Field(min_length=1)
    """The tables."""
