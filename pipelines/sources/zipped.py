"""Opening a ZIP that a stranger made: what is in it is measured while it is read, and nothing is unpacked to disk.

XLSX and ODS are ZIPs of XML. Their parsers are given a new ZIP of what was read here, so nothing that the headers of
the old one said (sizes, names, overlaps) is ever believed by them.
"""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

from pipelines.findings import Place
from pipelines.sources.refusal import refused

MOST_MEMBERS = 2_000
MOST_BYTES = 200_000_000  # of all members together, inflated
MOST_RATIO = 100  # inflated to packed, of a member above SMALL
SMALL = 1_000_000
PIECE = 1 << 20
TEXTS = (".xml", ".rels", "mimetype")
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    OSError,
    ValueError,
    RuntimeError,
)


def members(path: Path, file: str) -> dict[str, bytes]:
    """The members of the ZIP at `path` by name, all measured; those that are not XML as empty. Raises UserError."""
    place = Place(file=file)
    try:
        with zipfile.ZipFile(path) as zipped:
            found = zipped.infolist()
            _judge(found, place)
            return _read(zipped, found, place)
    except _BROKEN as error:
        raise refused("zip-broken", place, reason=type(error).__name__) from None


def packed(content: Mapping[str, bytes]) -> io.BytesIO:
    """A new ZIP in memory with those of these members that have content, and nothing else."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_STORED) as zipped:
        for name, data in content.items():
            if data:
                zipped.writestr(zipfile.ZipInfo(name), data)
    whole.seek(0)
    return whole


def _judge(found: list[zipfile.ZipInfo], place: Place) -> None:
    """Refuse what the headers themselves admit."""
    if len(found) > MOST_MEMBERS:
        raise refused("zip-members", place, count=len(found), limit=MOST_MEMBERS)
    names: set[str] = set()
    for member in found:
        name = member.orig_filename
        if name.startswith("/") or any(sign in name for sign in ("\\", ":", "\0")) or ".." in name.split("/"):
            raise refused("zip-name", place, name=name)
        if stat.S_ISLNK(member.external_attr >> 16):
            raise refused("zip-link", place, name=name)
        if name.lower() in names:  # readers of XLSX take names without regard to case
            raise refused("zip-twice", place, name=name)
        if member.flag_bits & 0x1:
            raise refused("workbook-password", place)
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise refused("zip-broken", place, reason=f"compression {member.compress_type}")
        _in_proportion(member.file_size, member, place)
        names.add(name.lower())
    if sum(member.file_size for member in found) > MOST_BYTES:
        raise refused("zip-too-large", place, limit=MOST_BYTES // 1_000_000)


def _in_proportion(size: int, member: zipfile.ZipInfo, place: Place) -> None:
    if size > SMALL and size > MOST_RATIO * max(member.compress_size, 1):
        raise refused("zip-bomb", place, name=member.orig_filename, limit=MOST_RATIO)


def _read(zipped: zipfile.ZipFile, found: list[zipfile.ZipInfo], place: Place) -> dict[str, bytes]:
    """Inflate every member piece by piece, counting; keep the content of those that are XML."""
    total, kept = 0, dict[str, bytes]()
    for member in found:
        if member.is_dir():
            continue
        pieces, size = list[bytes](), 0
        with zipped.open(member) as stream:
            while piece := stream.read(PIECE):
                size += len(piece)
                total += len(piece)
                if total > MOST_BYTES:
                    raise refused("zip-too-large", place, limit=MOST_BYTES // 1_000_000)
                _in_proportion(size, member, place)
                pieces.append(piece)
        kept[member.filename] = b"".join(pieces) if member.filename.lower().endswith(TEXTS) else b""
    return kept
