"""The report that frictionless would give on a path, made faster: `publica check PATH --report frictionless`.

Its shape is documented at framework.frictionlessdata.io/docs/framework/report.html. Small tables and all that is out of
the common frictionless judges itself; how the others are, is in `judge.py`. What publica asks beyond the standard's
letter is in `checks/schema.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipelines.checks.report.digests import Digests, first_table
from pipelines.checks.report.outside import local_path, scannable

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
    first = first_table(path)
    with Digests(first) if first else nullcontext() as early:  # importing frictionless keeps one core busy at most
        return _report_on(path, options, early)


def _report_on(path: str, options: Options, early: Digests | None) -> Report:
    from frictionless import Checklist, FrictionlessException, Report, Resource
    from frictionless.resources import PackageResource

    checklist = Checklist(pick_errors=list(options.pick_errors), skip_errors=list(options.skip_errors))
    try:
        resource = Resource(path)
    except FrictionlessException as exception:
        return Report.from_validation(errors=exception.reasons or [exception.error])
    if not isinstance(resource, PackageResource):
        return _of_resource(resource, checklist, options, early)
    try:
        package = resource.read_metadata()
    except FrictionlessException as exception:
        return Report.from_validation(errors=exception.to_errors())
    return _of_package(package, checklist, options, early)


def _of_package(package: Package, checklist: Checklist, options: Options, early: Digests | None) -> Report:
    """As `Package.validate` does it, each table by `judge.py`."""
    from frictionless import FrictionlessException, Report, helpers

    timer = helpers.Timer()
    try:
        package.to_descriptor(validate=True)
    except FrictionlessException as exception:
        return Report.from_validation(time=timer.time, errors=exception.to_errors())
    reports = [_of_resource(resource, checklist, options, early) for resource in package.resources]
    return Report.from_validation_reports(time=timer.time, reports=reports)


def _of_resource(resource: Resource, checklist: Checklist, options: Options, early: Digests | None) -> Report:
    from frictionless.resources import TableResource

    if isinstance(resource, TableResource) and scannable(resource):
        path = local_path(resource)
        with nullcontext(early) if early and early.path == path else Digests(path) as digests:
            from pipelines.checks.report.judge import Limits, judge

            return judge(resource, checklist, Limits(options.limit_errors, options.limit_rows), digests)
    return resource.validate(checklist, limit_errors=options.limit_errors, limit_rows=options.limit_rows)
