"""What a data user's program makes of the published CSV files when it is told nothing about them."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from pipelines.commands.publish import person_said_yes, publish
from pipelines.commands.workspace import Workspace
from pipelines.declaration.load import load_all

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder portal with all datasets of this project."""
    root = tmp_path_factory.mktemp("public")
    workspace = Workspace(PROJECT / "datapackages", root / "archive", f"folder:{root / 'public'}")
    for slug in workspace.in_order([]):
        publish(workspace, slug, person_said_yes)
    return root / "public"


@pytest.mark.parametrize("slug", load_all(PROJECT / "datapackages").datasets)
def test_no_program_takes_text_for_numbers(public: Path, slug: str) -> None:
    """1.1 and 1.10 are two milestones, and 007 is not 7: what is text says so by itself."""
    package = public / slug / "latest"
    wrong: list[str] = []
    for resource in json.loads((package / "datapackage.json").read_bytes())["resources"]:
        path = package / resource["path"]
        guessed = {name: str(kind) for name, kind in pd.read_csv(path).dtypes.items()}
        relation = duckdb.read_csv(str(path))
        duck = dict(zip(relation.columns, map(str, relation.types), strict=True))
        for field in resource["schema"]["fields"]:
            name = field["name"]
            filled = any(record[name] is not None for record in json.loads(path.with_suffix(".json").read_bytes()))
            numeric = guessed[name] in ("int64", "float64") or duck[name] in ("BIGINT", "DOUBLE")
            if field["type"] == "string" and filled and numeric:
                wrong.append(f"{resource['name']}.{name}")
    assert wrong == []
