"""A declaration that did not load: one asset, in the group `broken`, that fails with what is wrong and stops no other.

Finding out what is wrong is the work of `declaration/`.
"""

# No `from __future__ import annotations` here: Dagster looks at the type of `context` itself, not at its text.

from collections.abc import Sequence

import dagster as dg

from pipelines.findings import Finding
from pipelines.languages import preferred_language
from pipelines.orchestration import reported
from pipelines.orchestration.names import BROKEN, key, op_name


def broken_definitions(folder: str, findings: Sequence[Finding]) -> dg.Definitions:
    """The one asset of a folder that did not load. What is wrong can be read before anything has run."""
    language = preferred_language()
    wrong = "\n".join(f"- {finding.line(language)}" for finding in findings)
    spec = dg.AssetSpec(
        key(folder, "source"), group_name=BROKEN, description=f"This declaration does not load.\n\n{wrong}"
    )

    @dg.multi_asset(name=op_name(folder, "source"), specs=[spec])
    def refuse(context: dg.AssetExecutionContext) -> None:
        raise reported.stopped(context.log, findings)

    return dg.Definitions(assets=[refuse])
