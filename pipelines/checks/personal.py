"""The kinds of personal data that are looked for, each as a detector: its shape, its proof, and what is let through.

Which columns are looked through and what follows from the hits is in `privacy.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from pipelines.checks.words import folded
from pipelines.declaration.model import FieldModel
from pipelines.declaration.vocabulary import FieldType

_WEIGHTS = (7, 3, 1) * 4
_MOST_GAPS = 4  # more blanks than that are a list of short numbers, not one long one
_ROLES = frozenset(
    (
        "office",
        "info",
        "contact",
        "contacte",
        "secretariat",
        "cancelaria",
        "cancelarie",
        "anticamera",
        "relatii",
        "relatiipublice",
        "presa",
        "press",
        "comunicare",
        "support",
        "suport",
        "helpdesk",
        "admin",
        "administratie",
        "webmaster",
        "postmaster",
        "noreply",
        "no-reply",
        "hr",
        "resurseumane",
        "juridic",
        "contabilitate",
        "achizitii",
        "audienta",
        "petitii",
        "registratura",
        "primaria",
        "primarie",
        "consiliul",
        "consiliu",
        "directia",
        "date",
        "opendata",
        "datedeschise",
        "statistica",
    )
)
_TREASURY = "TR"  # the bank code of the state treasury, whose accounts are public

_PERSONAL_NUMBER = re.compile(r"(?<!\d)(?:[02](?:[ .\-\u00a0]?\d){12}|\d{12})(?!\d)")
_EMAIL = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
_GAP = r"[ .()\-\u00a0]*"
_SUBSCRIBER = rf"(?:2{_GAP}[1-9]|5{_GAP}[35]|[67]{_GAP}\d)(?:{_GAP}\d){{6}}(?!\d)"  # no year begins so
_PHONE = re.compile(rf"(?<!\d)(?:\+|00)?373{_GAP}{_SUBSCRIBER}")
_LOCAL_PHONE = re.compile(rf"(?<!\d)(?:0{_GAP})?{_SUBSCRIBER}")
_ACCOUNT = re.compile(r"(?<![A-Z0-9])MD\d{2}(?:[ ]?[A-Z0-9]){20}(?![A-Z0-9])")

Judge = Callable[[str, FieldType, bool], tuple[int, bool]]


@dataclass(frozen=True)
class Detector:
    """One kind of personal data.

    `shape`: a pattern (Rust's) that every cell with a hit matches, its line feeds taken for blanks, to pass over the
    rest fast; it reaches over no line's end. `told_shape`: the same under a heading that says what stands there.
    `heading`: the words that say so, looked for in folded text. `certain`: a hit is never chance. `shortest`: bytes
    that a cell with a hit has at least. `judge(text, type, told)`: how many candidates stand in a cell, and whether
    one is a hit; `told` by the heading or by the cell itself.
    """

    code: str
    types: tuple[FieldType, ...]
    shape: str
    told_shape: str
    heading: re.Pattern[str]
    certain: bool
    shortest: int
    judge: Judge


def telling(field: FieldModel, heading: re.Pattern[str]) -> bool:
    """Whether a field's name, titles or source heading say that it holds such a thing."""
    titles = (field.name, field.title, field.source, field.translations.ro.title, field.translations.ru.title)
    return any(heading.search(folded(title)) for title in titles if title)


def check_digit_right(number: str) -> bool:
    """Whether 13 digits are an IDNP or an IDNO by their last one (weights 7, 3, 1)."""
    return sum(int(d) * w for d, w in zip(number[:12], _WEIGHTS, strict=True)) % 10 == int(number[12])


def _personal_numbers(text: str, kind: FieldType, told: bool) -> tuple[int, bool]:
    """IDNPs; one of 12 digits has lost the zero that it began with, which happens to numbers, not to text."""
    candidates, hit = 0, False
    for found in _PERSONAL_NUMBER.findall(text):
        number = re.sub(r"\D", "", found)
        if len(number) == 12:
            if kind == "string" and not told:
                continue
            number = "0" + number
        elif len(found) - len(number) > _MOST_GAPS:
            continue
        candidates += 1
        hit = hit or check_digit_right(number)
    return candidates, hit


def _emails(text: str, kind: FieldType, told: bool) -> tuple[int, bool]:
    found = [each.lower().rsplit("@", 1) for each in _EMAIL.findall(text)]
    private = [local for local, domain in found if not (_is_role(local) or f".{domain}".endswith(".gov.md"))]
    return len(found), bool(private)


def _is_role(local: str) -> bool:
    return local in _ROLES or re.split(r"[.\d_-]", local, maxsplit=1)[0] in _ROLES


def _phones(text: str, kind: FieldType, told: bool) -> tuple[int, bool]:
    """Numbers with Moldova's code; numbers without it only where the heading or the cell speaks of telephones."""
    pattern = _LOCAL_PHONE if told else _PHONE
    found = len(pattern.findall(text)) + (len(_PHONE.findall(text)) if told else 0)
    return found, found > 0


def _accounts(text: str, kind: FieldType, told: bool) -> tuple[int, bool]:
    found = [each.replace(" ", "") for each in _ACCOUNT.findall(text.upper())]
    return len(found), any(each[4:6] != _TREASURY and _account_right(each) for each in found)


def _account_right(account: str) -> bool:
    return int("".join(str(int(c, 36)) for c in account[4:] + account[:4])) % 97 == 1


_LONG_NUMBER = r"(?:^|[^0-9])(?:[02](?:[ .\-\x{a0}]?[0-9]){12}|[0-9]{12})(?:$|[^0-9])"  # a line's end is no digit
_ACCOUNT_SHAPE = r"(?i)MD[0-9]{2}"
DETECTORS = (
    Detector(
        "personal-number",
        ("string", "integer", "number"),
        shape=_LONG_NUMBER,
        told_shape=_LONG_NUMBER,
        heading=re.compile(
            r"\b(?:idnp|cnp)\b|(?:cod|codul|numeric|numar|numarul) personal|personal (?:code|number)|персональн"
        ),
        certain=False,
        shortest=12,
        judge=_personal_numbers,
    ),
    Detector(
        "personal-email",
        ("string",),
        shape="@",
        told_shape="@",
        heading=re.compile(r"e-?mail|posta electronica|почт"),
        certain=True,
        shortest=5,
        judge=_emails,
    ),
    Detector(
        "personal-phone",
        ("string", "integer"),
        shape=r"373(?:[^0-9\n]*[0-9]){8}|(?i:tel|phone|mobil|fax|gsm|тел|мобил).*[0-9]",
        told_shape="[0-9]",
        heading=re.compile(r"telefon|\btel\b|phone|\bmobil\b|\bfax\b|\bgsm\b|телефон|\bтел\b|мобильн"),
        certain=True,
        shortest=8,
        judge=_phones,
    ),
    Detector(
        "personal-account",
        ("string",),
        shape=_ACCOUNT_SHAPE,
        told_shape=_ACCOUNT_SHAPE,
        heading=re.compile(r"\biban\b"),
        certain=True,
        shortest=24,
        judge=_accounts,
    ),
)
