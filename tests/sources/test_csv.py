from __future__ import annotations

import csv
import io
import time
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.findings import Finding, Place
from pipelines.sources.raw import RawTable

Reading = Callable[..., RawTable]
Refusal = Callable[[Callable[[], object]], list[Finding]]


def rows(raw: RawTable) -> list[list[str | None]]:
    return [list(row) for row in raw.frame.rows()]


def test_cells_are_text_as_printed_with_their_lines(reading: Reading) -> None:
    raw = reading(b"Perioada,Nr.\n2019-S1, 07 \n\n2019-S2,\n")
    assert raw.labels == ["Perioada", "Nr."]
    assert rows(raw) == [["2019-S1", " 07 "], ["2019-S2", None]]
    assert raw.rows.to_list() == [2, 4]
    assert raw.native is None
    assert raw.place(1, 1) == Place(file="data.csv", line=4, column="Nr.")
    assert raw.place(None, 0) == Place(file="data.csv", line=1, column="Perioada")


@pytest.mark.parametrize(
    ("encoding", "text", "mark"),
    [
        ("utf-8", "Ținta,Ștefan\nпро,ș\n", b""),
        ("utf-8", "Ținta,Ștefan\nпро,ș\n", b"\xef\xbb\xbf"),
        ("cp1250", "Ţinta,Ştefan\nşi,ţ\n", b""),
        ("cp1251", "Период,Число\nпервое,5\n", b""),
        ("iso-8859-2", "Ţinta,Ştefan\nşi,ţ\n", b""),
        ("iso-8859-16", "Ținta,Ștefan\nși,ț\n", b""),
        ("utf-16", "Ținta,Период\nși,ț\n", b""),
    ],
)
def test_the_declared_encoding_is_the_one_used(reading: Reading, encoding: str, text: str, mark: bytes) -> None:
    raw = reading(mark + text.encode(encoding), encoding=encoding)
    expected = list(csv.reader(io.StringIO(text)))
    assert [raw.labels, *rows(raw)] == expected


def test_utf_16_without_a_mark_is_read_as_windows_writes_it(reading: Reading) -> None:
    assert reading("a,b\n1,ș\n".encode("utf-16-le"), encoding="utf-16").frame.rows() == [("1", "ș")]


def test_a_wrong_encoding_is_told_with_byte_offset_and_line(reading: Reading, refusal: Refusal) -> None:
    content = b"\xef\xbb\xbf" + "a,b\nș,1\n".encode() + "Ţinta,2\n".encode("cp1250")
    (finding,) = refusal(lambda: reading(content))
    assert finding.code == "encoding-error"
    assert finding.place.line == 3
    assert finding.params == {"encoding": "utf-8", "byte": "0xDE", "offset": content.index(b"\xde")}


def test_utf_8_declared_as_a_code_page_is_not_garbled_in_silence(reading: Reading, refusal: Refusal) -> None:
    (finding,) = refusal(lambda: reading("a,b\n1,ș\n".encode(), encoding="cp1250"))
    assert (finding.code, finding.place.line) == ("encoding-is-utf-8", 2)


def test_a_windows_code_page_declared_as_iso_is_not_garbled_in_silence(reading: Reading, refusal: Refusal) -> None:
    (finding,) = refusal(lambda: reading("a,b\n1,„ș”\n".replace("ș", "ş").encode("cp1250"), encoding="iso-8859-2"))
    assert (finding.code, finding.place.line) == ("encoding-error", 2)


def test_a_nul_character_is_a_finding_with_its_line(reading: Reading, refusal: Refusal) -> None:
    (finding,) = refusal(lambda: reading(b"a,b\n1,2\n3,\x004\n"))
    assert (finding.code, finding.place.line) == ("nul-character", 3)


def test_an_unterminated_quote_is_told_with_the_line_where_it_opens(reading: Reading, refusal: Refusal) -> None:
    (finding,) = refusal(lambda: reading(b'a,b\n1,2\n3,"4\n5,6\n7,8\n'))
    assert (finding.code, finding.place.line) == ("quote-not-closed", 3)


