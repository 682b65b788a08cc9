"""A person sees that work goes on: after two seconds, and every two seconds."""

from __future__ import annotations

import time
from typing import Any

import pytest

from pipelines.commands import build
from pipelines.observe import progress
from pipelines.observe.progress import Progress


def test_nothing_is_shown_of_what_is_done_soon(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress("en").shown() as shown:
        shown("wells", "reading")
    assert capsys.readouterr().err == ""


def test_a_line_says_what_is_being_done_and_for_how_long(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "PATIENCE", 0.05)
    with Progress("ro").shown() as shown:
        time.sleep(0.2)
        shown("wells", "checking")
        time.sleep(0.2)
        shown.quiet()
        time.sleep(0.1)
        before = capsys.readouterr()
        time.sleep(0.2)
    assert capsys.readouterr().err == ""  # a person is thinking
    lines = before.err.splitlines()
    assert lines[0] == "  ... se citesc declarațiile (0 s)"
    assert lines[-1] == "  ... wells: se verifică (0 s)"
    assert before.out == ""


@pytest.mark.parametrize("words", [["check"], ["publish", "--yes", "--json"]])
def test_a_command_that_takes_longer_than_two_seconds_says_so_on_the_error_stream(
    desk: Any, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    genuine = build.build_tables

    def slow(*given: Any) -> Any:
        time.sleep(2.3)
        return genuine(*given)

    monkeypatch.setattr(build, "build_tables", slow)
    desk.dataset()
    ran = desk.run(*words)
    assert ran.code == 0
    assert "  ... wells: reading the sources (" in ran.err
    assert "..." not in ran.out
