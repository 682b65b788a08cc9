"""Laws that hold for XLSX and ODS alike, each on real files of both; and what only one of them has."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from pipelines.findings import Finding, Place
from pipelines.sources.raw import RawTable

Reading = Callable[..., RawTable]
Refusal = Callable[[Callable[[], object]], list[Finding]]

# odfpy has no types: its elements are made through these.
table_: Any = import_module("odf.table")
text_: Any = import_module("odf.text")
office_: Any = import_module("odf.office")
opendocument_: Any = import_module("odf.opendocument")


def xlsx(*rows: list[object], change: Callable[[Worksheet], object] = lambda _: None) -> bytes:
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = "Date"
    for row in rows:
        sheet.append(row)
    change(sheet)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def cell(value: object = None, **said: object) -> Any:
    match value:
        case None:
            return table_.TableCell(**said)
        case bool():
            made = table_.TableCell(valuetype="boolean", booleanvalue=str(value).lower(), **said)
        case int() | float():
            made = table_.TableCell(valuetype="float", value=str(value), **said)
        case dt.date():
            made = table_.TableCell(valuetype="date", datevalue=value.isoformat(), **said)
        case _:
            made = table_.TableCell(valuetype="string", **said)
    made.addElement(text_.P(text=f"as shown: {value}" if not isinstance(value, str) else value))
    return made


def ods(*rows: list[object], columns: list[Any] | None = None, hidden: tuple[int, ...] = ()) -> bytes:
    document = opendocument_.OpenDocumentSpreadsheet()
    sheet = table_.Table(name="Date")
    for column in columns or []:
        sheet.addElement(column)
    for number, row in enumerate(rows, 1):
        made = table_.TableRow(visibility="filter") if number in hidden else table_.TableRow()
        for value in row:
            made.addElement(value if hasattr(value, "qname") else cell(value))
        sheet.addElement(made)
    document.spreadsheet.addElement(sheet)
    out = io.BytesIO()
    document.write(out)
    return out.getvalue()


def rezipped(content: bytes, **changes: bytes | None) -> bytes:
    """The ZIP with members replaced, added or (None) left out; dots in names are written as they are."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name not in changes:
                new.writestr(name, old.read(name))
        for name, data in changes.items():
            if data is not None:
                new.writestr(name, data)
    return out.getvalue()


