"""Where the protocol is tried out: a portal, proxies in front of it and of its Solr, two publishers, a line of
versions; and what can go wrong in the middle of a run. What is done there step by step is in `world.py`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, NoReturn

import psycopg

from tests.portal.faults import Answer, Call, Delay, Drop, Fault, Hangup, Seen
from tests.portal.portal import Portal
from tests.portal.proxy import Proxy, writes
from tests.portal.stories.line import Line
from tests.portal.stories.publisher import Publisher
from tests.portal.wire import Reply

What = Literal["kill", "gateway", "drop", "solr", "worker", "database", "late"]
IMPATIENT = 1.0  # seconds that a publisher waits for an answer that is late
LATE = 2.5  # seconds after which it comes


@dataclass(frozen=True)
class Mishap:
    """Something goes wrong at the n-th write (from 0), before the portal has done it or after.

    `kill`: the publisher dies. `gateway`: a gateway answers 502. `drop`: the connection closes. `solr`: it is the n-th
    write to the index that is lost, or done and not answered. `worker`, `database`: the portal's workers, or their
    connections to the databases, are killed just when they have all of the write, or a tenth of a second later. `late`:
    the publisher gives up waiting, and the write, or its answer, comes after that. (Not so rows: CKAN gives no means to
    tell it that they are wanted only once, and a table without a key would have them twice until somebody looks.)
    """

    what: What
    nth: int = 0
    before: bool = True


@dataclass
class Kill(Fault):
    """The publisher dies: before the portal has heard of the request, or after it has done all of it."""

    publisher: Publisher
    before: bool

    def on_request(self, seen: Seen) -> Reply | None:
        return self._kill() if self.before else None

    def on_reply(self, seen: Seen, reply: Reply) -> Reply:
        return self._kill()

    def _kill(self) -> NoReturn:
        self.publisher.kill()
        raise Hangup


@dataclass
class Midway(Fault):
    """Something happens just when the portal has all of a request, or a tenth of a second later."""

    what: Callable[[], object]
    at_once: bool

    def on_last_byte(self, seen: Seen) -> None:
        threading.Timer(0.02 if self.at_once else 0.1, self.what).start()


def _datasets(seen: Seen) -> bool:
    return seen.action.startswith("package_")


@dataclass
class Stage:
    """`proxy`: in front of the portal, for publishers; strangers and hands go past it. `solr`: behind the portal."""

    portal: Portal
    proxy: Proxy
    solr: Proxy
    line: Line
    publishers: dict[str, Publisher]
    fresh: dict[str, Any] = field(default_factory=dict[str, Any])
    """What a publication of a version alone on an empty portal comes to, by version (`outcome.py`)."""

    @contextmanager
    def going_wrong(self, mishap: Mishap, publisher: Publisher) -> Generator[None]:
        """What is done meanwhile meets the mishap; afterwards every server is well again."""
        where = self.solr if mishap.what == "solr" else self.proxy
        late = mishap == Mishap("late", mishap.nth, before=True)
        where.when(_datasets if late else writes, self._fault(mishap, publisher), first=mishap.nth, times=1)
        try:
            yield
        finally:
            self.calm()

    def meanwhile(self, what: Callable[[], object], nth: int) -> None:
        """From now on something else is done before the n-th write reaches the portal. `calm` ends it."""
        self.proxy.when(writes, Call(lambda _seen: what()), first=nth, times=1)

    def calm(self) -> None:
        """No rules, no request under way, every server well."""
        self.proxy.rules.clear()
        self.solr.rules.clear()
        self.proxy.settle()
        self.portal.web.wait()

    def _fault(self, mishap: Mishap, publisher: Publisher) -> Fault:
        match mishap.what:
            case "kill":
                return Kill(publisher, mishap.before)
            case "gateway":
                return Answer(502, before=mishap.before)
            case "drop" | "solr":
                return Drop(mishap.before)
            case "worker":
                return Midway(self.portal.web.kill_workers, mishap.before)
            case "database":
                return Midway(self._cut_off, mishap.before)
            case "late":
                return Delay(LATE, mishap.before)

    def _cut_off(self) -> None:
        with psycopg.connect(self.portal.database("postgres"), autocommit=True) as connection:
            connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where datname in ('ckan', 'datastore')"
            )

    def editor(self, action: str, **payload: Any) -> Any:
        """The result of an action that somebody calls by hand, as editor."""
        return self.portal.api(action, payload, self.portal.editor_token)
