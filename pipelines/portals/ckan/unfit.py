"""What a CKAN portal can never take in, found before anything is written to it.

What stands in the way of a dataset for the moment only (other people, other publishers) is in
`in_the_way.py`.
"""

from __future__ import annotations

from pipelines.findings import Finding
from pipelines.portals.ckan.desired import Desired
from pipelines.portals.ckan.preflight import Capabilities

LONGEST_EXTRA = 30_000  # bytes of an extra: CKAN's search takes 32,766 and never heals from more


def unfit(portal: Capabilities, want: Desired) -> list[Finding]:
    """All of it: an organisation that is closed to the token, texts, columns and rows."""
    from pipelines.portals.ckan.columns import column_findings, row_findings

    body = want.dataset["owner_org"]
    findings: list[Finding] = []
    if body not in portal.organizations:
        findings.append(Finding("ckan-organization-closed", params={"organization": body}))
    findings += [
        Finding("ckan-text-long", params={"field": extra["key"], "most": LONGEST_EXTRA})
        for extra in want.dataset["extras"]
        if len(extra["value"].encode()) > LONGEST_EXTRA
    ]
    for spec in want.tables:
        wrong = column_findings(spec.columns) or row_findings(spec.rows, spec.key)
        findings += [finding.within(resource=spec.csv.stem) for finding in wrong]
    return findings
