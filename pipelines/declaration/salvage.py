"""What can still be said of a declaration that does not validate: its faults in single keys put aside, the rest judged.

So that a person reads everything that is wrong at once. What is salvaged is used for nothing else. Saying what pydantic
found is in `explain.py`, the rules across keys are in `rules.py`.
"""

from __future__ import annotations

import copy
from typing import Any

from pydantic import ValidationError

from pipelines.declaration.explain import Path, walk
from pipelines.declaration.model import PACKAGE_PROFILE, Package
from pipelines.declaration.shared import Shared

_WORDS: dict[str, str] = {"title": "?", "description": "?"}


def salvaged(value: Any, error: ValidationError, name: str, shared: Shared) -> Package | None:
    """The package with unknown keys left out and plain stand-ins for what is missing or wrong, where that is enough.

    The stand-ins break no rule, so that nothing is found that the person did not write.
    """
    mended = copy.deepcopy(value)
    stand_ins: dict[str, Any] = {
        **_WORDS,
        "$schema": PACKAGE_PROFILE,
        "name": name,
        "translations": {"ro": _WORDS, "ru": _WORDS},
        "keywords": ["?"],
        "sources": [{"title": "?"}],
        "licenses": [{"name": next(iter(shared.licences))}],
        "organization": next(iter(shared.organizations)),
        "theme": next(iter(shared.themes)),
        "cadence": "never",
    }
    for detail in error.errors(include_url=False):
        path, rest = walk(mended, detail["loc"])
        if detail["type"] == "extra_forbidden":
            _at(mended, path[:-1]).pop(path[-1], None)
        elif (key := (*path, *rest)[-1]) in stand_ins and isinstance(home := _at(mended, (*path, *rest)[:-1]), dict):
            home[key] = copy.deepcopy(stand_ins[str(key)])
    try:
        return Package.model_validate(mended)
    except ValidationError:
        return None


def _at(value: Any, path: Path) -> Any:
    for part in path:
        value = value[part]
    return value
