"""What a person sees of the real datasets in Dagster's own pages."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from pipelines.declaration.shared import PROJECT
from pipelines.orchestration.names import key

CHROMIUM = "/usr/bin/chromium"
PATIENCE = 90  # seconds, until the web server has loaded everything on a slow machine


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def answers(address: str, process: subprocess.Popen[bytes]) -> bool:
    """Whether the web server answers before our patience, or it, ends."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/server_info", timeout=5):
                return True
        except OSError:
            time.sleep(0.2)
    return False


def see(page: Page, address: str, *texts: str) -> None:
    """Open a page; every text has to come into sight."""
    page.goto(address)
    for text in texts:
        expect(page.get_by_text(text, exact=True).first).to_be_visible(timeout=30_000)


def test_a_person_sees_groups_columns_row_counts_and_checks(installed: Any, start: Any, tmp_path: Path) -> None:
    datapackages = installed.places.datapackages
    shutil.rmtree(datapackages)
    shutil.copytree(PROJECT / "datapackages", datapackages)
    shutil.copytree(PROJECT / "expectations", installed.root / "expectations", dirs_exist_ok=True)
    source = datapackages / "datasets-published" / "datapackage.yaml"
    source.write_text(source.read_text("utf-8").replace("name: datasets-published", "name: other"), "utf-8")
    keys = [key("paralegals", stage) for stage in ("source", "package", "publication")]
    assert installed.by_hand(*keys).success

    address = f"http://127.0.0.1:{(port := free_port())}"
    server = start(installed.places, "dagster-webserver", "-h", "127.0.0.1", "-p", str(port))
    assert answers(address, server), (tmp_path / "dagster-webserver.log").read_text("utf-8", errors="replace")[-3000:]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        page = browser.new_page(viewport={"width": 1500, "height": 1400})
        try:
            see(page, f"{address}/asset-groups", "asp", "broken", "cancelaria_de_stat", "cnajgs")
            see(
                page,
                f"{address}/assets/paralegals/package?view=overview",
                *("Row count", "6", "Columns", "period_start", "First day / Prima zi / Первый день", "json"),
            )
            see(page, f"{address}/assets/paralegals/package?view=checks", "privacy", "schema", "suite_provenance")
            see(page, f"{address}/assets/paralegals/publication?view=events", "status", "published", "changelog")
            see(page, f"{address}/automation", "semester_schedule")
        except AssertionError:
            page.screenshot(path=tmp_path / "seen.png")
            pytest.fail(f"what was seen is in {tmp_path / 'seen.png'}")
        finally:
            browser.close()
