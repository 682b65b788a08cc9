"""Whatever a table holds, CSV, JSON and Parquet give it back: a law, tried on tables made at random."""
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
# (pyarrow has no types)

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.files import sha256_file
from pipelines.packages.formats.files import write_files
from pipelines.packages.formats.format import formats
from pipelines.tables.table import DTYPES
from pipelines.versions.draft import Draft

Row = tuple[Any, ...]

KINDS = ("string", "integer", "number", "boolean", "date", "datetime")
FIELDS: list[dict[str, Any]] = [
    {"name": "key", "type": "integer"},
    *({"name": f"a_{kind}", "type": kind} for kind in KINDS),
]
ROWS = st.lists(
    st.tuples(
        st.integers(-(2**63), 2**63 - 1),
        st.none() | st.text(st.characters(exclude_categories=["Cs"]), min_size=1),
        st.none() | st.integers(-(2**63), 2**63 - 1),
        st.none() | st.floats(allow_nan=False, allow_infinity=False),
        st.none() | st.booleans(),
        st.none() | st.dates(),
        st.none() | st.datetimes(min_value=datetime(1, 1, 1)),
    ),
    max_size=20,
)


def of_csv(path: Path) -> list[Row]:
    readers: list[Callable[[str], Any]] = [
        int, str, int, float, lambda text: {"true": True, "false": False}[text], date.fromisoformat, moment,
    ]  # fmt: skip
    with path.open(encoding="utf-8", newline="") as file:
        _, *rows = csv.reader(file)
    return [tuple(read(text) if text else None for read, text in zip(readers, row, strict=True)) for row in rows]


def moment(text: str) -> datetime:
    assert text.endswith("Z")
    return datetime.fromisoformat(text[:-1])


def of_json(path: Path) -> list[Row]:
    rows = [tuple(record.values()) for record in json.loads(path.read_text("utf-8"))]
    return [(*row[:5], row[5] and date.fromisoformat(row[5]), row[6] and moment(row[6])) for row in rows]


def of_parquet(path: Path) -> list[Row]:
    rows = [tuple(record.values()) for record in pq.read_table(path).to_pylist()]
    return [(*row[:6], row[6] and row[6].astimezone(UTC).replace(tzinfo=None)) for row in rows]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS)
def test_what_was_published_is_what_is_read(rows: list[Row], make_draft: Callable[..., Draft]) -> None:
    frame = pl.DataFrame(rows, schema={f["name"]: DTYPES[f["type"]] for f in FIELDS}, orient="row")
    (table,) = make_draft({"rows": (FIELDS, frame)}).tables
    readers = {"csv": of_csv, "json": of_json, "parquet": of_parquet}
    with tempfile.TemporaryDirectory() as folder:
        paths = {Path(folder) / f"rows.{kind.name}": kind for kind in formats(["csv", "json", "parquet"])}
        digests = write_files(table, paths)
        for path, kind in paths.items():
            assert readers[kind.name](path) == rows, kind.name
            assert digests[path] == sha256_file(path)
            if rows:
                assert [list(map(type, row)) for row in readers[kind.name](path)] == [
                    list(map(type, row)) for row in rows
                ]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS)
def test_a_record_of_json_is_a_line_as_polars_writes_it(rows: list[Row], make_draft: Callable[..., Draft]) -> None:
    frame = pl.DataFrame(rows, schema={f["name"]: DTYPES[f["type"]] for f in FIELDS}, orient="row")
    (table,) = make_draft({"rows": (FIELDS, frame)}).tables
    (json_format,) = formats(["json"])
    lines = io.BytesIO()
    texts = pl.col("a_datetime").dt.to_string("%Y-%m-%dT%H:%M:%S%.fZ")
    numbers = pl.when(pl.col("a_number") == 0.0).then(0.0).otherwise("a_number").alias("a_number")
    frame.with_columns(texts, numbers).write_ndjson(lines)
    with tempfile.TemporaryDirectory() as folder:
        write_files(table, {Path(folder) / "rows.json": json_format})
        records = (Path(folder) / "rows.json").read_bytes()
    assert records == (b"[\n" + lines.getvalue()[:-1].replace(b"\n", b",\n") + b"\n]\n" if rows else b"[]\n")
