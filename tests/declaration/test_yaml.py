"""YAML is read in two ways, quickly and with care, and both understand the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipelines.declaration import yaml_lines
from pipelines.declaration.yaml_lines import read_text
from pipelines.errors import UserError

PROJECT = Path(__file__).resolve().parents[2]
WORDS = st.sampled_from([
    "no", "yes", "on", "~", "null", "true", "False", "1_000", "0x1F", "0o17", "017", "1e3", ".5", ".inf", "1.", "-0",
    "2020-01-31", "12:30:45", "a:b", "a: b", "- a", "#", "'", '"', "&a", "*a", "!t", "%", "@", "|", ">", "[", "{", "?",
    "ș", "\t",
])  # fmt: skip
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | WORDS
VALUES = st.recursive(SCALARS, lambda more: st.lists(more) | st.dictionaries(st.text() | WORDS, more), max_leaves=10)
PIECES = st.lists(
    st.sampled_from(
        ["a", "b", ": ", "\n", "- ", "  ", "[", "]", "{", "}", ", ", "&x ", "*x", "!t ", "|\n", "'", '"', "# c\n"]
    )
)


def _read(content: bytes, monkeypatch: pytest.MonkeyPatch, *, quickly: bool) -> Any:
    """What is understood, with its types; or the codes and places of what is wrong."""

    def odd(_events: object) -> Any:
        raise yaml.YAMLError

    with monkeypatch.context() as patched:
        if not quickly:
            patched.setattr(yaml_lines, "_document", odd)
        try:
            value, lines = read_text(content, "any.yaml")
        except UserError as error:
            return [(finding.code, finding.place) for finding in error.findings]
        return repr(value), dict(lines)


@given(value=VALUES, flow=st.sampled_from([None, True, False]))
def test_both_ways_understand_every_value_alike(value: object, flow: bool | None) -> None:
    content = yaml.safe_dump(value, allow_unicode=True, default_flow_style=flow).encode("utf-8", "replace")
    with pytest.MonkeyPatch.context() as patched:
        assert _read(content, patched, quickly=True) == _read(content, patched, quickly=False)


@given(pieces=PIECES)
def test_both_ways_understand_every_text_alike(pieces: list[str]) -> None:
    content = "".join(pieces).encode()
    with pytest.MonkeyPatch.context() as patched:
        assert _read(content, patched, quickly=True) == _read(content, patched, quickly=False)


@pytest.mark.parametrize("file", sorted((PROJECT / "datapackages").rglob("*.yaml")), ids=lambda file: file.parent.name)
def test_both_ways_understand_every_declaration_of_the_project_alike(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = file.read_bytes()
    quick = _read(content, monkeypatch, quickly=True)
    assert quick == _read(content, monkeypatch, quickly=False)
    assert isinstance(quick, tuple)
