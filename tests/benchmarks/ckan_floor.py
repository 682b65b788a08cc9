"""What a portal needs for publica's writes alone: the same requests, sent by two clients that ask nothing.

Usage: python -m tests.benchmarks.ckan_floor URL RECORD. Prints JSON: seconds. A record is made by `ckan_publisher.py`.
"""

from __future__ import annotations

import json
import os
import sys
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from pipelines.portals.ckan.api import Api, Upload
from pipelines.portals.ckan.portal import TOKEN
from tests.benchmarks.timing import timed

CLIENTS = 2  # as many as publica has hands on such a portal


def main(url: str, record: Path) -> None:
    """Send all, those of one dataset one after another."""
    datasets: dict[str, list[Any]] = defaultdict(list)
    for line in record.read_text("utf-8").splitlines():
        written = json.loads(line)
        datasets[written["slug"]].append(written)
    api = Api(url, os.environ[TOKEN])
    api.ask("status_show")  # what has to be imported is, and the connection stands

    def send(writes: list[Any]) -> None:
        for write in writes:
            payload = dict(write["payload"])
            if "match" in payload:
                payload["match"] = {"name": write["slug"]}  # its id and its time are others on another portal
            files = {field: Upload(Path(path), *words) for field, (path, *words) in write["files"].items()}
            api.tell(write["action"], payload, files)

    def send_all() -> None:
        with ThreadPoolExecutor(CLIENTS) as clients:
            for _ in clients.map(send, datasets.values()):
                pass

    cost, _ = timed(send_all)
    sys.stdout.write(json.dumps(cost.wall))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
