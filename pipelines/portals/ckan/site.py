"""A CKAN portal as one run knows it, and what it is asked again and again. What has to be written is in `work.py`."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass

from pipelines.portals.ckan import ids
from pipelines.portals.ckan.api import Api, Refused, Unsure
from pipelines.portals.ckan.moving import moving
from pipelines.portals.ckan.preflight import Capabilities, explained
from pipelines.portals.ckan.view import SIGNATURE, Value, extras, signature, view, without


@dataclass(frozen=True)
class Site:
    """A portal as one run knows it: how it is reached, what it can do, and which archive publishes from here."""

    api: Api
    portal: Capabilities
    publisher: str
    sleep: Callable[[float], None] = time.sleep

    def show(self, slug: str) -> Value | None:
        """The dataset as its editors see it, or None. Raises UserError where the portal cannot be asked."""
        try:
            return self.api.ask("package_show", id=slug)
        except Refused as error:
            if error.kind in ("missing", "forbidden"):
                return None
            raise explained(error, slug) from None
        except Unsure as error:
            raise explained(error, slug) from None

    def view(self, dataset: Value) -> Value:
        """What can be compared of a dataset on this portal."""
        return view(dataset, self.portal.fields)

    def untouched(self, dataset: Value) -> bool:
        """True where nobody but publica wrote what is shown, apart from what a publication under way has added."""
        announced = moving(dataset)
        seen = without(self.view(dataset), announced.new if announced else ())
        if announced and all(key in announced.files for key in seen["resources"]):
            seen["private"] = False  # a first publication, which nobody but us has seen yet
        return extras(dataset).get(SIGNATURE) == signature(seen)

    def holds(self, resource: Value, others: Collection[str] = ()) -> bool:
        """True where strangers are given the very bytes that a resource says it has, or `others`. Raises UserError."""
        try:
            return self.api.download(resource["url"]).sha256 in (resource.get(ids.SHA256), *others)
        except Refused:
            return False
        except Unsure as error:
            raise explained(error) from None
