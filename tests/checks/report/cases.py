"""Data packages to judge, made from a source of chance: fields of every type, cells and headings with every fault."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from tests.checks.report.kinds import KINDS, Kind

PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
MISSING: list[list[Any]] = [
    [""],
    ["", "-"],
    ["-"],
    [],
    ["", "0", "2020-01-01"],
    [{"value": "", "label": "gap"}, {"value": "n/a"}],
]


@dataclass(frozen=True)
class Case:
    """A descriptor, the files beside it, and options of `frictionless.validate`."""

    descriptor: dict[str, Any]
    files: dict[str, bytes]
    options: dict[str, Any]

    def write(self, folder: Path) -> str:
        """Put it into a folder; returns the descriptor's path."""
        for name, data in self.files.items():
            (folder / name).write_bytes(data)
        path = folder / "datapackage.json"
        path.write_text(json.dumps(self.descriptor, ensure_ascii=False), "utf-8")
        return str(path)


@dataclass(frozen=True)
class Column:
    """A field and the texts that its cells are chosen from."""

    name: str
    kind: Kind
    field: dict[str, Any]
    texts: list[str]


def a_case(chance: Random, kinds: Sequence[Kind] | None = None) -> Case:
    """One package: a table `t`, and often one that it refers to. `kinds`: of its fields."""
    chosen = list(kinds or chance.choices(KINDS, k=chance.randint(1, 6)))
    columns = [_column(chance, f"f{number}", kind) for number, kind in enumerate(chosen)]
    rows = _rows(chance, columns)
    labels = _labels(chance, [column.name for column in columns])
    schema: dict[str, Any] = {"fields": [column.field for column in columns]}
    if chance.random() < 0.3:
        schema["missingValues"] = chance.choice(MISSING)
    if chance.random() < 0.15:
        schema["fieldsMatch"] = chance.choice(["exact", "equal", "subset", "superset", "partial"])
        if chance.random() < 0.5:
            order = chance.sample(range(len(columns)), len(columns))
            labels = [labels[place] if place < len(labels) else "more" for place in order]
            rows = [[row[place] for place in order] if len(row) == len(columns) else row for row in rows]
    resources: list[dict[str, Any]] = [{"name": "t", "type": "table", "path": "t.csv", "schema": schema}]
    files: dict[str, bytes] = {}
    _keys(chance, columns, rows, schema, resources, files)
    files["t.csv"] = _bytes(chance, [labels, *rows])
    if chance.random() < 0.7:
        resources[0]["encoding"] = "utf-8"
    if chance.random() < 0.1:
        resources[0] |= chance.choice(
            [{"hash": "0" * 32}, {"bytes": 5}, {"rows": 2}, {"fields": 3}, {"hash": "sha1:00"}]
        )
    if chance.random() < 0.05:
        resources[0]["dialect"] = {"header": False}
    return Case({"$schema": PROFILE, "resources": resources}, files, _options(chance))


def _column(chance: Random, name: str, kind: Kind) -> Column:
    constraints: dict[str, Any] = {}
    for limit in chance.sample(kind.limits, min(len(kind.limits), chance.choice([0, 1, 1, 2]))):
        constraints |= limit
    if chance.random() < 0.2:
        constraints["required"] = chance.random() < 0.9
    if kind.key and chance.random() < 0.25:
        constraints["unique"] = True
    field: dict[str, Any] = {"name": name, "type": kind.type, **kind.said}
    if constraints:
        field["constraints"] = constraints
    if chance.random() < 0.05:
        field["missingValues"] = ["-", "0"]
    texts = kind.good * 2 + (kind.bad if chance.random() < 0.7 else [])
    return Column(name, kind, field, texts)


def _rows(chance: Random, columns: Sequence[Column]) -> list[list[str]]:
    empty = chance.choice([0, 0.1, 0.3])
    rows = [
        ["" if chance.random() < empty else chance.choice(column.texts) for column in columns]
        for _ in range(chance.choice([0, 1, 4, 8, 8, 15]))
    ]
    for row in rows:
        fault = chance.random()
        if fault < 0.04:
            row.append(chance.choice(["", "more"]))
        elif fault < 0.06:
            row += ["more", "", "still"]
        elif fault < 0.12:
            del row[chance.randrange(len(row)) :]
        elif fault < 0.15:
            row[:] = [""] * len(row)
    return rows


