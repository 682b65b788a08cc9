"""What Dagster loads. Everything in it is made in `orchestration/project.py`."""

from __future__ import annotations

import gc

from pipelines.orchestration.place import Places
from pipelines.orchestration.project import project_definitions

defs = project_definitions(Places.here())
gc.freeze()  # all of it stays as long as the process: nobody need look through it for garbage again
