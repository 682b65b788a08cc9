"""The README: two commands that stand alone, a map that is true, and no verb or option that is not there."""

from __future__ import annotations

import re
from pathlib import Path

from pipelines.cli import publica

PROJECT = Path(__file__).resolve().parents[1]
README = (PROJECT / "README.md").read_text("utf-8")


def _blocks(language: str) -> list[list[str]]:
    """The lines of each fenced block of a language."""
    return [
        found.splitlines() for found in re.findall(rf"^```{language}\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
    ]


def test_the_first_two_blocks_are_one_command_each() -> None:
    first, second = _blocks("sh")[:2]
    assert [len(first), len(second)] == [1, 1]
    assert "publica publish" in first[0]
    assert "pytest" in second[0]
    assert first[0].startswith("sh .ci/setup && ")
    assert second[0].startswith("sh .ci/setup tests && ")
    assert (PROJECT / ".ci" / "setup").is_file()


def test_every_place_of_the_map_exists() -> None:
    (lines,) = (block for block in _blocks("") if any(line.startswith("pipelines/") for line in block))
    parents: list[str] = []
    for line in lines:
        name = line.split()[0]
        depth = (len(line) - len(line.lstrip())) // 2
        parents[depth:] = [name]
        assert (PROJECT / "".join(parents)).exists(), line
    for name in re.findall(r"(?<=[ (])(\w+(?:/[\w.]+)*/)(?=[ ,;)])", "\n".join(lines)):
        assert any((base / name).exists() for base in (PROJECT, PROJECT / "pipelines", PROJECT / "datapackages")), name


def test_every_room_is_on_the_map() -> None:
    rooms = {path.parent.name for path in (PROJECT / "pipelines").glob("*/*.py")}
    assert {room for room in rooms if f"  {room}/" not in README} == set()


def test_every_command_that_it_names_exists() -> None:
    for verb in re.findall(r"publica ([a-z]+)\b", "\n".join(re.findall(r"`([^`\n]+)`", README))):
        assert verb in publica.commands, verb


def test_every_option_that_it_names_exists() -> None:
    known = {option for command in publica.commands.values() for p in command.params for option in p.opts} | {"--help"}
    assert set(re.findall(r"--[a-z]+", README)) <= known


def test_every_variable_that_it_names_is_read() -> None:
    code = "".join(path.read_text("utf-8") for path in (PROJECT / "pipelines").rglob("*.py"))
    for name in re.findall(r"PUBLICA_[A-Z]+", README):
        assert name in code
