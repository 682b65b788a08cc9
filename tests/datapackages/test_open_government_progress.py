"""`open-government-progress` as the true chain publishes it with what it is made from: counts, sums, gaps, the portal.

The transforms on invented tables are in `tests/tables/test_progress_transforms.py`.
"""

import csv
import json
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipelines.commands.build import judge_dataset
from pipelines.commands.publish import person_said_yes, publish
from pipelines.commands.workspace import Workspace

PROJECT = Path(__file__).resolve().parents[2]
SLUG = "open-government-progress"
READ = ("open-government-plan", "open-government-observations", "datasets-published")
OTHERS = ("paralegals",)
STATUSES = ("realised", "in_progress", "initiated", "not_initiated")

Row = dict[str, str]
Tables = dict[str, list[Row]]
Untraceable = Any


def run(workspace: Workspace) -> dict[str, str]:
    """Publish all, in order, as a person who says yes. Returns what became of each."""
    return {
        slug: publish(workspace, slug, person_said_yes).status
        for slug in Workspace(workspace.datapackages, workspace.archive_root, workspace.to).in_order([])
    }


def tables_of(workspace: Workspace) -> Tables:
    found: Tables = {}
    for path in sorted((Path(workspace.portal.address()).parent / SLUG / "latest" / "data").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            found[path.stem] = list(csv.DictReader(file))
    return found


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Five datasets in a folder of their own, published in the first half of 2021."""
    root = tmp_path_factory.mktemp("progress")
    shutil.copytree(PROJECT / "expectations", root / "expectations")
    for slug in ("_shared", SLUG, *READ, *OTHERS):
        shutil.copytree(PROJECT / "datapackages" / slug, root / "datapackages" / slug)
    made = Workspace(
        root / "datapackages",
        root / "archive",
        f"folder:{root / 'public'}",
        now=lambda: datetime(2021, 3, 1, tzinfo=UTC),
    )
    assert set(run(made).values()) == {"published"}
    return made


@pytest.fixture(scope="module")
def tables(workspace: Workspace) -> Tables:
    return tables_of(workspace)


def only(rows: Sequence[Row], **said: str) -> list[Row]:
    return [row for row in rows if all(row[name] == value for name, value in said.items())]


def first_half(tables: Tables, table: str) -> list[Row]:
    return only(tables[table], period="2020-S1")


def numbers(rows: Sequence[Row], name: str) -> Iterator[int]:
    return (int(row[name]) for row in rows)


# --- milestones and commitments -------------------------------------------------------------------------------------


def test_the_statuses_are_those_of_the_report(tables: Tables) -> None:
    rows = first_half(tables, "milestones")
    assert Counter(row["status"] for row in rows) == {
        "realised": 15,
        "in_progress": 11,
        "initiated": 1,
        "not_initiated": 2,
    }
    assert {row["as_of"] for row in rows} == {"2020-06-30"}


def test_overdue_are_the_two_milestones_whose_quarter_had_ended(tables: Tables) -> None:
    rows = first_half(tables, "milestones")
    assert {(row["milestone"], row["due"]) for row in only(rows, overdue="true")} == {
        ("md-2019-2020/1.10", "2019-06-30"),
        ("md-2019-2020/3.1", "2019-12-31"),
    }
    (pilot,) = only(rows, milestone="md-2019-2020/6.2")
    assert (pilot["due"], pilot["status"], pilot["overdue"]) == ("2020-06-30", "in_progress", "false")
    for row in rows:
        assert bool(row["due"]) != bool(row["due_missing_reason"])
        if not row["due"]:
            assert row["overdue"] == ("false" if row["status"] == "realised" else "")


def test_sums_are_equal(tables: Tables) -> None:
    commitments, milestones = first_half(tables, "commitments"), first_half(tables, "milestones")
    for row in commitments:
        ours = only(milestones, commitment=row["commitment"])
        assert int(row["milestones"]) == len(ours) == sum(int(row[each]) for each in (*STATUSES, "no_status"))
        for status in STATUSES:
            assert int(row[status]) == len(only(ours, status=status))
        for name in ("indicators", "indicators_reported"):
            assert int(row[name]) == sum(numbers(ours, name))
        assert float(row["share_reported"]) == round(100 * int(row["indicators_reported"]) / int(row["indicators"]), 1)
    assert sum(numbers(commitments, "milestones")) == 29
    assert sum(numbers(commitments, "indicators")) == len(first_half(tables, "indicators")) == 46
    assert sum(numbers(commitments, "indicators_reported")) == 11


# --- indicators -----------------------------------------------------------------------------------------------------


def test_the_three_targets_are_there_and_only_one_has_a_figure(tables: Tables) -> None:
    rows = [row for row in first_half(tables, "indicators") if row["target_value"]]
    assert {(r["indicator"], float(r["target_value"]), r["target_unit"], r["target_period"]) for r in rows} == {
        ("6.2-1", 3, "services", "2020-Q2"),
        ("6.3-1", 10, "centres", "2020-Q4"),
        ("6.6-1", 10, "paralegals", "2020"),
    }
    shares = [(r["indicator"], r["latest_period"], float(r["share_of_target"])) for r in rows if r["share_of_target"]]
    assert shares == [("6.6-1", "2020-S1", 90.0)]


def test_nothing_reported_is_zero_and_every_gap_has_its_reason(tables: Tables) -> None:
    for row in tables["indicators"]:
        assert not row["latest_value"] or float(row["latest_value"]) > 0
        assert bool(row["missing_reason"]) == (row["reported"] == "false" or row["figures"] not in ("0", "1"))


def test_a_proxy_is_never_a_figure_of_the_indicator(tables: Tables) -> None:
    near = only(first_half(tables, "indicators"), proxy="true")
    assert {(row["indicator"], float(row["latest_value"]), row["latest_unit"]) for row in near} == {
        ("1.2-1", 1130, "datasets"),
        ("1.5-2", 2, "events"),
        ("3.3-1", 98596, "acts"),
        ("5.2-1", 13, "decisions"),
        ("6.1-1", 650, "persons"),
        ("6.6-2", 33205, "consultations"),
    }
    for row in near:
        assert (row["reported"], row["figures"], row["share_of_target"]) == ("false", "0", "")


# --- the portal -----------------------------------------------------------------------------------------------------


def test_what_is_measured_is_what_the_portal_shows(workspace: Workspace, tables: Tables) -> None:
    shown: dict[str, list[str]] = {}
    for slug in (*READ, *OTHERS):
        said: Mapping[str, Any] = json.loads(
            (Path(workspace.portal.address()).parent / slug / "dataset.json").read_text("utf-8")
        )
        shown.setdefault(said["organization"]["name"], []).append(slug)
    rows = only(tables["datasets-on-portal"], origin="measured")
    assert {row["institution"] for row in rows} == {"all", *shown}
    assert {row["period"] for row in rows} == {"2021-S1"}
    for institution, slugs in {**shown, "all": [*READ, *OTHERS]}.items():
        measured = {row["measure"]: int(row["value"]) for row in only(rows, institution=institution)}
        assert measured.pop("institutions-in-all", len(shown)) == len(shown)
        assert measured.pop("datasets-updated") == 0
        assert set(measured.values()) == {len(slugs)}
    assert {row["dataset"] for row in tables["portal-versions"]} == {*READ, *OTHERS}


def test_the_figures_of_the_report_stand_beside_with_their_place(tables: Tables, untraceable: Untraceable) -> None:
    stated = only(tables["datasets-on-portal"], origin="stated", period="2020-S1")
    assert {(row["measure"], row["value"], row["qualifier"], row["base_period"]) for row in stated} == {
        ("datasets-in-all", "1130", "exact", ""),
        ("datasets-change", "7", "exact", "2019-A1"),
        ("institutions-in-all", "49", "about", ""),
    }
    assert {row["portal"] for row in stated} == {"date-gov-md"}
    assert untraceable(stated) == []
    for row in only(tables["datasets-on-portal"], origin="measured"):
        assert (row["portal"], row["source_document"], row["source_line"], row["source_text"]) == (
            "this-portal",
            *3 * [""],
        )


def test_a_new_version_elsewhere_is_an_update_and_then_all_rests(workspace: Workspace, tmp_path: Path) -> None:
    """On copies, half a year later: the source of one dataset has a new row."""
    for name in ("datapackages", "expectations", "archive", "public"):
        shutil.copytree(workspace.datapackages.parent / name, tmp_path / name, symlinks=True)
    later = Workspace(
        tmp_path / "datapackages",
        tmp_path / "archive",
        f"folder:{tmp_path / 'public'}",
        now=lambda: datetime(2021, 9, 1, tzinfo=UTC),
    )
    source = tmp_path / "datapackages" / "datasets-published" / "source" / "portal.csv"
    lines = source.read_text("utf-8").splitlines()
    (stock,) = [line for line in lines if line.startswith("datasets,actual,2020-S1")]
    again = stock.replace("2020-S1", "2020-S2").replace("2020-06-30", "2020-12-31")
    source.write_text("\n".join([*lines, again]) + "\n", "utf-8")
    became = run(later)
    assert {slug for slug, status in became.items() if status == "published"} == {"datasets-published", SLUG}
    rows = only(tables_of(later)["datasets-on-portal"], institution="age", period="2021-S2")
    assert {row["measure"]: row["value"] for row in rows} == {
        "datasets-first-published": "0",
        "datasets-updated": "1",
        "datasets-published-or-updated": "1",
        "versions-published": "1",
        "datasets-in-all": "1",
    }
    assert set(run(later).values()) == {"unchanged"}


def test_the_suites_would_notice(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each computed table, spoiled on its way to the checks: the suite of that table blocks."""
    from pipelines.tables.transforms import (
        datasets_on_portal,
        progress_commitments,
        progress_indicators,
        progress_milestones,
    )

    def blocked(module: Any, column: str, row: int, value: object) -> set[str]:
        name = module.__name__.rpartition(".")[2]
        genuine = getattr(module, name)

        def spoiled(tables: Mapping[str, Any]) -> Any:
            frame = genuine(tables)
            frame.loc[row, column] = value
            return frame

        with monkeypatch.context() as patch:
            patch.setattr(module, name, spoiled)
            verdict = judge_dataset(workspace, workspace.dataset(SLUG)).verdict
        return {str(f.params.get("suite")) for f in verdict.findings if f.severity == "block" and f.params.get("suite")}

    assert blocked(progress_commitments, "realised", 0, 6) == {"progress-commitment"}
    assert blocked(progress_commitments, "share_reported", 0, 133.3) >= {"progress-commitment"}
    assert blocked(progress_milestones, "indicators_reported", 0, 2) == {"progress-milestone"}
    assert blocked(progress_milestones, "overdue", 1, True) == {"progress-milestone"}  # 1.2, realised
    assert blocked(progress_indicators, "reported", 1, True) >= {"progress-indicator"}  # 1.2-1, a proxy
    assert blocked(progress_indicators, "target_unit", 41, "persons") == set()  # 6.5-1 has no share
    assert blocked(progress_indicators, "target_unit", 42, "persons") == {"progress-indicator"}  # 6.6-1
    assert blocked(datasets_on_portal, "source_line", 0, None) == {"portal-figure"}
    assert blocked(datasets_on_portal, "portal", 0, "this-portal") == {"portal-figure"}
