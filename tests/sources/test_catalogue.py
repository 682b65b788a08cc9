"""The portal's own catalogue as a source: what is kept of what the portal lists."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

from pipelines.declaration.model import Resource
from pipelines.sources.origins.catalogue import COLUMNS, ListedVersion
from pipelines.sources.read import read
from pipelines.sources.snapshot import Snapshot

Fetching = Callable[..., Snapshot]
SAID = {"path": "source/catalogue.csv", "publica": {"source": {"catalogue": "versions"}}}
NOON = datetime(2020, 7, 1, 12, tzinfo=UTC)
LISTED = [
    ListedVersion("wells", "age", "Wells, old and new", "1.0.0", NOON, current=False),
    ListedVersion("wells", "age", "Wells, old and new", "1.1.0", NOON + timedelta(days=1), current=True),
    ListedVersion("mills", "asp", 'Mills "on the hill"', "1.0.0", NOON, current=True),
]


def test_one_row_is_one_version_of_a_dataset(fetching: Fetching) -> None:
    snapshot = fetching(*LISTED, **SAID)
    assert snapshot.path.read_text("utf-8").splitlines() == [
        "dataset,organization,title,version,published,current",
        'mills,asp,"Mills ""on the hill""",1.0.0,2020-07-01T12:00:00Z,true',
        'wells,age,"Wells, old and new",1.0.0,2020-07-01T12:00:00Z,false',
        'wells,age,"Wells, old and new",1.1.0,2020-07-02T12:00:00Z,true',
    ]
    assert snapshot.name == "catalogue.csv"


def test_the_same_catalogue_gives_the_same_bytes_in_whatever_order_and_time_zone(fetching: Fetching) -> None:
    first = fetching(*LISTED, **SAID)
    chisinau = timezone(timedelta(hours=3))
    again = [
        ListedVersion(v.dataset, v.organization, v.title, v.version, v.published.astimezone(chisinau), v.current)
        for v in random.Random(1).sample(LISTED, len(LISTED))
    ]
    assert fetching(*again, **SAID) == first


def test_a_new_version_or_another_current_one_changes_the_snapshot(fetching: Fetching) -> None:
    first = fetching(*LISTED, **SAID)
    rolled_back = [
        ListedVersion(v.dataset, v.organization, v.title, v.version, v.published, v.version == "1.0.0") for v in LISTED
    ]
    assert fetching(*rolled_back, **SAID).sha256 != first.sha256
    assert fetching(*LISTED[:2], **SAID).sha256 != first.sha256


def test_an_empty_portal_gives_a_table_without_rows(fetching: Fetching) -> None:
    snapshot = fetching(**SAID)
    assert snapshot.path.read_text("utf-8") == ",".join(COLUMNS) + "\n"


def test_it_is_read_as_plain_csv_whatever_is_declared(fetching: Fetching) -> None:
    fields = [{"name": name, "type": "string"} for name in COLUMNS]
    said = {**SAID, "name": "observations", "schema": {"fields": fields}, "dialect": {"delimiter": ";"}}
    table = read(fetching(*LISTED, **SAID), Resource.model_validate({**said, "format": "xlsx"}))
    assert table.labels == list(COLUMNS)
    assert table.frame["0"].to_list() == ["mills", "wells", "wells"]


def test_it_says_where_it_is_from_and_no_more(fetching: Fetching) -> None:
    assert fetching(*LISTED, **SAID).origin == "the portal's own catalogue"
