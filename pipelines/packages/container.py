"""A zip container written by ourselves, so that the same files are the same bytes on any machine on any day.

No clock, no file modes, no order of a directory gets in; and deflate comes from a locked wheel, because every system's
zlib packs differently: from pyarrow's, which knows only its slowest level, and for large texts from polars', fifteen
times as fast. Which files go in is decided in `package.py` and `formats/as_xlsx.py`.
"""
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# (pyarrow has no types)

from __future__ import annotations

import os
import struct
import tempfile
import zlib
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from io import RawIOBase
from pathlib import Path
from shutil import copyfileobj
from typing import IO, Any, cast

import pyarrow as pa

from pipelines.tables.ahead import in_order

PIECE = 1 << 20
LARGE = 1 << 26  # bytes of a text from which on it is packed fast, and beside others
# A member or a container from this size on gets the 64-bit fields; below 4 GiB, as deflate may add a little.
ZIP64_FROM = 0xFFFF_FFFF - (1 << 28)

_FULL = 0xFFFF_FFFF
_UTF8_NAME = 0x0800
_DOS_DATE = 0x0021  # 1980-01-01, the first day that the format knows; the time is 0
_FILE_MODE = 0o100644 << 16
_MADE_BY_UNIX = 3 << 8
_GZIP_HEADER, _GZIP_TRAILER = 10, 8
_FAST = 2  # of gzip's levels: a fifth larger than the slowest


@dataclass(frozen=True)
class Member:
    """One file of a container. `size`: bytes unpacked; `stored`: packed already, so kept as it is."""

    name: str
    size: int
    open: Callable[[], IO[bytes]]
    stored: bool = False
    path: Path | None = None

    @classmethod
    def of(cls, path: Path, name: str, *, stored: bool = False) -> Member:
        """The member that holds a file."""
        return cls(name, path.stat().st_size, lambda: path.open("rb"), stored, path)


@dataclass(frozen=True)
class _Entry:
    name: bytes
    method: int
    crc: int
    packed: int
    size: int
    offset: int
    wide: bool


class _Counted(RawIOBase):
    """Passes on what is written to it but the gzip header and trailer, and counts what it passed on."""

    def __init__(self, sink: IO[bytes], *, gzip: bool) -> None:
        self._sink = sink
        self._skip = _GZIP_HEADER if gzip else 0
        self._keep = _GZIP_TRAILER if gzip else 0
        self._tail = b""
        self.passed = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        held = self._tail + bytes(data)
        drop = min(self._skip, len(held))
        self._skip -= drop
        cut = max(len(held) - self._keep, drop)
        self._sink.write(held[drop:cut])
        self.passed += cut - drop
        self._tail = held[cut:]
        return len(data)


def write_zip(sink: IO[bytes], members: Iterable[Member]) -> None:
    """Write a zip of `members`, in the order of their names, to a `sink` that can seek. Memory: one piece of a file."""
    ordered = sorted(members, key=lambda member: member.name.encode())
    large = [member for member in ordered if member.size >= LARGE and not member.stored and member.path]
    with ExitStack() as files:
        packed = dict(zip((each.name for each in large), in_order(partial(_packed_fast, files), large), strict=True))
        entries = [_write_member(sink, member, packed.get(member.name)) for member in ordered]
    start = sink.tell()
    for entry in entries:
        sink.write(_central_header(entry))
    _write_end(sink, len(entries), start, sink.tell() - start)


def _write_member(sink: IO[bytes], member: Member, packed_fast: _Packed | None) -> _Entry:
    offset = sink.tell()
    name, method, wide = member.name.encode(), 0 if member.stored else 8, member.size >= ZIP64_FROM
    sink.write(_local_header(_Entry(name, method, 0, 0, 0, offset, wide)))  # its place; what it says is known later
    if packed_fast is None:
        crc, size, packed = _pack(sink, member)
    else:
        crc, size, packed = packed_fast.crc, member.size, packed_fast.length
        copyfileobj(packed_fast.file, sink, PIECE)
    entry = _Entry(name, method, crc, packed, size, offset, wide)
    end = sink.tell()
    sink.seek(offset)
    sink.write(_local_header(entry))
    sink.seek(end)
    return entry


