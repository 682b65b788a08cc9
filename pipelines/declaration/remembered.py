"""What declarations said when they were read last, by the hash of their bytes: of thousands, hardly one has changed.

A file in the person's cache folder for each folder of datasets. Nobody misses it where it is gone, spoilt, or cannot be
written: then everything is read again. Reading is in `yaml_lines.py`; what the values mean is checked every time.
"""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import Any, cast

import yaml

from pipelines.declaration import yaml_lines
from pipelines.declaration.yaml_lines import Lines, content_of, read_text
from pipelines.files import replace_file, sha256


class Remembered:
    """The values of the YAML files of one folder. `file`: where they are kept, or None for nowhere."""

    def __init__(self, file: Path | None) -> None:
        self._file, self._before = file, _read(file)
        self._now: dict[str, Any] = {}

    @classmethod
    def of(cls, folder: Path) -> Remembered:
        """What is remembered of a folder of datasets."""
        try:
            home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        except RuntimeError:  # nobody knows whose home
            return cls(None)
        return cls(home / "publica" / f"declarations-{sha256(bytes(folder.resolve()))[:16]}.json")

    def read_yaml(self, path: Path, name: str) -> tuple[Any, Lines]:
        """As `yaml_lines.read_yaml`, without reading the same bytes a second time."""
        content = content_of(path, name)
        digest = sha256(content)
        if digest in self._before:
            value, lines = self._before[digest], Lines(content.decode("utf-8-sig"), name)
        else:
            value, lines = read_text(content, name)
        self._now[digest] = value
        return value, lines

    def save(self) -> None:
        """Remember what was read since, and nothing else; where nothing is new, nothing is written."""
        if self._file is None or self._now.keys() == self._before.keys():
            return
        with contextlib.suppress(OSError):
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            replace_file(self._file, json.dumps({"reader": _reader(), "values": self._now}).encode())


def _read(file: Path | None) -> dict[str, Any]:
    """The values by hash, as this very reader gave them."""
    if file is None:
        return {}
    try:
        kept = json.loads(file.read_bytes())
        return cast(dict[str, Any], kept["values"]) if kept["reader"] == _reader() else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _reader() -> str:
    """Which reader gave the values: another one may have understood them differently."""
    return f"{sha256(Path(yaml_lines.__file__).read_bytes())} {yaml.__version__}"
