"""A source that is a query, whose rows are kept as CSV. The address of the database comes from the environment.

No finding of this module shows the address, or anything of it. Reading only is asked of the database itself; that the
text is one SELECT is checked so that a slip of the pen is told before anything is run. How values are written is in
`query_rows.py`.
"""

from __future__ import annotations

import os
import re
import sqlite3
import tempfile
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import quote

from pipelines.archive.archive import Archive
from pipelines.declaration.model import SqlSource
from pipelines.findings import Place
from pipelines.sources.refusal import refused
from pipelines.sources.snapshot import Snapshot, keep
from pipelines.text import mask

if TYPE_CHECKING:
    from sqlalchemy import URL, CursorResult, Engine

MOST_BYTES = 1_000_000_000
MOST_SECONDS = 600
BATCH = 2_000  # rows held at a time
_LITERALS = re.compile(
    r"""\b[eE]'(?:[^'\\]|\\.|'')*' | '(?:[^']|'')*' | "(?:[^"]|"")*" | (\$\w*\$).*?\1   # texts and quoted names
      | --[^\n]* | /\*.*?\*/                                                            # comments
    """,
    re.VERBOSE | re.DOTALL,
)


def fetch_query(slug: str, source: SqlSource, path: str, archive: Archive, place: Place) -> Snapshot:
    """Keep the rows of a query as CSV under the name of `path`. Raises UserError."""
    if not is_one_select(source.sql):
        raise refused("sql-not-one-select", place)
    url = _address(source.address, place)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rows.csv"
        with archive.writing(), file.open("wb") as out:
            _run(url, source, out, place)
        name, origin = PurePosixPath(path).name, f"a query to the database of {source.address}"
        return keep(archive, slug, file, name, origin, place)


def is_one_select(sql: str) -> bool:
    """True for one statement that begins with SELECT or WITH."""
    bare = _LITERALS.sub(" ", sql).strip().removesuffix(";")
    one = not any(sign in bare for sign in (";", "'", '"', "/*", "$$"))
    return one and bool(re.match(r"(select|with)\b", bare, re.IGNORECASE))


def _address(variable: str, place: Place) -> URL:
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    address = os.environ.get(variable, "")
    if not address:
        raise refused("sql-address-missing", place, variable=variable)
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        raise refused("sql-address-unreadable", place, variable=variable) from None
    if url.get_backend_name() not in ("postgresql", "sqlite") or (
        url.get_backend_name() == "sqlite" and not url.database
    ):
        raise refused("sql-address-unreadable", place, variable=variable)
    return url


def _engine(url: URL) -> Engine:
    """An engine whose connections cannot write, whatever the statement."""
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    if url.get_backend_name() == "sqlite":
        file = f"file:{quote(str(url.database))}?mode=ro"
        return create_engine("sqlite://", creator=lambda: sqlite3.connect(file, uri=True), poolclass=NullPool)
    milliseconds = MOST_SECONDS * 1000
    options = f"-c default_transaction_read_only=on -c statement_timeout={milliseconds} -c TimeZone=UTC"
    return create_engine(
        url.set(drivername="postgresql+psycopg"),
        connect_args={"options": options, "connect_timeout": 10},
        poolclass=NullPool,
        execution_options={"postgresql_readonly": True},
    )


def _run(url: URL, source: SqlSource, out: BinaryIO, place: Place) -> None:
    """Run the query and write its rows. The database's own words come through, without anything of its address."""
    from sqlalchemy.exc import DBAPIError, SQLAlchemyError

    try:
        connection = _engine(url).connect()
    except SQLAlchemyError:
        raise refused("sql-unreachable", place, variable=source.address) from None
    # no_parameters: a % or : in the text is a letter of the query, nothing to be filled in.
    options: dict[str, object] = {"stream_results": True, "max_row_buffer": BATCH, "no_parameters": True}
    try:
        with connection:
            _write(connection.execution_options(**options).exec_driver_sql(source.sql), source, out, place)
    except DBAPIError as error:
        raise refused("sql-failed", place, reason=_reason(error.orig, url)) from None
    except SQLAlchemyError as error:
        raise refused("sql-failed", place, reason=type(error).__name__) from None


def _reason(error: BaseException | None, url: URL) -> str:
    import psycopg

    words = (error.diag.message_primary or "") if isinstance(error, psycopg.Error) else str(error)
    for secret in (url.password, url.username, url.host, url.database):
        words = words.replace(str(secret), "***") if secret else words
    return mask(words or type(error).__name__)


def _write(result: CursorResult[tuple[object, ...]], source: SqlSource, out: BinaryIO, place: Place) -> None:
    from pipelines.sources.query_rows import csv_lines

    names = list(result.keys())
    if not names:  # PostgreSQL knows rows of no columns
        raise refused("source-empty", place, name=source.address)
    size = out.write(csv_lines(names, [names], place))
    for rows in result.partitions(BATCH):
        size += out.write(csv_lines(names, rows, place))
        if size > MOST_BYTES:
            raise refused("source-too-large", place, name=source.address, limit=MOST_BYTES // 1_000_000)
