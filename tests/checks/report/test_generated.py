"""Packages of all sorts, judged by both: fields, keys, headings, dialects, options and faults in any combination."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.checks.report import blocks
from tests.checks.report.cases import Case, a_case
from tests.checks.report.compare import ours, theirs
from tests.checks.report.conftest import Judges


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chance=st.randoms(use_true_random=False))
def test_a_package_of_any_sort_is_judged_as_by_frictionless(judges: Judges, chance: Random) -> None:
    judges(a_case(chance), chance)


@pytest.mark.parametrize("seed", range(150))
def test_a_limit_leaves_what_frictionless_would_have_read(judges: Judges, seed: int) -> None:
    """Tables longer than what it reads at once, cut by limits: as many bytes, rows, errors and warnings."""
    chance = Random(seed)
    judges(_long_table(chance), chance)


def _long_table(chance: Random) -> Case:
    count, end = chance.choice([50, 99, 100, 101, 500, 3_000]), chance.choice(["\n", "\r\n"])
    odd = chance.choice([0, 0.001, 0.01, 0.3])
    faults = ["x,y,z", "", ",", "1,2", "1,2,3,4", '5,"q\nr",10', "7,ș,8"]
    lines = ["a,b,c"]
    for number in range(count):
        fine = f"{number},{'x' * chance.randint(0, 80)},{chance.randint(0, 9)}"
        lines.append(chance.choice(faults) if chance.random() < odd else fine)
    if chance.random() < 0.05:
        lines[-1] += '"'
    fields = [
        {"name": "a", "type": "integer", "constraints": {"unique": True}},
        {"name": "b", "type": "string"},
        {"name": "c", "type": "integer"},
    ]
    schema = {"fields": fields, "primaryKey": chance.choice([[], ["a"], ["b", "a"]])}
    options = {
        "limit_errors": chance.choice([1, 2, 5, 10, 100, 1000]),
        "limit_rows": chance.choice([None, None, 1, 99, 100, 101, count, count - 1, count + 1, count // 2 + 1]),
    }
    descriptor = {"resources": [{"name": "t", "path": "t.csv", "encoding": "utf-8", "schema": schema}]}
    text = end.join(lines) + (end if chance.random() < 0.7 else "")
    return Case(descriptor, {"t.csv": text.encode()}, options)


def test_bytes_that_are_no_text_are_told_where_frictionless_meets_them(tmp_path: Path) -> None:
    rows = [f"{number},x".encode() for number in range(5_000)]
    for place in (3, 150, 4_999):
        spoilt = [*rows[:place], b"\xff,x", *rows[place:]]
        (tmp_path / "t.csv").write_bytes(b"a,b\n" + b"\n".join(spoilt))
        schema = {"fields": [{"name": "a", "type": "integer"}, {"name": "b"}]}
        resource = {"name": "t", "path": "t.csv", "encoding": "utf-8", "schema": schema}
        path = tmp_path / "datapackage.json"
        path.write_text(json.dumps({"resources": [resource]}))
        said = ours(str(path), {})
        assert said == theirs(str(path), {})
        assert not said["valid"]


@pytest.mark.parametrize("size", [64, 1_000, blocks.BLOCK])
def test_the_size_of_blocks_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    case = _long_table(Random(7))
    path = case.write(tmp_path)
    whole = ours(path, {})
    monkeypatch.setattr(blocks, "BLOCK", size)
    assert ours(path, {}) == whole
