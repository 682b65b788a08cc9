"""Showing a person that work goes on: a line on the error stream, every two seconds, of what is being done.

What came of the work is told by the command line itself.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager

from pipelines.languages import Language, say

PATIENCE = 2.0  # seconds between lines; what is done sooner needs none


class Progress:
    """Remembers what is being done since when."""

    def __init__(self, language: Language) -> None:
        self._language: Language = language
        self._doing: tuple[str, str, float] | None = None
        self._ended = threading.Event()
        self._watcher: threading.Thread | None = None

    def __call__(self, slug: str, stage: str) -> None:
        """A stage of a dataset begins; `slug` is empty for what concerns them all."""
        self._doing = (slug, stage, time.monotonic())

    def quiet(self) -> None:
        """Nothing is being done: a person is thinking."""
        self._doing = None

    @contextmanager
    def shown(self) -> Generator[Progress]:
        """While inside, progress is shown."""
        self("", "starting")
        self._begin()
        try:
            yield self
        finally:
            self._end()

    @contextmanager
    def alone(self) -> Generator[None]:
        """While inside, no thread of ours runs, so that the process may be copied."""
        if self._watcher is None:
            yield
            return
        self._end()
        try:
            yield
        finally:
            self._begin()

    def _begin(self) -> None:
        self._ended.clear()
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()

    def _end(self) -> None:
        self._ended.set()
        if self._watcher is not None:
            self._watcher.join()
            self._watcher = None

    def _watch(self) -> None:
        while not self._ended.wait(PATIENCE):
            if self._doing:
                slug, stage, since = self._doing
                what = say(f"stage-{stage}", self._language, {})
                seconds = round(time.monotonic() - since)
                sys.stderr.write(f"  ... {slug + ': ' if slug else ''}{what} ({seconds} s)\n")
                sys.stderr.flush()
