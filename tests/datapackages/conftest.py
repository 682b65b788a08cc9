"""What the tests of the real datasets share: the documents, how to trace a row to one, and one true publication.

The documents are not part of the project. Where they lie beside it, every row is traced to its line; where not, what
can still be true of a row is asked.
"""

import csv
import os
import shutil
import subprocess
import sys
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
DOCUMENTS = frozenset(
    {
        "000_acf72c38dace56e1.txt",
        "001_ff133d94113a760d.txt",
        "002_f381d5ad74a826c0.txt",
        "003_5d8e699c741e49ea.txt",
        "004_5281a48e136e6f90.txt",
    }
)
LONGEST = 40  # as the suite `provenance` has it: a figure, a date, a name or a few words, never a sentence

Row = Mapping[str, str]
Untraceable = Callable[[Iterable[Row]], list[str]]
Published = Mapping[tuple[str, str], list[dict[str, str]]]


@pytest.fixture(scope="session")
def first_five() -> frozenset[str]:
    """The documents whose figures the tests know. What a later report adds is nothing that they have an opinion on."""
    return DOCUMENTS


@pytest.fixture(scope="session")
def seed_lines() -> dict[str, list[str]] | None:
    """The lines of each document by its file name, without line ends; None where the documents are not there."""
    folder = REPOSITORY.parent / "shared" / "seeds"
    if not folder.is_dir():
        return None
    return {name: (folder / name).read_text(encoding="utf-8").split("\n") for name in sorted(DOCUMENTS)}


@pytest.fixture(scope="session")
def untraceable(seed_lines: dict[str, list[str]] | None) -> Untraceable:
    """A function from rows to those whose source_text does not stand on source_line of source_document, as text."""
    with (REPOSITORY / "datapackages" / "source-documents" / "source" / "documents.csv").open(encoding="utf-8") as file:
        listed = {row["file_name"] for row in csv.DictReader(file)}

    def check(rows: Iterable[Row]) -> list[str]:
        return [f"{dict(row)}: {fault}" for row in rows if (fault := _fault(row, listed, seed_lines or {}))]

    return check


def _fault(row: Row, listed: set[str], lines: dict[str, list[str]]) -> str | None:
    document, line, text = row["source_document"], row["source_line"], row["source_text"]
    if document not in listed:
        return "no such document"
    if not line.isdecimal() or int(line) < 1:
        return "a line is a whole number from 1"
    if not text or text != text.strip() or len(text) > LONGEST:
        return "a few characters, with no blank around them"
    if document not in lines:  # it does not lie beside the project
        return None
    if int(line) > len(lines[document]):
        return "the document ends before"
    return None if text in unicodedata.normalize("NFC", lines[document][int(line) - 1]) else "not on that line"


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Published:
    """The rows of every CSV of one true publication of all packages, by package and table, as a reader gets them."""
    root = tmp_path_factory.mktemp("publication")
    for name in ("datapackages", "expectations"):
        shutil.copytree(REPOSITORY / name, root / name)
    done = subprocess.run(
        [Path(sys.executable).parent / "publica", "publish", "--yes"],
        cwd=root,
        env={name: value for name, value in os.environ.items() if not name.startswith("PUBLICA_")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    tables: dict[tuple[str, str], list[dict[str, str]]] = {}
    for path in sorted((root / "public").glob("*/latest/data/*.csv")):
        with path.open(encoding="utf-8-sig", newline="") as file:
            tables[path.parents[2].name, path.stem] = list(csv.DictReader(file))
    return tables
