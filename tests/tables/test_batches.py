"""It does not matter how many rows are read, built, held, compared and written at a time."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from pipelines.checks.verdict import judge
from pipelines.declaration.checks_model import Checks
from pipelines.declaration.dataset import Correction, Dataset
from pipelines.errors import UserError
from pipelines.findings import Finding, Place
from pipelines.packages.formats.files import write_files
from pipelines.packages.formats.format import formats
from pipelines.sources.read import batches
from pipelines.sources.snapshot import Snapshot
from pipelines.tables.build import build_table
from pipelines.tables.table import Table
from pipelines.versions.content import table_hash
from pipelines.versions.difference import row_changes
from tests.versions.lines import lines_of

InBatches = Callable[[int], AbstractContextManager[None]]
Declared = Callable[..., Dataset]

FIELDS: dict[str, dict[str, Any]] = {
    "id": {"constraints": {"unique": True}},
    "place": {},
    "count": {"type": "integer", "constraints": {"minimum": 0}},
    "share": {"type": "number", "decimalChar": ","},
    "day": {"type": "date"},
}
SHOWN = {
    "place": {"a": "A", "b b": "B", "ș": "ș", "x,y": "XY", "=1": "one"},
}
FIX = Correction(
    column="count", was="?", corrected="7", reason="typing", reference="p. 1", where={}, place=Place(file="fix.yaml")
)

HISTORIES = ["snapshot", "keyless", "append", "upsert"]

_ids = st.integers(0, 12).map(str)
_row = st.tuples(
    st.one_of(_ids, st.integers(100, 999).map(str), st.just("")),
    st.sampled_from(["a", "b b", "ș", '"x,y"', "=1", "", " a ", '""']),
    st.sampled_from(["1", "22", "-3", "?", "", "many", "007"]),
    st.sampled_from(["1,5", "2", "0,10", "", "1.5", "x"]),
    st.sampled_from(["2020-01-31", "2021-02-30", "", "1999-12-31"]),
).map(",".join)
_odd = st.sampled_from(
    [",,,,", "", "a,b", "1,a,1,1,2020-01-01,9", '2,"two\nlines",1,1,2020-01-01', " ,, ,,", '3,b"b,1,,']
)
_end = st.sampled_from(["\n", "\r\n"])


def _good(number: int) -> str:
    return f"{number},a,{number % 5},{number % 7},2020-01-0{number % 9 + 1}"


_texts = st.one_of(
    st.tuples(st.lists(_row, max_size=14), _end).map(lambda t: t[1].join([*t[0], ""])),
    st.tuples(st.lists(st.one_of(_row, _row, _row, _odd), max_size=14), _end).map(lambda t: t[1].join([*t[0], ""])),
    st.tuples(st.permutations(range(12)), _end).map(lambda t: t[1].join(_good(n) for n in t[0])),
)


Made = tuple[Table | None, list[Finding]]


def _dataset(declared: Declared, history: str, *, fixed: bool = False) -> Dataset:
    key = ["id"] if history != "keyless" else []
    publica = {"history": history} if history in ("append", "upsert") else {}
    dataset = declared(FIELDS, key=key, lookups=SHOWN, corrections=[FIX] * fixed, **publica)
    checks = {"rows_lost": 0, "history_revised": 0} if key else {"rows_lost": 0}
    limits = {"rows": {"min": 1}, **checks, "cumulative": [{"field": "count", "by": ["place"], "order": "day"}]}
    resource = dataset.resource("observations")
    publica_too = resource.publica.model_copy(update={"checks": Checks.model_validate(limits)})
    other = resource.model_copy(update={"publica": publica_too})
    return replace(dataset, package=dataset.package.model_copy(update={"resources": [other]}))


def _made(dataset: Dataset, text: str, previous: Table | None = None) -> Made:
    """The table that a source gives, or the findings with which it is refused."""
    resource = dataset.resource("observations")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        path.write_bytes(("id,place,count,share,day\n" + text).encode())
        raws = batches(Snapshot("", path.stat().st_size, path, path.name, ""), resource)
        try:
            return build_table(dataset, resource, raws, previous and previous.values), []
        except UserError as error:
            return None, error.findings


def _told(dataset: Dataset, made: Made, before: Made) -> list[object]:
    """All that can be told of a table: refusals, or cells, places, findings, hash, differences and published bytes."""
    table, refused = made
    if table is None:
        return [finding.to_json() for finding in refused]
    schema = {"primaryKey": table.schema.primary_key}
    old = before[0].values if before[0] else None
    verdict = judge(dataset, [table], "", {"observations": old} if old else {})
    rows = range(table.height)
    told: list[object] = [finding.to_json() for finding in verdict.findings]
    told += [table.frame.to_dicts(), table.texts.to_dicts(), table_hash(table.values, schema)]
    told += [[table.place(row, "share") for row in rows], [table.text(row, "count") for row in rows]]
    if old is not None:
        changes = row_changes("observations", old, table.values, table.schema.primary_key)
        told += [changes.counts, lines_of([changes]).to_dicts()]
    with tempfile.TemporaryDirectory() as folder:
        paths = {Path(folder) / kind.name: kind for kind in formats(["csv", "json", "parquet"])}
        told += [sorted(write_files(table, paths).values()), *(path.read_bytes() for path in paths)]
    return told


@settings(max_examples=150)
@given(
    texts=st.tuples(_texts, _texts),
    rows=st.sampled_from([1, 2, 7, 1_000_000]),
    history=st.sampled_from(HISTORIES),
    fixed=st.sampled_from([False, False, True]),
)
def test_it_does_not_matter_how_many_rows_are_in_a_batch(
    declared: Declared, in_batches: InBatches, texts: tuple[str, str], rows: int, history: str, fixed: bool
) -> None:
    dataset = _dataset(declared, history, fixed=fixed)
    told: list[list[object]] = []
    for limited in (nullcontext(), in_batches(rows)):
        with limited:
            before = _made(dataset, texts[0])
            made = _made(dataset, texts[1], before[0])
            told += [_told(dataset, before, (None, [])), _told(dataset, made, before)]
            event(f"{history}: {'refused' if made[0] is None else 'built'}, {'first' if before[0] is None else 'next'}")
            assert made[0] is None or (made[0].parquet is None) == isinstance(limited, nullcontext)
    assert told[2:] == told[:2]


def test_a_bad_cell_in_the_third_batch_is_named_with_its_line_and_row(
    declared: Declared, in_batches: InBatches
) -> None:
    dataset = _dataset(declared, "snapshot")
    text = "".join(f"{_good(n)}\n" for n in range(9)).replace("8,a,3,", "8,a,many,")
    with in_batches(3):
        table, refused = _made(dataset, text)
        assert table is not None, refused
        found = judge(dataset, [table], "", {}).findings
        (finding,) = [each for each in found if each.code != "series-falls"]
    assert (finding.code, finding.field, finding.row) == ("type-error", "count", 9)
    assert finding.place == Place(file="table.csv", line=10, column="count")
    assert finding.params["sample"] == "many"


def test_a_key_is_compared_over_all_batches(declared: Declared, in_batches: InBatches) -> None:
    dataset = _dataset(declared, "snapshot")
    text = "".join(f"{_good(n)}\n" for n in (*range(8), 1, 1))
    with in_batches(2):
        table, _ = _made(dataset, text)
        assert table is not None
        found = [finding for finding in judge(dataset, [table], "", {}).findings if finding.code == "unique-error"]
    assert [(finding.row, finding.params["other"]) for finding in found] == [(9, 2), (10, 9)]


def test_a_table_that_goes_takes_its_files_with_it(
    declared: Declared, in_batches: InBatches, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    dataset = _dataset(declared, "snapshot")
    with in_batches(2):
        table, _ = _made(dataset, "".join(f"{_good(n)}\n" for n in range(8)))
        assert table is not None and len(list(tmp_path.rglob("*.parquet"))) == 2
        del table
        assert list(tmp_path.iterdir()) == []
        refused, findings = _made(dataset, "".join(f"{_good(n)}\n" for n in range(8)) + "9,unknown,1,1,\n")
        assert refused is None and [finding.code for finding in findings] == ["lookup-unknown"]
    assert list(tmp_path.iterdir()) == []
