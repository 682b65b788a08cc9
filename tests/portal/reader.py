"""An anonymous reader that looks at a dataset again and again while something publishes; the proxies hold every write
open until it has looked often enough inside. One look is in `looks.py`, what it may show in `invariants.py`.

    with Proxy(portal.url) as proxy, Reader(portal.url, "paralegals") as reader:
        paced(proxy, reader, solr=solr_proxy)
        publish(to=proxy.url)
        assert_looks(proxy, reader)
    assert reader.problems(Allowed.of(old, new, keys={table_id: ["period"]})) == []
"""

from __future__ import annotations

import threading
import time
from itertools import count
from types import TracebackType
from typing import Self

import psycopg
from psycopg import sql

from tests.portal.faults import Fault, Seen
from tests.portal.invariants import Allowed, problems
from tests.portal.looks import Look, Stranger
from tests.portal.proxy import Proxy, writes
from tests.portal.wire import Reply

PATIENCE = 20.0  # seconds that a write is held at most
SOLR_PATIENCE = 2.0  # twice in one request, and the portal of the tests waits 5 for Solr
WAITING = """create or replace function slow_commit() returns trigger language plpgsql as
$$ begin perform pg_advisory_xact_lock_shared(1); return null; end $$"""


class Reader:
    """Looks from `with` until its end, and at everything once more then. `looks`: what it saw, in order of ending."""

    def __init__(self, portal_url: str, slug: str, looks_per_write: int = 20, threads: int = 2) -> None:
        self.looks_per_write = looks_per_write
        self.looks: list[Look] = []
        self._where = (portal_url, slug)
        self._over = threading.Event()
        self._looked = threading.Condition()
        self._errors: list[Exception] = []
        self._threads = [threading.Thread(target=self._read, args=(n,), daemon=True) for n in range(threads)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        self.wait(1, since=0)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()
        if self._errors and error is None:
            raise self._errors[0]
        with Stranger(*self._where) as stranger:
            self.looks += [*stranger.everything(), *stranger.everything(lap=1), stranger.dataset()]

    def clear(self) -> None:
        """Forgets what it saw."""
        with self._looked:
            self.looks = []

    def wait(self, looks: int, since: float, patience: float = PATIENCE, over: threading.Event | None = None) -> None:
        """Until so many looks were begun and answered since then; gives up after a while, or where nobody looks."""

        def enough() -> bool:
            given_up = self._over.is_set() or bool(self._errors) or (over is not None and over.is_set())
            return given_up or len(self._since(since)) >= looks

        with self._looked:
            self._looked.wait_for(enough, timeout=patience)

    def looks_inside(self, seen: Seen, in_portal: bool = False) -> list[Look]:
        """The answered looks that lie wholly inside a request: from its first byte to the end of its answer, or, for
        `in_portal`, from its last byte to the portal's first."""
        start, end = (seen.forwarded, seen.answered) if in_portal else (seen.started, seen.ended)
        if start is None or end is None:
            return []
        return [look for look in self._since(start) if look.ended <= end]

    def problems(self, allowed: Allowed, portal_may_fail: bool = False) -> list[str]:
        """Every look that showed what must not be seen, in words."""
        return problems(self.looks, allowed, portal_may_fail)

    def _since(self, since: float) -> list[Look]:
        found: list[Look] = []
        for look in reversed(self.looks):
            if look.ended < since:
                break
            if look.at >= since and not look.failed:
                found.append(look)
        return found

    def _read(self, number: int) -> None:
        try:
            with Stranger(*self._where) as stranger:
                for lap in count(number):
                    for look in stranger.everything(lap):
                        self._keep(look)
                        if self._over.is_set():
                            return
        except Exception as error:
            self._errors.append(error)

    def _keep(self, look: Look) -> None:
        with self._looked:
            self.looks.append(look)
            self._looked.notify_all()
        if look.failed:
            time.sleep(0.01)  # nobody is there: do not burn what it needs to come back


class Pace(Fault):
    """Holds the last byte of a request until the reader has looked `first` times, and the answer until it has looked
    `then` times since the last byte left."""

    def __init__(self, reader: Reader, first: int, then: int, patience: float) -> None:
        self._reader, self._first, self._then, self._patience = reader, first, then, patience

    def on_last_byte(self, seen: Seen) -> None:
        self._reader.wait(self._first, seen.started, self._patience, seen.over)

    def on_reply(self, seen: Seen, reply: Reply) -> Reply:
        if seen.forwarded is not None:
            self._reader.wait(self._then, seen.forwarded, self._patience, seen.over)
        return reply


class SlowCommit(Fault):
    """Holds the commit of changes to one table until the reader has looked so often: rows written, not yet there.

    `database`: the address of the DataStore's database for PostgreSQL's administrator. A trigger of that table waits
    at the end of the transaction for a lock that somebody else holds meanwhile; it goes with the table, or a reset.
    """

    def __init__(self, reader: Reader, looks: int, database: str, resource_id: str) -> None:
        self._reader, self._looks, self._database = reader, looks, database
        with psycopg.connect(database) as connection:
            connection.execute(WAITING)
            connection.execute(
                sql.SQL(
                    "create constraint trigger slow_commit after insert or update or delete on {}"
                    " deferrable initially deferred for each row execute function slow_commit()"
                ).format(sql.Identifier(resource_id))
            )

    def on_last_byte(self, seen: Seen) -> None:
        connection = psycopg.connect(self._database, autocommit=True)
        connection.execute("select pg_advisory_lock(1)")
        threading.Thread(target=self._let_go, args=(connection, seen), daemon=True).start()

    def _let_go(self, connection: psycopg.Connection, seen: Seen) -> None:
        with connection:  # the lock ends with it
            self._reader.wait(self._looks, time.monotonic(), PATIENCE, seen.over)


def paced(proxy: Proxy, reader: Reader, minimum: int | None = None, solr: Proxy | None = None) -> None:
    """From now on the reader looks at least `minimum` times (by default its own number) inside every write.

    `solr`: the proxy in front of Solr. Then half of the looks of every write to the index fall where its files are in
    place and the index does not know, and half where the index knows and the database has not committed.
    """
    looks = minimum or reader.looks_per_write
    proxy.when(writes, Pace(reader, looks // 4, looks, PATIENCE))
    if solr is not None:
        solr.when(writes, Pace(reader, looks - looks // 2, looks // 2, SOLR_PATIENCE))


def assert_looks(proxy: Proxy, reader: Reader, minimum: int | None = None) -> None:
    """Fails naming each write that reached the portal with too few looks inside, and where none did."""
    proxy.settle()
    looks = minimum or reader.looks_per_write
    counts = [(seen, len(reader.looks_inside(seen))) for seen in proxy.requests if seen.is_write and seen.forwarded]
    assert counts, "nothing was written, so nothing was looked at"
    few = [f"{seen.action or seen.path}: {found} looks, not {looks}" for seen, found in counts if found < looks]
    assert not few, "; ".join(few)
