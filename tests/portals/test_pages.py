"""The pages people see: all they need is there, in three languages; hostile words do no harm; a browser is content."""

from __future__ import annotations

import functools
import html.parser
import json
import os
import threading
from collections.abc import Iterator
from datetime import datetime
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from pipelines.portals.folder import Folder
from pipelines.portals.metadata import About

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)></title>{{ 7*7 }}" + "W" * 150
PAGES = ("index.html", "index.ro.html", "paralegals/index.html", "paralegals/ro.html", "paralegals/ru.html")


class Reader(html.parser.HTMLParser):
    """Collects what a page links to, its tags, and its linked data."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.tags: list[str] = []
        self.scripts: list[str] = []
        self.inside = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.inside = tag
        told = dict(attrs)
        self.links += [link for key in ("href", "src") if (link := told.get(key))]
        assert not [key for key in told if key.startswith("on")]

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""

    def handle_data(self, data: str) -> None:
        if self.inside == "script":
            self.scripts.append(data)


@pytest.fixture
def site(portal: Folder, maker: Any, about: About, now: datetime) -> Path:
    rows = [(f"{year}-S{half}", 33 + year % 7) for year in range(2010, 2020) for half in (1, 2)]
    portal.publish(maker.checked("1.0.0", rows[:-1]), about, now)
    portal.publish(maker.checked("1.1.0", rows), about, now)
    portal.refresh()
    return portal.root


@pytest.fixture
def hostile_site(portal: Folder, maker: Any, now: datetime) -> Path:
    words = {"en": HOSTILE, "ro": HOSTILE}
    licence = {"name": HOSTILE, "title": words, "path": "javascript:alert(3)", "summary": words}
    body = {"name": "x", "title": words, "email": "a@b.md", "url": "javascript:alert(4)", "phone": HOSTILE}
    about = About(body, [licence], {"name": "JUST", "title": words}, "annual")
    version = maker.checked(
        "1.0.0",
        [(HOSTILE, 1)],
        title=HOSTILE,
        description=HOSTILE,
        keywords=[HOSTILE],
        sources=[{"title": HOSTILE, "path": "javascript:alert(5)"}],
        translations={"ro": {"title": HOSTILE}},
    )
    portal.publish(version, about, now)
    portal.refresh()
    return portal.root


def read(path: Path) -> Reader:
    return Reader(path.read_text("utf-8"))


def test_a_page_tells_a_reader_what_the_data_are_and_how_to_use_them(site: Path) -> None:
    page = (site / "paralegals/index.html").read_text("utf-8")
    for words in (
        "Community paralegals",
        "One row for each: Period.",
        "National Council for State Guaranteed Legal Aid",
        "office@cnajgs.md",
        "Anyone may reuse the data if the publisher is named.",
        "every half-year",
        "2018-01 – 2020-06",
        "The half-year that the figures are about.",
        "whole number",
        "persons",
        "First rows (10)",
        "2010-S1",
        "1 March 2026",
        "Made as 1.1.0",
        "Made as 1.0.0",
        "version 1.1.0",
        "Checks run on this version before it was published: 7.",
    ):
        assert words in page, words
    assert "2015-S1" not in page  # the eleventh row


def test_each_language_has_its_own_words_and_says_where_a_text_is_in_another(site: Path) -> None:
    romanian = (site / "paralegals/ro.html").read_text("utf-8")
    assert '<html lang="ro">' in romanian
    assert "Parajuriști comunitari" in romanian
    assert "Un rând pentru fiecare: Perioada." in romanian
    assert "1 martie 2026" in romanian
    russian = (site / "paralegals/ru.html").read_text("utf-8")
    assert "Параюристы" in russian
    assert '<span lang="en">Size of the paralegal network' in russian


@pytest.mark.parametrize("page", PAGES)
def test_every_link_of_a_page_leads_somewhere(site: Path, page: str) -> None:
    found = read(site / page)
    inside = [link for link in found.links if not link.startswith(("https://", "mailto:", "data:", "#"))]
    assert len(inside) > 3
    for link in inside:
        address = os.path.normpath(Path(page).parent / link.split("#")[0])  # as a browser does it, not through symlinks
        assert (site / address).is_file(), link
    assert {link for link in found.links if link.startswith("https:")} <= {
        "https://cnajgs.md",
        "https://creativecommons.org/licenses/by/4.0/",
    }
    assert "img" not in found.tags


@pytest.mark.parametrize("page", PAGES)
def test_hostile_words_stay_words(hostile_site: Path, page: str) -> None:
    found = read(hostile_site / page)
    assert "img" not in found.tags
    assert found.tags.count("script") <= 1
    assert not [link for link in found.links if link.startswith("javascript")]
    assert "49" not in (hostile_site / page).read_text("utf-8").split("<body>")[0].split("</style>")[-1]


def test_linked_data_describe_the_files_that_are_there(site: Path) -> None:
    (script,) = read(site / "paralegals/index.html").scripts
    value = json.loads(script)
    assert (value["@type"], value["version"], value["temporalCoverage"]) == ("Dataset", "1.1.0", "2018-01/2020-06")
    assert [Path(item["contentUrl"]).suffix for item in value["distribution"]] == [".csv", ".json"]
    for item in value["distribution"]:
        assert (site / "paralegals" / item["contentUrl"]).stat().st_size == int(item["contentSize"])


def test_hostile_words_in_linked_data_are_read_back_as_they_were(hostile_site: Path) -> None:
    (script,) = read(hostile_site / "paralegals/index.html").scripts
    assert json.loads(script)["name"] == HOSTILE


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Says nothing."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as driver:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        found = driver.chromium.launch(executable_path="/usr/bin/chromium", args=arguments)
        yield found
        found.close()


def served(root: Path) -> tuple[ThreadingHTTPServer, str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(root)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, f"http://127.0.0.1:{server.server_port}"


@pytest.fixture
def base(site: Path) -> Iterator[str]:
    server, address = served(site)
    yield address
    server.shutdown()


@pytest.fixture
def hostile_base(hostile_site: Path) -> Iterator[str]:
    server, address = served(hostile_site)
    yield address
    server.shutdown()


def opened(browser: Browser, width: int) -> tuple[Page, list[str]]:
    """A page of this width, and the list into which go its troubles and every request that leaves the portal."""
    page = browser.new_page(viewport={"width": width, "height": 800})
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda message: troubles.append(message.text) if message.type in ("error", "warning") else None)
    page.on("dialog", lambda dialog: troubles.append(dialog.message))
    page.on(
        "request",
        lambda request: (
            None if "//127.0.0.1" in request.url or request.url.startswith("data:") else troubles.append(request.url)
        ),
    )
    page.on("response", lambda response: troubles.append(response.url) if response.status >= 400 else None)
    return page, troubles


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("path", PAGES)
def test_a_browser_shows_each_page_without_sideways_scrolling(
    browser: Browser, base: str, width: int, path: str
) -> None:
    page, troubles = opened(browser, width)
    page.goto(f"{base}/{path}")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.title()
    assert page.locator("h1").count() == 1
    for details in page.locator("summary").all():
        details.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert troubles == []
    page.close()


@pytest.mark.parametrize("width", [1280, 360])
def test_a_browser_runs_nothing_of_hostile_words_and_does_not_scroll_sideways(
    browser: Browser, hostile_base: str, width: int
) -> None:
    for path in PAGES:
        page, troubles = opened(browser, width)
        page.goto(f"{hostile_base}/{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert "<script>alert(1)</script>" in " ".join(page.locator("main, h1").all_inner_texts())
        assert troubles == []
        page.close()


def test_a_browser_finds_its_way_from_the_catalogue_to_a_file_in_another_language(browser: Browser, base: str) -> None:
    page, troubles = opened(browser, 1280)
    page.goto(f"{base}/index.html")
    page.get_by_role("link", name="Română").click()
    page.get_by_role("link", name="Parajuriști comunitari").click()
    assert page.url == f"{base}/paralegals/ro.html"
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").first.click()
    assert download.value.suggested_filename == "observations.csv"
    assert Path(download.value.path()).read_text("utf-8").startswith("period,paralegals\n2010-S1")
    page.get_by_role("link", name="Toate seturile de date").click()
    assert page.url == f"{base}/index.ro.html"
    assert troubles == []
    page.close()


def test_a_page_opens_from_the_disk_without_any_server(browser: Browser, site: Path) -> None:
    page = browser.new_page()
    page.goto((site / "index.html").as_uri())
    page.get_by_role("link", name="Community paralegals").click()
    assert page.title() == "Community paralegals – National Council for State Guaranteed Legal Aid"
    page.close()
