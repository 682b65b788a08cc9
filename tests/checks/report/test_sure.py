"""What the expressions call sure, frictionless has nothing against, and reads as the very value: for any text."""

from __future__ import annotations

from random import Random

import polars as pl
import pytest
from frictionless import Schema

from pipelines.checks.report.outside import NotHereError
from pipelines.checks.report.scan import Column
from pipelines.checks.report.sure import HELD, key, sure
from tests.checks.report.kinds import KINDS, Kind

PIECES = [*"0123456789-+:.,TZzeE_ %aAbș٣\t\n", "inf", "nan", "20", "e5"]
SURE = {"integer", "number", "boolean", "date", "time", "datetime", "year", "yearmonth", "string", "any"}


def _texts(chance: Random, kind: Kind) -> list[str]:
    texts: list[str] = []
    for _ in range(4_000):
        text = chance.choice(kind.good + kind.bad)
        for _ in range(chance.choice([0, 1, 1, 2, 3])):
            place, drop = chance.randrange(len(text) + 1), chance.randint(0, 1)
            text = text[:place] + (chance.choice(PIECES) if chance.random() < 0.7 else "") + text[place + drop :]
        texts.append(text)
    return texts


@pytest.mark.parametrize("number", range(len(KINDS)), ids=[kind.type for kind in KINDS])
def test_nothing_is_sure_that_frictionless_refuses(number: int) -> None:
    chance, kind = Random(number), KINDS[number]
    for limits in ({}, *kind.limits):
        said = {"name": "a", "type": kind.type, **kind.said, "constraints": limits}
        if chance.random() < 0.3:
            said["missingValues"] = chance.choice([["", "-"], ["0"], []])
        profile = "https://datapackage.org/profiles/2.0/tableschema.json"
        field = Schema.from_descriptor({"$schema": profile, "fields": [said]}).fields[0]
        column = Column(0, field)
        texts = _texts(chance, kind)
        values = [] if column.typed is None else [column.typed.alias(f"value {column.name}")]
        asked = {"sure": sure(field, column.text, column.value), "key": key(field, column.text, column.value)}
        frame = pl.DataFrame({column.name: texts}).lazy().with_columns(values)
        told = frame.select(answer.alias(name) for name, answer in asked.items() if answer is not None).collect()
        for text, answer in zip(texts, told.rows(named=True), strict=True):
            try:
                value, notes = column.read(text)
            except NotHereError:
                value, notes = None, {"type": "frictionless fails"}
            assert not (answer["sure"] and notes), (said, text)
            if answer.get("key") is not None:
                assert HELD[kind.type][1](value) == answer["key"], (said, text)
        if not limits and kind.type in SURE and kind.said.get("format") is None and kind.said.get("bareNumber") is None:
            assert told["sure"].any(), said
