"""Bytes to text by the declared encoding, and only by it: nothing is guessed, so nothing is silently garbled.

Text to cells is the business of the formats.
"""

from __future__ import annotations

import codecs
import re

from pipelines.declaration.vocabulary import Encoding
from pipelines.findings import Place
from pipelines.sources.refusal import refused

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
