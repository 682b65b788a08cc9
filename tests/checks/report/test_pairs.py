"""Every error type with every field type it can be about: at least a hundred cases of each, judged the same by both."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from tests.checks.report.aimed import AIMED, pairs
from tests.checks.report.conftest import Judges

ENOUGH = 100
MOST = 600  # cases made to get there


@pytest.mark.parametrize("error", AIMED)
def test_a_hundred_cases_of_every_pair_are_judged_as_by_frictionless(judges: Judges, error: str) -> None:
    types, make = AIMED[error]
    seen: Counter[str] = Counter()
    for seed in range(MOST):
        chance = Random(f"{error} {seed}")
        case = make(chance)
        report = judges(case, chance)
        seen.update(kind for code, kind in pairs(case, report) if code == error)
        if min(seen[name] for name in types) >= ENOUGH:
            break
    assert {name: seen[name] for name in types if seen[name] < ENOUGH} == {}