def test_an_unterminated_quote_before_a_long_rest_is_told_too(reading: Reading, refusal: Refusal) -> None:
    (finding,) = refusal(lambda: reading(b'a,b\n1,2\n3,"4\n' + b"5,6\n" * 50_000))
    assert (finding.code, finding.place.line) == ("cell-too-long", 3)


def test_text_after_a_closing_quote_is_a_finding(reading: Reading, refusal: Refusal) -> None:
    (finding,) = refusal(lambda: reading(b'a,b\n1,"x"y\n'))
    assert (finding.code, finding.place.line) == ("quote-inside", 2)


def test_all_ragged_rows_are_told_at_once_with_their_physical_lines(reading: Reading, refusal: Refusal) -> None:
    findings = refusal(lambda: reading(b'a,b\n"two\nlines",1\n1\n1,2,3\n4,5\n6\n'))
    assert [(f.code, f.place.line, f.params["found"]) for f in findings] == [
        ("missing-cell", 4, 1),
        ("extra-cell", 5, 3),
        ("missing-cell", 7, 1),
    ]


def test_ragged_rows_and_bad_headings_and_an_open_quote_are_told_together(reading: Reading, refusal: Refusal) -> None:
    assert [f.code for f in refusal(lambda: reading(b'a,a\n1\n3,"4\n'))] == ["missing-cell", "quote-not-closed"]
    assert [f.code for f in refusal(lambda: reading(b"a,a\n1\n3,4\n"))] == ["duplicate-label", "missing-cell"]


def test_a_thousand_ragged_rows_are_a_hundred_findings_and_a_count(reading: Reading, refusal: Refusal) -> None:
    findings = refusal(lambda: reading(b"a,b\n" + b"1\n" * 1000))
    assert len(findings) == 101
    assert findings[-1].params == {"count": 900}


def test_duplicate_headings_are_found_after_tidying(reading: Reading, refusal: Refusal) -> None:
    (finding,) = refusal(lambda: reading(b'a,"An\nul",An  ul\n1,2,3\n'))
    assert (finding.code, finding.params["label"]) == ("duplicate-label", "An ul")


def test_a_blank_heading_over_values_is_a_finding(reading: Reading, refusal: Refusal) -> None:
    (finding,) = refusal(lambda: reading(b"a,,c\n1,2,3\n"))
    assert (finding.code, finding.params["number"], finding.place.line) == ("blank-label", "2", 1)


def test_a_column_without_heading_and_values_is_no_column(reading: Reading) -> None:
    raw = reading(b"a,,c,\n1,,3,\n")
    assert (raw.labels, raw.columns, rows(raw)) == (["a", "c"], ["1", "3"], [["1", "3"]])


@pytest.mark.parametrize("content", [b"\n", b"  \r\n \n", b"\xef\xbb\xbf"])
def test_a_file_of_nothing_is_empty(reading: Reading, refusal: Refusal, content: bytes) -> None:
    assert [f.code for f in refusal(lambda: reading(content))] == ["source-empty"]


@pytest.mark.parametrize("content", [b"a,b", b"a,b\n", b"\xef\xbb\xbfa,b\r\n", b"a,b\n\n,\n"])
def test_only_a_heading_is_a_table_of_no_rows(reading: Reading, content: bytes) -> None:
    raw = reading(content)
    assert (raw.labels, raw.frame.shape, raw.rows.to_list()) == (["a", "b"], (0, 2), [])
    assert raw.frame.columns == ["0", "1"]


def test_a_heading_row_that_is_not_there_is_a_finding(reading: Reading, refusal: Refusal) -> None:
    assert [f.code for f in refusal(lambda: reading(b"a,b\n1,2\n", dialect={"headerRows": [5]}))] == ["blank-header"]