def _labels(chance: Random, names: list[str]) -> list[str]:
    labels = list(names)
    if chance.random() < 0.25:
        for _ in range(chance.randint(1, 2)):
            place = chance.randrange(len(labels)) if labels else 0
            match chance.choice(["blank", "double", "other", "fewer", "more"]):
                case "blank" if labels:
                    labels[place] = ""
                case "double" if labels:
                    labels[place] = labels[0]
                case "other" if labels:
                    labels[place] = "other"
                case "fewer" if labels:
                    del labels[place:]
                case _:
                    labels.append("more")
    return labels


def _keys(
    chance: Random,
    columns: Sequence[Column],
    rows: Sequence[Sequence[str]],
    schema: dict[str, Any],
    resources: list[dict[str, Any]],
    files: dict[str, bytes],
) -> None:
    """A primary key, a foreign key into the table itself or into another, or none."""
    able = [column for column in columns if column.kind.key]
    if able and chance.random() < 0.5:
        schema["primaryKey"] = [column.name for column in chance.sample(able, chance.randint(1, min(2, len(able))))]
    if not able or chance.random() < 0.5:
        return
    ours = chance.sample(able, 1 if chance.random() < 0.8 else min(2, len(able)))
    names = [column.name for column in ours]
    if chance.random() < 0.3:
        there = names if chance.random() < 0.5 else [chance.choice(able).name for _ in names]
        schema["foreignKeys"] = [
            {"fields": names, "reference": {"resource": chance.choice(["", "t"]), "fields": there}}
        ]
        return
    places = [columns.index(column) for column in ours]
    known = [[row[place] for place in places] for row in rows if len(row) == len(columns) and chance.random() < 0.7]
    fields = [
        {"name": f"k{number}", "type": column.kind.type, **column.kind.said} for number, column in enumerate(ours)
    ]
    for field in fields:
        if chance.random() < 0.1:
            field["type"] = chance.choice(["any", "string", "integer", "number"])
            for name in (
                "format",
                "bareNumber",
                "decimalChar",
                "groupChar",
                "floatNumber",
                "trueValues",
                "falseValues",
            ):
                field.pop(name, None)
    parent: dict[str, Any] = {"name": "p", "type": "table", "schema": {"fields": fields}}
    named = [str(field["name"]) for field in fields]
    if chance.random() < 0.2:
        parent["data"] = [named, *known]
    else:
        parent["path"] = "p.csv"
        files["p.csv"] = _bytes(chance, [named, *known], plain=True)
    resources.append(parent)
    schema["foreignKeys"] = [{"fields": names, "reference": {"resource": "p", "fields": named}}]


def as_csv(chance: Random, rows: Sequence[Sequence[str]]) -> bytes:
    """CSV as it should be, in one of its forms."""
    end = chance.choice(["\n", "\n", "\r\n"])
    file = io.StringIO(newline="")
    if chance.random() < 0.75:
        csv.writer(file, lineterminator=end).writerows(rows)
    else:
        csv.writer(file, lineterminator=end, quoting=csv.QUOTE_ALL).writerows(rows)
    return file.getvalue().encode()


def _bytes(chance: Random, rows: Sequence[Sequence[str]], *, plain: bool = False) -> bytes:
    """CSV, mostly as it should be."""
    text = as_csv(chance, rows).decode()
    end = "\r\n" if text.endswith("\r\n") else "\n"
    if not plain and chance.random() < 0.15:
        lines = text.split(end)
        place = chance.randrange(len(lines))
        spoilt = chance.choice(
            [
                '"{}',
                '{}"',
                'x"y,{}',
                '"a"b,{}',
                "{}\r",
                "\r{}",
                "{}" + end,
                "{}," + end + end,
                '{},"',
                "\x00{}",
                "{},\x85",
            ]
        )
        lines[place] = spoilt.replace("{}", lines[place])
        text = end.join(lines)
    if chance.random() < 0.2:
        text = text.removesuffix(end)
    return (b"\xef\xbb\xbf" if chance.random() < 0.1 else b"") + text.encode()


def _options(chance: Random) -> dict[str, Any]:
    if chance.random() < 0.6:
        return {}
    options: dict[str, Any] = {}
    if chance.random() < 0.6:
        options["limit_errors"] = chance.choice([1, 2, 3, 5, 0])
    if chance.random() < 0.4:
        options["limit_rows"] = chance.choice([1, 2, 5, 8, 100])
    kinds = [
        "type-error",
        "constraint-error",
        "unique-error",
        "primary-key",
        "blank-row",
        "missing-cell",
        "#cell",
        "#header",
    ]
    if chance.random() < 0.3:
        options["pick_errors"] = chance.sample(kinds, 2)
    if chance.random() < 0.3:
        options["skip_errors"] = chance.sample(kinds, 2)
    return options
