"""YAML read with the line of everything in it, and without YAML's surprises.

Plain mappings, lists and scalars only: no anchors, no tags, no second document, no key twice; `no` is the word "no"
and `1_000` is text, as YAML 1.2 has it. What the values mean is in `model.py` and `load.py`.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from pipelines.errors import UserError
from pipelines.findings import Finding, Place
from pipelines.text import mask

Lines = dict[tuple[str | int, ...], int]

MAX_BYTES = 2_000_000
MAX_DEPTH = 40

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER = re.compile(r"[-+]?\d+")
_FLOAT = re.compile(r"[-+]?(\d+\.\d*|\.\d+|\d+)([eE][-+]?\d+)?")
_CORE: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


def read_yaml(path: Path, name: str) -> tuple[Any, Lines]:
    """The value in a file, and the line (from 1) of each path in it. `name` is what findings call the file.

    Raises UserError with what is wrong and on which line.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UserError(Finding("file-unreadable", params={"why": error.strerror}, place=Place(name))) from error
    if len(content) > MAX_BYTES:
        raise UserError(Finding("yaml-too-large", params={"limit": MAX_BYTES}, place=Place(name)))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise UserError(Finding("yaml-not-utf8", params={"byte": error.start}, place=Place(name, line))) from error
    return _Reader(name).read(text)


class _Reader:
    def __init__(self, name: str) -> None:
        self.name = name
        self.lines: Lines = {}
        self.findings: list[Finding] = []

    def read(self, text: str) -> tuple[Any, Lines]:
        try:
            self._refuse_anchors(text)
            node = yaml.compose(text, Loader=_LOADER)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line = mark.line + 1 if mark else 1
            why = mask(getattr(error, "problem", None) or error)
            raise UserError(Finding("yaml-broken", params={"why": why}, place=Place(self.name, line))) from error
        except RecursionError as error:
            raise UserError(Finding("yaml-too-deep", params={"limit": MAX_DEPTH}, place=Place(self.name))) from error
        value = None if node is None else self._value(node, ())
        if self.findings:
            raise UserError(self.findings)
        return value, self.lines

    def _refuse_anchors(self, text: str) -> None:
        if "&" not in text and "*" not in text:
            return
        for event in yaml.parse(text, Loader=_LOADER):
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                place = Place(self.name, event.start_mark.line + 1)
                raise UserError(Finding("yaml-anchor", params={"anchor": str(event.anchor)}, place=place))

    def _value(self, node: yaml.Node, path: tuple[str | int, ...]) -> Any:
        line = node.start_mark.line + 1
        self.lines.setdefault(path, line)
        if len(path) > MAX_DEPTH:
            self._wrong("yaml-too-deep", line, limit=MAX_DEPTH)
            return None
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self._value(item, (*path, index)) for index, item in enumerate(node.value)]
        return self._scalar(node)

    def _mapping(self, node: yaml.MappingNode, path: tuple[str | int, ...]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                self._wrong("yaml-odd-key", line)
                continue
            key = str(key_node.value)
            if key in found:
                self._wrong("yaml-key-twice", line, key=key, first=self.lines[(*path, key)])
                continue
            self.lines[(*path, key)] = line
            found[key] = self._value(value_node, (*path, key))
        return found

    def _scalar(self, node: yaml.Node) -> Any:
        text = str(node.value)
        if node.style:  # quoted, or a block: text as it stands
            return text
        if text in _CORE:
            return _CORE[text]
        if _INTEGER.fullmatch(text):
            return int(text)
        return float(text) if _FLOAT.fullmatch(text) else text

    def _wrong(self, code: str, line: int, **params: Any) -> None:
        self.findings.append(Finding(code, params=params, place=Place(self.name, line)))
