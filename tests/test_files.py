"""What is written is on disk: all of a folder at once where the system can, each file where it cannot."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path
from typing import Any

import pytest

from pipelines.files import settle


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    for name in ("README.md", "data/a.csv", "data/b.csv"):
        (tmp_path / name).write_text("x", "utf-8")
    return tmp_path


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that were synced one by one."""
    genuine, seen = os.fsync, list[str]()

    def noted(handle: int) -> None:
        seen.append(Path(f"/proc/self/fd/{handle}").readlink().name)
        genuine(handle)

    monkeypatch.setattr(os, "fsync", noted)
    return seen


def test_a_folder_is_settled_at_once(folder: Path, synced: list[str]) -> None:
    settle(folder)
    assert synced == []


def test_where_the_system_cannot_each_file_is_settled(
    folder: Path, synced: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(*_: Any, **__: Any) -> Any:
        raise OSError("no such library")

    monkeypatch.setattr(ctypes, "CDLL", none)
    settle(folder)
    assert sorted(synced) == ["README.md", "a.csv", "b.csv"]


def test_what_the_disk_refuses_is_raised(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class _Full:
        def __init__(self, *_: Any, **__: Any) -> None:
            ctypes.set_errno(28)

        def syncfs(self, _handle: int) -> int:
            return -1

    monkeypatch.setattr(ctypes, "CDLL", _Full)
    with pytest.raises(OSError, match="No space left") as refused:
        settle(folder)
    assert refused.value.filename == str(folder)


def test_a_folder_that_is_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        settle(tmp_path / "gone")
