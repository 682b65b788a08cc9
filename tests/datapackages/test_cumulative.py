"""That a running total does not fall is declared in `open-government-observations`, and holds for its totals alone."""

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.commands.build import judge_dataset
from pipelines.commands.workspace import Workspace

PROJECT = Path(__file__).resolve().parents[2]
SLUG = "open-government-observations"

Row = dict[str, str]
Falls = Callable[..., list[tuple[str, str]]]


@pytest.fixture
def falls(tmp_path: Path) -> Falls:
    """Adds what a later report says of a row, and gives the code and the severity of each finding about falling."""
    shutil.copytree(PROJECT / "expectations", tmp_path / "expectations")
    for slug in ("_shared", SLUG):
        shutil.copytree(PROJECT / "datapackages" / slug, tmp_path / "datapackages" / slug)
    source = tmp_path / "datapackages" / SLUG / "source" / "observations.csv"
    with source.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))

    def run(series: str, kind: str, **said: str) -> list[tuple[str, str]]:
        (old, *_) = [row for row in rows if (row["series_id"], row["kind"]) == (series, kind) and row["value"]]
        later = {"period": "2020-S2", "period_start": "2020-07-01", "period_end": "2020-12-31", "as_of": "2020-12-31"}
        new = {**old, **later, "obs_id": f"{old['obs_id']}-later", **said}
        with source.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(new), lineterminator="\n")
            writer.writeheader()
            writer.writerows([*rows, new])
        workspace = Workspace(tmp_path / "datapackages", tmp_path / "archive", f"folder:{tmp_path / 'public'}")
        findings = judge_dataset(workspace, workspace.dataset(SLUG)).verdict.findings
        return [(each.code, str(each.severity)) for each in findings if each.code.startswith("series-falls")]

    return run


def test_a_running_total_that_falls_is_not_published(falls: Falls) -> None:
    assert falls("6.1-housing-tool-users", "cumulative", value="13365") == [("series-falls", "block")]
    assert falls("6.1-housing-tool-users", "cumulative", value="13366") == []


def test_the_total_of_others_and_what_is_no_total_may_be_lower(falls: Falls) -> None:
    assert falls("6.1-housing-tool-users", "cumulative", value="5", organisation="age") == []
    assert falls("6.6-2-consultations", "actual", value="12") == []
