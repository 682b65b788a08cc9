"""What a stranger reads from the published files, with tools that publica does not use, is what the table held."""
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
# (pyarrow has no types)

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pandas as pd
import polars as pl
import pyarrow.parquet as pq
import pytest
import python_calamine

from pipelines.packages.package import write_package
from pipelines.versions.content import read_table, table_hash
from pipelines.versions.draft import Draft

Rows = list[dict[str, Any]]
Utc = Callable[[datetime | None], datetime | None]


def query(sql: str) -> list[Any]:
    answer = duckdb.sql(sql)
    assert answer is not None
    return answer.fetchall()


def texts(rows: Rows) -> list[list[str]]:
    """The rows as the CSV should print them."""

    def text(value: Any) -> str:
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, datetime):
            return value.isoformat() + "Z"
        if isinstance(value, float):
            return repr(value)
        return "" if value is None else str(value)

    return [[text(value) for value in row.values()] for row in rows]


def test_csv_is_utf8_without_bom_and_has_line_feeds(built: Path) -> None:
    content = (built / "data/observations.csv").read_bytes()
    assert content.startswith(
        b"code,text,persons,share,flag,day,moment,year,month,hour,centre\n007,,9007199254740992,12.5,"
    )
    assert content.endswith(b"\n")
    assert "Ținută «тест» €".encode() in content
    assert b"12.0" in content
    assert content.count(b"\r") == 1  # the one inside a text


def test_csv_read_by_python(built: Path, hard_rows: Rows) -> None:
    with (built / "data/observations.csv").open(encoding="utf-8", newline="") as file:
        heading, *rows = csv.reader(file)
    assert heading == list(hard_rows[0])
    expected = texts(hard_rows)
    share = heading.index("share")
    assert [float(r[share] or "nan") for r in rows[:7]] == [float(r[share]) for r in expected[:7]]
    for row in (*rows, *expected):
        row[share] = ""
    assert rows == expected


def test_csv_read_by_pandas(built: Path, hard_rows: Rows) -> None:
    frame = pd.read_csv(
        built / "data/observations.csv",
        dtype={"code": "string", "text": "string", "persons": "Int64", "flag": "boolean", "year": "Int64"},
        keep_default_na=False,
        na_values=[""],
    )
    for name in ("code", "text", "persons", "share", "flag", "year"):
        held = [None if pd.isna(value) else value for value in frame[name]]
        assert held == [row[name] for row in hard_rows], name
    assert frame["share"].dtype == "float64"


def test_csv_read_by_duckdb(built: Path, hard_rows: Rows) -> None:
    source = f"read_csv('{built}/data/observations.csv')"
    kinds = [row[1] for row in query(f"describe select persons, share, flag, day, moment, year from {source}")]
    assert kinds == ["BIGINT", "DOUBLE", "BOOLEAN", "DATE", "TIMESTAMP WITH TIME ZONE", "BIGINT"]
    names = [name for name in hard_rows[0] if name not in ("moment", "hour")]
    rows = [tuple(row[name] for name in names) for row in hard_rows]
    assert query(f"select {', '.join(names)} from {source}") == rows


def test_json_has_one_record_a_line_and_its_own_types(built: Path, hard_rows: Rows) -> None:
    text = (built / "data/observations.json").read_text("utf-8")
    expected = [
        {
            key: value.isoformat() + ("Z" if isinstance(value, datetime) else "") if isinstance(value, date) else value
            for key, value in row.items()
        }
        for row in hard_rows
    ]
    assert json.loads(text) == expected
    lines = text.splitlines()
    assert (lines[0], lines[-1], len(lines)) == ("[", "]", len(hard_rows) + 2)
    assert [json.loads(line.rstrip(",")) for line in lines[1:-1]] == expected
    assert '"share":12.0' in lines[2]


def test_json_read_by_duckdb(built: Path, hard_rows: Rows) -> None:
    rows = query(f"select code, persons, share, flag, day from '{built}/data/observations.json'")
    assert rows == [tuple(row[key] for key in ("code", "persons", "share", "flag", "day")) for row in hard_rows]


