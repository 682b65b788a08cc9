"""Great Expectations, kept in one place: one context per process, and validation at a quarter of its usual price.

Everything that knows the library is here; what its results mean for people is in `suites.py`. It is imported only when
a table names a suite: that takes seconds. Ways in which it is cheaper than used plainly: all expectations of a table in
one call, a first call that only asks which fail, and two values remembered that it otherwise computes a hundred times.
"""

# Great Expectations' and pyarrow's own types are partial; what leaves this module is typed.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownParameterType=false
# pyright: reportMissingTypeStubs=false, reportMissingTypeArgument=false, reportUnknownArgumentType=false

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from threading import RLock
from typing import TYPE_CHECKING, Any, cast

import polars as pl

if TYPE_CHECKING:
    import pandas as pd
    from great_expectations.core import ExpectationSuite, ExpectationValidationResult
    from great_expectations.core.batch_definition import BatchDefinition
    from great_expectations.expectations.expectation import Expectation

MOST_ROWS = 20  # that are named for one expectation
_INDEX = "publica"  # the key of `meta` under which an expectation's number travels
_SIMPLE = (str, int, float, bool, type(None))
_LARGE = 10_000  # rows; the last table is held until the next one is handed over
_lock = RLock()


@dataclass(frozen=True)
class Outcome:
    """What came of one expectation. `broken`: why it could not be evaluated. `rows`: the first that fail, from 0.

    `count`: how many rows fail; None where the expectation is about no rows. `observed`: the value found, as text.
    """

    met: bool
    broken: str = ""
    rows: tuple[int, ...] = ()
    count: int | None = None
    observed: str = ""


def evaluate(frame: pl.DataFrame, asked: Sequence[tuple[str, Mapping[str, Any]]]) -> list[Outcome]:
    """The outcome of each expectation (type, arguments) on `frame`, in the order asked.

    One that the library cannot make, cannot evaluate or leaves out of its results is `broken`, never met.
    """
    with _lock:
        outcomes: dict[int, Outcome] = {}
        made: dict[int, Expectation] = {}
        batches = _batches()
        for index, (kind, arguments) in enumerate(asked):
            try:
                made[index] = _expectation(index, kind, arguments)
            except Exception as error:  # the library's and pydantic's own, of many classes
                outcomes[index] = Outcome(False, broken=_first_line(error))
        rows = to_pandas(frame)
        with _remembering():
            answers = _validate(batches, rows, made, {"result_format": "BOOLEAN_ONLY"})
            failed = {index: made[index] for index, answer in answers.items() if not answer.met and not answer.broken}
            if failed:
                details = {"partial_unexpected_count": MOST_ROWS, "return_unexpected_index_query": False}
                answers |= _validate(batches, rows, failed, {"result_format": "SUMMARY", **details})
        if frame.height > _LARGE:
            _let_go(batches)
        outcomes |= answers
        return [outcomes.get(index, Outcome(False, broken="no result")) for index in range(len(asked))]


def to_pandas(frame: pl.DataFrame) -> pd.DataFrame:
    """The frame for pandas: nullable numbers, so that whole numbers beside a gap stay whole; dates as timestamps."""
    import pandas as pd
    import pyarrow as pa

    nullable = {pa.int64(): pd.Int64Dtype(), pa.float64(): pd.Float64Dtype(), pa.bool_(): pd.BooleanDtype()}
    dated = frame.with_columns(pl.col(pl.Date).cast(pl.Datetime("us")))
    return dated.to_arrow().to_pandas(types_mapper=nullable.get)


@cache
def _batches() -> BatchDefinition:
    """The one place of the process where tables are handed to the library."""
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    logging.captureWarnings(False)  # importing the library turns this on, for everybody
    logging.getLogger("great_expectations").addHandler(logging.NullHandler())
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    asset = context.data_sources.add_pandas("tables").add_dataframe_asset("table")
    return asset.add_batch_definition_whole_dataframe("whole")


def _expectation(index: int, kind: str, arguments: Mapping[str, Any]) -> Expectation:
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    return ExpectationConfiguration(type=kind, kwargs=dict(arguments), meta={_INDEX: index}).to_domain_obj()


def _validate(
    batches: BatchDefinition, rows: pd.DataFrame, made: Mapping[int, Expectation], wanted: dict[str, Any]
) -> dict[int, Outcome]:
    if not made:
        return {}
    import great_expectations as gx

    suite: ExpectationSuite = gx.ExpectationSuite(name="all", expectations=list(made.values()))
    batch = batches.get_batch(batch_parameters={"dataframe": rows})
    answer = batch.validate(suite, result_format=wanted)
    return {_number(result): _outcome(result) for result in answer.results}


def _let_go(batches: BatchDefinition) -> None:
    """Validate nothing in an empty table, so that the library drops the one it holds."""
    import great_expectations as gx
    import pandas as pd

    batches.get_batch(batch_parameters={"dataframe": pd.DataFrame()}).validate(gx.ExpectationSuite(name="none"))


def _number(result: ExpectationValidationResult) -> int:
    configuration = result.expectation_config
    meta = cast(Mapping[str, int], configuration.meta if configuration and configuration.meta else {})
    return meta[_INDEX]


def _outcome(result: ExpectationValidationResult) -> Outcome:
    if broken := _exception(cast(Mapping[str, Any], result.exception_info or {})):
        return Outcome(False, broken=broken)
    found = cast(Mapping[str, Any], result.result)
    observed = found.get("observed_value")
    count = found.get("unexpected_count")
    rows = cast(Sequence[int], found.get("partial_unexpected_index_list") or ())
    return Outcome(
        bool(result.success),
        rows=tuple(sorted(int(row) for row in rows[:MOST_ROWS])),
        count=None if count is None else int(count),
        observed="" if observed is None else str(observed),
    )


def _exception(info: Mapping[str, Any]) -> str:
    """What was raised; the library says so flat, or by metric. Empty if nothing was."""
    for each in (info, *info.values()):
        if isinstance(each, Mapping):
            entry = cast(Mapping[str, Any], each)
            if entry.get("raised_exception"):
                return _first_line(entry.get("exception_message"))
    return ""


def _first_line(error: object) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)


@contextmanager
def _remembering() -> Generator[None]:
    """Within, an expectation keeps its configuration and equal arguments their hash, instead of making them anew."""
    from great_expectations.core.id_dict import IDDict
    from great_expectations.expectations.expectation import Expectation

    configuration = cast(property, Expectation.configuration)
    made = cast(Callable[[Expectation], Any], configuration.fget)
    to_id = IDDict.to_id
    ids: dict[tuple[tuple[str, str], ...], Any] = {}

    def remembered_configuration(self: Expectation) -> Any:
        held = self.__dict__.get("#configuration")
        if held is None:
            held = self.__dict__["#configuration"] = made(self)
        return held

    def remembered_id(self: Mapping[str, Any], *arguments: Any, **named: Any) -> Any:
        simple = all(isinstance(value, _SIMPLE) for value in self.values())
        if arguments or named or not simple:
            return to_id(cast(IDDict, self), *arguments, **named)
        key = tuple(sorted((name, repr(value)) for name, value in self.items()))
        if key not in ids:
            ids[key] = to_id(cast(IDDict, self))
        return ids[key]

    setattr(Expectation, "configuration", property(remembered_configuration))  # noqa: B010 - types would not allow it
    setattr(IDDict, "to_id", remembered_id)  # noqa: B010 - likewise
    try:
        yield
    finally:
        setattr(Expectation, "configuration", configuration)  # noqa: B010 - likewise
        setattr(IDDict, "to_id", to_id)  # noqa: B010 - likewise