@dataclass(frozen=True)
class _Packed:
    """A deflated text: `length` bytes, from where its temporary file stands to its end."""

    file: IO[bytes]
    length: int
    crc: int


def _packed_fast(files: ExitStack, member: Member) -> _Packed | None:
    """A large text deflated; None where it is not made of lines that polars gives back as they are."""
    import polars as pl

    assert member.path is not None  # noqa: S101 - chosen by the caller
    file = files.enter_context(tempfile.TemporaryFile(dir=member.path.parent))  # noqa: SIM115 - that is what it is for
    options: dict[str, Any] = {"include_header": False, "quote_style": "never"}
    lines = pl.scan_lines(member.path, name="line", glob=False)
    try:
        lines.sink_csv(file, **options, compression="gzip", compression_level=_FAST, engine="streaming")
    except pl.exceptions.ComputeError:
        return None
    length = file.seek(-_GZIP_TRAILER, os.SEEK_END)
    crc, size = struct.unpack("<II", file.read())
    if size != member.size & _FULL or crc != _crc(member):
        return None
    file.truncate(length)
    file.seek(_GZIP_HEADER)
    return _Packed(file, length - _GZIP_HEADER, crc)


def _crc(member: Member) -> int:
    crc = 0
    with member.open() as source:
        while piece := source.read(PIECE):
            crc = zlib.crc32(piece, crc)
    return crc


def _pack(sink: IO[bytes], member: Member) -> tuple[int, int, int]:
    """Write a member's content; returns its CRC-32, its size, its packed size."""
    crc = size = 0
    counted = _Counted(sink, gzip=not member.stored)
    out = counted if member.stored else cast(RawIOBase, pa.CompressedOutputStream(pa.PythonFile(counted, "w"), "gzip"))
    with member.open() as source:
        while piece := source.read(PIECE):
            crc = zlib.crc32(piece, crc)
            size += len(piece)
            out.write(piece)
    out.close()
    return crc, size, counted.passed


def _local_header(entry: _Entry) -> bytes:
    extra = struct.pack("<HHQQ", 1, 16, entry.size, entry.packed) if entry.wide else b""
    sizes = (_FULL, _FULL) if entry.wide else (entry.packed, entry.size)
    fixed = struct.pack(
        "<4sHHHHHIIIHH",
        b"PK\x03\x04",
        45 if entry.wide else 20,
        _UTF8_NAME,
        entry.method,
        0,
        _DOS_DATE,
        entry.crc,
        *sizes,
        len(entry.name),
        len(extra),
    )
    return fixed + entry.name + extra


def _central_header(entry: _Entry) -> bytes:
    far = entry.offset >= ZIP64_FROM
    values = [entry.size, entry.packed] if entry.wide else []
    values += [entry.offset] if far else []
    extra = struct.pack(f"<HH{len(values)}Q", 1, 8 * len(values), *values) if values else b""
    version = 45 if values else 20
    sizes = (_FULL, _FULL) if entry.wide else (entry.packed, entry.size)
    fixed = struct.pack(
        "<4sHHHHHHIIIHHHHHII",
        b"PK\x01\x02",
        _MADE_BY_UNIX | version,
        version,
        _UTF8_NAME,
        entry.method,
        0,
        _DOS_DATE,
        entry.crc,
        *sizes,
        len(entry.name),
        len(extra),
        0,
        0,
        0,
        _FILE_MODE,
        _FULL if far else entry.offset,
    )
    return fixed + entry.name + extra


def _write_end(sink: IO[bytes], count: int, start: int, length: int) -> None:
    end = start + length
    wide = count >= 0xFFFF or end >= ZIP64_FROM
    if wide:
        made = _MADE_BY_UNIX | 45
        sink.write(struct.pack("<4sQHHIIQQQQ", b"PK\x06\x06", 44, made, 45, 0, 0, count, count, length, start))
        sink.write(struct.pack("<4sIQI", b"PK\x06\x07", 0, end, 1))
    shown = (0xFFFF, 0xFFFF, _FULL, _FULL) if wide else (count, count, length, start)
    sink.write(struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, *shown, 0))
