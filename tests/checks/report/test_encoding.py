"""A file that is called UTF-8 by its beginning is UTF-8 for frictionless, which asks chardet: for any beginning."""

from __future__ import annotations

import codecs

import pytest
from frictionless import Detector
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipelines.checks.report.encoding import plainly_utf8

PLAIN = [
    b"",
    b"cod,judet\n1,Ialoveni\r\n",
    "cod,județ\n1,Călărași\n".encode(),
    "код;район\n1;Сорока\n".encode(),
    codecs.BOM_UTF8 + "cod,județ\n1,Fălești\n".encode(),
]
# What makes chardet say something else: escapes, markup, comments, binary files, other encodings, characters cut short.
TELLING = [
    b"+AGEAYg-,+ANgA3A-",
    b"~{VPND~}",
    b"\x1b$B$3$s\x1b(B",
    b"\x0e\x0f",
    b"# -*- coding: latin-1 -*-\n",
    b'<?xml version="1.0" encoding="iso-8859-2"?>',
    b"<meta charset=windows-1251>",
    b"%PDF-1.7\n",
    b"GIF89a",
    b"PK\x03\x04",
    "Chișinău".encode("utf-16-le"),
    "Chișinău".encode("utf-32-be"),
    "Кишинёв".encode("cp1251"),
    "Chișinău".encode("iso-8859-16"),
    "ș".encode()[:1],
    "目".encode()[:2],
    b"\0",
]
beginnings = st.lists(
    st.one_of(st.sampled_from(PLAIN + TELLING), st.text(max_size=8).map(str.encode), st.binary(max_size=4))
)


@settings(max_examples=2_000, deadline=None)
@example([b"abc,def\n", "ș".encode()[:1]])
@example([b"Bush hid the facts"])
@given(beginnings)
def test_what_is_plainly_utf8_is_utf8_for_frictionless(parts: list[bytes]) -> None:
    sample = b"".join(parts)
    if plainly_utf8(sample):
        assert Detector().detect_encoding(sample) in ("utf-8", "utf-8-sig")


@pytest.mark.parametrize("sample", PLAIN[:-1])
def test_a_plain_table_is_not_shown_to_chardet(sample: bytes) -> None:
    assert plainly_utf8(sample * 100)
    assert plainly_utf8((sample * 100)[:-1])
