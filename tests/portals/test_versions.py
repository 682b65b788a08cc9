"""Links that hold for ever (G3), every version stays and can be made current again (G4), and what is stronger: withdraw
and erase."""

from __future__ import annotations

import json
import os
import threading
from datetime import datetime, timedelta
from typing import Any

import pytest

from pipelines.errors import UserError
from pipelines.languages import Language
from pipelines.portals.folder import Folder
from pipelines.portals.metadata import About

REASON: dict[Language, str] = {
    "en": "A figure was wrong.",
    "ro": "O cifră era greșită.",
    "ru": "Одна цифра была неверна.",
}


def test_links_hold_through_thirty_versions(
    portal: Folder, maker: Any, about: About, now: datetime, whole: Any
) -> None:
    public = portal.root / "paralegals"
    constant: set[str] = set()
    dated: dict[str, bytes] = {}
    for n in range(30):
        version = maker.checked(f"1.{n}.0", [("2019-S1", n)], title=f"Community paralegals {n}")
        portal.publish(version, about, now + timedelta(days=n))
        value = json.loads((public / "dataset.json").read_bytes())
        links = {file["url"] for file in (*value["files"], value["package"])}
        constant = constant or links
        assert links == constant
        assert (public / "latest/data/observations.csv").read_text() == f"period,paralegals\n2019-S1,{n}\n"
        for file in (*value["versions"][0]["files"], value["versions"][0]["package"]):
            dated[file["url"]] = (public / file["url"]).read_bytes()
        assert [v["version"] for v in value["versions"]] == [f"1.{m}.0" for m in range(n, -1, -1)]
        assert value["published"].startswith((now + timedelta(days=n)).date().isoformat())
    assert len(dated) == 30 * 3
    assert all((public / url).read_bytes() == content for url, content in dated.items())
    assert whole(public) == []
    assert len(list((portal.root / ".states/paralegals").glob("[0-9]*/"))) == 2


def test_withdrawing_leaves_a_page_with_the_reason_and_no_link_to_data(
    portal: Folder, maker: Any, about: About, now: datetime, whole: Any
) -> None:
    portal.publish(maker.checked("1.0.0"), about, now)
    portal.publish(maker.checked("1.1.0"), about, now)
    receipt = portal.withdraw("paralegals", REASON, now)
    public = portal.root / "paralegals"
    value = json.loads((public / "dataset.json").read_bytes())
    assert (receipt.status, value["status"], value["reason"]) == ("withdrawn", "withdrawn", REASON)
    assert [v["version"] for v in value["versions"]] == ["1.1.0", "1.0.0"]
    assert whole(public) == []
    assert "O cifră era greșită." in (public / "ro.html").read_text()
    assert "Одна цифра была неверна." in (public / "ru.html").read_text()
    assert sorted(path.name for path in public.iterdir()) == [
        "dataset.json", "index.html", "ro.html", "ru.html", "version.json",
    ]  # fmt: skip
    assert (portal.root / ".versions/paralegals").stat().st_mode & 0o077 == 0
    assert len(list((portal.root / ".states/paralegals").glob("[0-9]*/"))) == 1
    assert portal.withdraw("paralegals", REASON, now + timedelta(days=1)) == receipt
    assert portal.drift("paralegals", receipt) == []


def test_a_withdrawal_is_taken_back_by_publishing(
    portal: Folder, maker: Any, about: About, now: datetime, whole: Any
) -> None:
    version = maker.checked("1.0.0")
    before = portal.publish(version, about, now)
    portal.withdraw("paralegals", "For a while.", now)
    after = portal.publish(version, about, now)
    assert after.links == before.links
    assert whole(portal.root / "paralegals") == []
    assert (portal.root / ".versions/paralegals").stat().st_mode & 0o777 == 0o755


def holding(portal: Folder, content: bytes) -> list[str]:
    """Every file of the portal in which `content` stands."""
    paths = [path for path in portal.root.rglob("*") if path.is_file() and not path.is_symlink()]
    return [str(path) for path in paths if content in path.read_bytes()]


def test_an_erased_version_is_gone_for_good_and_leaves_its_hashes_and_the_reason(
    portal: Folder, maker: Any, about: About, now: datetime, whole: Any
) -> None:
    secret = maker.checked("1.0.0", [("2019-S1", 987654321)])
    portal.publish(secret, about, now)
    portal.publish(maker.checked("1.1.0"), about, now)
    assert holding(portal, b"987654321")
    portal.erase("paralegals", ["1.0.0"], REASON, now)
    public = portal.root / "paralegals"
    value = json.loads((public / "dataset.json").read_bytes())
    assert (value["status"], value["version"]) == ("published", "1.1.0")
    assert [v["version"] for v in value["versions"]] == ["1.1.0"]
    (gone,) = value["erased"]
    assert (gone["version"], gone["manifest"], gone["reason"]) == ("1.0.0", secret.digest, REASON)
    assert {f["path"] for f in gone["files"]} >= {"data/observations.csv", "paralegals-1.0.0.zip"}
    assert holding(portal, b"987654321") == []
    assert not (public / "versions/1.0.0").exists()
    assert whole(public) == []
    for publish in (portal.publish, portal.plan):
        with pytest.raises(UserError) as told:
            publish(secret, about, now)
        assert [f.code for f in told.value.findings] == ["portal-erased-version"]


def test_many_publishers_at_once_take_turns(
    portal: Folder, maker: Any, about: About, now: datetime, whole: Any
) -> None:
    versions = [maker.checked(f"1.{n}.0") for n in range(4)]
    children: list[int] = []
    for version in versions:
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                for _ in range(5):
                    portal.publish(version, about, now)
                    portal.refresh()
                code = 0
            finally:
                os._exit(code)
        children.append(pid)
    assert [os.waitpid(pid, 0)[1] for pid in children] == [0, 0, 0, 0]
    threads = [threading.Thread(target=portal.publish, args=(version, about, now)) for version in versions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert portal.kept("paralegals") == ["1.3.0", "1.2.0", "1.1.0", "1.0.0"]
    assert whole(portal.root / "paralegals") == []
