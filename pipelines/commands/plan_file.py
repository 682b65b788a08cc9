"""A plan as a file: written for `apply` to carry out later, and for people to read and keep.

It says by a hash of itself whether it is still what was written. What is in it is worked out in `plan.py`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from pipelines.commands.plan import Inputs, Plan
from pipelines.errors import UserError
from pipelines.files import canonical_json, pretty_json, replace_file, sha256
from pipelines.findings import Finding
from pipelines.portals.receipt import PlannedWrite, PublishedState
from pipelines.portals.state import iso
from pipelines.text import mask

FORMAT = 1  # raised when a plan is written in another way

Value = dict[str, Any]


@dataclass(frozen=True)
class PlanFile:
    """The plans of a run, made at the moment `at` for the portal that ledgers call `portal`."""

    at: datetime
    portal: str
    plans: tuple[Plan, ...]

    def save(self, path: Path) -> None:
        """Write it to `path`, whole. Raises UserError where that cannot be."""
        value: Value = {
            "publica_plan": FORMAT,
            "made": iso(self.at),
            "portal": self.portal,
            "datasets": [_written(plan) for plan in self.plans],
        }
        try:
            replace_file(path, pretty_json({**value, "digest": _digest(value)}))
        except OSError as error:
            params = {"file": str(path), "why": error.strerror or str(error)}
            raise UserError(Finding("plan-unwritable", params=params)) from error


def read_plan(path: Path, portal: str) -> PlanFile:
    """The plan in a file. Raises UserError where it is none, is not as it was written, or is for another portal."""
    try:
        value: Any = json.loads(path.read_bytes())
    except OSError as error:
        params = {"file": str(path), "why": error.strerror or str(error)}
        raise UserError(Finding("plan-unreadable", params=params)) from error
    except (ValueError, RecursionError):
        raise UserError(Finding("plan-foreign", params={"file": str(path)})) from None
    if not isinstance(value, dict) or "publica_plan" not in value:
        raise UserError(Finding("plan-foreign", params={"file": str(path)}))
    told = cast("Value", value)
    if (found := told["publica_plan"]) != FORMAT:
        raise UserError(Finding("plan-format", params={"file": str(path), "format": mask(found), "known": FORMAT}))
    if told.pop("digest", None) != _digest(told):
        raise UserError(Finding("plan-damaged", params={"file": str(path)}))
    if told["portal"] != portal:
        params = {"file": str(path), "planned": mask(told["portal"]), "portal": mask(portal)}
        raise UserError(Finding("plan-other-portal", params=params))
    return PlanFile(datetime.fromisoformat(told["made"]), portal, tuple(map(_read, told["datasets"])))


def _digest(value: Value) -> str:
    try:
        return sha256(canonical_json(value))
    except (ValueError, RecursionError):
        return ""  # nothing that was ever written here


def _written(plan: Plan) -> Value:
    return {
        "dataset": plan.dataset,
        "version": plan.number,
        "content_hash": plan.content,
        "reasons": list(plan.reasons),
        "inputs": asdict(plan.inputs) if plan.inputs else None,
        "present": asdict(plan.present) if plan.present else None,
        "writes": [write.to_json() for write in plan.writes],
    }


def _read(value: Mapping[str, Any]) -> Plan:
    return Plan(
        value["dataset"],
        value["version"],
        tuple(PlannedWrite(**write) for write in value["writes"]),
        inputs=Inputs(**value["inputs"]) if value["inputs"] else None,
        content=value["content_hash"],
        reasons=tuple(value["reasons"]),
        present=PublishedState(**value["present"]) if value["present"] else None,
    )