def member(content: bytes, name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as zipped:
        return zipped.read(name)


SHEET = "xl/worksheets/sheet1.xml"
FORMATS = pytest.mark.parametrize(("make", "name"), [(xlsx, "data.xlsx"), (ods, "data.ods")])


@FORMATS
def test_cells_are_text_and_what_the_file_knew_is_native(
    reading: Reading, make: Callable[..., bytes], name: str
) -> None:
    raw = reading(
        make(
            ["Perioada", "n", "da", "zi"], ["2019 ", 5.0, True, dt.date(2019, 7, 1)], [None] * 4, ["x", 12.5, None, "7"]
        ),
        name=name,
    )
    assert raw.labels == ["Perioada", "n", "da", "zi"]
    assert raw.frame.rows() == [("2019 ", "5", "true", "2019-07-01"), ("x", "12.5", None, "7")]
    assert raw.native is not None
    assert raw.native.rows() == [(False, True, True, True), (False, True, False, False)]
    assert raw.rows.to_list() == [2, 4]
    assert raw.place(1, 1) == Place(sheet="Date", cell="B4", column="n")
    assert raw.place(None, 2) == Place(sheet="Date", cell="C1", column="da")


@FORMATS
def test_titles_above_and_notes_below_are_left_out_by_row_or_sign(
    reading: Reading, make: Callable[..., bytes], name: str
) -> None:
    content = make(["Raport"], [], ["Perioada", "n"], ["2019", 1], ["* estimat", None], ["2020", 2], ["Nota"])
    dialect = {"sheetName": "Date", "headerRows": [3], "commentRows": [7], "commentChar": "*"}
    raw = reading(content, name=name, dialect=dialect)
    assert (raw.labels, raw.frame.rows(), raw.rows.to_list()) == (
        ["Perioada", "n"],
        [("2019", "1"), ("2020", "2")],
        [4, 6],
    )


@FORMATS
@pytest.mark.parametrize("area", ["B4:C6", "B4:C", "C6:B4"])
def test_a_range_is_the_table_and_begins_with_its_heading(
    reading: Reading, make: Callable[..., bytes], name: str, area: str
) -> None:
    content = make(["Raport"], [], [], ["x", "a", "b", "y"], ["x", 1, 2, "y"], [None, 3, None, "y"])
    raw = reading(content, name=name, publica={"range": area})
    assert (raw.labels, raw.columns, raw.frame.rows()) == (["a", "b"], ["B", "C"], [("1", "2"), ("3", None)])
    assert raw.place(1, 0) == Place(sheet="Date", cell="B6", column="a")


@FORMATS
def test_rows_of_a_dialect_are_rows_of_the_sheet_also_within_a_range(
    reading: Reading, make: Callable[..., bytes], name: str
) -> None:
    content = make([], ["a", "b"], ["m", "n"], [1, 2], ["total", 3])
    dialect = {"headerRows": [2, 3], "commentRows": [5], "headerJoin": " / "}
    raw = reading(content, name=name, publica={"range": "A2:B"}, dialect=dialect)
    assert (raw.labels, raw.frame.rows()) == (["a / m", "b / n"], [("1", "2")])


@FORMATS
def test_only_a_heading_is_a_table_of_no_rows(reading: Reading, make: Callable[..., bytes], name: str) -> None:
    raw = reading(make(["a", "b"]), name=name)
    assert (raw.labels, raw.frame.shape) == (["a", "b"], (0, 2))


@FORMATS
@pytest.mark.parametrize(
    ("rows", "said", "code"),
    [
        ([], {}, "blank-header"),
        ([["a"]], {"dialect": {"headerRows": [3]}}, "blank-header"),
        ([["a", None], [1, 2]], {}, "blank-label"),
        ([["a", "a"], [1, 2]], {}, "duplicate-label"),
        ([["a"]], {"dialect": {"sheetName": "date"}}, "sheet-missing"),
        ([["a"]], {"dialect": {"sheetNumber": 2}}, "sheet-number"),
    ],
)
def test_a_table_that_is_not_there_is_a_finding(
    reading: Reading,
    refusal: Refusal,
    make: Callable[..., bytes],
    name: str,
    rows: list[list[object]],
    said: dict[str, object],
    code: str,
) -> None:
    assert [f.code for f in refusal(lambda: reading(make(*rows), name=name, **said))] == [code]


def formulas_xlsx() -> bytes:
    return xlsx(["a", "b"], ["x", "=1+1"], ["y", "=A1"])


def formulas_ods() -> bytes:
    return ods(["a", "b"], ["x", cell(formula="of:=1+1")], ["y", cell(formula="of:=[.A1]")])


@pytest.mark.parametrize(("content", "name"), [(formulas_xlsx(), "data.xlsx"), (formulas_ods(), "data.ods")])
def test_a_formula_without_a_cached_value_is_a_finding_not_an_empty_cell(
    reading: Reading, refusal: Refusal, content: bytes, name: str
) -> None:
    findings = refusal(lambda: reading(content, name=name))
    assert [(f.code, f.place) for f in findings] == [
        ("formula-without-value", Place(sheet="Date", cell="B2", column="b")),
        ("formula-without-value", Place(sheet="Date", cell="B3", column="b")),
    ]
    assert reading(content, name=name, publica={"ignore": ["b"]}).frame.height == 2


def test_a_formula_with_a_cached_value_is_that_value_even_when_it_is_an_empty_text(reading: Reading) -> None:
    content = formulas_xlsx()
    sheet = member(content, SHEET).replace(b"<f>1+1</f><v />", b"<f>1+1</f><v>2</v>")
    sheet = sheet.replace(b'<c r="B3"><f>A1</f><v />', b'<c r="B3" t="str"><f>A1</f><v></v>')
    raw = reading(rezipped(content, **{SHEET: sheet}), name="data.xlsx")
    assert raw.frame.rows() == [("x", "2"), ("y", None)]
    computed = ods(["a"], [cell(2, formula="of:=1+1")])
    assert reading(computed, name="data.ods").frame.rows() == [("2",)]


def errors_xlsx() -> bytes:
    def change(sheet: Worksheet) -> None:
        sheet["B2"].data_type = "e"

    return xlsx(["a", "b"], ["x", "#REF!"], change=change)


@pytest.mark.parametrize(
    ("content", "name"),
    [(errors_xlsx(), "data.xlsx"), (ods(["a", "b"], ["x", cell("#REF!", formula="of:=1/0")]), "data.ods")],
)
def test_an_error_in_a_cell_is_a_finding_not_an_empty_cell(
    reading: Reading, refusal: Refusal, content: bytes, name: str
) -> None:
    (finding,) = refusal(lambda: reading(content, name=name))
    assert (finding.code, finding.params) == ("cell-error", {"printed": "#REF!"})
    assert finding.place == Place(sheet="Date", cell="B2", column="b")
    assert reading(content, name=name, dialect={"commentRows": [2]}).frame.height == 0


def merged_xlsx() -> bytes:
    def change(sheet: Worksheet) -> None:
        sheet.merge_cells("A1:B1")
        sheet.merge_cells("A3:A4")

    return xlsx(["Titlu"], ["a", "b"], ["x", 1], [None, 2], change=change)


def merged_ods() -> bytes:
    return ods(
        [cell("Titlu", numbercolumnsspanned=2), table_.CoveredTableCell()],
        ["a", "b"],
        [cell("x", numberrowsspanned=2), 1],
        [table_.CoveredTableCell(), 2],
    )


@pytest.mark.parametrize(("content", "name"), [(merged_xlsx(), "data.xlsx"), (merged_ods(), "data.ods")])
def test_merged_cells_inside_the_table_are_findings_and_those_of_its_title_are_not(
    reading: Reading, refusal: Refusal, content: bytes, name: str
) -> None:
    (finding,) = refusal(lambda: reading(content, name=name, dialect={"headerRows": [2]}))
    assert (finding.code, finding.params) == ("merged-cells", {"range": "A3:A4"})
    assert finding.place == Place(sheet="Date", cell="A3", column="a")
    assert reading(content, name=name, publica={"range": "B2:B"}).frame.rows() == [("1",), ("2",)]


def hidden_xlsx() -> bytes:
    def change(sheet: Worksheet) -> None:
        sheet.row_dimensions[3].hidden = True
        sheet.row_dimensions[9].hidden = True
        sheet.column_dimensions["B"].hidden = True
        sheet.column_dimensions["F"].hidden = True

    return xlsx(["a", "b"], [1, 2], [3, 4], change=change)


def hidden_ods() -> bytes:
    columns = [table_.TableColumn(), table_.TableColumn(visibility="collapse")]
    return ods(["a", "b"], [1, 2], [3, 4], columns=columns, hidden=(3,))


@pytest.mark.parametrize(("content", "name"), [(hidden_xlsx(), "data.xlsx"), (hidden_ods(), "data.ods")])
def test_hidden_rows_and_columns_inside_the_table_are_findings(
    reading: Reading, refusal: Refusal, content: bytes, name: str
) -> None:
    findings = refusal(lambda: reading(content, name=name))
    assert [(f.code, f.place.cell) for f in findings] == [("row-hidden", "A3"), ("column-hidden", "B1")]
    raw = reading(content, name=name, publica={"ignore": ["b"]}, dialect={"commentRows": [3]})
    assert raw.frame.rows() == [("1", "2")]


def test_a_hidden_sheet_is_read_when_it_is_named_and_refused_when_it_is_only_first(
    reading: Reading, refusal: Refusal
) -> None:
    def change(sheet: Worksheet) -> None:
        assert sheet.parent is not None
        sheet.parent.create_sheet("Alta")
        sheet.sheet_state = "hidden"

    content = xlsx(["a"], [1], change=change)
    assert [f.code for f in refusal(lambda: reading(content, name="data.xlsx"))] == ["sheet-hidden"]
    assert reading(content, name="data.xlsx", dialect={"sheetName": "Date"}).frame.rows() == [("1",)]
    assert reading(content, name="data.xlsx", dialect={"sheetNumber": 1}).frame.rows() == [("1",)]


def test_numbers_dates_and_times_are_written_as_the_standards_write_them(reading: Reading) -> None:
    content = xlsx(
        ["a", "b", "c", "d"],
        [0.1 + 0.2, 2004012345678, dt.datetime(2020, 1, 2, 3, 4, 5), dt.time(7, 30)],
        [1e-7, -0.0, dt.datetime(2020, 1, 2), dt.timedelta(hours=30, seconds=5)],
    )
    assert reading(content, name="data.xlsx").frame.rows() == [
        ("0.3", "2004012345678", "2020-01-02T03:04:05", "07:30:00"),
        ("0.0000001", "0", "2020-01-02", "30:00:05"),
    ]


def test_line_breaks_in_headings_are_blanks_and_in_cells_stay(reading: Reading) -> None:
    raw = reading(xlsx(["Nr.\nparajuriști ", "b"], ["x\ny", 1]), name="data.xlsx")
    assert raw.labels == ["Nr. parajuriști", "b"]
    assert raw.frame.rows() == [("x\ny", "1")]


def test_a_comment_of_a_person_is_no_part_of_a_cell(reading: Reading) -> None:
    noted = table_.TableCell(valuetype="string")
    note = office_.Annotation()
    note.addElement(text_.P(text="not for publication"))
    noted.addElement(note)
    noted.addElement(text_.P(text="public"))
    assert reading(ods(["a"], [noted]), name="data.ods").frame.rows() == [("public",)]


def test_repeated_rows_and_cells_stand_where_a_person_sees_them(reading: Reading) -> None:
    content = ods(["a", "b"], [cell(1, numbercolumnsrepeated=2)], ["x", 7])
    xml = member(content, "content.xml").replace(
        b'<table:table-row><table:table-cell office:value-type="float"',
        b'<table:table-row table:number-rows-repeated="3"><table:table-cell office:value-type="float"',
        1,
    )
    raw = reading(rezipped(content, **{"content.xml": xml}), name="data.ods")
    assert raw.frame.rows() == [("1", "1")] * 3 + [("x", "7")]
    assert raw.place(3, 1).cell == "B5"


def test_macros_are_refused_whatever_the_file_is_called(reading: Reading, refusal: Refusal) -> None:
    content = rezipped(xlsx(["a"], [1]), **{"xl/vbaProject.bin": b"Sub Auto_Open()"})
    assert [f.code for f in refusal(lambda: reading(content, name="data.xlsx"))] == ["workbook-macros"]
    kinds = member(xlsx(["a"]), "[Content_Types].xml").replace(
        b"vnd.openxmlformats-officedocument.spreadsheetml.sheet.main", b"vnd.ms-excel.sheet.macroEnabled.main"
    )
    content = rezipped(xlsx(["a"], [1]), **{"[Content_Types].xml": kinds})
    assert [f.code for f in refusal(lambda: reading(content, name="data.xlsx"))] == ["workbook-macros"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "workbook-password"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"Workbook", "workbook-old"),
        (b"a;b\n1;2\n", "zip-broken"),
        (xlsx(["a"], [1])[:-400], "zip-broken"),
        (ods(["a"], [1]), "workbook-kind"),
        (rezipped(xlsx(["a"], [1]), **{SHEET: b"<worksheet>"}), "workbook-broken"),
        (rezipped(xlsx(["a"], [1]), **{SHEET: None}), "workbook-broken"),
        (rezipped(xlsx(["a"], [1]), **{SHEET: b'<worksheet><row r="x"/></worksheet>'}), "workbook-broken"),
        (
            rezipped(xlsx(["a"], [1]), **{SHEET: b'<!DOCTYPE x [<!ENTITY e "boom">]><worksheet>&e;</worksheet>'}),
            "xml-entities",
        ),
    ],
)
def test_what_is_no_sound_workbook_is_a_finding(reading: Reading, refusal: Refusal, content: bytes, code: str) -> None:
    assert [f.code for f in refusal(lambda: reading(content, name="data.xlsx"))] == [code]


