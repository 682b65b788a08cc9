"""An archive with versions in it, made the way the rooms make them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from pipelines.archive.archive import Archive

RECORD: Mapping[str, Any] = {
    "fingerprint": "f",
    "content_hash": "c",
    "verdict": "v",
    "snapshots": {"observations": "s"},
    "bump": "first",
}


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "archive")


@pytest.fixture
def make(archive: Archive) -> Callable[..., None]:
    """Commits a version with one file."""

    def commit(number: str, text: str = "a\n", slug: str = "paralegals", **record: Any) -> None:
        with archive.scratch(slug) as scratch:
            (scratch / "package").mkdir()
            (scratch / "package" / "data.csv").write_text(text)
            manifest = f'{{"version": "{number}"}}\n'.encode()
            archive.commit(slug, number, scratch, manifest, {**RECORD, "fingerprint": f"f-{number}", **record})

    return commit
