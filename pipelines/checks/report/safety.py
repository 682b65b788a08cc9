"""What a descriptor of a stranger may make us read: files of its own folder, nothing from the network.

Frictionless refuses absolute paths and those that climb; this is for what it lets through, asked before it reads
anything: addresses, and links that lead out of the folder. Fetching a declared source is in `sources/`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import yaml

DESCRIPTORS = (".json", ".yaml", ".yml")
_ADDRESS = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*:")  # also `c:/x`, and whatever a plugin may open
_REMOTE_PROFILE = "fiscal-data-package"  # frictionless fetches it
_PROFILES = ("data-package", "tabular-data-package", "data-resource", "tabular-data-resource")


def load(path: Path) -> Any:
    """What stands in a JSON or YAML file. Raises OSError, ValueError (also of YAML), RecursionError."""
    text = path.read_text("utf-8")
    if path.suffix == ".json":
        return json.loads(text)
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error


def outside(descriptor: Any, folder: Path) -> list[str]:
    """The paths in a package's or resource's descriptor that lead to the network or out of `folder`."""
    return [path for path in dict.fromkeys(_paths(descriptor, folder)) if _leads_out(path, folder)]


def _leads_out(path: str, folder: Path) -> bool:
    if path == _REMOTE_PROFILE or _ADDRESS.match(path):
        return True
    try:
        there = (folder / path).resolve()
        return there.exists() and not there.is_relative_to(folder.resolve()) and not _climbs(path)
    except (OSError, ValueError, RuntimeError):
        return False


def _climbs(path: str) -> bool:
    """Whether frictionless itself refuses the path, and says so in its report."""
    return path.startswith(("/", "~", "$")) or "../" in path


def _paths(value: Any, folder: Path) -> Iterator[str]:
    """Everything that frictionless would open, of a descriptor and of those that it names."""
    if not isinstance(value, Mapping):
        return
    said = cast(Mapping[str, Any], value)
    for name in ("path", "url", "extrapaths", "schema", "dialect", "profile", "profiles", "checklist"):
        named = said.get(name)
        for path in cast(list[Any], named) if isinstance(named, list) else [named]:
            if isinstance(path, str) and path not in _PROFILES:
                yield path
                if name in ("profile", "profiles"):
                    yield from _references(_known(folder / path))
    resources = said.get("resources")
    for resource in cast(list[Any], resources) if isinstance(resources, list) else []:
        if isinstance(resource, str):
            yield resource
            resource = _known(folder / resource)
        yield from _paths(resource, folder)


def _references(profile: Any) -> Iterator[str]:
    """The addresses that a JSON Schema refers to."""
    if isinstance(profile, Mapping):
        for name, value in cast(Mapping[str, Any], profile).items():
            if name == "$ref" and isinstance(value, str) and _ADDRESS.match(value):
                yield value
            yield from _references(value)
    elif isinstance(profile, list):
        for value in cast(list[Any], profile):
            yield from _references(value)


def _known(path: Path) -> Any:
    """What stands in a file that a descriptor names; nothing where it cannot be read, which frictionless will tell."""
    try:
        return load(path)
    except (OSError, ValueError, RecursionError):
        return None
