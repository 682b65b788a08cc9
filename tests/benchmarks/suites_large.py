"""A suite of twelve expectations on a large table of a Parquet file, in a process of its own, ours or plainly.

Usage: python -m tests.benchmarks.suites_large ours|plain PARQUET, or make PARQUET ROWS, which makes the table. Prints
`met` where all twelve are.
"""

# The library's own types are partial.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import polars as pl

from tests.benchmarks.million import COUNTIES, SCHEMA, pieces
from tests.benchmarks.tables import EXPECTATIONS

_OTHERS: dict[str, dict[str, Any]] = {
    "expect_table_row_count_to_be_between": {"max_value": 1_000_000_000},
    "expect_column_values_to_be_in_set": {"value_set": COUNTIES},
}
ASKED = [(kind, named | _OTHERS.get(kind, {})) for kind, named in EXPECTATIONS]


def make(path: Path, rows: int) -> None:
    """The table as a large one is held."""
    from pipelines.declaration.model import Schema
    from pipelines.tables import parquet

    with parquet.published(Schema.model_validate(SCHEMA), path) as add:
        for piece in pieces(rows):
            add(piece)


def ours(path: Path) -> bool:
    """As the checks do it."""
    from pipelines.checks.engine import evaluate
    from pipelines.tables.held import OnDisk

    rows = pl.scan_parquet(path)
    table = OnDisk(path, rows.collect_schema(), rows.select(pl.len()).collect().item())
    return all(outcome.met for outcome in evaluate(table, ASKED))


def plain(path: Path) -> bool:
    """Great Expectations on the whole table in pandas, of the same types."""
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    from pipelines.checks.handed import to_pandas

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    batches = context.data_sources.add_pandas("tables").add_dataframe_asset("table")
    whole = batches.add_batch_definition_whole_dataframe("whole")
    suite = gx.ExpectationSuite(name="large", expectations=[{"type": kind, "kwargs": named} for kind, named in ASKED])
    rows = to_pandas(pl.read_parquet(path))
    return bool(whole.get_batch(batch_parameters={"dataframe": rows}).validate(suite).success)


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(Path(sys.argv[2]), int(sys.argv[3]))
    else:
        met = {"ours": ours, "plain": plain}[sys.argv[1]](Path(sys.argv[2]))
        sys.stdout.write("met" if met else "not met")
