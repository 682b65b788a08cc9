from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from pipelines.archive.archive import Archive
from pipelines.files import sha256
from pipelines.findings import Finding
from pipelines.sources.snapshot import Snapshot

Fetching = Callable[..., Snapshot]
Refusal = Callable[[Callable[[], object]], list[Finding]]
SAID: Mapping[str, object] = {"publica": {"source": {"package": "cups-centres", "resource": "centres"}}}


@pytest.fixture
def published(archive: Archive) -> Callable[[str, bytes], Path]:
    """Makes a version of another dataset whose one table is this CSV."""

    def version(number: str, content: bytes) -> Path:
        with archive.scratch("cups-centres") as scratch:
            file = scratch / "package" / "data" / "centres.csv"
            file.parent.mkdir(parents=True)
            file.write_bytes(content)
            files = [{"path": "package/data/centres.csv", "sha256": sha256(content), "bytes": len(content)}]
            record: dict[str, object] = {"content_hash": "0" * 64, "verdict": "0" * 64, "snapshots": {}}
            record["fingerprint"] = "0" * 64
            archive.commit("cups-centres", number, scratch, json.dumps({"files": files}).encode(), record)
        return archive.version_folder("cups-centres", number) / "package" / "data" / "centres.csv"

    return version


def test_the_table_of_the_version_that_stands_is_fetched(
    fetching: Fetching, published: Callable[[str, bytes], Path]
) -> None:
    published("1.0.0", b"name\nold\n")
    published("1.1.0", b"name\nnew\n")
    snapshot = fetching(**SAID)
    assert snapshot.path.read_bytes() == b"name\nnew\n"
    assert (snapshot.name, snapshot.origin) == ("centres.csv", "cups-centres 1.1.0, centres")


def test_a_dataset_without_a_version_is_a_finding(fetching: Fetching, refusal: Refusal) -> None:
    (finding,) = refusal(lambda: fetching(**SAID))
    assert (finding.code, finding.params) == ("package-without-version", {"package": "cups-centres"})


def test_a_table_that_the_version_does_not_have_is_a_finding_with_the_nearest(
    fetching: Fetching, refusal: Refusal, published: Callable[[str, bytes], Path]
) -> None:
    published("1.0.0", b"name\nold\n")
    said = {"publica": {"source": {"package": "cups-centres", "resource": "centers"}}}
    (finding,) = refusal(lambda: fetching(**said))
    assert (finding.code, finding.params["nearest"]) == ("package-without-table", "centres")


def test_a_file_changed_in_the_archive_by_hand_is_refused(
    fetching: Fetching, refusal: Refusal, published: Callable[[str, bytes], Path]
) -> None:
    published("1.0.0", b"name\nold\n").write_bytes(b"name\nforged\n")
    assert [f.code for f in refusal(lambda: fetching(**SAID))] == ["package-changed"]