def test_headings_of_several_rows_are_joined_and_titles_and_comments_left_out(reading: Reading) -> None:
    content = "Raport;;\nDate;Nr.;\n;total;femei\nunitate;pers;pers\n2019;5;2\n# notă;;\n* sursa: x;;\n2020;6;3\n"
    dialect = {"delimiter": ";", "headerRows": [2, 3], "headerJoin": "/", "commentRows": [4, 7], "commentChar": "#"}
    raw = reading(content.encode(), dialect=dialect)
    assert raw.labels == ["Date", "Nr./total", "femei"]
    assert rows(raw) == [["2019", "5", "2"], ["2020", "6", "3"]]
    assert raw.rows.to_list() == [5, 8]
    assert raw.place(None, 0).line == 3


def test_the_declared_dialect_is_followed(reading: Reading) -> None:
    raw = reading(b"a; 'b'\n1; 'it''s; so'\n", dialect={"delimiter": ";", "quoteChar": "'", "skipInitialSpace": True})
    assert (raw.labels, rows(raw)) == (["a", "b"], [["1", "it's; so"]])


def test_a_quote_may_end_inside_a_cell_where_the_dialect_does_not_double_them(reading: Reading) -> None:
    assert rows(reading(b'a,b\n1,"x, "y\n', dialect={"doubleQuote": False})) == [["1", "x, y"]]


def test_only_cr_and_lf_end_a_line(reading: Reading) -> None:
    cell = "x\u2028y\x85z\x0bw\x0c"
    raw = reading(f'a,b\r\n"{cell}\n\r\nend",1\r\n{cell},2\r3,4\n'.encode())
    assert rows(raw) == [[f"{cell}\n\r\nend", "1"], [cell, "2"], ["3", "4"]]
    assert raw.rows.to_list() == [2, 5, 6]


def test_a_format_nobody_reads_is_named_with_those_that_are(reading: Reading, refusal: Refusal) -> None:
    (finding,) = refusal(lambda: reading(b"a,b\n", name="data.pdf"))
    assert finding.params == {"format": "pdf", "known": "csv, json, ods, parquet, xlsx"}


def test_a_hundred_thousand_rows_take_about_a_second(reading: Reading) -> None:
    lines = "".join(f'{i},"name, {i}",{i * 7}.5,2020-01-01,x\n' for i in range(100_000))
    began = time.perf_counter()
    raw = reading(("a,b,c,d,e\n" + lines).encode())
    assert time.perf_counter() - began < 5  # measured 0.4; the machine of a test may be slow
    assert raw.frame.height == 100_000
    assert raw.frame.row(99_999) == ("99999", "name, 99999", "699993.5", "2020-01-01", "x")
    assert raw.rows[99_999] == 100_001


texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8)


@given(
    table=st.integers(1, 4).flatmap(
        lambda width: st.lists(st.lists(texts, min_size=width, max_size=width), max_size=6)
    ),
    delimiter=st.sampled_from(",;\t|"),
    line_end=st.sampled_from(["\n", "\r\n"]),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_what_the_csv_module_writes_reads_back_equal(
    reading: Reading, table: list[list[str]], delimiter: str, line_end: str
) -> None:
    width = len(table[0]) if table else 2
    out = io.StringIO(newline="")
    # With "\n" as its line end the writer would leave a bare "\r" unquoted.
    quoting = csv.QUOTE_ALL if line_end == "\n" else csv.QUOTE_MINIMAL
    writer = csv.writer(out, delimiter=delimiter, lineterminator=line_end, quoting=quoting)
    writer.writerows([[f"h{i}" for i in range(width)], *table])
    raw = reading(out.getvalue().encode(), dialect={"delimiter": delimiter})
    assert rows(raw) == [[cell or None for cell in row] for row in table if any(cell.strip() for cell in row)]


def test_the_longest_cell_is_ours_to_say_whatever_a_library_allows(reading: Reading, refusal: Refusal) -> None:
    before = csv.field_size_limit(10_000_000)
    try:
        (finding,) = refusal(lambda: reading(b"a\n" + b"x" * 200_000))
    finally:
        csv.field_size_limit(before)
    assert finding.code == "cell-too-long"
