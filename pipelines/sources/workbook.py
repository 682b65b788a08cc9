"""Opening a workbook, XLSX or ODS, with calamine: which sheet is meant, and its cells.

Before anything comes here its ZIP was read by `zipped.py`; what calamine does not tell is found by the formats.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from pipelines.declaration.model import Resource
from pipelines.findings import Place
from pipelines.sources import zipped
from pipelines.sources.refusal import refused
from pipelines.sources.sheet import Cell
from pipelines.sources.snapshot import Snapshot
from pipelines.text import nearest

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # the container of old Office files, and of new ones with a password
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


def content(snapshot: Snapshot) -> dict[str, bytes]:
    """The members of a workbook's ZIP. Raises UserError for a password, macros, or a file of another kind."""
    place = Place(file=snapshot.name)
    _not_ole(snapshot.path, place)
    found = zipped.members(snapshot.path, snapshot.name)
    lower = {name.lower() for name in found}
    kinds = found.get("[Content_Types].xml", b"").lower()
    if any(name.endswith("vbaproject.bin") for name in lower) or b"macroenabled" in kinds:
        raise refused("workbook-macros", place)
    if b"encryption-data" in found.get("META-INF/manifest.xml", b""):
        raise refused("workbook-password", place)
    return found


def _not_ole(path: Path, place: Place) -> None:
    with path.open("rb") as file:
        if file.read(len(_OLE)) != _OLE:
            return
        rest = file.read()
    raise refused("workbook-password" if _ENCRYPTED in rest else "workbook-old", place)


@contextmanager
def opened(members: Mapping[str, bytes], file: str) -> Generator[CalamineWorkbook]:
    """The workbook made of these members. What calamine cannot read becomes a finding, even what makes it panic."""
    try:
        with CalamineWorkbook.from_filelike(zipped.packed(members)) as workbook:
            yield workbook
    except CalamineError as error:
        raise refused("workbook-broken", Place(file=file), reason=str(error)) from None
    except BaseException as error:
        if type(error).__name__ == "PanicException":  # Rust's; not an Exception, and nobody exports its class
            raise refused("workbook-broken", Place(file=file), reason="panic") from None
        raise


def chosen_sheet(workbook: CalamineWorkbook, resource: Resource, file: str) -> str:
    """The name of the sheet that the declaration means; without a word the first. Raises UserError."""
    sheets = [sheet for sheet in workbook.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
    names, dialect, place = [sheet.name for sheet in sheets], resource.dialect, Place(file=file)
    if dialect.sheet_name is not None:
        for name in names:
            if name.strip() == dialect.sheet_name:
                return name
        near = nearest(dialect.sheet_name, names)
        raise refused("sheet-missing", place, sheet=dialect.sheet_name, nearest=near, known=", ".join(names))
    number = dialect.sheet_number or 1
    if number > len(names):
        raise refused("sheet-number", place, number=number, count=len(names), known=", ".join(names))
    sheet = sheets[number - 1]
    if dialect.sheet_number is None and sheet.visible != SheetVisibleEnum.Visible:
        raise refused("sheet-hidden", place, sheet=sheet.name)
    return sheet.name


def cells(workbook: CalamineWorkbook, name: str) -> list[list[Cell]]:
    """A sheet's cells from A1 on."""
    return list[list[Cell]](workbook.get_sheet_by_name(name).to_python(skip_empty_area=False))


def sheet_names(path: Path) -> list[str]:
    """The worksheets of a workbook that was read before, empty ones left out. Raises UserError."""
    snapshot = Snapshot("", path.stat().st_size, path, path.name, path.name)
    with opened(content(snapshot), path.name) as workbook:
        names = [sheet.name for sheet in workbook.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
        return [name for name in names if workbook.get_sheet_by_name(name).total_height]
