"""What pydantic says about a declaration, said again for people: which line, what is known there, the nearest word.

The models are in `model.py`. Rules that span several keys are in `rules.py`.
"""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, Union, cast, get_args, get_origin

from pydantic import BaseModel, RootModel, ValidationError
from pydantic_core import ErrorDetails

from pipelines.findings import Finding, Place
from pipelines.text import mask, nearest

Path = tuple[str | int, ...]

_WRONG_TYPE = {
    "string_type": "text-expected",
    "int_type": "whole-number-expected",
    "int_from_float": "whole-number-expected",
    "float_type": "number-expected",
    "bool_type": "true-or-false-expected",
    "list_type": "list-expected",
    "dict_type": "mapping-expected",
    "model_type": "mapping-expected",
    "model_attributes_type": "mapping-expected",
    "too_short": "not-empty-expected",
    "string_too_short": "not-empty-expected",
}


def explain(
    error: ValidationError, model: type[BaseModel], value: Any, place: Mapping[Path, int], file: str
) -> list[Finding]:
    """One finding per thing wrong. `value` is what was validated; `place` maps a path in it to its line."""
    findings: dict[tuple[Path, str], Finding] = {}
    for detail in error.errors(include_url=False):
        path, rest = walk(value, detail["loc"])
        finding = _finding(detail, model, path, rest)
        line = next((place[path[:n]] for n in range(len(path), -1, -1) if path[:n] in place), 1)
        # a union says once per member what is wrong; one finding a place is enough, but each missing key counts
        findings.setdefault((path, str(rest)), replace(finding, place=Place(file, line)))
    return list(findings.values())


def walk(value: Any, loc: Sequence[str | int]) -> tuple[Path, Path]:
    """`loc` cut to what really stands in `value` (pydantic adds names of union members), and what is left of it."""
    path: list[str | int] = []
    for index, part in enumerate(loc):
        if _holds(value, part):
            value = value[part]
            path.append(part)
        elif index == len(loc) - 1:
            return tuple(path), (part,)
    return tuple(path), ()


def _holds(value: Any, part: str | int) -> bool:
    if isinstance(value, dict):
        return part in value
    return isinstance(value, list) and isinstance(part, int) and part < len(cast("list[object]", value))


def _finding(detail: ErrorDetails, model: type[BaseModel], path: Path, rest: Path) -> Finding:
    kind = detail["type"]
    given = mask(detail["input"])
    key = next((part for part in reversed(path) if isinstance(part, str)), "")
    if kind == "extra_forbidden":
        known = known_keys(model, path[:-1])
        return Finding("unknown-key", params={"key": key, "nearest": nearest(key, known), "known": ", ".join(known)})
    if kind == "missing":
        return Finding("missing-key", params={"key": str(rest[-1]) if rest else str(detail["loc"][-1])})
    if kind == "literal_error":
        known = [
            word.strip().strip("'") for word in str(detail.get("ctx", {})["expected"]).replace(" or ", ", ").split(",")
        ]
        params = {"key": key, "value": given, "nearest": nearest(given, known), "known": ", ".join(known)}
        return Finding("unknown-value", params=params)
    if kind == "string_pattern_mismatch":
        pattern = str(detail.get("ctx", {})["pattern"])
        return Finding("value-of-wrong-form", params={"key": key, "value": given, "pattern": pattern})
    return Finding(
        _WRONG_TYPE.get(kind, "value-not-accepted"), params={"key": key, "value": given, "why": detail["msg"]}
    )


def known_keys(model: type[BaseModel], path: Path) -> list[str]:
    """The keys that may stand at `path` below `model`, as they are written in the file."""
    models = _inside(model)
    for part in path:
        if isinstance(part, str):
            models = [found for m in models for found in _models_of(m, part)] or models
    return sorted({field.alias or name for m in models for name, field in m.model_fields.items()})


def _inside(model: type[BaseModel]) -> list[type[BaseModel]]:
    """The model itself; or, where the file is a list or has names of people's choosing for keys, the models in it."""
    return _models_in(model.model_fields["root"].annotation) if issubclass(model, RootModel) else [model]


def _models_of(model: type[BaseModel], key: str) -> list[type[BaseModel]]:
    fields = model.model_fields.items()
    return [found for name, f in fields if key == (f.alias or name) for found in _models_in(f.annotation)]


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if get_origin(annotation) in (Union, types.UnionType, Annotated, list, dict):
        return [found for argument in get_args(annotation) for found in _models_in(argument)]
    return []
