"""What a run tells Dagster: findings as results of checks and as failures, versions and receipts as metadata.

Everything here turns values of the rooms into Dagster's, and shows only what findings show: no secret, no sample that
was not masked. What is known before a run is in `described.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import dagster as dg

from pipelines.findings import Finding, Severity, blocking
from pipelines.languages import LANGUAGES, Language, preferred_language

if TYPE_CHECKING:
    from pipelines.commands.workspace import Workspace

MOST_TOLD = 200  # findings in a table of metadata; an event is kept for ever
PASSING = ("ckan-timeout", "ckan-unsure")  # what a portal that cannot be reached or has no answer leads to
MOST_SAID = 3  # findings in a description

_LANGUAGE_NAMES: Mapping[Language, str] = {"en": "English", "ro": "Română", "ru": "Русский"}

Metadata = dict[str, Any]


def check_result(
    asset: dg.AssetKey, name: str, findings: Sequence[Finding], metadata: Metadata | None = None, *, passed: bool = True
) -> dg.AssetCheckResult:
    """A check with its findings: an error where one blocks, a warning where one warns or `passed` is False."""
    blocks = blocking(findings)
    good = passed and all(finding.severity is Severity.INFO for finding in findings)
    return dg.AssetCheckResult(
        asset_key=asset,
        check_name=name,
        passed=good,
        severity=dg.AssetCheckSeverity.ERROR if good or blocks else dg.AssetCheckSeverity.WARN,
        description=_summary(findings) if findings else None,
        metadata={**(metadata or {}), **told(findings)},
    )


def stopped(log: dg.DagsterLogManager, findings: Sequence[Finding]) -> dg.Failure:
    """What stops an asset: every finding in the log and in its metadata.

    It is for a person, and another try only where all that stopped it may pass by itself.
    """
    say_all(log, findings)
    stopping = blocking(findings) or findings
    passing = all(finding.code in PASSING for finding in stopping)
    return dg.Failure(_summary(stopping), metadata=told(findings), allow_retries=passing)


def told(findings: Sequence[Finding]) -> Metadata:
    """Findings as metadata: how many, and where there are any a table with place and text in every language."""
    if not findings:
        return {"number of findings": 0}
    columns = ["severity", "where", *(_LANGUAGE_NAMES[language] for language in LANGUAGES), "code"]
    shown = sorted(findings, key=lambda f: list(Severity).index(f.severity))[:MOST_TOLD]
    schema = dg.TableSchema([dg.TableColumn(name) for name in columns])
    table = dg.MetadataValue.table([dg.TableRecord(_record(finding)) for finding in shown], schema)
    return {"number of findings": len(findings), "findings": table}


def rows(manifest: Mapping[str, Any]) -> Metadata:
    """The row counts of a version: of all tables together, and of each."""
    counts: Mapping[str, int] = manifest["rows"]
    records = [dg.TableRecord({"table": name, "rows": count}) for name, count in counts.items()]
    schema = dg.TableSchema([dg.TableColumn("table"), dg.TableColumn("rows", "int")])
    return {"dagster/row_count": sum(counts.values()), "rows by table": dg.MetadataValue.table(records, schema)}


def version(manifest: Mapping[str, Any]) -> Metadata:
    """A version's number, why it has it, and what changed, in every language that the reasons have."""
    blocks = [
        f"**{_LANGUAGE_NAMES[language]}**\n\n" + "\n".join(f"- {reason[language]}" for reason in manifest["reasons"])
        for language in LANGUAGES
    ]
    return {
        "version": manifest["version"],
        "step": manifest["bump"],
        "changelog": dg.MetadataValue.md("\n\n".join(blocks)),
        "content hash": manifest["content_hash"],
    }


def data_version(workspace: Workspace, slug: str) -> dg.DataVersion:
    """The fingerprint of what the version that stands was made from."""
    return dg.DataVersion(workspace.archive.state(slug).fingerprint or "none")


def say_all(log: dg.DagsterLogManager, findings: Iterable[Finding]) -> None:
    """Every finding as a line of the run's log, as loud as it is bad."""
    language = preferred_language()
    loudness = {Severity.BLOCK: log.error, Severity.WARN: log.warning, Severity.INFO: log.info}
    for finding in findings:
        loudness[finding.severity](finding.line(language))


def _record(finding: Finding) -> dict[str, str]:
    texts = {_LANGUAGE_NAMES[language]: finding.text(language) for language in LANGUAGES}
    place = finding.place.text(preferred_language())
    where = ", ".join(part for part in (place, finding.resource, finding.field) if part)
    return {"severity": str(finding.severity), "where": where, **texts, "code": finding.code}


def _summary(findings: Sequence[Finding]) -> str:
    language = preferred_language()
    said = [f"- {finding.line(language)}" for finding in findings[:MOST_SAID]]
    more = [f"- … +{len(findings) - MOST_SAID}"] if len(findings) > MOST_SAID else []
    return "\n".join(said + more)
