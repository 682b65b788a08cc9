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
        pandas = pd.read_csv(path)
        duck = dict(duckdb.sql(f"select column_name, column_type from (describe from '{path}')").fetchall())
        for field in resource["schema"]["fields"]:
            name = field["name"]
            if field["type"] == "string" and not pandas[name].isna().all():
                numeric = pd.api.types.is_numeric_dtype(pandas[name]), duck[name] in ("BIGINT", "DOUBLE")
                wrong += [f"{resource['name']}.{name}"] if any(numeric) else []
    assert wrong == []
