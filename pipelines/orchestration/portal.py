"""The portal as a Dagster resource: what a run publishes to, opened once for all datasets of the run.

What a portal is and does is in `portals/`; its token stays in the environment and never comes near a run's record.
"""

# No `from __future__ import annotations` here: Dagster looks at the types of the fields themselves, not at their text.

from dataclasses import replace
from typing import TYPE_CHECKING

import dagster as dg
from pydantic import PrivateAttr

from pipelines.orchestration.place import Places

if TYPE_CHECKING:
    from pipelines.commands.workspace import Workspace


class PortalResource(dg.ConfigurableResource[None]):
    """The portal at `address`, as people type it (`folder:DIR`, `ckan:URL`)."""

    address: str
    _workspace: "Workspace | None" = PrivateAttr(default=None)

    def setup_for_execution(self, context: dg.InitResourceContext) -> None:
        """What another run saw of the portal is forgotten."""
        self._workspace = None

    def workspace(self, places: Places) -> "Workspace":
        """The workspace of this run, which publishes here."""
        if self._workspace is None:
            self._workspace = replace(places.workspace, to=self.address)
        return self._workspace
