"""Declarations that did not change are not read twice, and nobody can tell but by the clock."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipelines.declaration import remembered
from pipelines.declaration.load import load_all
from pipelines.declaration.remembered import Remembered
from pipelines.declaration.yaml_lines import read_text
from pipelines.errors import UserError

PROJECT = Path(__file__).resolve().parents[2]
_SCALARS = st.none() | st.booleans() | st.integers(-(10**19), 10**19) | st.floats() | st.text()
_VALUES = st.recursive(_SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=12)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder of a person's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def unread(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that were read, not remembered, from now on."""
    names: list[str] = []

    def noted(content: bytes, name: str) -> object:
        names.append(name)
        return read_text(content, name)

    monkeypatch.setattr(remembered, "read_text", noted)
    return names


def _kept(cache: Path) -> list[Path]:
    return list(cache.rglob("declarations-*.json"))


@pytest.fixture
def project(datapackages: Path, add: Callable[..., Path]) -> Path:
    """A folder with one good dataset."""
    add()
    return datapackages


def test_what_is_remembered_loads_as_what_is_read(cache: Path, unread: list[str]) -> None:
    read = load_all(PROJECT / "datapackages")
    assert len(unread) == len(read.datasets)
    again = load_all(PROJECT / "datapackages")
    assert len(unread) == len(read.datasets), "something was read a second time"
    assert again.datasets == read.datasets
    for slug, dataset in read.datasets.items():
        assert dict(again.datasets[slug].lines) == dict(dataset.lines)


@given(value=_VALUES)
def test_every_value_that_yaml_can_hold_is_remembered_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, value: object
) -> None:
    folder = tmp_path_factory.mktemp("any")
    file = folder / "any.yaml"
    file.write_bytes(yaml.safe_dump(value, allow_unicode=False).encode())
    first = Remembered(folder / "kept.json")
    try:
        read = first.read_yaml(file, "any.yaml")[0]
    except UserError:
        return
    first.save()
    again = Remembered(folder / "kept.json").read_yaml(file, "any.yaml")[0]
    assert repr(again) == repr(read)  # 1 is not true, 0.0 not -0.0, 1 not 1.0


def test_a_declaration_that_changed_is_read_again_and_the_old_one_forgotten(
    cache: Path, project: Path, unread: list[str]
) -> None:
    load_all(project)
    assert unread
    unread.clear()
    file = project / "paralegals" / "datapackage.yaml"
    file.write_text(file.read_text("utf-8") + "# more\n", "utf-8")
    load_all(project)
    assert unread == ["paralegals/datapackage.yaml"]
    (kept,) = _kept(cache)
    assert len(json.loads(kept.read_bytes())["values"]) == 1


def test_a_mistake_is_told_every_time(cache: Path, project: Path) -> None:
    file = project / "paralegals" / "datapackage.yaml"
    file.write_text(file.read_text("utf-8") + "name: again\n", "utf-8")
    told = [load_all(project).broken for _ in range(2)]
    assert [finding.code for finding in told[0][file.parent.name]] == ["yaml-key-twice"]
    assert told[0] == told[1]


@pytest.mark.parametrize(
    "spoilt", [b"", b"{", b"[]", b"null", b'{"reader": 1}', b'{"reader": "another", "values": {}}']
)
def test_a_spoilt_memory_is_none(cache: Path, project: Path, unread: list[str], spoilt: bytes) -> None:
    load_all(project)
    (kept,) = _kept(cache)
    kept.write_bytes(spoilt)
    unread.clear()
    assert load_all(project).datasets
    assert unread


def test_where_nothing_can_be_kept_everything_is_read(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/proc/none")
    assert load_all(project).datasets


def test_nobody_else_may_read_or_write_it(cache: Path, project: Path) -> None:
    load_all(project)
    (kept,) = _kept(cache)
    assert kept.parent.stat().st_mode & 0o777 == 0o700
