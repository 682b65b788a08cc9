"""A source that is read in pieces says what it would say if it were read whole."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipelines.declaration.model import Resource
from pipelines.declaration.vocabulary import Encoding
from pipelines.errors import UserError
from pipelines.findings import Finding
from pipelines.sources.decoding import decode, pieces
from pipelines.sources.plain import plain_frame
from pipelines.sources.raw import RawTable
from pipelines.sources.read import read
from pipelines.sources.snapshot import Snapshot

InBatches = Callable[[int], AbstractContextManager[None]]
Reading = Callable[..., RawTable]
Refusal = Callable[[Callable[[], object]], list[Finding]]
SCHEMA = {"fields": [{"name": "a", "type": "string"}]}


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pieces") / "data.csv"


def _told(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except UserError as error:
        return [finding.to_json() for finding in error.findings]


def _read(file: Path, content: bytes, **dialect: Any) -> Any:
    file.write_bytes(content)
    resource = Resource.model_validate({"name": "t", "path": "data.csv", "schema": SCHEMA, "dialect": dialect})
    raw = read(Snapshot("", len(content), file, file.name, ""), resource)
    return raw.labels, raw.columns, raw.frame.rows(), raw.rows.to_list(), raw.heading


_cells = st.sampled_from(
    ["a", "ș", "1,5", '"', '""', '"x"', '"x,y"', '"x""y"', '"x\ny"', '"x\r\ny"', " ", "", "\x1c", 'a"b']
)
_records = st.lists(_cells, min_size=1, max_size=4).map(",".join)
_content = st.tuples(st.lists(_records, max_size=9), st.sampled_from(["\n", "\r\n", "\r", "\n\n"])).map(
    lambda given: given[1].join(["h,i", *given[0]]) + given[1]
)


@settings(max_examples=400)
@given(text=_content, end=st.sampled_from([b"", b"", b"\xff\n", b"\0\n"]), rows=st.sampled_from([1, 2, 7, 1_000_000]))
@example(text='h,i\n1,"a\n2,b\n3,c\n4,"\n5,6\n', end=b"", rows=1)
@example(text='h,"i\n1,2\n', end=b"", rows=1)
@example(text="h,i\n1,2\n , \n3,4", end=b"", rows=1)
@example(text='h,i\n1,b"b\n"1"2,3\n', end=b"\xff\n", rows=1)
def test_csv_in_pieces_is_csv(in_batches: InBatches, file: Path, text: str, end: bytes, rows: int) -> None:
    whole = _told(lambda: _read(file, text.encode() + end))
    with in_batches(rows):
        assert _told(lambda: _read(file, text.encode() + end)) == whole


@pytest.mark.parametrize(
    "dialect",
    [
        {"headerRows": [1, 3]},
        {"headerRows": [2], "commentRows": [1, 4, 6]},
        {"commentChar": "#"},
        {"delimiter": ";", "quoteChar": "'"},
        {"skipInitialSpace": True},
        {"doubleQuote": False},
    ],
)
def test_every_dialect_is_read_in_pieces(in_batches: InBatches, file: Path, dialect: dict[str, Any]) -> None:
    text = b"h,i\n#x,1\n2, 'b;c'\n3,'d''e'\n4,f\n#5,6\n7,8\n"
    whole = _told(lambda: _read(file, text, **dialect))
    with in_batches(1):
        assert _told(lambda: _read(file, text, **dialect)) == whole


@settings(max_examples=300)
@given(
    lines=st.lists(
        st.sampled_from([b"a\n", "ș\n".encode(), b"\xff\n", b"\x81\r\n", b"\0\n", b"\x98\n", b"\xe2\x82\n", b"\r"])
    ),
    encoding=st.sampled_from(["utf-8", "cp1250", "cp1251", "iso-8859-2", "utf-16"]),
    mark=st.sampled_from([b"", b"\xef\xbb\xbf"]),
)
def test_bytes_in_pieces_are_judged_as_a_whole(
    in_batches: InBatches, file: Path, lines: list[bytes], encoding: Encoding, mark: bytes
) -> None:
    content = mark + b"".join(lines)
    file.write_bytes(content)
    whole = _told(lambda: decode(content, encoding, "f").encode())
    with in_batches(1):
        assert _told(lambda: b"".join(pieces(file, encoding, "f"))) == whole


_OF_TWO = ["a\n", "ș\r\n", "Ċ", "ਊ\n", "𝄞\n", "\0\n", "\ud800", "\ud800\n", "\r", "\ufeff"]  # with 0A in other letters


@settings(max_examples=300)
@given(
    lines=st.lists(st.sampled_from(_OF_TWO), max_size=12),
    codec=st.sampled_from(["utf-16-le", "utf-16-be"]),
    mark=st.sampled_from(["", "\ufeff"]),
    end=st.sampled_from([b"", b"", b"\n", b"\0", b"\xd8\0"]),
    rows=st.sampled_from([1, 2, 5]),
)
def test_letters_of_two_bytes_in_pieces_are_judged_as_a_whole(
    in_batches: InBatches, file: Path, lines: list[str], codec: str, mark: str, end: bytes, rows: int
) -> None:
    content = (mark + "".join(lines)).encode(codec, "surrogatepass") + end
    file.write_bytes(content)
    whole = _told(lambda: decode(content, "utf-16", "f").encode())
    with in_batches(rows):
        assert _told(lambda: b"".join(pieces(file, "utf-16", "f"))) == whole


@pytest.mark.parametrize("line", ["ș,Ċ\n", "abcਅ\n", "abਅ\n", "ਅ\r\n"])
@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_a_large_file_of_two_bytes_a_letter_is_in_memory_piece_by_piece(
    in_batches: InBatches, file: Path, line: str, codec: str
) -> None:
    file.write_bytes(("\ufeff" + line * 1000).encode(codec))
    with in_batches(1):
        assert max(len(piece) for piece in pieces(file, "utf-16", "f")) < 40


def test_what_is_plain_is_read_fast() -> None:
    frame = plain_frame('a,"b,c",\nș,"d ""e""",""\n'.encode(), 3, ",", '"')
    assert frame is not None
    assert frame.rows() == [("a", "b,c", None), ("ș", 'd "e"', None)]


