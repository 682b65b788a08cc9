"""A write on a CKAN portal that is known to have happened, and what one has to know of the dataset for it.

A write whose outcome is not known is never repeated blindly: the dataset is looked at first. Which writes there are,
and what holds between them, is in `steps.py`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any

from pipelines.portals.ckan.api import Refused, Unsure, Upload
from pipelines.portals.ckan.moving import moving
from pipelines.portals.ckan.preflight import explained
from pipelines.portals.ckan.site import Site
from pipelines.portals.ckan.view import Value
from pipelines.portals.ckan.work import Work

WAITS = (0.5, 1.0, 2.0, 4.0)  # seconds before each further try, times a random factor


class Moved(Exception):  # noqa: N818
    """Somebody else changed the dataset meanwhile: nothing of this attempt's call was written. Look again."""


def persistently(
    site: Site, work: Work, before: Value | None, send: Callable[[], Value], landed: Callable[[Value], bool]
) -> Value:
    """Send a write until it is known to have happened; before each further try, look. Raises Moved, UserError."""
    for wait in (*WAITS, None):
        try:
            return send()
        except Refused as error:
            show = site.show(work.slug)
            if show is not None and landed(show):
                return show
            if error.kind == "conflict" or (error.kind == "invalid" and _modified(show) != _modified(before)):
                raise Moved from None
            raise explained(error, work.slug) from None
        except Unsure as error:
            if wait is None:
                raise explained(error, work.slug) from None
        pause(site, wait)
        show = site.show(work.slug)
        if show is not None and landed(show):
            return show
        if _modified(show) != _modified(before):
            raise Moved
    raise AssertionError  # the last wait is None


def pause(site: Site, seconds: float) -> None:
    """Wait about so long: not all who wait come back at once."""
    site.sleep(seconds * random.uniform(0.5, 1.5))  # noqa: S311 - no secret


def revised(site: Site, show: Value, payload: Mapping[str, Any], uploads: Mapping[str, Upload] | None = None) -> Value:
    """The dataset after a `package_revise`, which CKAN refuses if it is not as `show` any more."""
    match = {"id": show["id"], "metadata_modified": show["metadata_modified"]}
    return site.api.tell("package_revise", {"match": match, **payload}, uploads or {})["package"]


def is_ours(show: Value, work: Work) -> bool:
    """True where this very attempt has announced itself."""
    announced = moving(show)
    return announced is not None and announced.run == work.announcement.run


def _modified(show: Value | None) -> str | None:
    return show["metadata_modified"] if show else None
