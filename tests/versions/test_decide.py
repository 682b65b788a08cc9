"""A draft exists only for what was judged and passed (G1); and what a version says of the one before."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from pipelines.archive.archive import Archive
from pipelines.checks.verdict import Verdict
from pipelines.declaration.dataset import Dataset
from pipelines.errors import UserError
from pipelines.findings import Severity
from pipelines.languages import LANGUAGES
from pipelines.tables.table import Table
from pipelines.versions.content import content_hash_of_version
from pipelines.versions.decide import content_of, decide, read_previous
from pipelines.versions.draft import Draft
from pipelines.versions.seal import seal
from tests.versions.lines import lines_of

MakeDataset = Callable[..., Dataset]
MakeTable = Callable[..., Table]
MakeVerdict = Callable[..., Verdict]
SLUG = "paralegals"


@pytest.fixture
def draft(archive: Archive, table: MakeTable, verdict: MakeVerdict) -> Callable[..., Draft | None]:
    """The draft of this dataset with these rows, judged as it is."""

    def make(dataset: Dataset, *rows: tuple[Any, ...]) -> Draft | None:
        made = table(dataset, rows)
        content = content_of(dataset, [made])
        return decide(archive, dataset, [made], content, verdict(dataset, made), read_previous(archive, SLUG))

    return make


@pytest.fixture
def publish(archive: Archive, draft: Callable[..., Draft | None]) -> Callable[..., Draft]:
    """Seals that draft with its CSV alone."""

    def make(dataset: Dataset, *rows: tuple[Any, ...]) -> Draft:
        made = draft(dataset, *rows)
        assert made is not None
        archive.keep_verdict(SLUG, made.verdict.to_json())
        with archive.scratch(SLUG) as scratch:
            (scratch / "package" / "data").mkdir(parents=True)
            for each in made.tables:
                each.texts.write_csv(scratch / "package" / "data" / f"{each.name}.csv")
            seal(archive, made, scratch, [], f"fingerprint of {made.number}", {"observations": "s"})
        return made

    return make


def _refused(decided: Callable[[], object]) -> list[str]:
    with pytest.raises(UserError) as error:
        decided()
    return [finding.code for finding in error.value.findings]


@pytest.mark.parametrize("said", [{"checks": 0}, {"dataset": "other"}])
def test_no_draft_with_a_verdict_of_nothing_or_of_somebody_else(
    said: dict[str, Any], archive: Archive, dataset: MakeDataset, table: MakeTable, verdict: MakeVerdict
) -> None:
    made = dataset()
    rows = table(made)
    content = content_of(made, [rows])
    assert _refused(lambda: decide(archive, made, [rows], content, verdict(made, rows, **said), None)) == [
        "verdict-not-passing"
    ]


def test_no_draft_with_a_verdict_that_blocks(
    archive: Archive, dataset: MakeDataset, table: MakeTable, verdict: MakeVerdict
) -> None:
    made = dataset()
    rows = table(made)
    content = content_of(made, [rows])
    bad = verdict(made, rows, Severity.WARN, Severity.BLOCK)
    assert _refused(lambda: decide(archive, made, [rows], content, bad, None)) == ["verdict-not-passing"]
    assert decide(archive, made, [rows], content, verdict(made, rows, Severity.WARN), None) is not None


def test_no_draft_of_other_content_than_was_judged(
    archive: Archive, dataset: MakeDataset, table: MakeTable, verdict: MakeVerdict
) -> None:
    made = dataset()
    judged, other = table(made), table(made, [("S1", 1), ("S2", 3)])
    passed = verdict(made, judged)
    for content in (content_of(made, [judged]), content_of(made, [other])):
        assert _refused(lambda content=content: decide(archive, made, [other], content, passed, None)) == [
            "verdict-of-other-content"
        ]


def test_no_version_with_a_verdict_that_the_archive_does_not_know(
    archive: Archive, dataset: MakeDataset, draft: Callable[..., Draft]
) -> None:
    made = draft(dataset(), ("S1", 1))
    with archive.scratch(SLUG) as scratch:
        assert _refused(lambda: seal(archive, made, scratch, [], "f", {})) == ["verdict-unknown"]
    assert archive.numbers(SLUG) == []


def test_no_version_with_a_verdict_changed_in_the_archive(
    archive: Archive, dataset: MakeDataset, draft: Callable[..., Draft]
) -> None:
    made = draft(dataset(), ("S1", 1))
    digest = archive.keep_verdict(SLUG, made.verdict.to_json())
    file = archive.root / SLUG / "verdicts" / f"{digest}.json"
    file.write_text(file.read_text().replace("3", "4"))
    with archive.scratch(SLUG) as scratch:
        assert _refused(lambda: seal(archive, made, scratch, [], "f", {})) == ["verdict-unknown"]


def test_the_first_version_is_one_and_has_no_changes(archive: Archive, dataset: MakeDataset, publish: Any) -> None:
    made = publish(dataset(), ("S1", 1), ("S2", 2))
    assert (made.number, made.bump, made.previous, made.changes) == ("1.0.0", "first", None, ())
    manifest = archive.manifest(SLUG, "1.0.0")
    assert manifest["previous"] is None
    assert manifest["rows"] == {"observations": 2}
    assert content_hash_of_version(archive.version_folder(SLUG, "1.0.0")) == made.content_hash


def test_the_same_content_is_no_draft(dataset: MakeDataset, publish: Any, draft: Any) -> None:
    publish(dataset(), ("S1", 1), ("S2", 2))
    assert draft(dataset(), ("S2", 2), ("S1", 1)) is None


def test_a_version_follows_the_one_before_and_says_why(archive: Archive, dataset: MakeDataset, publish: Any) -> None:
    publish(dataset(), ("S1", 1), ("S2", 2))
    second = publish(dataset(), ("S1", 1), ("S2", 3))
    third = publish(dataset(), ("S1", 1), ("S2", 3), ("S3", 4))
    fourth = publish(dataset(title="Paralegals of Moldova"), ("S1", 1), ("S2", 3), ("S3", 4))
    fifth = publish(dataset(key=()), ("S1", 1), ("S2", 3), ("S3", 4))
    assert [d.number for d in (second, third, fourth, fifth)] == ["1.0.1", "1.1.0", "1.1.1", "2.0.0"]
    assert lines_of(second.changes).rows() == [("observations", "revised", '["S2"]', "number", "2", "3")]
    assert fourth.unchanged == {"observations"}
    assert fifth.unchanged == frozenset()
    manifest = archive.manifest(SLUG, "1.1.0")
    assert manifest["previous"]["version"] == "1.0.1"
    assert [entry.number for entry in fifth.changelog["ro"]] == ["2.0.0", "1.1.1", "1.1.0", "1.0.1", "1.0.0"]
    assert all(entry.lines for language in LANGUAGES for entry in fifth.changelog[language])
    assert json.loads(json.dumps(manifest)) == manifest


def test_a_row_on_another_day_and_back_is_two_versions(dataset: MakeDataset, publish: Any) -> None:
    publish(dataset(), ("S1", 1))
    publish(dataset(), ("S1", 2))
    assert publish(dataset(), ("S1", 1)).number == "1.0.2"


def test_after_a_rollback_the_difference_is_taken_from_what_stands(
    archive: Archive, dataset: MakeDataset, publish: Any
) -> None:
    publish(dataset(), ("S1", 1))
    publish(dataset(), ("S1", 9))
    about: dict[str, Any] = {"portal": "folder", "version": "1.0.0", "about": "", "warnings": [], "reason": "wrong"}
    archive.ledger(SLUG).append("rolled-back", about)
    made = publish(dataset(), ("S1", 2))
    assert (made.number, made.previous) == ("1.0.2", "1.0.0")
    assert lines_of(made.changes).rows() == [("observations", "revised", '["S1"]', "number", "1", "2")]


def test_a_field_of_another_type_is_a_major_version_without_cells(dataset: MakeDataset, publish: Any) -> None:
    publish(dataset(), ("S1", 1))
    fields = [{"name": "period", "type": "string"}, {"name": "number", "type": "number"}]
    made = publish(dataset(fields), ("S1", 1.5))
    assert (made.number, made.changes) == ("2.0.0", ())
