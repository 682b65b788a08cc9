"""What a `datapackage.yaml` may say: a Data Package v2 descriptor, with ours under `publica`, `from`, `unit`, `translations`.

Models only, immutable. Reading a file into them, with line numbers, is in `load.py`; the editors' JSON Schema is made
from them in `editor_schema.py`; the closed lists are in `vocabulary.py`. Source of the standard's part: Data Package v2.0.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, StringConstraints, Tag

from pipelines.declaration.vocabulary import (
    Cadence,
    Encoding,
    FieldType,
    FileFormat,
    History,
    SeverityWord,
    SourceFormat,
)

PACKAGE_PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=100)]
FieldName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=63)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Scalar = str | int | float | bool


class Model(BaseModel):
    """Base of all: nothing unknown is accepted, nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, strict=True)


class Translation(Model):
    """Title and description in one more language."""

    title: Text | None = None
    description: Text | None = None


class Translations(Model):
    """The other two languages; English is in the standard's own `title` and `description`."""

    ro: Translation = Translation()
    ru: Translation = Translation()


class Licence(Model):
    """A licence by name: one of `_shared/licenses.yaml`."""

    name: Text


class SourceNote(Model):
    """Where the data comes from, for readers. `path` may be a web address."""

    title: Text
    path: Text | None = None
    version: Text | None = None


class Contributor(Model):
    """A person or body that contributed, by the standard's words."""

    title: Text
    path: Text | None = None
    roles: list[Text] = []
    organization: Text | None = None


class Constraints(Model):
    """Table Schema constraints that publica enforces."""

    required: bool = False
    unique: bool = False
    minimum: Scalar | None = None
    maximum: Scalar | None = None
    exclusive_minimum: Scalar | None = Field(None, alias="exclusiveMinimum")
    exclusive_maximum: Scalar | None = Field(None, alias="exclusiveMaximum")
    min_length: int | None = Field(None, alias="minLength", ge=0)
    max_length: int | None = Field(None, alias="maxLength", ge=0)
    pattern: Text | None = None
    enum: list[Scalar] | None = Field(None, min_length=1)


class Category(Model):
    """One code of a closed list, with what it means."""

    value: str
    label: Text
    translations: Translations = Translations()


class FieldModel(Model):
    """A field of the published table. `from` is the source column's heading; absent, it is `name` itself."""

    name: FieldName
    type: FieldType
    title: Text | None = None
    description: Text | None = None
    translations: Translations = Translations()
    unit: Text | None = None
    source: Text | None = Field(None, alias="from")
    format: Text | None = None
    decimal_char: Text | None = Field(None, alias="decimalChar", max_length=1)
    group_char: str | None = Field(None, alias="groupChar", max_length=1)
    bare_number: bool = Field(True, alias="bareNumber")
    true_values: list[str] | None = Field(None, alias="trueValues")
    false_values: list[str] | None = Field(None, alias="falseValues")
    missing_values: list[str] | None = Field(None, alias="missingValues")
    categories: list[Category] | None = None
    example: Scalar | None = None
    rdf_type: Text | None = Field(None, alias="rdfType")
    constraints: Constraints = Constraints()


class Reference(Model):
    """The other end of a foreign key; without `resource` it is the table itself."""

    resource: str = ""
    fields: list[FieldName]


class ForeignKey(Model):
    """Fields whose values must exist in another table of the package."""

    fields: list[FieldName]
    reference: Reference


class Schema(Model):
    """Table Schema. Names, types, titles, constraints are the published table's; formats describe the source."""

    schema_: str | None = Field(None, alias="$schema")
    fields: list[FieldModel] = Field(min_length=1)
    missing_values: list[str] = Field([""], alias="missingValues")
    primary_key: list[FieldName] = Field([], alias="primaryKey")
    unique_keys: list[list[FieldName]] = Field([], alias="uniqueKeys")
    foreign_keys: list[ForeignKey] = Field([], alias="foreignKeys")


class Dialect(Model):
    """Table Dialect: how the source is laid out. Row and sheet numbers count from 1."""

    delimiter: Annotated[str, StringConstraints(min_length=1, max_length=1)] = ","
    quote_char: Annotated[str, StringConstraints(min_length=1, max_length=1)] = Field('"', alias="quoteChar")
    double_quote: bool = Field(True, alias="doubleQuote")
    skip_initial_space: bool = Field(False, alias="skipInitialSpace")
    header_rows: list[Annotated[int, Field(ge=1)]] = Field([1], alias="headerRows", min_length=1)
    header_join: str = Field(" ", alias="headerJoin")
    comment_rows: list[Annotated[int, Field(ge=1)]] = Field([], alias="commentRows")
    comment_char: Annotated[str, StringConstraints(min_length=1)] | None = Field(None, alias="commentChar")
    sheet_name: Text | None = Field(None, alias="sheetName")
    sheet_number: Annotated[int, Field(ge=1)] | None = Field(None, alias="sheetNumber")
    property: Text | None = None


class SqlSource(Model):
    """A query. `address` names the environment variable that holds the database's address."""

    sql: Text
    address: Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]*$")]


class PackageSource(Model):
    """A table of another dataset, in its newest version in the archive."""

    package: Slug
    resource: Slug


class DerivedSource(Model):
    """Tables that a transform computes this one from: `table` of this package, or `dataset/table` of another's newest."""

    tables: list[Text] = Field(min_length=1)


def _source_kind(value: object) -> str:
    keys: set[str] = set(value) if isinstance(value, dict) else set()  # pyright: ignore[reportUnknownArgumentType] - not yet checked
    return next((kind for kind in ("sql", "package", "tables") if kind in keys), "sql")


