"""The asset checks of a dataset: which there are, and to which of them each finding belongs.

One check per family of findings and one per suite, each with the findings of all tables. What a check shows of its
findings is in `reported.py`; making findings is the work of `checks/`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import cast

import dagster as dg

from pipelines.declaration.dataset import Dataset
from pipelines.declaration.model import Resource
from pipelines.findings import Finding
from pipelines.orchestration.names import key, suite_check

BUILD = "build"  # where every finding goes that is of no family: the sources could not be read, a file not be written
PUBLIC = "public"
READ_BACK = "read_back"

_CODES: Mapping[str, tuple[str, ...]] = {
    "rows": ("empty-table", "rows-"),
    "change": ("rows-lost", "history-", "series-"),
    "privacy": ("personal-",),
    "schema": (
        *("type-error", "form-error", "constraint-", "category-error", "pattern-not-whole", "integer-too-large"),
        *("number-precision", "blank-row", "unique-", "primary-key", "foreign-key", "findings-cut"),
    ),
}  # a code, or how several begin; the longest that fits counts
_WORDS: Mapping[str, str] = {
    BUILD: "The sources can be read into the declared tables, and a package built of them.",
    "schema": "Types, constraints and keys of the Table Schema.",
    "rows": "Every table has as many rows as the declaration expects.",
    "change": "What was published before is still there, as far as the declaration asks for it.",
    "privacy": "No personal data: personal numbers, private e-mail addresses, telephones, bank accounts.",
    PUBLIC: "The newest version is the one that the public sees.",
    READ_BACK: "What stands on the portal, read as a stranger, is what was built.",
}


def family(finding: Finding) -> str:
    """The name of the check that a finding belongs to."""
    if suite := finding.params.get("suite"):
        return suite_check(str(suite))
    fits = [(len(start), name) for name, starts in _CODES.items() for start in starts if finding.code.startswith(start)]
    return max(fits)[1] if fits else BUILD


def package_checks(dataset: Dataset) -> list[dg.AssetCheckSpec]:
    """The checks of `[slug, package]`. Each blocks: where one fails, publication is not run."""
    names = [BUILD, "schema", "rows", "privacy"]
    if any(_watches_change(resource) for resource in dataset.package.resources):
        names.append("change")
    asset = key(dataset.slug, "package")
    specs = [dg.AssetCheckSpec(name, asset=asset, description=_WORDS[name], blocking=True) for name in names]
    for name, suite in dataset.suites.items():
        rules = "\n".join(f"- {rule}" for rule in _rules(suite.expectations))
        specs.append(dg.AssetCheckSpec(suite_check(name), asset=asset, description=rules, blocking=True))
    return specs


def publication_checks(dataset: Dataset) -> list[dg.AssetCheckSpec]:
    """The checks of `[slug, publication]`."""
    asset = key(dataset.slug, "publication")
    return [dg.AssetCheckSpec(name, asset=asset, description=_WORDS[name]) for name in (PUBLIC, READ_BACK)]


def by_family(findings: Iterable[Finding], names: Iterable[str]) -> dict[str, list[Finding]]:
    """The findings of each check of `names`; those of a check that is not among them go to the first one."""
    sorted_: dict[str, list[Finding]] = {name: [] for name in names}
    first = next(iter(sorted_))
    for finding in findings:
        name = family(finding)
        sorted_[name if name in sorted_ else first].append(finding)
    return sorted_


def _watches_change(resource: Resource) -> bool:
    checks = resource.publica.checks
    limits = (checks.rows_lost, checks.history_revised) if checks else ()
    series = bool(checks and checks.cumulative)
    return resource.publica.history != "snapshot" or series or any(limit is not None for limit in limits)


def _rules(expectations: Iterable[Mapping[str, object]]) -> Iterator[str]:
    for expectation in expectations:
        words = expectation.get("meta")
        yield str(cast(Mapping[str, object], words)["en"] if words else expectation["type"])
