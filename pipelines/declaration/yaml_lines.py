"""YAML read with the line of everything in it, and without YAML's surprises.

Plain mappings, lists and scalars only: no anchors, no tags, no second document, no key twice; `no` is the word "no"
and `1_000` is text, as YAML 1.2 has it. What the values mean is in `model.py` and `load.py`. A file is read quickly
first; where its lines are, and what is wrong with it, is found by reading it again with care.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import yaml

from pipelines.errors import UserError
from pipelines.findings import Finding, Place
from pipelines.text import mask

_Path = tuple[str | int, ...]

MAX_BYTES = 2_000_000
MAX_DEPTH = 40

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")  # longer ones fit no column: they stay text
_FLOAT = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+|[0-9]+)([eE][-+]?[0-9]{1,2})?")
_CORE: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


def read_yaml(path: Path, name: str) -> tuple[Any, Lines]:
    """The value in a file, and the line (from 1) of each path in it. `name` is what findings call the file.

    Raises UserError with what is wrong and on which line.
    """
    return read_text(content_of(path, name), name)


def content_of(path: Path, name: str) -> bytes:
    """A file's bytes. Raises UserError where it cannot be read, or is too large to be a declaration."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UserError(Finding("file-unreadable", params={"why": error.strerror}, place=Place(name))) from error
    if len(content) > MAX_BYTES:
        raise UserError(Finding("yaml-too-large", params={"limit": MAX_BYTES}, place=Place(name)))
    return content


def read_text(content: bytes, name: str) -> tuple[Any, Lines]:
    """As `read_yaml`, of bytes."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise UserError(Finding("yaml-not-utf8", params={"byte": error.start}, place=Place(name, line))) from error
    lines = Lines(text, name)
    try:
        return _document(yaml.parse(text, Loader=_LOADER)), lines
    except (_Odd, yaml.YAMLError):
        return _Reader(name).read(text)[0], lines


class Lines(Mapping[_Path, int]):
    """The line (from 1) of each path in a document, looked for when there is something to say of one."""

    def __init__(self, text: str, name: str) -> None:
        self._text = text
        self._name = name

    @cached_property
    def _found(self) -> dict[_Path, int]:
        return _Reader(self._name).read(self._text)[1]

    def __getitem__(self, path: _Path) -> int:
        return self._found[path]

    def __iter__(self) -> Iterator[_Path]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)


# Both ways build the value event by event: the library's own tree-building overflows the stack of the whole process on
# a file of brackets inside brackets.

# --- quickly ----------------------------------------------------------------------------------------------------------


class _Odd(Exception):  # noqa: N818 - nothing is said of it here
    """Something that is to be looked at with care."""


def _document(events: Iterator[yaml.Event]) -> Any:
    """The value of a file in which nothing is odd. Raises _Odd, yaml.YAMLError."""
    next(events)
    if type(next(events)) is not yaml.DocumentStartEvent:
        return None
    value = _value(next(events), events, 0)
    next(events)
    if type(next(events)) is not yaml.StreamEndEvent:
        raise _Odd
    return value


def _value(event: Any, events: Iterator[Any], depth: int) -> Any:
    if event.anchor is not None or event.tag is not None or depth > MAX_DEPTH:
        raise _Odd
    kind: type[yaml.Event] = event.__class__
    if kind is yaml.ScalarEvent:
        return _scalar(event)
    if kind is yaml.SequenceStartEvent:
        items: list[Any] = []
        while type(event := next(events)) is not yaml.SequenceEndEvent:
            items.append(_value(event, events, depth + 1))
        return items
    found: dict[str, Any] = {}
    while type(event := next(events)) is yaml.ScalarEvent:
        key: str = event.value
        if key in found:
            raise _Odd
        found[key] = _value(next(events), events, depth + 1)
    if type(event) is not yaml.MappingEndEvent:
        raise _Odd
    return found


# --- with care --------------------------------------------------------------------------------------------------------


class _Reader:
    """Reads on after a fault where it can, so that all faults are told at once."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.lines: dict[_Path, int] = {}
        self.findings: list[Finding] = []

    def read(self, text: str) -> tuple[Any, dict[_Path, int]]:
        try:
            value = self._document(yaml.parse(text, Loader=_LOADER))
        except yaml.YAMLError as error:
            raise UserError(self._broken(error, text)) from error
        if self.findings:
            raise UserError(self.findings)
        return value, self.lines

    def _broken(self, error: yaml.YAMLError, text: str) -> Finding:
        mark: yaml.Mark | None = getattr(error, "problem_mark", None)
        position: int = getattr(error, "position", 0)  # of a character that no text file may hold
        line = mark.line + 1 if mark else text[:position].count("\n") + 1
        why = getattr(error, "problem", None) or getattr(error, "reason", None) or error
        return Finding("yaml-broken", params={"why": mask(why)}, place=Place(self.name, line))

    def _document(self, events: Iterator[yaml.Event]) -> Any:
        value: Any = None
        seen = 0
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                seen += 1
                if seen > 1:
                    raise self._refusal("yaml-broken", _line(event), why="a second document begins")
                value = self._value(next(events), events, ())
        return value

    def _value(self, event: yaml.Event, events: Iterator[yaml.Event], path: _Path) -> Any:
        line = _line(event)
        self.lines.setdefault(path, line)
        if len(path) > MAX_DEPTH:
            raise self._refusal("yaml-too-deep", line, limit=MAX_DEPTH)
        if isinstance(event, yaml.AliasEvent) or (isinstance(event, yaml.NodeEvent) and event.anchor is not None):
            raise self._refusal("yaml-anchor", line, anchor=mask(event.anchor))
        if tag := cast("str | None", getattr(event, "tag", None)):
            self._wrong("yaml-tag", line, tag=mask(tag))
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(events, path)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(events, path)
        return _scalar(event)

    def _sequence(self, events: Iterator[yaml.Event], path: _Path) -> list[Any]:
        found: list[Any] = []
        while not isinstance(event := next(events), yaml.SequenceEndEvent):
            found.append(self._value(event, events, (*path, len(found))))
        return found

    def _mapping(self, events: Iterator[yaml.Event], path: _Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            line = _line(event)
            if not isinstance(event, yaml.ScalarEvent):
                raise self._refusal("yaml-odd-key", line)
            key = str(event.value)
            again = key in found
            if again:
                self._wrong("yaml-key-twice", line, key=mask(key), first=self.lines[(*path, key)])
            else:
                self.lines[(*path, key)] = line
            value = self._value(next(events), events, (*path, key))
            if not again:
                found[key] = value
        return found

    def _refusal(self, code: str, line: int, **params: Any) -> UserError:
        """The end of reading: what comes after cannot be understood."""
        self._wrong(code, line, **params)
        return UserError(self.findings)

    def _wrong(self, code: str, line: int, **params: Any) -> None:
        self.findings.append(Finding(code, params=params, place=Place(self.name, line)))


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def _scalar(event: Any) -> Any:
    text: str = event.value
    if event.style:  # quoted, or a block: text as it stands
        return text
    if text in _CORE:
        return _CORE[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text) and math.isfinite(number := float(text)):
        return number
    return text
