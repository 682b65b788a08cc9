"""What a format cannot hold is found before anything is written, in words that name the limit."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.errors import UserError
from pipelines.findings import Finding, Severity
from pipelines.languages import LANGUAGES
from pipelines.packages.package import limits, write_package
from pipelines.versions.draft import Draft

DraftMaker = Callable[..., Draft]


def found(draft: Draft) -> list[Finding]:
    return limits(draft.dataset, draft.tables)


def one(make_draft: DraftMaker, kind: str, values: list[Any], **options: Any) -> Draft:
    dtype = {"string": pl.String, "integer": pl.Int64, "number": pl.Float64, "date": pl.Date}[kind]
    return make_draft(
        {"rows": ([{"name": "a", "type": kind}], pl.DataFrame({"a": values}, schema={"a": dtype}))}, **options
    )


def test_what_fits_is_no_finding(make_hard_draft: DraftMaker) -> None:
    assert found(make_hard_draft()) == []


def test_more_rows_than_a_sheet_holds(make_draft: DraftMaker, tmp_path: Path) -> None:
    draft = one(make_draft, "integer", [1] * 1_048_576)
    (finding,) = found(draft)
    assert finding.code == "xlsx-too-many-rows"
    assert finding.severity is Severity.BLOCK
    assert "1048575" in finding.text()
    assert (finding.dataset, finding.resource) == ("paralegals", "rows")
    with pytest.raises(UserError):
        write_package(draft, tmp_path / "package", None)
    assert not list(tmp_path.iterdir())
    assert found(one(make_draft, "integer", [1] * 1_048_575)) == []
    assert found(one(make_draft, "integer", [1] * 1_048_576, formats=["csv", "json", "parquet"])) == []


@pytest.mark.parametrize(("text", "fits"), [("ț" * 32_767, True), ("a" * 32_768, False), ("😀" * 16_384, False)])
def test_texts_longer_than_a_cell_holds(make_draft: DraftMaker, text: str, fits: bool) -> None:
    findings = found(one(make_draft, "string", ["short", None, text]))
    assert [(f.code, f.row, f.field) for f in findings] == ([] if fits else [("xlsx-text-too-long", 3, "a")])
    assert all("32,767" in f.text("en") and text[:9] not in f.text("en") for f in findings)


def test_integers_that_a_spreadsheet_would_change(make_draft: DraftMaker) -> None:
    draft = one(make_draft, "integer", [2**53, 2**53 + 1, -(2**53) - 1, None])
    codes = {finding.code: finding for finding in found(draft)}
    assert codes.keys() == {"xlsx-integer-too-large", "json-integer-too-large"}
    assert codes["xlsx-integer-too-large"].severity is Severity.BLOCK
    assert codes["json-integer-too-large"].severity is Severity.WARN
    assert codes["xlsx-integer-too-large"].row == 2
    assert codes["xlsx-integer-too-large"].params["count"] == 2
    assert found(one(make_draft, "integer", [2**53 + 1], formats=["csv", "parquet"])) == []


def test_dates_that_a_spreadsheet_does_not_know(make_draft: DraftMaker) -> None:
    (finding,) = found(one(make_draft, "date", [date(1900, 3, 1), date(1900, 2, 28), date(1867, 1, 1)]))
    assert (finding.code, finding.row, finding.params["count"]) == ("xlsx-date-too-early", 2, 2)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_what_is_no_number_is_said_once(make_draft: DraftMaker, value: float) -> None:
    (finding,) = found(one(make_draft, "number", [1.0, None, value]))
    assert (finding.code, finding.row) == ("number-not-finite", 3)


def test_every_limit_has_its_words_in_every_language(make_draft: DraftMaker) -> None:
    drafts = [
        one(make_draft, "integer", [2**60]),
        one(make_draft, "string", ["a" * 40_000]),
        one(make_draft, "date", [date(1, 1, 1)]),
        one(make_draft, "number", [float("inf")]),
    ]
    for finding in (finding for draft in drafts for finding in found(draft)):
        said = {finding.text(language) for language in LANGUAGES}
        assert len(said) == 3
        assert all("{" not in text for text in said)
