"""The standard's words for one table: Table Schema (fields, constraints, keys) and Table Dialect (a source's layout).

Three words are ours: `from`, `unit`, `translations`. The rest of a `datapackage.yaml` is in `model.py`, from which all
models are imported. Source: Data Package v2.0. The string below an attribute says what the key is for.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from pipelines.declaration.base import FieldName, Model, Scalar, Sign, Text, Translations
from pipelines.declaration.vocabulary import FieldType

RowNumber = Annotated[int, Field(ge=1)]


class Constraints(Model):
    """Table Schema constraints that publica enforces."""

    required: bool = False
    """Whether a value must be there in every row."""
    unique: bool = False
    """Whether no value may stand there twice."""
    minimum: Scalar | None = None
    """The least value accepted."""
    maximum: Scalar | None = None
    """The greatest value accepted."""
    exclusive_minimum: Scalar | None = Field(default=None, alias="exclusiveMinimum")
    """Values must be greater than this."""
    exclusive_maximum: Scalar | None = Field(default=None, alias="exclusiveMaximum")
    """Values must be less than this."""
    min_length: int | None = Field(default=None, alias="minLength", ge=0)
    """The least number of characters."""
    max_length: int | None = Field(default=None, alias="maxLength", ge=0)
    """The greatest number of characters."""
    pattern: Text | None = None
    """A regular expression that the whole text must match."""
    enum: list[Scalar] | None = Field(default=None, min_length=1)
    """The only values accepted."""


class Category(Model):
    """One code of a closed list, with what it means."""

    value: str
    """The code, as it stands in the data."""
    label: Text
    """What the code means, in English."""
    translations: Translations = Translations()
    """What the code means, in the other languages, as `title`."""


class FieldModel(Model):
    """A field of the published table, and how the source writes it."""

    name: FieldName
    """The published column's name: lower-case letters, digits and underscores."""
    type: FieldType
    """The published type."""
    title: Text | None = None
    """The column's title, in English."""
    description: Text | None = None
    """What the column holds, in English."""
    translations: Translations = Translations()
    """Title and description in the other languages."""
    unit: Text | None = None
    """What the numbers count or measure."""
    source: Text | None = Field(default=None, alias="from")
    """The heading of the source's column; left out, it is `name` itself."""
    format: Text | None = None
    """How the source writes it: a pattern such as %d.%m.%Y, `romanian` for dates in words, `period` for periods."""
    decimal_char: Sign | None = Field(default=None, alias="decimalChar")
    """The source's decimal sign, if it is not a dot."""
    group_char: Sign | None = Field(default=None, alias="groupChar")
    """The sign between groups of three digits in the source. A blank stands for every kind of blank."""
    bare_number: bool = Field(default=True, alias="bareNumber")
    """False where the source writes signs around the number, such as 'lei' or '%'."""
    true_values: list[str] | None = Field(default=None, alias="trueValues", min_length=1)
    """The words that mean true in the source."""
    false_values: list[str] | None = Field(default=None, alias="falseValues", min_length=1)
    """The words that mean false in the source."""
    missing_values: list[str] | None = Field(default=None, alias="missingValues")
    """What the source writes in this column where there is no value; an empty cell never is one."""
    categories: list[Category] | None = Field(default=None, min_length=1)
    """The closed list of codes that may stand here, each with what it means."""
    example: Scalar | None = None
    """A value as it may stand here."""
    rdf_type: Text | None = Field(default=None, alias="rdfType")
    """The web address of the concept that the column holds."""
    constraints: Constraints = Constraints()
    """What values are accepted."""


class Reference(Model):
    """The other end of a foreign key."""

    resource: str = ""
    """The other table of the package; left out, it is the table itself."""
    fields: list[FieldName] = Field(min_length=1)
    """Its fields, in the order of this table's."""


class ForeignKey(Model):
    """Fields whose values must exist in another table of the package."""

    fields: list[FieldName] = Field(min_length=1)
    """Fields of this table."""
    reference: Reference
    """Where their values must exist."""


class Schema(Model):
    """Table Schema. Names, types, titles, constraints are the published table's; formats describe the source."""

    schema_: str | None = Field(default=None, alias="$schema")
    """The standard's own address for table schemas."""
    fields: list[FieldModel] = Field(min_length=1)
    """The columns of the published table, in order."""
    missing_values: list[str] = Field(default=[""], alias="missingValues")
    """What the source writes where there is no value; an empty cell never is one."""
    primary_key: list[FieldName] = Field(default=[], alias="primaryKey")
    """The fields that tell one row from every other."""
    unique_keys: list[Annotated[list[FieldName], Field(min_length=1)]] = Field(default=[], alias="uniqueKeys")
    """More sets of fields whose values never repeat together."""
    foreign_keys: list[ForeignKey] = Field(default=[], alias="foreignKeys")
    """Fields whose values must exist in another table."""


class Dialect(Model):
    """Table Dialect: how the source is laid out. Row and sheet numbers count from 1."""

    delimiter: Sign = ","
    """The sign between columns."""
    quote_char: Sign = Field(default='"', alias="quoteChar")
    """The sign around texts that hold the delimiter."""
    double_quote: bool = Field(default=True, alias="doubleQuote")
    """Whether a quote inside a text is written twice."""
    skip_initial_space: bool = Field(default=False, alias="skipInitialSpace")
    """Whether blanks after the delimiter are left out."""
    header_rows: list[RowNumber] = Field(default=[1], alias="headerRows", min_length=1)
    """The rows that hold the headings."""
    header_join: str = Field(default=" ", alias="headerJoin")
    """What stands between the parts of a heading of several rows."""
    comment_rows: list[RowNumber] = Field(default=[], alias="commentRows")
    """Rows that are no data: footnotes, sums."""
    comment_char: Text | None = Field(default=None, alias="commentChar")
    """What a row begins with that is no data."""
    sheet_name: Text | None = Field(default=None, alias="sheetName")
    """The sheet of a spreadsheet."""
    sheet_number: RowNumber | None = Field(default=None, alias="sheetNumber")
    """The sheet of a spreadsheet, by number."""
    property: Text | None = None
    """The key of a JSON file under which the records stand."""
