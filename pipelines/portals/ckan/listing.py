"""What a CKAN portal has, asked for once per run: one request for a thousand datasets, answered by its search.

The search can be behind or ahead of the truth (`fresh` says when a row is enough), so decisions are made on the
dataset itself: `portal.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from pipelines.portals.ckan.api import Api
from pipelines.portals.ckan.view import MOVING, SIGNATURE
from pipelines.portals.receipt import PublishedState, Status

ROWS = 1000  # the most that CKAN answers
_OURS = "extras_publica_status:[* TO *]"
_EXTRAS = ("publica_status", "publica_manifest", SIGNATURE)
_FIELDS = ["id", "name", "metadata_modified", "version", *(f"extras_{key}" for key in (*_EXTRAS, MOVING))]


@dataclass(frozen=True)
class Row:
    """A dataset as the search knows it. `modified`: to the millisecond, as the search keeps it."""

    id: str
    modified: str
    state: PublishedState


def rows(api: Api) -> dict[str, Row]:
    """The datasets that publica manages by name, private ones included.

    A name that stands there twice is left out: the search then knows one that is not there.
    """
    found: dict[str, Row] = {}
    twice: set[str] = set()
    for told in _pages(api, fq=_OURS, fl=_FIELDS, include_private=True):
        name = told["name"]
        if name in found:
            twice.add(name)
        status, manifest, signed = (str(told.get(key, "")) for key in _EXTRAS)
        state = PublishedState(
            cast("Status", status), told.get("version") or "", manifest, signed, confirmed=MOVING not in told
        )
        found[name] = Row(told["id"], milliseconds(told["metadata_modified"]), state)
    return {name: row for name, row in found.items() if name not in twice}


def published(api: Api) -> Iterator[dict[str, Any]]:
    """Every dataset that strangers see and publica manages, whole."""
    yield from _pages(api, stranger=True, fq=_OURS)


def milliseconds(moment: str) -> str:
    """A moment as CKAN or its search tells it, cut to milliseconds, without a zone: both are UTC."""
    bare = moment.removesuffix("Z")
    whole, _, fraction = bare.partition(".")
    return f"{whole}.{fraction[:3]:0<3}"


def _pages(api: Api, *, stranger: bool = False, **query: Any) -> Iterator[dict[str, Any]]:
    ask = api.ask_as_stranger if stranger else api.ask
    start = 0
    while True:
        answer = ask("package_search", rows=ROWS, start=start, sort="id asc", **query)
        yield from answer["results"]
        start += ROWS
        if start >= answer["count"]:
            return
