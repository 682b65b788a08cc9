"""Bytes to text by the declared encoding, and only by it: nothing is guessed, so nothing is silently garbled.

A large file is handed on in pieces. Text to cells is the business of the formats.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from pipelines.declaration.vocabulary import Encoding
from pipelines.errors import UserError
from pipelines.findings import Place
from pipelines.sources.refusal import refused

PIECE = 1 << 23  # bytes of a large file that are held at a time
_LINE_END = re.compile(r"\r\n|\r|\n")
_C1_CONTROL = re.compile("[\x80-\x9f]")  # what text of a Windows code page becomes when it is read as ISO 8859


def line_of(text: str, index: int) -> int:
    """The physical line, from 1, on which the character at `index` stands."""
    return len(_LINE_END.findall(text[:index])) + 1


def decode(content: bytes, encoding: Encoding, file: str) -> str:
    """`content` as text without its byte order mark. Raises UserError that names the byte and the line."""
    mark = codecs.BOM_UTF8 if encoding == "utf-8" and content.startswith(codecs.BOM_UTF8) else b""
    codec = _utf_16(content) if encoding == "utf-16" else encoding
    try:
        text = content[len(mark) :].decode(codec)
    except UnicodeDecodeError as error:
        offset = error.start + len(mark)
        before = content[len(mark) : offset].decode(codec, "replace")
        place = Place(file=file, line=line_of(before, len(before)))
        raise refused(
            "encoding-error", place, encoding=encoding, byte=f"0x{content[offset]:02X}", offset=offset
        ) from None
    if not encoding.startswith("utf-"):
        _really_one_byte_each(content, text, encoding, file)
    if (nul := text.find("\0")) >= 0:
        raise refused("nul-character", Place(file=file, line=line_of(text, nul)), encoding=encoding)
    return text.removeprefix("\ufeff")


def _utf_16(content: bytes) -> str:
    """The byte order, said by the mark; without one, that of Windows (Python would take that of the machine)."""
    return "utf-16" if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-16-le"


def _really_one_byte_each(content: bytes, text: str, encoding: Encoding, file: str) -> None:
    """Every byte is a letter in a one-byte encoding, so UTF-8 read as one gives no error, only wrong letters."""
    if content.isascii():
        return
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        if found := _C1_CONTROL.search(text) if encoding.startswith("iso-") else None:
            place = Place(file=file, line=line_of(text, found.start()))
            byte = f"0x{content[found.start()]:02X}"
            raise refused("encoding-error", place, encoding=encoding, byte=byte, offset=found.start()) from error
    else:
        first = next(i for i, byte in enumerate(content) if byte > 127)
        raise refused("encoding-is-utf-8", Place(file=file, line=line_of(text, first)), encoding=encoding)


def pieces(path: Path, encoding: Encoding, file: str) -> Iterator[bytes]:
    """The text of a file as UTF-8 without its byte order mark, in pieces that end with a line. Raises UserError.

    A piece has at least `PIECE` bytes, but for the last one; a file without any line feed is one. Who finds a fault of
    another kind asks `judge` before telling it: the encoding is what is wrong first.
    """
    if path.stat().st_size <= PIECE:
        yield decode(path.read_bytes(), encoding, file).encode()
        return
    codec = _codec(path, encoding)
    if not encoding.startswith("utf-"):
        judge(path, encoding, file)
    for number, piece in enumerate(_cut(path, codec)):
        text = _in_utf_8(piece, codec)
        if text is None or b"\0" in text:
            judge(path, encoding, file)
        assert text is not None  # noqa: S101 - else that has raised
        yield text.removeprefix(codecs.BOM_UTF8).removeprefix(codecs.BOM_UTF8) if number == 0 else text


def _codec(path: Path, encoding: Encoding) -> str:
    """The codec that says which byte of a letter comes first; it makes a letter of the byte order mark."""
    if encoding != "utf-16":
        return encoding
    with path.open("rb") as content:
        return "utf-16-be" if content.read(2) == codecs.BOM_UTF16_BE else "utf-16-le"


def _cut(path: Path, codec: str) -> Iterator[bytes]:
    """The bytes of a file in pieces that end with a line feed."""
    feed = "\n".encode(codec)
    with path.open("rb") as content:
        while piece := bytearray(content.read(PIECE)):
            while len(piece) % len(feed) or not piece.endswith(feed):
                more = content.readline()
                more += content.read((len(piece) + len(more)) % len(feed))  # the rest of that letter
                if not more:
                    break
                piece += more
            yield bytes(piece)


def judge(path: Path, encoding: Encoding, file: str) -> None:
    """Raise what `decode` would raise, were the file decoded whole."""
    codec = _codec(path, encoding)
    offset, utf_8 = 0, True
    above = control = nul = -1  # where the first byte above ASCII, of a control character, of zeros stands
    for piece in _cut(path, codec):
        if (at := _undecodable(piece, codec)) >= 0:
            raise _not_encoded(path, encoding, file, offset + at)
        if nul < 0 <= (at := _nul(piece, codec)):
            nul = offset + at
        if not encoding.startswith("utf-") and not piece.isascii():
            text = piece.decode(encoding)  # a letter a byte
            above = offset + next(i for i, byte in enumerate(piece) if byte > 127) if above < 0 else above
            if control < 0 and encoding.startswith("iso-") and (found := _C1_CONTROL.search(text)):
                control = offset + found.start()
            utf_8 = utf_8 and _undecodable(piece, "utf-8") < 0
        offset += len(piece)
    if above >= 0 and utf_8:
        raise refused("encoding-is-utf-8", Place(file=file, line=_line_at(path, codec, above)), encoding=encoding)
    if control >= 0:
        raise _not_encoded(path, encoding, file, control)
    if nul >= 0:
        raise refused("nul-character", Place(file=file, line=_line_at(path, codec, nul)), encoding=encoding)


def _undecodable(piece: bytes, codec: str) -> int:
    """The index of the first byte that the codec does not have there, or -1."""
    if codec == "utf-8":
        try:
            pl.Series([piece], dtype=pl.Binary).cast(pl.String)  # ten times as fast as making text of it
        except pl.exceptions.ComputeError:
            pass
        else:
            return -1
    try:
        piece.decode(codec)
    except UnicodeDecodeError as error:
        return error.start
    return -1


def _in_utf_8(piece: bytes, codec: str) -> bytes | None:
    """The piece in UTF-8; None where the codec does not have one of its bytes."""
    if codec == "utf-8":
        return piece if _undecodable(piece, codec) < 0 else None
    try:
        return piece.decode(codec).encode()
    except UnicodeDecodeError:
        return None


def _nul(piece: bytes, codec: str) -> int:
    """The index of the first byte of a zero character in what can be decoded, or -1."""
    if not codec.startswith("utf-16"):
        return piece.find(b"\0")
    text = piece.decode(codec)
    at = text.find("\0")
    return at if at < 0 else len(text[:at].encode(codec))


def _not_encoded(path: Path, encoding: Encoding, file: str, offset: int) -> UserError:
    with path.open("rb") as content:
        content.seek(offset)
        byte = f"0x{content.read(1)[0]:02X}"
    place = Place(file=file, line=_line_at(path, _codec(path, encoding), offset))
    return refused("encoding-error", place, encoding=encoding, byte=byte, offset=offset)


def _line_at(path: Path, codec: str, offset: int) -> int:
    """The physical line, from 1, on which the byte at `offset` stands."""
    line = 1
    for piece in _cut(path, codec):
        before = piece[:offset].decode(codec, "replace")
        line += before.count("\n") + before.count("\r") - before.count("\r\n")
        offset -= min(len(piece), offset)
        if offset == 0:
            break
    return line
