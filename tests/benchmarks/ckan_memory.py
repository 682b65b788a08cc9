"""The memory of a publisher while a large file goes up.

Usage: python -m tests.benchmarks.ckan_memory URL OWNER BYTES. Prints JSON: seconds, and the most bytes that were held.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import uuid
from pathlib import Path

from pipelines.portals.ckan.api import Api, Upload
from pipelines.portals.ckan.portal import TOKEN
from tests.benchmarks.memory import most_held
from tests.benchmarks.timing import timed


def main(url: str, owner: str, size: int) -> None:
    """Send a file of `size` bytes as publica sends a version."""
    api, resource = Api(url, os.environ[TOKEN]), str(uuid.uuid4())
    api.tell("package_create", {"name": "measured-file", "owner_org": owner})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.csv"
        with path.open("wb") as file:
            file.truncate(size)
        entry = {"id": resource, "name": "large", "url": path.name, "url_type": "upload"}
        payload = {"match": {"name": "measured-file"}, "update__resources__extend": [entry]}
        uploads = {"update__resources__-1__upload": Upload(path, path.name, "text/csv")}
        before = most_held()
        cost, _ = timed(lambda: api.tell("package_revise", payload, uploads))
    found = {"seconds": cost.wall, "before": before, "most": most_held()}
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