@pytest.mark.parametrize(
    "text", ['a,b\n"c\nd",e\n', "a,b\nc\n", "a,b\nc,d,e\n", "a,b\n\nc,d\n", 'a,b\nc,d"e\n', "a,b\rc,d\n"]
)
def test_what_is_not_plain_is_left_to_the_exact_reader(text: str) -> None:
    assert plain_frame(text.encode(), 2, ",", '"') is None


def test_parquet_is_a_source(reading: Reading, tmp_path: Path, in_batches: InBatches) -> None:
    frame = pl.DataFrame(
        {
            " Nr.  1": [1, None, 3],
            "share": [0.5, None, 1e20],
            "day": ["2020-01-31", None, None],
            "yes": [True, None, False],
            "text": ["ș", None, ""],
        }
    ).with_columns(
        pl.col("day").str.to_date(), at=pl.Series([None, None, 0]).cast(pl.Datetime("ns", "Europe/Chisinau"))
    )
    frame.write_parquet(tmp_path / "t.parquet")
    content = (tmp_path / "t.parquet").read_bytes()
    for limit in (1, 100):
        with in_batches(limit):
            raw = reading(content, name="t.parquet")
        assert raw.labels == ["Nr. 1", "share", "day", "yes", "text", "at"]
        assert raw.frame.rows() == [
            ("1", "0.5", "2020-01-31", "true", "ș", None),
            ("3", "1" + "0" * 20, None, "false", None, "1970-01-01T00:00:00"),
        ]
        assert raw.rows.to_list() == [1, 3]
        assert raw.place(1, 1).record == 3


def test_parquet_that_is_damaged_or_holds_lists_is_refused(reading: Reading, refusal: Refusal, tmp_path: Path) -> None:
    pl.DataFrame({"a": [[1]]}).write_parquet(tmp_path / "t.parquet")
    content = (tmp_path / "t.parquet").read_bytes()
    (finding,) = refusal(lambda: reading(content, name="t.parquet"))
    assert (finding.code, finding.place.column) == ("parquet-type", "a")
    (finding,) = refusal(lambda: reading(content[:-9], name="t.parquet"))
    assert finding.code == "parquet-broken"
