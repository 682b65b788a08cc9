"""One case judged by both, and what each says."""

from __future__ import annotations

from typing import Any, cast

from frictionless import validate

from pipelines.checks.report.report import Options, report_on


def timeless(value: Any) -> Any:
    """A report without its times, the only thing in which two of them may differ."""
    if isinstance(value, dict):
        return {key: timeless(held) for key, held in cast(dict[str, Any], value).items() if key != "seconds"}
    return [timeless(held) for held in cast(list[Any], value)] if isinstance(value, list) else value


def theirs(path: str, options: dict[str, Any]) -> Any:
    """What frictionless says of a path: its report, or the kind of exception that ended it."""
    try:
        return timeless(validate(path, **options).to_descriptor())
    except Exception as error:
        return type(error).__name__


def ours(path: str, options: dict[str, Any]) -> Any:
    """What we say."""
    try:
        return timeless(report_on(path, Options(**options)).to_descriptor())
    except Exception as error:
        return type(error).__name__
