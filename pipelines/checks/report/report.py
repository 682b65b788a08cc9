"""The report that frictionless would give on a path, made faster: `publica check PATH --report frictionless`.

Its shape is documented at framework.frictionlessdata.io/docs/framework/report.html. Small tables and all that is out of
the common frictionless judges itself; how the others are, is in `judge.py`. What publica asks beyond the standard's
letter is in `checks/schema.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipelines.checks.report.outside import scannable

if TYPE_CHECKING:
    from frictionless import Checklist, Package, Report, Resource


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
    from frictionless.resources import PackageResource

    checklist = Checklist(pick_errors=list(options.pick_errors), skip_errors=list(options.skip_errors))
    try:
        resource = Resource(path)
    except FrictionlessException as exception:
        return Report.from_validation(errors=exception.reasons or [exception.error])
    if not isinstance(resource, PackageResource):
        return _of_resource(resource, checklist, options)
    try:
        package = resource.read_metadata()
    except FrictionlessException as exception:
        return Report.from_validation(errors=exception.to_errors())
    return _of_package(package, checklist, options)


def _of_package(package: Package, checklist: Checklist, options: Options) -> Report:
    """As `Package.validate` does it, each table by `judge.py`."""
    from frictionless import FrictionlessException, Report, helpers

    timer = helpers.Timer()
    try:
        package.to_descriptor(validate=True)
    except FrictionlessException as exception:
        return Report.from_validation(time=timer.time, errors=exception.to_errors())
    reports = [_of_resource(resource, checklist, options) for resource in package.resources]
    return Report.from_validation_reports(time=timer.time, reports=reports)


def _of_resource(resource: Resource, checklist: Checklist, options: Options) -> Report:
    from frictionless.resources import TableResource

    if isinstance(resource, TableResource) and scannable(resource):
        from pipelines.checks.report.judge import Limits, judge

        return judge(resource, checklist, Limits(options.limit_errors, options.limit_rows))
    return resource.validate(checklist, limit_errors=options.limit_errors, limit_rows=options.limit_rows)
