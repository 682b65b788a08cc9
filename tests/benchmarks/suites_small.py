"""Suites on many small tables in one process, by turns ours and Great Expectations used plainly.

Usage: python -m tests.benchmarks.suites_small COUNT. Prints JSON: seconds per table, and the shares of the time by what
it is spent on, which overlap where one thing calls another.
"""

# The library's own types are partial.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import cProfile
import io
import json
import pstats
import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import polars as pl

from tests.benchmarks.tables import EXPECTATIONS, csv_text
from tests.benchmarks.timing import middle, timed

# The functions by whose time a share is told.
PARTS = {
    "ours": {
        "handing over": [("handed.py", "handed_over")],
        "planning": [("planned.py", "_plan")],
        "metrics": [("execution_engine.py", "resolve_metrics")],
        "judging": [("expectation.py", "_validate"), ("", "_validate")],
    },
    "plain": {
        "building metric graphs": [
            ("validator.py", "_generate_metric_dependency_subgraphs_for_each_expectation_configuration")
        ],
        "metrics": [("metrics_calculator.py", "resolve_validation_graph")],
        "judging": [("expectation.py", "metrics_validate")],
        "in all of these, the property `configuration`": [("expectation.py", "configuration")],
    },
}
Judge = Callable[[pl.DataFrame], bool]


def main(count: int) -> None:
    """Judge so many tables each way, after one to warm up."""
    tables = [pl.read_csv(io.StringIO(csv_text(number)), try_parse_dates=True) for number in range(count + 1)]
    importing, plainly = timed(plain)
    ways: dict[str, Judge] = {"ours": ours, "new": anew, "plain": plainly}
    found: dict[str, Any] = {"import": importing.cpu, "shares": {}}
    costs = {name: [timed(lambda judge=judge: judge(tables[0]))[0]] for name, judge in ways.items()}
    for table in tables[1:]:
        for name, judge in ways.items():
            cost, met = timed(lambda judge=judge, table=table: judge(table))
            assert met, name
            costs[name].append(cost)
    found |= {name: asdict(middle(some[1:])) for name, some in costs.items()}
    for name, parts in PARTS.items():
        found["shares"][name] = _shares(ways[name], tables, parts)
    sys.stdout.write(json.dumps(found))


def ours(table: pl.DataFrame) -> bool:
    """As the checks do it."""
    from pipelines.checks.engine import evaluate

    return all(outcome.met for outcome in evaluate(table, EXPECTATIONS))


def anew(table: pl.DataFrame) -> bool:
    """The same, no expectation planned before."""
    from pipelines.checks import planned

    planned._plans.clear()  # pyright: ignore[reportPrivateUsage]
    return ours(table)


def plain() -> Judge:
    """Great Expectations with one context, one batch definition and one suite for all tables."""
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    batches = context.data_sources.add_pandas("tables").add_dataframe_asset("table")
    whole = batches.add_batch_definition_whole_dataframe("whole")
    made = [{"type": kind, "kwargs": dict(named)} for kind, named in EXPECTATIONS]
    suite = gx.ExpectationSuite(name="measured", expectations=made)

    def judge(table: pl.DataFrame) -> bool:
        rows = table.to_pandas()
        return bool(whole.get_batch(batch_parameters={"dataframe": rows}).validate(suite).success)

    return judge


def _shares(judge: Judge, tables: list[pl.DataFrame], parts: dict[str, list[tuple[str, str]]]) -> dict[str, float]:
    profile = cProfile.Profile()
    with profile:
        for table in tables:
            judge(table)
    stats = pstats.Stats(profile)
    entries: dict[tuple[str, int, str], tuple[int, int, float, float, Any]] = vars(stats)["stats"]
    told = dict.fromkeys(parts, 0.0)
    for (file, _, function), (_, _, _, seconds, _) in entries.items():
        for name, places in parts.items():
            if any(function == known and file.endswith(f"/{ending}") for ending, known in places):
                told[name] += seconds
    return {name: seconds / vars(stats)["total_tt"] for name, seconds in told.items()}


if __name__ == "__main__":
    main(int(sys.argv[1]))
