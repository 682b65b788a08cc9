"""The ledger: a chain of entries, each with the state after it."""

from __future__ import annotations

import json
import multiprocessing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.archive.ledger import Ledger
from pipelines.archive.state import KINDS, OnPortal, State, advance
from pipelines.errors import UserError

VERSION = {"fingerprint": "f", "verdict": "v"}
PUBLISHED: dict[str, Any] = {"portal": "folder", "version": "1.0.0", "about": "a", "warnings": ["w"]}
HAPPENED: list[tuple[str, dict[str, Any]]] = [
    ("judged", {"verdict": "v"}),
    ("version", {"version": "1.0.0", **VERSION}),
    ("published", PUBLISHED),
    ("version", {"version": "1.1.0", **VERSION}),
    ("confirmed", {"version": "1.1.0", "fingerprint": "g"}),
    ("rolled-back", {**PUBLISHED, "reason": "wrong figures"}),
    ("released", {}),
    ("withdrawn", {"portal": "folder", "reason": "asked"}),
    ("erased", {"versions": ["1.0.0"], "reason": "a name", "hashes": {}}),
    ("held", {"kind": "rollback", "reason": "wrong figures"}),
    ("adopted", PUBLISHED),
]


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger")


@pytest.fixture
def full(ledger: Ledger) -> Ledger:
    for kind, data in HAPPENED:
        ledger.append(kind, data, at=datetime(2026, 1, 1, tzinfo=UTC))
    return ledger


def test_an_empty_ledger_has_no_last_entry_and_an_empty_state(ledger: Ledger) -> None:
    assert ledger.last() is None
    assert ledger.state() == State()
    assert ledger.entries() == []
    assert ledger.broken_links() == []


def test_the_state_after_each_entry_is_the_fold_of_all_before(full: Ledger) -> None:
    state = State()
    for entry in full.entries():
        state = advance(state, entry.seq, entry.kind, entry.data)
        assert entry.state == state
    assert full.state() == state


def test_every_kind_of_entry_is_told_here() -> None:
    assert {kind for kind, _ in HAPPENED} == set(KINDS)


@given(st.lists(st.sampled_from(HAPPENED), max_size=15))
def test_a_state_read_back_is_the_state_written(happened: list[tuple[str, dict[str, Any]]]) -> None:
    state = State()
    for seq, (kind, data) in enumerate(happened, 1):
        state = advance(state, seq, kind, data)
        assert State.from_json(json.loads(json.dumps(state.to_json()))) == state


def test_what_happened_moves_the_state(full: Ledger) -> None:
    states = [entry.state for entry in full.entries()]
    assert states[1].built == states[1].current == "1.0.0"
    assert states[2].on("folder") == OnPortal("1.0.0", 3, "a", withdrawn=False, warnings=("w",))
    assert (states[4].built, states[4].fingerprint) == ("1.1.0", "g")
    assert (states[5].current, states[5].built) == ("1.0.0", "1.1.0")
    assert states[5].hold == {"kind": "rollback", "reason": "wrong figures"}
    assert states[6].hold is None
    assert states[7].on("folder").withdrawn
    assert states[8].erased == ("1.0.0",)
    assert states[8].current == "1.1.0"
    assert states[8].numbers == ("1.0.0", "1.1.0"), "an erased number is never given again"


def test_entries_name_the_hash_of_the_one_before(full: Ledger) -> None:
    entries = full.entries()
    assert [entry.seq for entry in entries] == list(range(1, len(HAPPENED) + 1))
    assert [entry.previous for entry in entries] == [None, *(entry.digest for entry in entries[:-1])]
    assert full.broken_links() == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"1.0.0"', '"9.9.9"'),
        ('"f"', '"x"'),
        ('"version",', '"version", '),
        ('"kind": "version"', '"kind": "odd"'),
        ("{", ""),
    ],
)
def test_an_entry_changed_by_hand_is_found(full: Ledger, old: str, new: str) -> None:
    file = full.folder / "000002.json"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))
    assert full.broken_links()


def test_a_state_changed_by_hand_in_the_last_entry_is_found(full: Ledger) -> None:
    file = full.folder / f"{len(HAPPENED):06d}.json"
    value = json.loads(file.read_text())
    value["state"]["hold"] = None
    file.write_text(json.dumps(value))
    assert full.broken_links() == [len(HAPPENED)]


def test_an_entry_taken_out_is_found(full: Ledger) -> None:
    (full.folder / "000003.json").unlink()
    assert 4 in full.broken_links()


def test_entries_in_another_order_are_found(full: Ledger) -> None:
    first, second = full.folder / "000004.json", full.folder / "000005.json"
    a, b = first.read_bytes(), second.read_bytes()
    first.write_bytes(b)
    second.write_bytes(a)
    assert {4, 5} <= set(full.broken_links())


def test_a_spoilt_entry_is_a_finding(full: Ledger) -> None:
    (full.folder / f"{len(HAPPENED):06d}.json").write_text("{")
    with pytest.raises(UserError) as refused:
        full.state()
    assert [f.code for f in refused.value.findings] == ["ledger-unreadable"]


def test_a_moment_is_written_in_utc(ledger: Ledger) -> None:
    entry = ledger.append("released", {}, at=datetime.fromisoformat("2026-01-01T02:00:00+02:00"))
    assert entry.at == datetime(2026, 1, 1, tzinfo=UTC)
    assert "2026-01-01T00:00:00+00:00" in (ledger.folder / "000001.json").read_text()


def test_an_unknown_kind_writes_nothing(ledger: Ledger) -> None:
    with pytest.raises(KeyError):
        ledger.append("invented", {})
    assert ledger.entries() == []


def _write_many(folder: Path, count: int) -> None:
    ledger, done = Ledger(folder), 0
    while done < count:
        try:
            ledger.append("released", {})
            done += 1
        except FileExistsError:
            continue


def test_two_writers_lose_no_entry_and_break_no_link(ledger: Ledger) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write_many, args=(ledger.folder, 20)) for _ in range(2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [entry.seq for entry in ledger.entries()] == list(range(1, 41))
    assert ledger.broken_links() == []
