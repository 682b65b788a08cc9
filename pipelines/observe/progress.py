"""Showing a person that work goes on: a line on the error stream for whatever takes longer than two seconds.

What came of the work is told by the command line itself.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from pipelines.languages import Language, say

PATIENCE = 2.0  # seconds without a word before a line is shown


class Progress:
    """Remembers what is being done, and says so every two seconds until it is told something new."""

    def __init__(self, language: Language) -> None:
        self._language = language
        self._doing = ("", "")
        self._since = time.monotonic()
        self._ended = threading.Event()

    def __call__(self, slug: str, stage: str) -> None:
        """A stage of a dataset begins."""
        self._doing = (slug, stage)
        self._since = time.monotonic()

    def quiet(self) -> None:
        """Nothing is being done: a person is thinking."""
        self._doing = ("", "")

    @contextmanager
    def shown(self) -> Iterator[Progress]:
        """While inside, progress is shown."""
        watcher = threading.Thread(target=self._watch, daemon=True)
        watcher.start()
        try:
            yield self
        finally:
            self._ended.set()
            watcher.join()

    def _watch(self) -> None:
        while not self._ended.wait(PATIENCE):
            slug, stage = self._doing
            seconds = round(time.monotonic() - self._since)
            if slug and seconds >= PATIENCE:
                words = say(f"stage-{stage}", self._language, {})
                sys.stderr.write(f"  ... {slug}: {words} ({seconds} s)\n")
                sys.stderr.flush()
