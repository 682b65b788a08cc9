"""Tables are scanned here however small they are, in blocks of a few rows: what else only a large one shows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from pipelines.checks.report import blocks, outside
from tests.checks.report.cases import Case
from tests.checks.report.compare import ours, theirs


@pytest.fixture(autouse=True, scope="package")
def scanned_however_small() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(outside, "SMALL", -1)
        yield


class Judges:
    """Compares both reports on a case. `chance` decides in what blocks a table is read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, case: Case, chance: Random) -> object:
        """The report, which is the same; or the kind of exception that ends both."""
        for old in self._folder.iterdir():
            old.unlink()
        path = case.write(self._folder)
        said = theirs(path, case.options)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(blocks, "BLOCK", chance.choice([60, 500, 500, 100_000, 100_000, 100_000]))
            assert ours(path, case.options) == said, case
        return said


@pytest.fixture(scope="module")
def judges(tmp_path_factory: pytest.TempPathFactory) -> Judges:
    return Judges(tmp_path_factory.mktemp("judged"))
