"""Where the project's folders are for Dagster, whose processes start in folders of their own choosing.

The environment says so (`PUBLICA_DATAPACKAGES`, `PUBLICA_ARCHIVE`, `PUBLICA_PORTAL`), as for the command line; where it
is silent, the project's root is the base. What is done in a workspace is in `commands/`.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipelines.commands.workspace import Workspace

PROJECT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Places:
    """The folders, and the portal's address as typed. The workspace is opened when an asset runs: that imports much."""

    datapackages: Path
    archive: Path
    to: str

    @classmethod
    def here(cls) -> Places:
        """What the environment says, else the project's own."""
        return cls(
            Path(os.environ.get("PUBLICA_DATAPACKAGES") or PROJECT / "datapackages"),
            Path(os.environ.get("PUBLICA_ARCHIVE") or PROJECT / "archive"),
            os.environ.get("PUBLICA_PORTAL") or f"folder:{PROJECT / 'public'}",
        )

    @cached_property
    def workspace(self) -> Workspace:
        """The workspace that all assets of a process share."""
        from pipelines.commands.workspace import Workspace

        return Workspace(self.datapackages, self.archive, self.to)