def test_an_ods_with_a_password_is_refused(reading: Reading, refusal: Refusal) -> None:
    content = ods(["a"], [1])
    manifest = member(content, "META-INF/manifest.xml").replace(
        b"</manifest:manifest>", b"<manifest:encryption-data/></manifest:manifest>"
    )
    content = rezipped(content, **{"META-INF/manifest.xml": manifest})
    assert [f.code for f in refusal(lambda: reading(content, name="data.ods"))] == ["workbook-password"]


def test_a_cell_at_the_end_of_the_sheet_does_not_fill_the_memory(reading: Reading, refusal: Refusal) -> None:
    far = xlsx(["a"], [1], change=lambda sheet: sheet.cell(1_048_576, 16_384, "x"))
    assert [f.code for f in refusal(lambda: reading(far, name="data.xlsx"))] == ["sheet-too-large"]
    many = ods(["a"], [cell(1, numbercolumnsrepeated=16_384)] * 10)
    xml = member(many, "content.xml").replace(
        b"<table:table-row>", b'<table:table-row table:number-rows-repeated="2000">'
    )
    content = rezipped(many, **{"content.xml": xml})
    assert [f.code for f in refusal(lambda: reading(content, name="data.ods"))] == ["sheet-too-large"]


def test_a_formatted_but_empty_cell_at_the_end_of_the_sheet_does_no_harm(reading: Reading) -> None:
    def change(sheet: Worksheet) -> None:
        sheet.cell(1_048_576, 16_384).number_format = "0.00"

    assert reading(xlsx(["a"], [1], change=change), name="data.xlsx").frame.rows() == [("1",)]


def test_one_long_text_repeated_over_many_rows_is_refused(reading: Reading, refusal: Refusal) -> None:
    content = ods(["a"], ["x" * 2_000])
    rows = member(content, "content.xml").rpartition(b"<table:table-row>")
    xml = rows[0] + b'<table:table-row table:number-rows-repeated="1000000">' + rows[2]
    content = rezipped(content, **{"content.xml": xml})
    assert [f.code for f in refusal(lambda: reading(content, name="data.ods"))] == ["sheet-too-much-text"]
