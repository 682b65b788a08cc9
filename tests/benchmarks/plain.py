"""The plain way to do it: the same tables checked and written with the usual libraries as their manuals show.

Usage: python -m tests.benchmarks.plain DATAPACKAGES OUT COUNT with|without. Prints JSON: seconds per table after the
first. It makes no versions, no changelog, no checksums but the descriptor's, no zip, and publishes nothing.
"""

# The libraries' own types are partial.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportMissingTypeStubs=false

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import frictionless
import pandas as pd

from tests.benchmarks.tables import EXPECTATIONS, SCHEMA
from tests.benchmarks.timing import middle, timed


def main(datapackages: Path, out: Path, count: int, *, suite: bool) -> None:
    """Do `count` tables."""
    validate = _validator() if suite else None
    costs = [timed(lambda table=table: _one(table, out, validate))[0] for table in _tables(datapackages)[:count]]
    sys.stdout.write(json.dumps({"plain": asdict(middle(costs[1:]))}))


def _tables(datapackages: Path) -> list[Path]:
    return sorted(datapackages.glob("*/source/table.csv"))


def _one(table: Path, out: Path, validate: Callable[[pd.DataFrame], bool] | None) -> None:
    folder = out / table.parts[-3]
    folder.mkdir(parents=True)
    source = frictionless.Resource(path=table.name, basepath=str(table.parent), schema=_schema())
    report = source.validate()
    rows = pd.read_csv(table, parse_dates=["data"])
    if not report.valid or (validate and not validate(rows)):
        raise SystemExit(f"{table} is refused")
    rows.to_csv(folder / "table.csv", index=False, date_format="%Y-%m-%d")
    rows.to_json(folder / "table.json", orient="records", date_format="iso", force_ascii=False)
    rows.to_parquet(folder / "table.parquet")
    rows.to_excel(folder / "table.xlsx", index=False)
    resources = [
        frictionless.Resource(name=f"table-{kind}", path=f"table.{kind}", basepath=str(folder), schema=_schema())
        for kind in ("csv", "json", "parquet", "xlsx")
    ]
    for resource in resources:
        resource.infer(stats=True)
    package = frictionless.Package(name=folder.name, resources=resources, basepath=str(folder))
    package.to_json(str(folder / "datapackage.json"))


def _schema() -> frictionless.Schema:
    return frictionless.Schema.from_descriptor(SCHEMA)


def _validator() -> Callable[[pd.DataFrame], bool]:
    """Great Expectations with one context, one batch definition and one suite for all tables."""
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    batches = context.data_sources.add_pandas("tables").add_dataframe_asset("table")
    whole = batches.add_batch_definition_whole_dataframe("whole")
    made = [ExpectationConfiguration(type=kind, kwargs=dict(named)).to_domain_obj() for kind, named in EXPECTATIONS]
    suite = gx.ExpectationSuite(name="measured", expectations=made)
    return lambda rows: bool(whole.get_batch(batch_parameters={"dataframe": rows}).validate(suite).success)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), suite=sys.argv[4] == "with")
