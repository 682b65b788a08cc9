"""The report that frictionless would give on a path, made faster: `publica check PATH --report frictionless`.

Its shape is documented at framework.frictionlessdata.io/docs/framework/report.html. Small tables and all that is out of
the common frictionless judges itself; how the others are, is in `judge.py`. What publica asks beyond the standard's
letter is in `checks/schema.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from frictionless import Checklist, Package, Report


@dataclass(frozen=True)
class Options:
    """As of `frictionless validate`. `limit_errors`: of a table, 0 for all; `limit_rows`: of a table, None for all."""

    limit_errors: int = 1000
    limit_rows: int | None = None
    pick_errors: Sequence[str] = ()
    skip_errors: Sequence[str] = ()


def report_on(path: str, options: Options) -> Report:
    """The report on a package, or on anything else at `path` that frictionless can judge. Raises whatever it raises."""
    from frictionless import Checklist, FrictionlessException, Report, Resource
    from frictionless.resources import PackageResource, TableResource

    checklist = Checklist(pick_errors=list(options.pick_errors), skip_errors=list(options.skip_errors))
    try:
        resource = Resource(path)
    except FrictionlessException as exception:
        return Report.from_validation(errors=exception.reasons or [exception.error])
    if isinstance(resource, TableResource):
        from pipelines.checks.report.judge import Limits, judge

        return judge(resource, checklist, Limits(options.limit_errors, options.limit_rows))
    if not isinstance(resource, PackageResource):
        return resource.validate(checklist, limit_errors=options.limit_errors, limit_rows=options.limit_rows)
    try:
        package = resource.read_metadata()
    except FrictionlessException as exception:
        return Report.from_validation(errors=exception.to_errors())
    return _of_package(package, checklist, options)


def _of_package(package: Package, checklist: Checklist, options: Options) -> Report:
    """As `Package.validate` does it, each table by `judge`."""
    from frictionless import FrictionlessException, Report, helpers
    from frictionless.resources import TableResource

    from pipelines.checks.report.judge import Limits, judge

    timer = helpers.Timer()
    try:
        package.to_descriptor(validate=True)
    except FrictionlessException as exception:
        return Report.from_validation(time=timer.time, errors=exception.to_errors())
    limits = Limits(options.limit_errors, options.limit_rows)
    reports = [
        judge(resource, checklist, limits)
        if isinstance(resource, TableResource)
        else resource.validate(checklist, limit_errors=limits.errors, limit_rows=limits.rows)
        for resource in package.resources
    ]
    return Report.from_validation_reports(time=timer.time, reports=reports)
