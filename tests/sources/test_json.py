from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from pipelines.findings import Finding, Place
from pipelines.sources.raw import RawTable

Reading = Callable[..., RawTable]
Refusal = Callable[[Callable[[], object]], list[Finding]]


@pytest.fixture
def parsing(reading: Reading) -> Reading:
    def parsed(text: str, **said: object) -> RawTable:
        return reading(text.encode(), name="data.json", **said)

    return parsed


def test_records_become_rows_with_their_number(parsing: Reading) -> None:
    raw = parsing(
        '[{"Perioada": "2019", "n": 5}, {}, {"n": "7", "ok": true}, {"Perioada": "", "n": null, "ok": false}]'
    )
    assert raw.labels == ["Perioada", "n", "ok"]
    assert raw.frame.rows() == [("2019", "5", None), (None, "7", "true"), (None, None, "false")]
    assert raw.native is not None
    assert raw.native.rows() == [(False, True, False), (False, False, True), (False, False, True)]
    assert raw.rows.to_list() == [1, 3, 4]
    assert raw.place(1, 1) == Place(file="data.json", record=3, column="n")
    assert raw.place(None, 1) == Place(file="data.json", column="n")


@pytest.mark.parametrize(
    ("printed", "text"),
    [
        ("123456789012345678901234567890", "123456789012345678901234567890"),
        ("0.1234567890123456789", "0.1234567890123456789"),
        ("5.0", "5"),
        ("-0.0", "0"),
        ("1.50", "1.5"),
        ("1e3", "1000"),
        ("25E-4", "0.0025"),
    ],
)
def test_numbers_are_exact_and_written_out(parsing: Reading, printed: str, text: str) -> None:
    assert parsing(f'[{{"n": {printed}}}]').frame.item() == text


@pytest.mark.parametrize(
    "printed", ["NaN", "-Infinity", "1e999999999", "0e-999999999", "1e99999999999999999999", "9" * 5000]
)
def test_what_is_no_usable_number_is_a_finding(parsing: Reading, refusal: Refusal, printed: str) -> None:
    (finding,) = refusal(lambda: parsing(f'[{{"a": 1, "n": 2}}, {{"a": 1, "n": {printed}}}]'))
    assert (finding.code, finding.place) == ("json-number", Place(file="data.json", record=2, column="n"))


def test_records_may_stand_under_a_dotted_property(parsing: Reading) -> None:
    text = '{"meta": {"a": [1]}, "result": {"records": [{"n": 1}]}}'
    assert parsing(text, dialect={"property": "result.records"}).frame.rows() == [("1",)]


def test_a_property_that_is_not_there_is_named_with_the_nearest(parsing: Reading, refusal: Refusal) -> None:
    (finding,) = refusal(lambda: parsing('{"result": {"records": []}}', dialect={"property": "result.record"}))
    assert finding.code == "json-property"
    assert finding.params == {"key": "record", "nearest": "records", "known": "records"}


def test_every_bad_record_is_told_at_once(parsing: Reading, refusal: Refusal) -> None:
    text = '[{"a": 1, "a": 2}, 5, {"b": [1]}, {"b": {"c": 1}}, {"b": "fine"}]'
    assert [(f.code, f.place.record) for f in refusal(lambda: parsing(text))] == [
        ("json-key-twice", 1),
        ("json-not-a-record", 2),
        ("json-nested", 3),
        ("json-nested", 4),
    ]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (" \n", "source-empty"),
        ("[]", "json-no-records"),
        ("[{}]", "json-no-records"),
        ('{"a": 1}', "json-not-a-list"),
        ("5", "json-not-a-list"),
        ('[{"a": 1},]', "json-broken"),
        ("[" * 100_000, "json-too-deep"),
        ('[{"a": "x\\u0000y"}]'.replace("\\u0000", "\0"), "nul-character"),
        ('[{"": 5}]', "blank-label"),
        ('[{"a": 5, " a ": 6}]', "duplicate-label"),
        (json.dumps([{f"k{i}": 1 for i in range(2001)}]), "too-many-columns"),
    ],
)
def test_what_is_no_table_is_a_finding(parsing: Reading, refusal: Refusal, text: str, code: str) -> None:
    assert [f.code for f in refusal(lambda: parsing(text))] == [code]


def test_broken_json_is_told_with_its_line(parsing: Reading, refusal: Refusal) -> None:
    (finding,) = refusal(lambda: parsing('[\n{"a": 1},\n{"a": }\n]'))
    assert finding.place == Place(file="data.json", line=3)
