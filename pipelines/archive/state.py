"""Where a dataset stands, as the sum of its ledger: each entry moves the state one step.

Every ledger entry carries the state after it, so that knowing where a dataset stands costs one small read. Storing
entries is in `ledger.py`. Kinds of entry are the names of the functions at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any


@dataclass(frozen=True)
class OnPortal:
    """A dataset on one portal.

    `receipt`: number of the ledger entry that says what was written and read back. `about`: digest of what the portal
    shows that makes no version. `warnings`: those that a person has said yes to. `adopted`: the portal shows what
    somebody else once put there, which the version was made of, and we have written nothing.
    """

    version: str | None = None
    receipt: int | None = None
    about: str = ""
    withdrawn: bool = False
    warnings: tuple[str, ...] = ()
    adopted: bool = False

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> OnPortal:
        """The place that `State.to_json` wrote."""
        known: dict[str, Any] = {**value, "warnings": tuple(value["warnings"])}
        return cls(**known)


@dataclass(frozen=True)
class State:
    """A dataset's state.

    `numbers`: every version number ever given. `built`: the version that the last good run made or confirmed.
    `current`: the version that a difference is taken against (`built`, or the one rolled back to). `fingerprint`: of
    the inputs of that run. `hold`: why no schedule publishes it, or None.
    """

    numbers: tuple[str, ...] = ()
    erased: tuple[str, ...] = ()
    built: str | None = None
    current: str | None = None
    fingerprint: str | None = None
    verdict: str | None = None
    hold: Mapping[str, str] | None = None
    lifted: bool = False
    portals: Mapping[str, OnPortal] = field(default_factory=dict[str, OnPortal])

    def on(self, portal: str) -> OnPortal:
        """The dataset on `portal`; all empty where it was never published."""
        return self.portals.get(portal, OnPortal())

    def to_json(self) -> dict[str, Any]:
        """JSON value; `from_json` reads it back."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> State:
        """The state that `to_json` wrote."""
        portals = {name: OnPortal.from_json(place) for name, place in value["portals"].items()}
        lists: dict[str, Any] = {key: tuple(value[key]) for key in ("numbers", "erased")}
        known: dict[str, Any] = {**value, **lists, "portals": portals}
        return cls(**known)

    def with_portal(self, portal: str, place: OnPortal) -> State:
        """The same state with another place on one portal."""
        return replace(self, portals={**self.portals, portal: place})


def advance(state: State, seq: int, kind: str, data: Mapping[str, Any]) -> State:
    """The state after the entry number `seq`. Raises KeyError for an unknown kind."""
    return KINDS[kind](state, seq, data)


def _judged(state: State, _seq: int, data: Mapping[str, Any]) -> State:
    return replace(state, verdict=data["verdict"])


def _version(state: State, _seq: int, data: Mapping[str, Any]) -> State:
    number = data["version"]
    return replace(
        state,
        numbers=(*state.numbers, number),
        built=number,
        current=number,
        fingerprint=data["fingerprint"],
        verdict=data["verdict"],
    )


def _confirmed(state: State, _seq: int, data: Mapping[str, Any]) -> State:
    return replace(state, fingerprint=data["fingerprint"], built=data["version"], current=data["version"])


def _published(state: State, seq: int, data: Mapping[str, Any]) -> State:
    place = OnPortal(data["version"], seq, data["about"], withdrawn=False, warnings=tuple(data["warnings"]))
    return replace(state.with_portal(data["portal"], place), current=data["version"], lifted=False)


def _adopted(state: State, seq: int, data: Mapping[str, Any]) -> State:
    state = _published(state, seq, data)
    return state.with_portal(data["portal"], replace(state.on(data["portal"]), adopted=True))


def _hold_with(state: State, kind: str, data: Mapping[str, Any]) -> State:
    return replace(state, hold={"kind": kind, "reason": data["reason"]})


def _rolled_back(state: State, seq: int, data: Mapping[str, Any]) -> State:
    return _hold_with(_published(state, seq, data), "rollback", data)


def _withdrawn(state: State, seq: int, data: Mapping[str, Any]) -> State:
    place = replace(state.on(data["portal"]), receipt=seq, withdrawn=True, adopted=False)
    return _hold_with(state.with_portal(data["portal"], place), "withdraw", data)


def _held(state: State, _seq: int, data: Mapping[str, Any]) -> State:
    return _hold_with(state, data["kind"], data)


def _released(state: State, _seq: int, data: Mapping[str, Any]) -> State:
    return replace(state, hold=None, lifted=not data.get("refused", False))


def _erased(state: State, seq: int, data: Mapping[str, Any]) -> State:
    gone = set(data["versions"])
    left = [number for number in state.numbers if number not in {*state.erased, *gone}]
    lost = state.built in gone
    if "receipt" in data:
        place = state.on(data["portal"])
        shown = replace(place, receipt=seq, adopted=False)
        state = state.with_portal(
            data["portal"], replace(shown, version=None, withdrawn=True) if place.version in gone else shown
        )
    return replace(
        _hold_with(state, "erase", data),
        erased=(*state.erased, *data["versions"]),
        built=None if lost else state.built,
        fingerprint=None if lost else state.fingerprint,
        current=state.current if state.current not in gone else (left[-1] if left else None),
    )


KINDS: Mapping[str, Callable[[State, int, Mapping[str, Any]], State]] = {
    "judged": _judged,  # a verdict was reached
    "version": _version,  # a version was made
    "confirmed": _confirmed,  # the inputs moved, the content did not: the version still stands
    "published": _published,  # a portal shows a version, and reading back proved it
    "adopted": _adopted,  # a portal shows what somebody else put there, and a version was made of it
    "held": _held,  # somebody begins to take something back
    "rolled-back": _rolled_back,
    "withdrawn": _withdrawn,
    "released": _released,
    "erased": _erased,
}
