"""A portal to look at: started, every dataset of this repository published to it, and kept until Ctrl-C."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import click

from tests.portal.founding import ADMIN, EDITOR
from tests.portal.portal import Portal
from tests.portal.settings import VARIANTS

PUBLICA = Path(sys.executable).with_name("publica")
PROJECT = Path(__file__).resolve().parents[2]


def main() -> None:
    """Start, publish, say where, and wait."""
    parser = argparse.ArgumentParser(prog="python -m tests.portal", description="A real CKAN portal, until Ctrl-C.")
    parser.add_argument("--ckan", choices=VARIANTS, default=VARIANTS[0], help="the version, with or without dcat")
    parser.add_argument("--port", type=int, default=5000, help="where it listens; 0 for any free port")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends like Ctrl-C
    portal = Portal(options.ckan, options.port)
    try:
        portal.start()
        with tempfile.TemporaryDirectory(prefix="publica-portal-") as archive:
            _publish(portal, archive)
            signal.pause()
    except KeyboardInterrupt:
        click.echo()
    finally:
        portal.stop()


def _publish(portal: Portal, archive: str) -> None:
    command = [str(PUBLICA), "--archive", archive, "--to", f"ckan:{portal.url}", "publish", "--yes"]
    environment = {**os.environ, "PUBLICA_CKAN_TOKEN": portal.editor_token}
    subprocess.run(command, cwd=PROJECT, env=environment, check=False)  # it says itself what went wrong
    click.echo(f"""
{portal.url}
  editor         {EDITOR[0]}, password {EDITOR[1]}
  administrator  {ADMIN[0]}, password {ADMIN[1]}
  publish again  PUBLICA_CKAN_TOKEN={portal.editor_token} {" ".join(command[:-1])}
Ctrl-C stops it; nothing is kept.""")


if __name__ == "__main__":
    main()