def test_parquet_keeps_types_values_and_words(built: Path, hard_rows: Rows, utc: Utc) -> None:
    table = pq.read_table(built / "data/observations.parquet")
    assert table.to_pylist() == [{**row, "moment": utc(row["moment"])} for row in hard_rows]
    kinds = {field.name: str(field.type) for field in table.schema}
    assert kinds["persons"] == "int64"
    assert kinds["moment"] == "timestamp[us, tz=UTC]"
    assert kinds["code"] == "string"
    words = table.schema.field("persons").metadata
    assert words[b"unit"] == b"persons"
    assert words[b"title.ro"].decode() == "Persoane"
    assert pq.ParquetFile(built / "data/observations.parquet").metadata.row_group(0).column(0).compression == "ZSTD"


def test_parquet_read_by_duckdb_and_pandas(built: Path, hard_rows: Rows) -> None:
    path = built / "data/observations.parquet"
    rows = query(f"select * exclude (moment) from '{path}'")
    assert rows == [tuple(value for key, value in row.items() if key != "moment") for row in hard_rows]
    assert str(pd.read_parquet(path)["moment"].dtype) == "datetime64[us, UTC]"


def test_xlsx_read_by_openpyxl(built: Path, hard_rows: Rows) -> None:
    book = openpyxl.load_workbook(built / "data/observations.xlsx")
    assert book.sheetnames == ["observations", "data dictionary"]
    heading, *rows = list(book["observations"].iter_rows())
    assert [cell.value for cell in heading] == list(hard_rows[0])
    for cells, row in zip(rows, hard_rows, strict=True):
        for cell, (name, value) in zip(cells, row.items(), strict=True):
            read: Any = cell.value
            if name == "text" and row["text"] in ("_x0041_", "a\r\nb"):
                continue  # openpyxl leaves the format's own escapes as they are; calamine, below, undoes them
            assert (read.date() if name == "day" and read else read) == value, name
            assert cell.data_type != "f"
            assert cell.hyperlink is None


def test_xlsx_read_by_calamine(built: Path, hard_rows: Rows) -> None:
    book = python_calamine.CalamineWorkbook.from_path(built / "data/observations.xlsx")
    _, *rows = book.get_sheet_by_name("observations").to_python()
    names = ("code", "text", "persons", "share", "flag", "day", "moment", "year")
    for row, expected in zip(rows, hard_rows, strict=True):
        assert row[:8] == ["" if expected[name] is None else expected[name] for name in names]


def test_the_data_dictionary_is_on_the_second_sheet(built: Path) -> None:
    book = openpyxl.load_workbook(built / "data/observations.xlsx")
    heading, *rows = book["data dictionary"].iter_rows(values_only=True)
    described = {row[0]: dict(zip(heading, row, strict=True)) for row in rows}
    assert described["persons"]["unit"] == "persons"
    assert described["persons"]["title_ro"] == "Persoane"
    assert described["persons"]["title_ru"] == "Лица"
    assert described["persons"]["description_ro"] == "Câte persoane"
    codes = openpyxl.load_workbook(built / "data/centres.xlsx")["code lists"]
    assert list(codes.iter_rows(values_only=True))[1] == ("kind", "c", "City", "Oraș", None)


