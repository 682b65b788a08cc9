"""The columns of a table in CKAN's DataStore: their types, their data dictionary, and values in one form to compare.

What of a table cannot go there is found here, before anything is written. Reading and writing rows is in `rows.py` and
`tables.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pipelines.declaration.vocabulary import FieldType
from pipelines.findings import Finding
from pipelines.languages import LANGUAGES, Language

if TYPE_CHECKING:
    import polars as pl

# By PostgreSQL's own names, which is how they are read back. CKAN cuts `timestamp` to seconds (2.10, 2.11) or to
# thousandths (2.12) and tells no time zone; `timestamptz` comes back whole, and ours are in UTC.
TYPES: dict[FieldType, str] = {
    "string": "text",
    "integer": "int8",
    "year": "int8",
    "number": "numeric",
    "boolean": "bool",
    "date": "date",
    "datetime": "timestamptz",
    "time": "text",
    "yearmonth": "text",
}

KEY = "primary_key"  # in the dictionary: at which place, from 1, the column stands in the table's key
MOST_COLUMNS = 1_598  # PostgreSQL takes 1,600; CKAN adds two
LONGEST_ROW = 500_000  # bytes of text: a row's words become one tsvector, of 1 MiB at most, and may double on the way
LONGEST_KEY = 2_600  # bytes: an entry of a PostgreSQL index holds 2,704
_TAKEN = ("tableoid", "xmin", "cmin", "xmax", "cmax", "ctid")  # columns that every PostgreSQL table has already


@dataclass(frozen=True)
class Column:
    """A column: its name, PostgreSQL's name of its type, and its entry in the data dictionary (flat, texts)."""

    name: str
    type: str
    info: dict[str, Any]


def columns_of(schema: Mapping[str, Any], language: Language) -> tuple[Column, ...]:
    """The columns of a published Table Schema. The portal shows label and notes in its own `language`."""
    places = {name: str(place) for place, name in enumerate(schema.get("primaryKey", []), 1)}
    return tuple(
        Column(f["name"], TYPES[f["type"]], _dictionary(f, language, places.get(f["name"], "")))
        for f in schema["fields"]
    )


def key_of(columns: Sequence[Column]) -> tuple[str, ...]:
    """The columns whose values stand together only once. CKAN tells nobody which they are, so the dictionary does."""
    return tuple(c.name for c in sorted(columns, key=lambda c: str(c.info.get(KEY))) if KEY in c.info)


def without_key(columns: Sequence[Column]) -> tuple[Column, ...]:
    """Columns as they stand while their table has no key, which the dictionary must not tell then either."""
    return tuple(Column(c.name, c.type, {word: text for word, text in c.info.items() if word != KEY}) for c in columns)


def _dictionary(field: Mapping[str, Any], language: Language, place: str) -> dict[str, Any]:
    told = {"en": field, **field.get("translations", {})}
    info: dict[str, Any] = {
        "label": told.get(language, {}).get("title") or field.get("title") or field["name"],
        "notes": told.get(language, {}).get("description") or field.get("description") or "",
        "type": field["type"],
        "unit": field.get("unit", ""),
        KEY: place,
    }
    for key, word in (("label", "title"), ("notes", "description")):
        info |= {f"{key}_{other}": told.get(other, {}).get(word, "") for other in LANGUAGES}
    return {key: text for key, text in info.items() if text}


def column_findings(columns: Sequence[Column]) -> list[Finding]:
    """What stands against these columns becoming a table of the DataStore."""
    findings = [
        Finding("ckan-column-taken", field=c.name, params={"field": c.name}) for c in columns if c.name in _TAKEN
    ]
    if len(columns) > MOST_COLUMNS:
        findings.append(Finding("ckan-columns-many", params={"count": len(columns), "most": MOST_COLUMNS}))
    return findings


def row_findings(rows: pl.DataFrame, key: Sequence[str]) -> list[Finding]:
    """What stands against `rows`, as `rows_of` gives them, going into the DataStore: one finding a kind and column."""
    import polars as pl

    findings: list[Finding] = []
    for name in rows.columns:
        found = rows[name].str.contains("\0", literal=True).arg_true()
        if len(found):
            params = {"field": name, "count": len(found)}
            findings.append(Finding("ckan-text-nul", field=name, row=int(found[0]) + 1, params=params))
    limits = (("ckan-row-long", rows.columns, LONGEST_ROW), ("ckan-key-long", key, LONGEST_KEY))
    for code, names, most in limits:
        length = pl.sum_horizontal(pl.lit(0), *(pl.col(name).str.len_bytes().fill_null(0) for name in names))
        found = rows.select((length > most).arg_true()).to_series()
        if len(found):
            params = {"count": len(found), "most": most}
            findings.append(Finding(code, row=int(found[0]) + 1, params=params))
    return findings


