"""What Great Expectations has to compute for an expectation, planned once and then done on one table after the other.

The library is used below its validator, which plans anew for every table: more than half its time. An expectation
still says itself which metrics it needs, the library's pandas engine computes them, and the expectation judges by them.
Importing this module imports the library, which takes seconds; `engine.py` does, and only for a table with a suite.
"""

# Great Expectations' own types are partial; what leaves this module is typed.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownParameterType=false, reportMissingTypeArgument=false

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import great_expectations
import pandas as pd
from great_expectations.execution_engine.execution_engine import ExecutionEngine
from great_expectations.execution_engine.pandas_batch_data import PandasBatchData
from great_expectations.execution_engine.pandas_execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
from great_expectations.validator.metric_configuration import MetricConfiguration, MetricConfigurationID
from great_expectations.validator.validation_graph import ValidationGraph

assert great_expectations  # noqa: S101 - importing it, not a part of it, fills its registries
logging.captureWarnings(False)  # importing the library turns this on, for everybody
logging.getLogger("great_expectations").addHandler(logging.NullHandler())

_MOST_PLANS = 1_000  # that are kept; about 20 kB each
_PARAMETER = "$PARAMETER"  # what such an argument stands for, the time for example, differs each time

Result = Mapping[str, Any]
_plans: dict[tuple[str, str, str], Plan] = {}


@dataclass(frozen=True)
class Plan:
    """An expectation and the metrics it needs, in an order in which they can be computed.

    `named`: those that it looks at itself, by the names that it knows them by. `settings`: what the library calls the
    runtime configuration.
    """

    expectation: Expectation
    metrics: tuple[MetricConfiguration, ...]
    named: Mapping[str, MetricConfigurationID]
    settings: Mapping[str, Any]


class _Watched(PandasBatchData):
    """A table that knows how often it was looked at."""

    looks = 0

    @property
    def dataframe(self) -> pd.DataFrame:
        """The library's own."""
        self.looks += 1
        return super().dataframe


class Judge:
    """Says what comes of expectations on one table. Every metric is computed once. At the end it lets the table go."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self._engine = PandasExecutionEngine(caching=False)
        self._table = _Watched(self._engine, frame)
        self._engine.load_batch_data("table", self._table)
        self._metrics: dict[MetricConfigurationID, Any] = {}

    def __enter__(self) -> Judge:
        return self

    def __exit__(self, *_: object) -> None:
        self._engine.batch_manager.batch_data_cache.clear()  # a circle, which would keep the table
        del self._table
        self.forget()

    def forget(self) -> None:
        """Let go of the metrics: many are columns as long as the table."""
        self._metrics.clear()

    def result(self, kind: str, arguments: Mapping[str, Any], wanted: Mapping[str, Any]) -> Result:
        """What the library says of an expectation: `success`, and `result` in the format `wanted`.

        Raises whatever it does, of many classes, where it cannot make the expectation or evaluate it.
        """
        plan = self._plan(kind, arguments, wanted)
        for metric in plan.metrics:
            if metric.id not in self._metrics:
                self._metrics |= self._engine.resolve_metrics([metric], self._metrics, dict(plan.settings))
        found = {name: self._metrics[metric] for name, metric in plan.named.items()}
        validate = plan.expectation._validate  # pyright: ignore[reportPrivateUsage] - what an expectation implements
        return cast(Result, validate(found, dict(plan.settings), self._engine))

    def _plan(self, kind: str, arguments: Mapping[str, Any], wanted: Mapping[str, Any]) -> Plan:
        key = (kind, repr(arguments), repr(wanted))
        if key in _plans:
            return _plans[key]
        looks = self._table.looks
        plan = make_plan(kind, arguments, wanted, self._engine)
        if self._table.looks == looks and _PARAMETER not in key[1]:  # else it is for this table or this moment alone
            if len(_plans) >= _MOST_PLANS:
                _plans.clear()
            _plans[key] = plan
        return plan


def make_plan(kind: str, arguments: Mapping[str, Any], wanted: Mapping[str, Any], engine: ExecutionEngine) -> Plan:
    """What is to be computed for an expectation whose result is wanted in this format."""
    configuration = ExpectationConfiguration(type=kind, kwargs=dict(arguments))
    configuration.process_suite_parameters(None)
    expectation = configuration.to_domain_obj()
    settings = {"result_format": dict(wanted)}
    needed = expectation.get_validation_dependencies(engine, settings)
    graph = ValidationGraph(engine)
    ordered: dict[MetricConfigurationID, MetricConfiguration | None] = {}

    def add(metric: MetricConfiguration) -> None:
        if metric.id in ordered:
            return
        ordered[metric.id] = None
        provider, _ = graph.set_metric_configuration_default_kwargs_if_absent(metric)
        metric.metric_dependencies = provider.get_evaluation_dependencies(
            metric=metric, execution_engine=engine, runtime_configuration=settings
        )
        for dependency in metric.metric_dependencies.values():
            add(dependency)
        del ordered[metric.id]  # behind those that it depends on
        ordered[metric.id] = metric

    for metric in needed.get_metric_configurations():
        add(metric)
    metrics = tuple(metric for metric in ordered.values() if metric)
    named = {name: metric.id for name, metric in needed.metric_configurations.items()}
    return Plan(expectation, metrics, named, {"result_format": needed.result_format})
