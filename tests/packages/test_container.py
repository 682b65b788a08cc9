"""The zip container: what it holds comes out again, and nothing of the machine gets in."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.packages import container
from pipelines.packages.container import Member, write_zip


def zipped(contents: dict[str, bytes], *, stored: bool = False) -> io.BytesIO:
    sink = io.BytesIO()
    members = [Member(name, len(held), lambda held=held: io.BytesIO(held), stored) for name, held in contents.items()]
    write_zip(sink, members)
    return sink


NAMES = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=20)


@given(st.dictionaries(NAMES, st.binary(max_size=3000), max_size=5), st.booleans())
def test_what_goes_in_comes_out(contents: dict[str, bytes], stored: bool) -> None:
    with zipfile.ZipFile(zipped(contents, stored=stored)) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == contents


def test_the_order_given_does_not_matter() -> None:
    contents = {"b": b"2", "a": b"1", "ț": b"3"}
    assert zipped(contents).getvalue() == zipped(dict(reversed(contents.items()))).getvalue()


def test_members_have_a_fixed_date_and_mode_and_unicode_names() -> None:
    with zipfile.ZipFile(zipped({"țară/a.csv": b"x" * 100})) as archive:
        (info,) = archive.infolist()
    assert info.filename == "țară/a.csv"
    assert info.date_time == (1980, 1, 1, 0, 0, 0)
    assert info.external_attr >> 16 == 0o100644
    assert info.compress_type == zipfile.ZIP_DEFLATED
    assert info.extra == b""


def test_deflate_is_whole_without_gzip_around_it() -> None:
    held = bytes(range(256)) * 20_000
    value = zipped({"a": held}).getvalue()
    with zipfile.ZipFile(io.BytesIO(value)) as archive:
        info = archive.getinfo("a")
    start = info.header_offset + 30 + len("a")
    unpacker = zlib.decompressobj(-15)
    assert unpacker.decompress(value[start : start + info.compress_size]) == held
    assert unpacker.eof
    assert not unpacker.unused_data


@pytest.mark.parametrize("stored", [True, False])
def test_sizes_beyond_four_gigabytes_go_into_64_bit_fields(monkeypatch: pytest.MonkeyPatch, stored: bool) -> None:
    monkeypatch.setattr(container, "ZIP64_FROM", 100)
    contents = {"a": b"small", "b": b"large" * 100, "c": b"small again"}
    value = zipped(contents, stored=stored).getvalue()
    assert b"PK\x06\x06" in value
    with zipfile.ZipFile(io.BytesIO(value)) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == contents
        assert archive.getinfo("b").file_size == 500


def test_a_file_is_read_in_pieces(tmp_path: Path) -> None:
    path = tmp_path / "large"
    path.write_bytes(b"0123456789" * 300_000)
    sink = io.BytesIO()
    write_zip(sink, [Member.of(path, "large")])
    with zipfile.ZipFile(sink) as archive:
        assert archive.read("large") == path.read_bytes()


def _fast(folder: Path, contents: dict[str, bytes]) -> bytes:
    for name, held in contents.items():
        (folder / name).write_bytes(held)
    sink = io.BytesIO()
    write_zip(sink, [Member.of(folder / name, name) for name in contents])
    return sink.getvalue()


LINES = "".join(f'{n},"ș\nț {n % 97}",{n * n}\n' for n in range(3_000)).encode()


def test_large_texts_are_packed_fast_and_come_out_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    contents = {"a.csv": LINES, "b.csv": b"\n\n" + LINES, "c.json": b"[\n" + LINES, "d": b"x\n"}
    slow = _fast(tmp_path, contents)
    monkeypatch.setattr(container, "LARGE", 100)
    fast = _fast(tmp_path, contents)
    assert fast != slow
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(contents)
    with zipfile.ZipFile(io.BytesIO(fast)) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == contents


@pytest.mark.parametrize("held", [b"a\r\nb\r\n" * 50, b"\xff\xfe" * 99 + b"\n", b"no line end " * 20])
def test_what_polars_would_not_give_back_is_packed_slowly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, held: bytes
) -> None:
    monkeypatch.setattr(container, "LARGE", 100)
    with zipfile.ZipFile(io.BytesIO(_fast(tmp_path, {"a": held}))) as archive:
        assert archive.read("a") == held


def test_g5_the_number_of_threads_does_not_get_into_a_large_text(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(LINES * 40)
    code = (
        "import hashlib, io, sys; from pathlib import Path; from pipelines.packages import container\n"
        "container.LARGE = 100; sink = io.BytesIO()\n"
        "container.write_zip(sink, [container.Member.of(Path(sys.argv[1]), 'a')])\n"
        "print(hashlib.sha256(sink.getvalue()).hexdigest())"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / "a")],
            env={**os.environ, "POLARS_MAX_THREADS": threads},
            capture_output=True,
            check=True,
        ).stdout
        for threads in ("1", "2", "5")
    }
    assert len(found) == 1
