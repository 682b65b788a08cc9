"""What a portal needs for publica's writes alone: the same requests, sent by two clients that ask nothing.

With `look`, each dataset is read back once when it is written, as whoever promises that it arrived has to: what
strangers are told of it, and each file that was sent, whole.

Usage: python -m tests.benchmarks.ckan_floor URL RECORD [look]. Prints JSON: seconds. `ckan_publisher.py` makes records.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from pipelines.portals.ckan.api import Api, Upload
from pipelines.portals.ckan.portal import TOKEN
from tests.benchmarks.timing import timed

CLIENTS = 2  # as many as publica has hands on such a portal


_UPLOAD = re.compile(r"update__resources__(\d+)__upload")


def main(url: str, record: Path, *, look: bool) -> None:
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
        if look:
            read_back(writes)

    def read_back(writes: list[Any]) -> None:
        resources = api.ask_as_stranger("package_show", id=writes[0]["slug"])["resources"]
        sent = [_UPLOAD.fullmatch(field) for write in writes for field in write["files"]]
        for found in sent:
            assert found
            api.download(resources[int(found[1])]["url"])

    def send_all() -> None:
        with ThreadPoolExecutor(CLIENTS) as clients:
            for _ in clients.map(send, datasets.values()):
                pass

    cost, _ = timed(send_all)
    sys.stdout.write(json.dumps(cost.wall))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), look="look" in sys.argv[3:])
