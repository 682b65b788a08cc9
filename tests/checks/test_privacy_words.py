"""Personal data does not get out in words either (G10): titles, notes, categories, whatever a declaration publishes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pipelines.checks.personal import check_digit_right
from pipelines.checks.privacy import check_words
from pipelines.checks.verdict import judge
from pipelines.declaration.dataset import Dataset
from pipelines.findings import Finding, Severity
from pipelines.languages import LANGUAGES
from pipelines.tables.table import Table

MakeTable = Callable[..., Table]
MakeDataset = Callable[..., Dataset]

IDNP = next(f"200100123456{digit}" for digit in "0123456789" if check_digit_right(f"200100123456{digit}"))
EMAIL, PHONE, ACCOUNT = "ion.popescu@gmail.com", "+373 69 123 456", "MD24AG000225100013104168"
KINDS = {
    f"persoana {IDNP} a cerut": "personal-number-in-words",
    f"scrieți la {EMAIL}": "personal-email-in-words",
    f"sunați: {PHONE}": "personal-phone-in-words",
    "tel. 069 123 456": "personal-phone-in-words",
    f"în contul {ACCOUNT}": "personal-account-in-words",
}


def found(make_table: MakeTable, make_dataset: MakeDataset, fields: Any = None, **said: Any) -> list[Finding]:
    return check_words(make_dataset(make_table(fields or {"a": {}}), said=said))


@pytest.mark.parametrize(("text", "code"), KINDS.items())
def test_each_kind_blocks_and_is_not_shown(
    make_table: MakeTable, make_dataset: MakeDataset, text: str, code: str
) -> None:
    (finding,) = found(make_table, make_dataset, description=text)
    assert (finding.code, finding.severity) == (code, Severity.BLOCK)
    assert finding.params == {"where": "description"}
    said = str(finding.to_json())
    assert not [part for part in (IDNP, EMAIL, "popescu", "123 456", ACCOUNT) if part in said]
    assert len({finding.text(language) for language in LANGUAGES}) == 3


@pytest.mark.parametrize(
    ("said", "where"),
    [
        ({"title": EMAIL}, "title"),
        ({"keywords": ["justice", EMAIL]}, "keywords[1]"),
        ({"translations": {"ro": {"description": EMAIL}, "ru": {}}}, "translations.ro.description"),
        ({"sources": [{"title": "A list", "path": f"mailto:{EMAIL}"}]}, "sources[0].path"),
        ({"sources": [{"title": "A list", "version": f"as sent by {EMAIL}"}]}, "sources[0].version"),
        ({"contributors": [{"title": "Ion", "organization": EMAIL}]}, "contributors[0].organization"),
        ({"homepage": f"https://example.md/?of={EMAIL}"}, "homepage"),
    ],
)
def test_every_text_of_the_package_is_looked_through(
    make_table: MakeTable, make_dataset: MakeDataset, said: dict[str, Any], where: str
) -> None:
    assert [finding.params["where"] for finding in found(make_table, make_dataset, **said)] == [where]


@pytest.mark.parametrize(
    ("field", "where"),
    [
        ({"title": EMAIL}, "title"),
        ({"description": EMAIL}, "description"),
        ({"translations": {"ru": {"description": EMAIL}}}, "translations.ru.description"),
        ({"unit": EMAIL}, "unit"),
        ({"example": EMAIL}, "example"),
        ({"categories": [{"value": "a", "label": EMAIL}]}, "categories[0].label"),
        ({"categories": [{"value": EMAIL, "label": "a"}]}, "categories[0].value"),
        ({"constraints": {"enum": ["a", EMAIL]}}, "constraints.enum[1]"),
        ({"title": "Telefon", "example": "069123456"}, "example"),
        ({"title": "IDNP", "type": "integer", "example": int(IDNP)}, "example"),
        ({"type": "integer", "constraints": {"maximum": int(IDNP)}}, "constraints.maximum"),
    ],
)
def test_every_text_of_a_field_is_looked_through_once(
    make_table: MakeTable, make_dataset: MakeDataset, field: dict[str, Any], where: str
) -> None:
    (finding,) = found(make_table, make_dataset, {"b": {}, "a": field})
    assert finding.params == {"where": f"resources[0].schema.fields[1].{where}"}


def test_an_office_and_the_source_heading_are_no_published_person(
    make_table: MakeTable, make_dataset: MakeDataset
) -> None:
    said = "Întrebări: office@aid.md, ion.popescu@justice.gov.md; IDNO 1008600038413; anii 2019-2020, art. 373."
    assert found(make_table, make_dataset, {"a": {"from": EMAIL, "missingValues": [PHONE]}}, description=said) == []


def test_the_place_is_the_line_of_the_declaration(make_table: MakeTable, make_dataset: MakeDataset) -> None:
    path = ("resources", 0, "schema", "fields", 0, "description")
    lines = {path[:n]: 10 + n for n in range(1, 7)} | {("publica", "spatial"): 5}
    table = make_table({"a": {"description": EMAIL}}, ["x"])
    publica = {"organization": "cnajgs", "cadence": "semester", "theme": "JUST", "spatial": f"acasă la {EMAIL}"}
    findings = check_words(make_dataset(table, said={"publica": publica}, lines=lines))
    assert [(f.params["where"], f.place.file, f.place.line) for f in findings] == [
        ("publica.spatial", "paralegals/datapackage.yaml", 5),
        ("resources[0].schema.fields[0].description", "paralegals/datapackage.yaml", 16),
    ]


def test_the_verdict_blocks(make_table: MakeTable, make_dataset: MakeDataset) -> None:
    table = make_table({"a": {}}, ["x"])
    verdict = judge(make_dataset(table, said={"title": EMAIL}, checks={"rows": {"min": 1}}), [table], "c" * 64, {})
    assert [(f.code, f.dataset) for f in verdict.findings] == [("personal-email-in-words", "paralegals")]
    assert not verdict.passed
