"""What Dagster loads. Everything in it is made in `orchestration/project.py`."""

from __future__ import annotations

from pipelines.orchestration.place import Places
from pipelines.orchestration.project import project_definitions

defs = project_definitions(Places.here())
