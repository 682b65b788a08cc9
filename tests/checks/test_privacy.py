"""Personal data does not get out (G10): labelled columns, those that must block and those that must not."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from pipelines.checks.personal import check_digit_right
from pipelines.checks.privacy import check_privacy, withheld
from pipelines.findings import Finding, Severity
from pipelines.languages import LANGUAGES
from pipelines.tables.table import Table

MakeTable = Callable[..., Table]


def with_check_digit(twelve: str) -> str:
    return next(twelve + digit for digit in "0123456789" if check_digit_right(twelve + digit))


def numbers(first: str, count: int, seed: int = 1) -> list[str]:
    """Numbers of 13 digits that begin with `first`, their check digit right."""
    chance = random.Random(seed)
    return [with_check_digit(first + "".join(chance.choices("0123456789", k=12 - len(first)))) for _ in range(count)]


IDNP = numbers("2001", 1)[0]
OLD_IDNP = numbers("09", 1)[0]


def found(make_table: MakeTable, said: dict[str, Any], *cells: str | None, name: str = "cod") -> list[Finding]:
    return check_privacy(make_table({name: said}, *[[cell] for cell in cells]))


def test_the_check_digit_is_that_of_the_state_register() -> None:
    assert check_digit_right("1008600038413")
    assert not check_digit_right("1008600038414")


def test_a_column_of_personal_numbers_blocks_and_shows_none_of_them(make_table: MakeTable) -> None:
    cells = numbers("2", 5)
    (finding,) = found(make_table, {}, "x", *cells)
    assert (finding.code, finding.severity, finding.field, finding.row) == ("personal-number", Severity.BLOCK, "cod", 2)
    assert finding.params == {"count": 5, "rows": "2, 3, 4, 5, 6"}
    assert finding.place.line == 3
    said = str(finding.to_json())
    assert not [cell for cell in cells if cell in said]
    assert len({finding.text(language) for language in LANGUAGES}) == 3


@pytest.mark.parametrize(
    "said",
    [{"title": "Cod personal"}, {"from": "IDNP-ul persoanei"}, {"translations": {"ru": {"title": "Персональный код"}}}],
)
def test_one_is_enough_under_a_telling_heading(make_table: MakeTable, said: dict[str, Any]) -> None:
    assert [finding.severity for finding in found(make_table, said, *["x"] * 200, IDNP)] == [Severity.BLOCK]
    assert [finding.severity for finding in found(make_table, {}, IDNP, name="idnp")] == [Severity.BLOCK]


@pytest.mark.parametrize(
    "text", [f"IDNP {IDNP}", f"cetățeanul cu cod personal {IDNP}, domiciliat", f"персональный код {IDNP}"]
)
def test_one_is_enough_where_the_cell_says_what_it_is(make_table: MakeTable, text: str) -> None:
    assert [finding.severity for finding in found(make_table, {}, *["x"] * 200, text)] == [Severity.BLOCK]


@pytest.mark.parametrize(
    "cell", [IDNP, f"{IDNP[:1]} {IDNP[1:4]} {IDNP[4:7]} {IDNP[7:12]} {IDNP[12:]}", OLD_IDNP, f"nr.{IDNP};"]
)
def test_blanks_and_text_around_hide_nothing(make_table: MakeTable, cell: str) -> None:
    assert [finding.code for finding in found(make_table, {}, cell, name="idnp")] == ["personal-number"]


@pytest.mark.parametrize("kind", ["integer", "number"])
def test_a_number_that_lost_its_zero_is_found(make_table: MakeTable, kind: str) -> None:
    cells = [number[1:] for number in numbers("09", 4)]
    assert [finding.code for finding in found(make_table, {"type": kind}, *cells)] == ["personal-number"]
    assert found(make_table, {}, *cells) == []  # text loses no zeros
    assert [finding.code for finding in found(make_table, {}, cells[0], name="idnp")] == ["personal-number"]


def test_one_or_two_alone_warn(make_table: MakeTable) -> None:
    (finding,) = found(make_table, {}, "x", IDNP)
    assert (finding.code, finding.severity) == ("personal-number-possible", Severity.WARN)
    assert IDNP not in str(finding.to_json())


@pytest.mark.parametrize("kind", ["string", "integer"])
def test_a_hundred_thousand_companies_are_no_persons(make_table: MakeTable, kind: str) -> None:
    assert found(make_table, {"type": kind, "title": "IDNO"}, *numbers("1", 100_000), name="idno") == []


def test_numbers_that_pass_by_chance_are_no_persons(make_table: MakeTable) -> None:
    chance = random.Random(7)
    cells = ["2" + "".join(chance.choices("0123456789", k=12)) for _ in range(2000)]
    assert sum(check_digit_right(cell) for cell in cells) > 100
    assert found(make_table, {}, *cells) == []


def test_years_side_by_side_are_no_personal_number(make_table: MakeTable) -> None:
    assert found(make_table, {}, *["2 0 1 9 2 0 2 0 2 0 2 1 1", "2019 2020 2021 2"] * 5) == []


def test_one_among_a_hundred_thousand_is_found_under_its_heading(make_table: MakeTable) -> None:
    cells = numbers("1", 99_999)
    (finding,) = found(make_table, {}, *cells, IDNP, name="idnp")
    assert finding.row == 100_000


@pytest.mark.parametrize("text", ["ion.popescu@gmail.com", "scrieți la maria@mail.example.md sau sunați"])
def test_a_private_address_blocks(make_table: MakeTable, text: str) -> None:
    (finding,) = found(make_table, {}, "x", text)
    assert (finding.code, finding.severity, finding.row) == ("personal-email", Severity.BLOCK, 2)
    assert "@" not in str(finding.to_json())


@pytest.mark.parametrize(
    "text", ["office@aid.md", "info.cahul@aid.md", "ion.popescu@justice.gov.md", "a @ b", "secretariat2@x.md"]
)
def test_an_office_is_no_person(make_table: MakeTable, text: str) -> None:
    assert found(make_table, {}, text) == []


@pytest.mark.parametrize("text", ["+373 69 123 456", "00373 22 123456", "tel. 069 123 456", "(+373) 69-12-34-56"])
def test_a_telephone_blocks(make_table: MakeTable, text: str) -> None:
    (finding,) = found(make_table, {}, text)
    assert (finding.code, finding.severity) == ("personal-phone", Severity.BLOCK)
    assert "123" not in str(finding.to_json()["text"])


def test_local_numbers_are_telephones_under_such_a_heading_only(make_table: MakeTable) -> None:
    assert [finding.code for finding in found(make_table, {}, "069123456", name="telefon")] == ["personal-phone"]
    assert [f.code for f in found(make_table, {"type": "integer", "title": "Мобильный"}, "69123456")] == [
        "personal-phone"
    ]
    assert found(make_table, {}, "069123456", "22123456") == []


def test_years_beside_the_word_are_no_telephone(make_table: MakeTable) -> None:
    assert found(make_table, {}, "consultații prin telefon, 2019-2020", "telefon: 2020 2021") == []


def account(bank: str) -> str:
    rest = bank + "000000022510001308"
    check = 98 - int("".join(str(int(c, 36)) for c in rest + "MD00")) % 97
    return f"MD{check:02}{rest}"


def test_a_bank_account_blocks_unless_it_is_the_treasury_or_no_account(make_table: MakeTable) -> None:
    person, treasury = account("AG"), account("TR")
    spaced = " ".join(person[i : i + 4] for i in range(0, 24, 4))
    assert [finding.code for finding in found(make_table, {}, person)] == ["personal-account"]
    assert [finding.code for finding in found(make_table, {}, f"cont {spaced} la bancă")] == ["personal-account"]
    assert found(make_table, {}, treasury) == []
    assert found(make_table, {}, person[:-1] + ("9" if person[-1] != "9" else "8")) == []


def test_the_fields_found_are_withheld_from_other_findings(make_table: MakeTable) -> None:
    table = make_table({"idnp": {}, "b": {}}, [IDNP, "x"])
    assert withheld(check_privacy(table)) == {"idnp"}


@given(text=st.text(alphabet="0123456789 +-()@.MDmdAG\u00a0abc", max_size=60))
def test_any_text_is_judged_and_never_shown(make_session_table: MakeTable, text: str) -> None:
    table = make_session_table({"a": {"title": "IDNP, telefon, e-mail, IBAN"}}, ["x" + text])
    for finding in check_privacy(table):
        assert finding.severity is Severity.BLOCK
        assert ("x" + text) not in str(finding.to_json())


def test_one_private_address_or_telephone_after_very_many_public_ones_is_found(make_table: MakeTable) -> None:
    rows = [["office@aid.md", f"{number:08}"] for number in range(150_000)]
    findings = check_privacy(make_table({"a": {}, "b": {}}, *rows, ["ion@mail.example.md", "+373 69 123 456"]))
    assert [(finding.code, finding.row) for finding in findings] == [
        ("personal-email", 150_001),
        ("personal-phone", 150_001),
    ]


_fragments = st.sampled_from(["373", "69123456", "22 123", "456", "tel", "Tel. ", "\n", " ", "a", "ana@x.md", "@", "1"])


@settings(max_examples=200, deadline=None)
@given(cells=st.lists(st.lists(_fragments, min_size=1, max_size=4).map("".join), min_size=2, max_size=6))
def test_what_is_found_in_a_cell_is_found_in_it_among_others(make_session_table: MakeTable, cells: list[str]) -> None:
    def counts(*texts: str) -> Counter[str]:
        found = check_privacy(make_session_table({"x": {}}, *[[text] for text in texts]))
        return Counter({finding.code: int(finding.params["count"]) for finding in found})

    event(f"kinds: {len(counts(*cells))}")
    none: Counter[str] = Counter()
    assert counts(*cells) == sum((counts(cell) for cell in cells), none)