def test_xlsx_holds_no_trace_of_its_making(built: Path) -> None:
    with zipfile.ZipFile(built / "data/observations.xlsx") as book:
        assert {info.date_time for info in book.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert b"2000-01-01T00:00:00Z</dcterms:created>" in book.read("docProps/core.xml")
        assert book.namelist()[0] == "[Content_Types].xml"


def test_how_the_systems_zlib_packs_leaves_no_trace_in_an_xlsx(
    built: Path, tmp_path: Path, make_hard_draft: Callable[..., Draft], monkeypatch: Any
) -> None:
    monkeypatch.setattr("xlsxwriter.workbook.ZIP_DEFLATED", zipfile.ZIP_STORED)
    write_package(make_hard_draft(), tmp_path / "package", None)
    name = "data/observations.xlsx"
    assert (tmp_path / "package" / name).read_bytes() == (built / name).read_bytes()


def test_a_table_without_rows_has_a_heading_in_every_format(tmp_path: Path, make_draft: Callable[..., Draft]) -> None:
    fields = [{"name": "a", "type": "string"}, {"name": "b", "type": "integer"}]
    frame = pl.DataFrame(schema={"a": pl.String, "b": pl.Int64})
    write_package(make_draft({"empty": (fields, frame)}), tmp_path / "package", None)
    data = tmp_path / "package/data"
    assert (data / "empty.csv").read_bytes() == b"a,b\n"
    assert json.loads((data / "empty.json").read_bytes()) == []
    assert pq.read_table(data / "empty.parquet").schema.names == ["a", "b"]
    assert [cell.value for cell in next(openpyxl.load_workbook(data / "empty.xlsx")["empty"].iter_rows())] == ["a", "b"]


def test_a_large_table_is_written_in_slices_that_leave_no_seam(
    tmp_path: Path, make_draft: Callable[..., Draft]
) -> None:
    count = 150_001
    fields = [{"name": "n", "type": "integer"}, {"name": "t", "type": "string"}]
    frame = pl.select(n=pl.int_range(count)).with_columns(t=pl.col("n").cast(pl.String))
    write_package(
        make_draft({"large": (fields, frame)}, formats=["csv", "json", "parquet"]), tmp_path / "package", None
    )
    data = tmp_path / "package/data"
    expected = list(range(count))
    assert [int(row["n"]) for row in csv.DictReader(io.StringIO((data / "large.csv").read_text()))] == expected
    assert [row["n"] for row in json.loads((data / "large.json").read_bytes())] == expected
    assert pq.read_table(data / "large.parquet")["n"].to_pylist() == expected


def test_the_pieces_of_a_frame_in_memory_leave_no_trace(tmp_path: Path, make_draft: Callable[..., Draft]) -> None:
    count = 70_000
    fields = [{"name": "n", "type": "integer"}, {"name": "t", "type": "string"}]
    frame = pl.select(n=pl.int_range(count)).with_columns(t=pl.col("n").hash(seed=1).cast(pl.String))
    broken = pl.concat([frame[:777], frame[777:40_001], frame[40_001:]], rechunk=False)
    assert broken.n_chunks() == 3
    for name, rows in (("whole", frame.rechunk()), ("broken", broken)):
        (tmp_path / name).mkdir()
        write_package(make_draft({"rows": (fields, rows)}), tmp_path / name / "package", None)
    files = sorted(path.relative_to(tmp_path / "whole") for path in (tmp_path / "whole").rglob("*.*"))
    assert len(files) > 4
    for file in files:
        if file.suffix:
            assert (tmp_path / "whole" / file).read_bytes() == (tmp_path / "broken" / file).read_bytes(), file


def test_a_large_sheet_made_through_temporary_files_reads_back(
    tmp_path: Path, make_draft: Callable[..., Draft]
) -> None:
    count = 30_000
    fields = [{"name": "n", "type": "integer"}, {"name": "t", "type": "string"}]
    frame = pl.select(n=pl.int_range(count)).with_columns(t=pl.format("=ț<{}>", "n"))
    write_package(make_draft({"rows": (fields, frame)}, formats=["csv", "xlsx"]), tmp_path / "package", None)
    book = python_calamine.CalamineWorkbook.from_path(tmp_path / "package/data/rows.xlsx")
    _, *rows = book.get_sheet_by_name("rows").to_python()
    assert [tuple(row) for row in rows] == frame.rows()
    assert sorted(path.name for path in (tmp_path / "package/data").iterdir()) == ["rows.csv", "rows.xlsx"]


def test_the_published_csv_has_the_content_hash_of_the_table(
    built: Path, make_hard_draft: Callable[..., Draft]
) -> None:
    draft = make_hard_draft()
    for table, resource in zip(draft.tables, draft.metadata["resources"], strict=True):
        read = read_table(built, resource)
        assert table_hash(read, resource["schema"]) == table_hash(table.frame, resource["schema"])


@pytest.mark.parametrize("name", ["history", "a" * 40, "data-dictionary"])
def test_any_name_of_a_resource_makes_a_sheet_that_excel_accepts(
    name: str, tmp_path: Path, make_draft: Callable[..., Draft]
) -> None:
    draft = make_draft({name: ([{"name": "a", "type": "string"}], pl.DataFrame({"a": ["x"]}))}, formats=["xlsx"])
    write_package(draft, tmp_path / "package", None)
    sheets = openpyxl.load_workbook(tmp_path / f"package/data/{name}.xlsx").sheetnames
    assert len({sheet.lower() for sheet in sheets}) == 2
    assert all(len(sheet) <= 31 and sheet.lower() != "history" for sheet in sheets)