Source = Annotated[
    Annotated[SqlSource, Tag("sql")]
    | Annotated[PackageSource, Tag("package")]
    | Annotated[DerivedSource, Tag("tables")],
    Discriminator(_source_kind),
]


def _short_or_long(value: object) -> str:
    return "long" if isinstance(value, dict | BaseModel) else "short"


class SuiteUse(Model):
    """A suite of `expectations/`, and how bad it is when it is not met."""

    suite: Text
    severity: SeverityWord = "block"


SuiteEntry = Annotated[Annotated[Text, Tag("short")] | Annotated[SuiteUse, Tag("long")], Discriminator(_short_or_long)]


class Bounds(Model):
    """Limits of a count: below `min` stops, above `max` warns."""

    min: int | None = Field(None, ge=0)
    max: int | None = Field(None, ge=0)


class Limit(Model):
    """How much of a change is accepted: more than `max` is a finding of this severity."""

    max: int = Field(ge=0)
    severity: SeverityWord = "block"


Most = Annotated[
    Annotated[int, Field(ge=0), Tag("short")] | Annotated[Limit, Tag("long")], Discriminator(_short_or_long)
]


class Cumulative(Model):
    """A series that must not fall when its rows are put in `order`, per group of `by`."""

    field: FieldName
    order: FieldName
    by: list[FieldName] = []
    severity: SeverityWord = "block"


class Checks(Model):
    """Checks of a table that need no suite: its size, and its change against the last version.

    A plain number for `rows_lost` or `history_revised` is the most that is accepted; more blocks.
    """

    rows: Bounds | None = None
    rows_lost: Most | None = None
    history_revised: Most | None = None
    cumulative: list[Cumulative] = []


class ResourceExtra(Model):
    """Ours, for one resource."""

    source: Source | None = None
    range: Annotated[str, StringConstraints(pattern=r"^[A-Z]{1,3}[1-9][0-9]*:[A-Z]{1,3}([1-9][0-9]*)?$")] | None = None
    ignore: list[Text] = []
    verbatim: list[FieldName] = []  # text fields whose characters stay as printed, cedillas and all
    lookups: dict[FieldName, Text] = {}
    corrections: Text | None = None
    transform: Text | None = None
    history: History = "snapshot"
    expectations: list[SuiteEntry] = []
    checks: Checks | None = None


class Resource(Model):
    """One table: where its source is, how to read it, what it is published as."""

    name: Slug
    type: Literal["table"] = "table"
    path: Text
    title: Text | None = None
    description: Text | None = None
    translations: Translations = Translations()
    format: SourceFormat | None = None
    mediatype: Text | None = None
    encoding: Encoding = "utf-8"
    dialect: Dialect = Dialect()
    schema_: Schema = Field(alias="schema")
    publica: ResourceExtra = ResourceExtra()


class Temporal(Model):
    """The time the data is about, as ISO dates."""

    start: Annotated[str, StringConstraints(pattern=r"^\d{4}(-\d{2}(-\d{2})?)?$")]
    end: Annotated[str, StringConstraints(pattern=r"^\d{4}(-\d{2}(-\d{2})?)?$")] | None = None


class PackageExtra(Model):
    """Ours, for the package. `organization` and `theme` are names from `_shared/`."""

    organization: Text
    cadence: Cadence
    theme: Text
    milestone: Text | list[Text] | None = None
    contact: Text | None = None
    temporal: Temporal | None = None
    spatial: Text | None = None
    formats: list[FileFormat] = Field(["csv", "json", "xlsx", "parquet"], min_length=1)


class Package(Model):
    """The whole of a `datapackage.yaml`."""

    schema_: Literal["https://datapackage.org/profiles/2.0/datapackage.json"] = Field(alias="$schema")
    name: Slug
    title: Text
    description: Text
    translations: Translations
    keywords: list[Text] = Field(min_length=1)
    licenses: list[Licence] = Field(min_length=1)
    sources: list[SourceNote] = Field(min_length=1)
    contributors: list[Contributor] = []
    homepage: Text | None = None
    publica: PackageExtra
    resources: list[Resource] = Field(min_length=1)


class Organization(Model):
    """A publishing body of `_shared/organizations.yaml`. Its contact is portal metadata and makes no version."""

    title: Text
    translations: Translations
    email: Text
    url: Text | None = None
    phone: Text | None = None


class LicenceText(Model):
    """A licence of `_shared/licenses.yaml`: its name, its address, and in a sentence what it allows."""

    title: Text
    path: Text
    summary: Text
    translations: Translations


class Theme(Model):
    """A subject of `_shared/themes.yaml`, by the EU's data-theme codes."""

    title: Text
    translations: Translations


class Words(Model):
    """A rule said in plain words, in the three languages."""

    en: Text
    ro: Text
    ru: Text


class Expectation(Model):
    """One expectation of a suite: Great Expectations' type and arguments, and what it means for people."""

    type: Text
    kwargs: dict[str, Any] = {}
    severity: SeverityWord | None = None
    meta: Words


class SuiteFile(Model):
    """The whole of a file in `expectations/`."""

    name: Text
    title: Words
    expectations: list[Expectation] = Field(min_length=1)


class CorrectionEntry(Model):
    """One entry of a corrections file: in the source rows where every heading of `where` reads so, `column` is wrong."""

    where: dict[str, str] = Field(min_length=1)
    column: Text
    was: str
    corrected: str = Field(alias="is")
    reason: Text
    reference: Text
