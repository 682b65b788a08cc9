"""`publica check PATH --report frictionless`: the reports asked for, and in words why there is none.

How a report is made is in `checks/report/`. Here: what was asked, by options or by the lines of a list.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from pipelines.checks.report.report import Options, report_on
from pipelines.checks.report.safety import DESCRIPTORS, load, outside
from pipelines.errors import UserError
from pipelines.findings import Finding
from pipelines.text import mask, nearest

_COUNTS, _NAMES = ("limit_errors", "limit_rows"), ("pick_errors", "skip_errors")
_PACKAGE = {
    "resources",
    "path",
    "data",
    "packages",
    "tasks",
    "steps",
    "fields",
    "checks",
}  # one of them has a descriptor


@dataclass(frozen=True)
class Reported:
    """What came of one path: the report, where there could be one, and what there is to say beside it."""

    descriptor: str
    report: Mapping[str, Any] | None
    findings: list[Finding]

    @property
    def passed(self) -> bool:
        """Whether there is a report, it found nothing and neither did we."""
        return self.report is not None and bool(self.report["valid"]) and not self.findings

    def to_json(self) -> Mapping[str, Any]:
        """The report, or what takes its place in a list of them."""
        if self.report is not None:
            return self.report
        return {"descriptor": self.descriptor, "findings": [finding.to_json() for finding in self.findings]}


def options_from(said: Mapping[str, Any]) -> Options:
    """The options of `frictionless.validate` by name. Raises UserError with everything that is wrong with them."""
    found: list[Finding] = []
    known: dict[str, Any] = {}
    for name, value in said.items():
        key = name.replace("-", "_")
        if key not in (*_COUNTS, *_NAMES):
            params = {"name": mask(name), "nearest": nearest(key, (*_COUNTS, *_NAMES))}
            found.append(Finding("report-option", params=params))
        elif value is None:
            continue
        elif key in _COUNTS:
            if not isinstance(value, int) or isinstance(value, bool) or value < 0:
                found.append(Finding("report-count", params={"name": key, "value": mask(value)}))
            known[key] = value
        else:
            names = value.split(",") if isinstance(value, str) else value
            found += _unknown_errors(key, names)
            known[key] = names
    if found:
        raise UserError(found)
    return Options(**known)


def _unknown_errors(option: str, names: object) -> Iterator[Finding]:
    from frictionless.errors import Error

    classes = Error.list_children(root=True)
    known = {each.type for each in classes} | {tag for each in classes for tag in each.tags}
    if not isinstance(names, list) or not all(isinstance(name, str) for name in cast(list[object], names)):
        yield Finding("report-names", params={"name": option, "value": mask(repr(cast(object, names)))})
        return
    for name in cast(list[str], names):
        if name not in known:
            params = {"option": option, "name": mask(name), "nearest": nearest(name, known)}
            yield Finding("report-error-name", params=params)


def report_of(path: str, options: Options) -> Reported:
    """The report on what stands at a path. Whatever is wrong with that, it is told."""
    try:
        found, may_read = _misgivings(path)
        if not may_read:
            return Reported(path, None, found)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of frictionless, to those who program with it
            return Reported(path, report_on(path, options).to_descriptor(), found)
    except Exception as error:
        # Its own code ends in any exception at all where a descriptor is odd enough; one stops no other.
        params = {"path": mask(path), "text": mask(f"{type(error).__name__}: {error}")}
        return Reported(path, None, [Finding("report-failed", params=params)])


def _misgivings(path: str) -> tuple[list[Finding], bool]:
    """What is to be said of a path before frictionless opens it, and whether it may."""
    file, shown = Path(path), {"path": mask(path)}
    try:
        if "\0" in path or not file.is_file():
            # What frictionless says of a missing descriptor is a report, too; of an address it would be what is there.
            return [Finding("report-missing", params=shown)], file.suffix in DESCRIPTORS and ":" not in path
    except OSError:
        return [Finding("report-missing", params=shown)], False
    if file.suffix == ".zip":
        return [Finding("report-zip", params=shown)], False
    if file.suffix not in DESCRIPTORS:
        return [], True
    try:
        descriptor = load(file)
    except (OSError, ValueError, RecursionError) as error:
        return [Finding("report-unreadable", params={**shown, "text": mask(error)})], True
    if strays := outside(descriptor, file.parent):
        return [Finding("report-outside", params={**shown, "stray": mask(each)}) for each in strays], False
    if not isinstance(descriptor, dict) or not _PACKAGE & cast(dict[str, Any], descriptor).keys():
        return [Finding("report-no-package", params=shown)], True
    return [], True


def reports_of(lines: Iterable[str]) -> Iterator[Reported]:
    """One answer for each line of a list that is not blank: `{"descriptor": path, "options": {...}}`."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            path, options = _asked(number, line)
        except UserError as error:
            yield Reported("", None, error.findings)
            continue
        yield report_of(path, options)


def _asked(number: int, line: str) -> tuple[str, Options]:
    try:
        said = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise UserError(Finding("report-line", params={"line": number, "text": mask(error)})) from None
    asked = cast(dict[str, Any], said) if isinstance(said, dict) else {}
    path, options = asked.get("descriptor"), cast(Any, asked.get("options") or {})
    if not isinstance(path, str) or not isinstance(options, dict) or asked.keys() - {"descriptor", "options"}:
        raise UserError(Finding("report-line-form", params={"line": number, "value": mask(line)}))
    return path, options_from(cast(dict[str, Any], options))
