from __future__ import annotations

import io
import stat
import struct
import time
import warnings
import zipfile
from collections.abc import Callable

import pytest
from openpyxl import Workbook

from pipelines.findings import Finding
from pipelines.sources.raw import RawTable

Reading = Callable[..., RawTable]
Refusal = Callable[[Callable[[], object]], list[Finding]]
SHEET = "xl/worksheets/sheet1.xml"


def workbook(*, without: str = "") -> io.BytesIO:
    """A sound XLSX of one table, to which members can be added."""
    book = Workbook()
    book.worksheets[0].append(["a"])
    whole, out = io.BytesIO(), io.BytesIO()
    book.save(whole)
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name != without:
                new.writestr(name, old.read(name))
    return out


def added(name: str | zipfile.ZipInfo, data: bytes = b"x") -> bytes:
    out = workbook()
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as zipped, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zipfile warns of a duplicate name
        zipped.writestr(name, data)
    return out.getvalue()


def test_a_bomb_of_two_hundred_megabytes_in_three_hundred_kilobytes_is_refused_at_once(
    reading: Reading, refusal: Refusal
) -> None:
    out = workbook(without=SHEET)
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED, compresslevel=9) as zipped, zipped.open(SHEET, "w") as sheet:
        sheet.write(b'<worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>')
        for _ in range(200):
            sheet.write(b"A" * 1_000_000)
        sheet.write(b"</t></is></c></row></sheetData></worksheet>")
    assert len(out.getvalue()) < 300_000
    began = time.perf_counter()
    (finding,) = refusal(lambda: reading(out.getvalue(), name="data.xlsx"))
    assert finding.code == "zip-bomb"
    assert time.perf_counter() - began < 1


def test_a_bomb_that_lies_about_its_size_is_not_believed(reading: Reading, refusal: Refusal) -> None:
    content = added("xl/media/image.bin", b"A" * 50_000_000)
    real, lie = struct.pack("<I", 50_000_000), struct.pack("<I", 1000)
    assert real in content
    assert [f.code for f in refusal(lambda: reading(content.replace(real, lie), name="data.xlsx"))] == ["zip-broken"]


def test_many_large_members_are_too_large_together(reading: Reading, refusal: Refusal) -> None:
    out = workbook()
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as zipped:
        for number in range(210):
            zipped.writestr(f"xl/media/{number}.bin", b"A" * 999_999)
    assert [f.code for f in refusal(lambda: reading(out.getvalue(), name="data.xlsx"))] == ["zip-too-large"]


def test_more_members_than_any_workbook_has_are_refused(reading: Reading, refusal: Refusal) -> None:
    out = workbook()
    with zipfile.ZipFile(out, "a") as zipped:
        for number in range(2001):
            zipped.writestr(f"x/{number}", b"")
    assert [f.code for f in refusal(lambda: reading(out.getvalue(), name="data.xlsx"))] == ["zip-members"]


@pytest.mark.parametrize("name", ["../evil.xml", "/etc/evil", "xl/../../evil", "xl\\..\\evil", "C:/evil"])
def test_a_name_that_leads_out_of_the_zip_is_refused(reading: Reading, refusal: Refusal, name: str) -> None:
    (finding,) = refusal(lambda: reading(added(name), name="data.xlsx"))
    assert (finding.code, finding.params) == ("zip-name", {"name": name})


def test_a_link_in_the_zip_is_refused(reading: Reading, refusal: Refusal) -> None:
    link = zipfile.ZipInfo("xl/link.xml")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    assert [f.code for f in refusal(lambda: reading(added(link, b"/etc/passwd"), name="data.xlsx"))] == ["zip-link"]


@pytest.mark.parametrize("name", [SHEET, SHEET.upper()])
def test_a_name_that_is_there_twice_is_refused(reading: Reading, refusal: Refusal, name: str) -> None:
    assert [f.code for f in refusal(lambda: reading(added(name), name="data.xlsx"))] == ["zip-twice"]


def test_an_encrypted_member_is_refused(reading: Reading, refusal: Refusal) -> None:
    content = bytearray(added("xl/secret.xml"))
    at = content.rindex(b"PK\x01\x02")  # the last entry of the directory: its flags stand 8 bytes in
    content[at + 8] |= 1
    assert [f.code for f in refusal(lambda: reading(bytes(content), name="data.xlsx"))] == ["workbook-password"]


def test_an_unusual_compression_is_refused(reading: Reading, refusal: Refusal) -> None:
    member = zipfile.ZipInfo("xl/odd.xml")
    member.compress_type = zipfile.ZIP_LZMA
    assert [f.code for f in refusal(lambda: reading(added(member), name="data.xlsx"))] == ["zip-broken"]


def test_a_changed_byte_is_found(reading: Reading, refusal: Refusal) -> None:
    content = added(zipfile.ZipInfo("xl/note.xml"), b"the checksum of this is in the directory")
    broken = content.replace(b"the checksum", b"thE checksum")
    assert [f.code for f in refusal(lambda: reading(broken, name="data.xlsx"))] == ["zip-broken"]


def test_a_zip_of_ordinary_members_is_read(reading: Reading) -> None:
    assert reading(added("xl/media/image.png", b"A" * 900_000), name="data.xlsx").labels == ["a"]


def shared(*rows: list[str]) -> bytes:
    """An XLSX whose texts are kept once each, as spreadsheet programs write it."""
    texts = list(dict.fromkeys(text for row in rows for text in row))
    cells = ("".join(f'<c t="s"><v>{texts.index(text)}</v></c>' for text in row) for row in rows)
    sheet = "<worksheet><sheetData>" + "".join(f"<row>{row}</row>" for row in cells) + "</sheetData></worksheet>"
    out = workbook(without=SHEET)
    with zipfile.ZipFile(out, "a") as zipped:
        zipped.writestr(SHEET, sheet)
        zipped.writestr("xl/sharedStrings.xml", "<sst>" + "".join(f"<si><t>{t}</t></si>" for t in texts) + "</sst>")
    return out.getvalue()


def test_one_long_text_used_by_many_cells_is_refused(reading: Reading, refusal: Refusal) -> None:
    content = shared(*[["x" * 30_000] * 400] * 100)
    assert [f.code for f in refusal(lambda: reading(content, name="data.xlsx"))] == ["sheet-too-much-text"]


def test_one_long_text_beside_many_short_ones_is_read(reading: Reading) -> None:
    heading = [f"h{column}" for column in range(400)]
    raw = reading(shared(heading, *[["y"] * 400] * 99, ["x" * 30_000, *["y"] * 399]), name="data.xlsx")
    assert raw.frame.row(99)[:2] == ("x" * 30_000, "y")
