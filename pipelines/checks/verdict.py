"""The verdict: everything the checks found in a dataset's tables, bound to the content hash of exactly those tables.

Each check is in a module of its own; that nothing is published without a passing verdict is held by `versions/` and
`portals/`. A check that crashes is a bug of ours and is raised, not found.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from pipelines.checks.change import check_change, check_rows
from pipelines.checks.personal import DETECTORS
from pipelines.checks.privacy import check_privacy, check_words, personal_data, withheld
from pipelines.checks.schema import check_schema
from pipelines.checks.suites import check_suites, count_expectations
from pipelines.checks.suspicion import suspicious_rows
from pipelines.declaration.dataset import Dataset
from pipelines.declaration.model import Resource, Schema
from pipelines.files import canonical_json, sha256
from pipelines.findings import Finding, Place, Severity, blocking
from pipelines.tables.held import Held
from pipelines.tables.table import Table

# What looks at every row by itself, and may do so while they are made.
LOOKS = (personal_data, suspicious_rows)


@dataclass(frozen=True)
class Verdict:
    """What was found in a dataset. `content_hash` says in which content; `checks`: how many checks ran."""

    dataset: str
    content_hash: str
    findings: tuple[Finding, ...]
    checks: int

    @property
    def passed(self) -> bool:
        """Whether no finding blocks."""
        return not blocking(self.findings)

    @property
    def digest(self) -> str:
        """Hex SHA-256 of the verdict's JSON."""
        return sha256(canonical_json(self.to_json()))

    def to_json(self) -> dict[str, Any]:
        """JSON value: dataset, content_hash, passed, checks, findings (as `Finding.to_json`)."""
        return {
            "dataset": self.dataset,
            "content_hash": self.content_hash,
            "passed": self.passed,
            "checks": self.checks,
            "findings": [finding.to_json() for finding in self.findings],
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Verdict:
        """The verdict that `to_json` gave. The findings' texts are made anew from their codes and parameters."""
        findings = tuple(_finding(each) for each in value["findings"])
        return cls(value["dataset"], value["content_hash"], findings, value["checks"])


def _finding(value: Mapping[str, Any]) -> Finding:
    return Finding(
        code=value["code"],
        severity=Severity(value["severity"]),
        params=value.get("params", {}),
        dataset=value.get("dataset", ""),
        resource=value.get("resource", ""),
        field=value.get("field", ""),
        row=value.get("row"),
        place=Place(**value.get("place", {})),
    )


def judge(
    dataset: Dataset, tables: Sequence[Table], content_hash: str, previous: Mapping[str, pl.DataFrame | Held]
) -> Verdict:
    """The verdict on a dataset's tables, which are all of its package's, and on the words published with them.

    `content_hash`: of these very tables and the published metadata. `previous`: the rows of the last version by
    resource; a resource that is new is not in it.
    """
    by_name = {table.name: table for table in tables}
    findings = check_words(dataset)
    checks = 0
    for index, resource in enumerate(dataset.package.resources):
        table = by_name[resource.name]
        if not _has_checks(resource):
            place = dataset.place("resources", index, "publica")
            findings.append(Finding("no-checks", params={"resource": resource.name}, place=place))
        private = check_privacy(table)
        hidden = withheld(private)
        found = [
            *check_rows(resource, table),
            *private,
            *check_schema(table, by_name, hidden),
            *check_suites(dataset, table, hidden),
            *check_change(resource, table, previous.get(resource.name), hidden),
        ]
        findings += [finding.within(dataset=dataset.slug, resource=resource.name) for finding in found]
        checks += _count(resource) + count_expectations(dataset, table)
    return Verdict(dataset.slug, content_hash, tuple(f.within(dataset=dataset.slug) for f in findings), checks)


def _has_checks(resource: Resource) -> bool:
    checks = resource.publica.checks
    declared = checks.model_dump(exclude_none=True, exclude_defaults=True) if checks else {}
    return bool(resource.publica.expectations or declared)


def _count(resource: Resource) -> int:
    """How many checks of a table run beside its suites: each type, constraint, key, limit and kind of personal data."""
    checks = resource.publica.checks
    limits = [checks.rows, checks.rows_lost, checks.history_revised, *checks.cumulative] if checks else []
    return _count_schema(resource.schema_) + sum(limit is not None for limit in limits) + len(DETECTORS) + 1


def _count_schema(schema: Schema) -> int:
    constraints = sum(len(f.constraints.model_dump(exclude_none=True, exclude_defaults=True)) for f in schema.fields)
    closed = sum(field.categories is not None for field in schema.fields)
    keys = bool(schema.primary_key) + len(schema.unique_keys) + len(schema.foreign_keys)
    return len(schema.fields) + constraints + closed + keys
