"""What fields and their cells look like, good and bad, for every field type of frictionless."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Kind:
    """One way to declare a field. `key`: its values can be compared; `bad`: texts that are not of the type."""

    type: str
    good: list[str]
    bad: list[str]
    limits: list[dict[str, Any]]
    said: dict[str, Any] = field(default_factory=dict[str, Any])
    key: bool = True


def _ordered(*bounds: Any, enum: list[Any]) -> list[dict[str, Any]]:
    names = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
    return [{name: bound} for name in names for bound in bounds] + [{"enum": enum}]


_DAYS = ["2020-01-01", "2020-02-29", "2021-12-31", "0001-01-01", "9999-12-31", "2024-1-5"]
_NO_DAYS = [
    "2021-02-29",
    "01.02.2020",
    "0000-01-01",
    "2020-13-01",
    " 2020-01-01",
    "2020-01-01T00:00:00",
    "٢٠٢٠-01-01",
    "+020-01-01",
]
_TIMES = [
    "2020-01-01T00:00:00Z",
    "2020-01-01T08:30:00",
    "2020-01-01T08:30:00.5Z",
    "2020-01-31T24:00:00",
    "2020-01-01 08:30:00",
    "2020-01-01T08:30:00+02:00",
    "2019-12-31T23:59:59Z",
]
_OBJECTS = ['{"a": 1}', "{}", '{"lon": 1, "lat": 2}']

KINDS: list[Kind] = [
    Kind("any", ["a", "1", " ", "ș"], [], [{"enum": ["a", "1", 5]}]),
    Kind(
        "string",
        ["a", "b", "AB", "ABC", "ș", "țț", "a b", "1", "aXX", "b\t", "x\ny"],
        [],
        [
            {"pattern": "[A-Z]{2}"},
            {"pattern": "a|b"},
            {"pattern": r"\w+"},
            {"pattern": r"(?=a)\S+"},
            {"pattern": r"\d*"},
            {"pattern": "[a-zșț]+"},
            {"minLength": 2},
            {"maxLength": 2},
            {"enum": ["a", "ș"]},
            {"pattern": "a$"},
        ],
    ),
    Kind("string", ["a@b.md", "office@gov.md"], ["a@", "ș"], [{"maxLength": 6}], {"format": "email"}),
    Kind("string", ["https://gov.md/a", "urn:a"], ["gov", "ș ț"], [{"minLength": 8}], {"format": "uri"}),
    Kind("string", ["123e4567-e89b-12d3-a456-426614174000"], ["123"], [{"enum": ["x"]}], {"format": "uuid"}),
    Kind("string", ["YQ==", "YWI="], ["ș", "a"], [{"minLength": 5}], {"format": "binary"}),
    Kind(
        "integer",
        [
            "0",
            "1",
            "2",
            "-3",
            "007",
            "12",
            " 12",
            "+5",
            "1_0",
            "9007199254740993",
            "99999999999999999999",
            "٣",
            "-0",
            "9223372036854775807",
        ],
        ["x", "1.0", "1e3", "12,5%", "1__0", "--1", "0x1"],
        _ordered(0, 2, "3", enum=[1, 7, "12"]),
    ),
    Kind("integer", ["5%", "12", "$3", "-1a"], ["x", ""], _ordered(3, enum=[5]), {"bareNumber": False}),
    Kind(
        "number",
        [
            "0",
            "1",
            "1.0",
            "1.50",
            "-2.5",
            "0.1",
            "1e3",
            "-0",
            "0.10000000000000000001",
            " 2 ",
            ".5",
            "5.",
            "INF",
            "NaN",
            "1_0",
            "1e400",
            "-1e-400",
        ],
        ["1,5", "x", ".", "1 000", "0x1p3", "1e"],
        _ordered(0, 0.1, "1.5", enum=[1, 1.5, "0.1"]),
    ),
    Kind(
        "number",
        ["1,5", "2", "1.234,5", "1000", "1,2"],
        ["x", "1,2,3"],
        _ordered(2, enum=[2]),
        {"decimalChar": ",", "groupChar": "."},
    ),
    Kind("number", ["1,5", "2", "0,1"], ["1.5", "1,2,3"], _ordered(2, enum=[2]), {"decimalChar": ","}),
    Kind("number", ["1 500.25", "2", "1500"], ["1,5"], _ordered(2, enum=[2]), {"groupChar": " "}),
    Kind("number", ["5%", "12.5 lei", "€3"], ["x"], _ordered(3, enum=[5]), {"bareNumber": False}),
    Kind("number", ["1", "1.0", "0.1", "2.50", "1e3"], ["x", "1,5"], _ordered(0.1, 2, enum=[1]), {"floatNumber": True}),
    Kind(
        "boolean",
        ["true", "false", "1", "0", "True", "FALSE"],
        ["da", "tRUE", " true", "2"],
        [{"enum": [True]}, {"enum": ["false"]}],
    ),
    Kind("boolean", ["da", "nu"], ["true", "Da"], [{"enum": ["da"]}], {"trueValues": ["da"], "falseValues": ["nu"]}),
    Kind("date", _DAYS, _NO_DAYS, _ordered("2020-02-01", "2021-12-31", enum=["2020-01-01"])),
    Kind(
        "date",
        ["05.03.2020", "31.12.2021"],
        ["2020-03-05", "5/3/2020"],
        _ordered("06.03.2020", enum=["05.03.2020"]),
        {"format": "%d.%m.%Y"},
    ),
    Kind(
        "date",
        ["2020-03-05", "5 March 2020"],
        ["x y z"],
        _ordered("2020-03-06", enum=["2020-03-05"]),
        {"format": "any"},
    ),
    Kind(
        "time",
        ["08:00:00", "23:59:59", "08:00:00.5", "24:00:00"],
        ["24:01:00", "8:00", "x"],
        _ordered("09:00:00", "23:59:59", enum=["08:00:00"]),
    ),
    Kind("time", ["08.00"], ["08:00:00"], _ordered("09.00", enum=["08.00"]), {"format": "%H.%M"}),
    Kind(
        "datetime",
        _TIMES,
        ["2020-01-01", "2020-01-01T25:00:00Z", "x", "2020-02-30T00:00:00Z"],
        [{"enum": ["2020-01-01T00:00:00Z"]}],
    ),
    Kind(
        "datetime",
        [t for t in _TIMES if t.endswith("Z")],
        ["2020-01-01", "x"],
        _ordered("2020-01-01T00:00:00Z", "2020-01-01T08:30:00Z", enum=["2020-01-01T00:00:00Z"]),
    ),
    Kind(
        "datetime",
        ["2020-01-01T08:30:00", "2020-01-01T08:30:01", "2020-01-31T08:30:00.25"],
        ["x"],
        _ordered("2020-01-01T08:30:00", enum=["2020-01-01T08:30:00"]),
    ),
    Kind(
        "year",
        ["2019", "2020", "0999", "+200", "2_20", "0000", " 999"],
        ["999", "20200", "x", "-201", "20.0"],
        _ordered(2020, "1999", enum=[2019, "2020"]),
    ),
    Kind(
        "yearmonth",
        ["2020-01", "2020-12", "1999-06", "20-1", "2020-1"],
        ["2020-13", "2020", "2020-00", "x-1", "2020-01-01"],
        _ordered("2020-02", "2020-12", enum=["2020-01"]),
    ),
    Kind("duration", ["P1Y", "PT5M", "P2W"], ["1Y", "x"], [{"enum": ["P1Y"]}]),
    Kind("geopoint", ["45.0,28.5", "1, 2", "-180,90"], ["200,1", "x", "1"], [{"enum": ["1, 2"]}]),
    Kind("geopoint", ["[1, 2]"], ["1,2", "[1]"], [{"enum": ["[1, 3]"]}], {"format": "array"}),
    Kind(
        "geojson",
        ['{"type": "Point", "coordinates": [1, 2]}'],
        ["{}", "x", "[1]"],
        [{"enum": ['{"type": "Point", "coordinates": [3, 4]}']}],
        key=False,
    ),
    Kind("object", _OBJECTS, ["[1]", "x", "1"], [{"minLength": 1}, {"maxLength": 1}, {"enum": ["{}"]}], key=False),
    Kind(
        "array",
        ["[1, 2]", "[]", '["a"]'],
        ["{}", "x"],
        [{"minLength": 1}, {"maxLength": 1}, {"enum": ["[]"]}],
        key=False,
    ),
    Kind(
        "array",
        ["[1, 2]", "[3]"],
        ['["a"]', "x"],
        [{"minLength": 2}],
        {"arrayItem": {"type": "integer", "constraints": {"minimum": 2}}},
        key=False,
    ),
    Kind("list", ["a,b", "a", ""], [], [{"minLength": 2}, {"maxLength": 1}], key=False),
    Kind(
        "list",
        ["1;2", "3"],
        ["a", "1;x", "1,2"],
        [{"minLength": 2}, {"maxLength": 1}],
        {"itemType": "integer", "delimiter": ";"},
        key=False,
    ),
]
TYPES = sorted({kind.type for kind in KINDS})
