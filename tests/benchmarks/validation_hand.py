"""The fastest program that a person would write for this one table: how many cells break which rule, and no more.

Run as `python -m tests.benchmarks.validation_hand TABLE.csv`; the counts are printed as JSON.
"""

from __future__ import annotations

import json
import sys
from datetime import date

import click
import polars as pl

from tests.benchmarks.million import COUNTIES
from tests.benchmarks.validation_table import NAMES


def main() -> None:
    """Count, and print."""
    cell = pl.col
    cod, name, day, said, code = cell("cod"), cell("judet"), cell("data"), cell("descriere"), cell("id")
    count, value, year = cell("cantitate"), cell("valoare"), cell("an")
    raw, measured = cell("masura"), cell("masura").cast(pl.Float64, strict=False)
    types = [pl.String, pl.String, pl.Int64, pl.Float64, pl.Date, pl.Int16, pl.Boolean, pl.String, pl.String, pl.String]
    rules = {
        "cod pattern": cod.str.contains("^[A-Z]{2}-[0-9]{6}$"),
        "cod length": cod.str.len_chars() <= 9,
        "judet": name.is_in(COUNTIES),
        "cantitate type": count.is_not_null(),
        "cantitate range": count.is_between(0, 100_000),
        "valoare type": value.is_not_null(),
        "valoare range": value >= 0,
        "data type": day.is_not_null(),
        "data range": day.is_between(date(2015, 1, 1), date(2025, 12, 31)),
        "an type": year.is_not_null(),
        "an range": year.is_between(2015, 2025),
        "activ type": cell("activ").is_not_null(),
        "descriere length": said.is_null() | said.str.len_chars().is_between(3, 80),
        "masura type": raw.is_null() | measured.is_not_null(),
        "masura range": raw.is_null() | measured.is_between(-50, 50),
        "id pattern": code.str.contains("^RO[0-9]{9}$"),
    }
    table = pl.scan_csv(sys.argv[1], schema=dict(zip(NAMES, types, strict=True)), ignore_errors=True)
    asked = [(~kept.fill_null(value=False)).sum().alias(rule) for rule, kept in rules.items()]
    found = table.select(pl.len().alias("rows"), *asked, (pl.len() - code.n_unique()).alias("id repeated"))
    click.echo(json.dumps(found.collect(engine="streaming").row(0, named=True)))


if __name__ == "__main__":
    main()