def serves(held: str, wanted: Column, values: pl.Series) -> bool:
    """Whether a column of the type `held` holds `values` (canonical) of the `wanted` column exactly.

    Tables that were there before us have other types that do.
    """
    if held == wanted.type:
        return True
    match wanted.type, held:
        case ("int8", "numeric") | ("numeric", "float8"):
            return True
        case "int8", ("int4" | "int2"):
            import polars as pl

            return values.cast(pl.Int64).cast(
                {"int4": pl.Int32, "int2": pl.Int16}[held], strict=False
            ).null_count() == (values.null_count())
        case "timestamptz", "timestamp":
            return not values.str.contains(".", literal=True).any()
        case "date", "timestamp":
            return True
        case _:
            return False


def canonical(values: pl.Series, kind: str) -> pl.Series:
    """Values as PostgreSQL's `COPY` writes them, or as publica writes them in CSV, in one form that compares by value.

    `kind`: PostgreSQL's name of the type. What is no value of it (`NaN`, `infinity`) stays as it is.
    """
    if kind in ("numeric", "float8", "float4"):
        return _decimal(values)
    if kind == "bool":
        return values.replace({"t": "true", "f": "false"})
    if kind == "timestamp":  # which dates of ours may stand in, as their midnight
        return _moment(values.str.strip_suffix("Z").str.replace(r"^([0-9-]{10})$", "${1}T00:00:00") + "Z")
    return _moment(values) if kind == "timestamptz" else values


def _decimal(text: pl.Series) -> pl.Series:
    """Decimals without an exponent, without zeros that say nothing: `1.10` and `11e-1` are `1.1`, `-0.0` is `0`."""
    import polars as pl

    powers = text.filter(text.str.contains(r"^[+-]?[0-9.]+[eE][+-]?[0-9]+$").fill_null(value=False)).unique()
    if len(powers):
        text = text.replace(powers, [format(Decimal(power), "f") for power in powers])
    whole = text.str.strip_chars_end("0").str.strip_chars_end(".")
    bare = pl.select(pl.when(text.str.contains(".", literal=True)).then(whole).otherwise(text)).to_series()
    return bare.replace("-0", "0").alias(text.name)


_MOMENT = (
    r"^(?<day>\d{4}-\d\d-\d\d) (?<time>\d\d:\d\d:\d\d(?:\.\d{1,6})?)"
    r"(?<sign>[+-])(?<h>\d\d)(?::(?<m>\d\d))?(?::(?<s>\d\d))?$"
)


def _moment(text: pl.Series) -> pl.Series:
    """Moments in UTC, `2020-01-31T12:00:00.5Z`, whatever time zone the server tells them in."""
    import polars as pl

    told, moments = pl.col(text.name), text.to_frame()
    in_utc = told.str.ends_with("Z") | told.str.ends_with("+00")
    elsewhere = moments.filter(~in_utc).to_series().unique()
    if len(elsewhere):
        moments = moments.with_columns(told.replace(elsewhere, _in_utc(elsewhere)))
    bare = told.str.strip_suffix("Z").str.strip_suffix("+00").str.replace(" ", "T", literal=True)
    short = bare.str.strip_chars_end("0").str.strip_chars_end(".")
    whole = pl.when(bare.str.contains(".", literal=True)).then(short).otherwise(bare) + "Z"
    return moments.select(pl.when(in_utc).then(whole).otherwise(told)).to_series()


def _in_utc(text: pl.Series) -> pl.Series:
    """Moments of other time zones; what is none stays as it is."""
    import polars as pl

    def seconds(part: str, each: int) -> pl.Expr:
        return parts.struct.field(part).cast(pl.Int64).fill_null(0) * each

    told = pl.col(text.name)
    parts = told.str.extract_groups(_MOMENT)
    local = (parts.struct.field("day") + " " + parts.struct.field("time")).str.to_datetime(
        "%Y-%m-%d %H:%M:%S%.f", strict=False, time_unit="us"
    )
    ahead = pl.duration(seconds=seconds("h", 3600) + seconds("m", 60) + seconds("s", 1))
    utc = pl.when(parts.struct.field("sign") == "-").then(local + ahead).otherwise(local - ahead)
    return text.to_frame().select(utc.dt.to_string("%Y-%m-%dT%H:%M:%S%.fZ").fill_null(told)).to_series()
