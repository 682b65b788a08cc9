"""The fingerprint: one hash over everything that a version is made from. The same fingerprint, nothing to do.

What was made of it, its content hash, is in `content.py`.
"""

from __future__ import annotations

from collections.abc import Mapping

from pipelines.declaration.dataset import Dataset
from pipelines.files import canonical_json, sha256
from pipelines.tables.derive import transform_digest

# Raised by hand when what we write of the same table changes (a new file in the package, another layout).
OUTPUT_FORMAT = 1


def fingerprint(dataset: Dataset, snapshots: Mapping[str, str], reads: Mapping[str, str]) -> str:
    """Hex SHA-256 over a declaration with all it uses, its sources' hashes by resource, and the versions it reads."""
    transforms = sorted({r.publica.transform for r in dataset.package.resources if r.publica.transform})
    value = {
        "output": OUTPUT_FORMAT,
        "declaration": dataset.digest,
        "snapshots": dict(snapshots),
        "transforms": {name: transform_digest(name) for name in transforms},
        "reads": dict(reads),
    }
    return sha256(canonical_json(value))
