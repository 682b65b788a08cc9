"""A source that is a query: its rows written as plain CSV. The database's address comes from the environment.

No finding of this module shows the address, or anything of it. Reading only is asked of the database itself; that the
text is one SELECT is checked so that a slip of the pen is told before anything is run.
"""

from __future__ import annotations

import datetime as dt
import math
import os
import re
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, TextIO
from urllib.parse import quote

from pipelines.archive.archive import Archive
from pipelines.declaration.model import SqlSource
from pipelines.findings import Place
from pipelines.sources.numbers import plain
from pipelines.sources.refusal import refused
from pipelines.sources.snapshot import Snapshot, keep
from pipelines.text import mask

if TYPE_CHECKING:
    from sqlalchemy import URL, Engine

MOST_BYTES = 1_000_000_000
MOST_SECONDS = 600
BATCH = 5_000  # rows held at a time
_LITERALS = re.compile(
    r"""\b[eE]'(?:[^'\\]|\\.|'')*' | '(?:[^']|'')*' | "(?:[^"]|"")*" | (\$\w*\$).*?\1   # texts and quoted names
      | --[^\n]* | /\*.*?\*/                                                            # comments
    """,
    re.VERBOSE | re.DOTALL,
)


def fetch_query(slug: str, source: SqlSource, path: str, archive: Archive, place: Place) -> Snapshot:
    """Keep the rows of a query as CSV under the name of `path`. Raises UserError."""
    import sqlalchemy as sa

    if not is_one_select(source.sql):
        raise refused("sql-not-one-select", place)
    url = _address(source.address, place)
    engine = _engine(url)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rows.csv"
        try:
            with _told(url, source, place), file.open("w", encoding="utf-8", newline="") as out:
                with engine.connect() as connection:
                    # no_parameters: a % or : in the text is a letter of the query, nothing to be filled in.
                    options = {"stream_results": True, "max_row_buffer": BATCH, "no_parameters": True}
                    result = connection.execution_options(**options).exec_driver_sql(source.sql)
                    _write(result, out, place)
        finally:
            engine.dispose()
        del sa
        return keep(archive, slug, file, PurePosixPath(path).name, f"a query of the database in {source.address}", place)


def is_one_select(sql: str) -> bool:
    """True for one statement that begins with SELECT or WITH."""
    bare = _LITERALS.sub(" ", sql).strip().removesuffix(";")
    first = bare.split(maxsplit=1)[0].lower() if bare.split() else ""
    return first in ("select", "with") and not any(sign in bare for sign in (";", "'", '"', "/*", "$$"))
