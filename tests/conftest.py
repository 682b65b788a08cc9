"""How hypothesis runs in every test: the same examples everywhere, no clock, nothing kept on disk."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("publica", deadline=None, derandomize=True, database=None)
settings.load_profile("publica")
