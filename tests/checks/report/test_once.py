"""What a report of a large table need not do, or not twice: it would be the same report, only later."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import chardet
import frictionless
import pytest

from pipelines.checks.report.digests import Digests
from pipelines.checks.report.report import Options, report_on


@pytest.fixture
def package(tmp_path: Path) -> str:
    """The path of a package of two tables."""
    for name in ("a", "b"):
        (tmp_path / f"{name}.csv").write_text("cod,județ\n1,Ialoveni\n", "utf-8")
    tables = [{"name": name, "path": f"{name}.csv"} for name in ("a", "b")]
    (tmp_path / "datapackage.json").write_text(json.dumps({"name": "wells", "resources": tables}), "utf-8")
    return str(tmp_path / "datapackage.json")


def test_each_file_is_hashed_once_the_first_before_all_else(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[str] = []
    enter, genuine = Digests.__enter__, frictionless.Checklist

    def noted(self: Digests) -> Digests:
        begun.append(self.path.name)
        return enter(self)

    def asked(**said: Any) -> frictionless.Checklist:
        begun.append("frictionless is asked")
        return genuine(**said)

    monkeypatch.setattr(Digests, "__enter__", noted)
    monkeypatch.setattr(frictionless, "Checklist", asked)
    assert report_on(package, Options()).valid
    assert begun == ["a.csv", "frictionless is asked", "b.csv"]


def test_chardet_is_not_asked_of_a_plain_table(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(chardet, "UniversalDetector")
    assert report_on(package, Options()).valid


def test_a_report_imports_nothing_of_declarations() -> None:
    code = "import sys, pipelines.checks.report.judge; print([n for n in sys.modules if '.declaration' in n])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
