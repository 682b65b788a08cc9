"""Publishes every dataset of a folder as `publica publish --yes` does, and writes down every write that it sends.

Usage: python -m tests.benchmarks.ckan_publisher DATAPACKAGES ARCHIVE PORTAL RECORD. Prints JSON: what was sent.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Mapping
from contextlib import redirect_stdout
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from pipelines.portals.ckan.api import Api, Upload


def main(datapackages: Path, archive: Path, to: str, record: Path) -> None:
    """Publish all, answers going to the error stream."""
    from pipelines.commands.build import Tell
    from pipelines.commands.publish import person_said_yes, publish
    from pipelines.commands.workspace import Workspace
    from pipelines.console import Answer, published
    from pipelines.observe.progress import Progress
    from pipelines.portals.ckan.portal import Ckan
    from pipelines.verbs.verb import Session, each_of

    workspace, working = Workspace(datapackages, archive, to), threading.local()
    portal = workspace.portal
    assert isinstance(portal, Ckan)

    def do(slug: str, tell: Tell) -> Answer:
        working.slug = slug
        return published(publish(workspace, slug, person_said_yes, tell))

    with record.open("w", encoding="utf-8") as file, redirect_stdout(sys.stderr):
        _record(file, working)
        session = Session(lambda: workspace, Progress("en"), as_json=False)
        code = each_of(session, workspace.waits_for([]), do, portal.refresh, portal.hands)
    if code:
        raise SystemExit(code)
    sys.stdout.write(json.dumps(asdict(portal.api.traffic)))


def _record(file: IO[str], working: threading.local) -> None:
    genuine, alone = Api.tell, threading.Lock()

    def tell(self: Api, action: str, payload: Mapping[str, Any], uploads: Mapping[str, Upload] | None = None) -> Any:
        files = {field: [str(each.path), each.name, each.mediatype] for field, each in (uploads or {}).items()}
        line = json.dumps({"slug": working.slug, "action": action, "payload": payload, "files": files})
        with alone:
            file.write(line + "\n")
        return genuine(self, action, payload, uploads)

    Api.tell = tell


if __name__ == "__main__":
    places = sys.argv[1:]
    main(Path(places[0]), Path(places[1]), places[2], Path(places[3]))
