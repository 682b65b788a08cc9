"""Publishers as real processes behind a proxy, each with a desk of its own: what the tests of readers and crashes have
in common. How such a process is made is in `forking.py`; the reader and the proxy are in tests/portal.
"""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock, Timer
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

import pytest

from pipelines.portals.ckan import ids
from tests.portal.faults import Fault, Hangup, Seen
from tests.portal.invariants import ANNOUNCEMENT, Allowed
from tests.portal.looks import Row, Snapshot, Stranger
from tests.portal.proxy import Predicate, Proxy
from tests.portal.wire import Reply

if TYPE_CHECKING:
    from tests.portal.portal import Portal

TABLE = "rows"
ONE = "Loc,Nr\nValea Albă,3\nDealul Rece,5\nPîrîul Lung,7\n"
TWO = "Loc,Nr\nValea Albă,4\nPîrîul Lung,7\nSatul Nou,1\n"  # a row changed, one gone, one added

# Where a request is when its publisher dies: not sent; sent but for its last byte; all there, and unanswered; answered.
Moment = Literal["before", "within", "during", "after"]


def anything(_seen: Seen) -> bool:
    """Every request."""
    return True


@dataclass
class Publishing:
    """A `publica` that runs. `pid` is known a moment after it has begun."""

    folder: Path
    pid: Future[int] = field(default_factory=Future[int])

    def kill(self) -> None:
        os.kill(self.pid.result(10), signal.SIGKILL)

    @property
    def said(self) -> str:
        return (self.folder / f"said-{self.pid.result(10)}.txt").read_text()


@dataclass
class Ended:
    """`code`: minus the signal where it was killed, as `subprocess` has it."""

    code: int
    said: str

    @property
    def killed(self) -> bool:
        return self.code == -signal.SIGKILL


class Publishers:
    """Starts `publica` in copies of a process that has imported everything."""

    def __init__(self) -> None:
        program = [sys.executable, str(Path(__file__).with_name("forking.py"))]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(program, stdin=pipe, stdout=pipe, text=True, bufsize=1)
        self._lock = Lock()

    def start(
        self, folder: Path, env: Mapping[str, str], words: Sequence[str], run: Publishing | None = None
    ) -> Publishing:
        run = run or Publishing(folder)
        run.pid.set_result(self._ask({"run": list(words), "folder": str(folder), "env": dict(env)}))
        return run

    def wait(self, run: Publishing) -> Ended:
        code = os.waitstatus_to_exitcode(self._ask({"wait": run.pid.result(10)}))
        return Ended(code, run.said)

    def stop(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(30)

    def _ask(self, what: Mapping[str, Any]) -> int:
        with self._lock:
            assert self._process.stdin
            assert self._process.stdout
            print(json.dumps(what), file=self._process.stdin, flush=True)
            return int(self._process.stdout.readline())


@dataclass(eq=False)
class Dies(Fault):
    """The publisher is killed by the request, which gets as far as the moment says."""

    run: Publishing
    moment: Moment

    def on_request(self, seen: Seen) -> Reply | None:
        if self.moment == "before":
            self.run.kill()
            raise Hangup
        return None

    def on_last_byte(self, seen: Seen) -> None:
        if self.moment in ("within", "during"):
            self.run.kill()
        if self.moment == "within":
            raise Hangup

    def on_reply(self, seen: Seen, reply: Reply) -> Reply:
        if self.moment == "after":
            self.run.kill()
            raise Hangup
        return reply


@dataclass(eq=False)
class Amid(Fault):
    """Something happens while the portal works on a request: a moment after its last byte."""

    what: Callable[[], object]
    seconds: float = 0.03

    def on_last_byte(self, seen: Seen) -> None:
        Timer(self.seconds, self.what).start()


@dataclass
class Office:
    """Where one dataset is published from, through the proxy `front`, and what strangers see of it."""

    desk: Any
    slug: str
    portal: Portal
    front: Proxy
    publishers: Publishers
    env: dict[str, str]

    def source(self, rows: str, **told: Any) -> None:
        self.desk.dataset(self.slug, rows, **told)

    def start(self, *words: str, run: Publishing | None = None) -> Publishing:
        """Type `publica` and these words."""
        return self.publishers.start(self.desk.root, self.env, words, run)

    def run(self, *words: str) -> Ended:
        return self.publishers.wait(self.start(*words))

    def does(self, *words: str) -> Ended:
        """The same; it must succeed."""
        ended = self.run(*words)
        assert ended.code == 0, f"{words}: {ended.code} {ended.said}"
        return ended

    def dies(self, matches: Predicate, number: int, moment: Moment, *words: str) -> Ended:
        """The same, killed at the request `number` of those that match, if it makes so many."""
        run = Publishing(self.desk.root)
        rule = self.front.when(matches, Dies(run, moment), first=number, times=1)
        ended = self.publishers.wait(self.start(*words, run=run))
        self.front.rules.remove(rule)
        return ended

    def snapshot(self) -> Snapshot | None:
        """What a stranger sees while nothing moves; None: nothing."""
        with Stranger(self.portal.url, self.slug) as stranger:
            return stranger.snapshot() if stranger.dataset().package else None

    def allowed(self, *snapshots: Snapshot | None) -> Allowed:
        """What strangers may see between these."""
        there = [one.package for one in snapshots if one]
        tables = [held for package in there for held in package["resources"] if held.get("datastore_active")]
        return Allowed.of(*snapshots, keys={held["id"]: ["place"] for held in tables})

    def settled(self, rows: str) -> None:
        """Fails where a stranger does not see exactly these rows, each thing once, under the ids that are for ever."""
        snapshot = self.snapshot()
        assert snapshot is not None
        resources = snapshot.package["resources"]
        assert ANNOUNCEMENT not in {extra["key"] for extra in snapshot.package["extras"]}
        keys = [held["publica_key"] for held in resources]
        files = [f"{TABLE}/{kind}" for kind in ("csv", "json", "xlsx")] if rows else []
        assert [key for key in keys if not key.startswith("version/")] == files
        assert len(keys) == len(set(keys))
        assert {held["id"] for held in resources} == {ids.resource_id(self.slug, key) for key in keys}
        for held in resources:
            assert snapshot.files[held["id"]] == held["hash"], held["publica_key"]
        tables = [sorted(table, key=_place) for table in snapshot.tables.values()]
        assert tables == ([sorted(_published(rows), key=_place)] if rows else [])
        if rows:
            views = self.portal.api("resource_view_list", {"id": ids.resource_id(self.slug, f"{TABLE}/csv")})
            assert [view["view_type"] for view in views] == ["datatables_view"]

    def at_rest(self, *words: str) -> None:
        """Fails where a further run writes anything, or a look at every byte and row finds something."""
        self.front.settle()
        self.front.clear()
        self.does(*words)
        assert [seen.action for seen in self.front.requests if seen.is_write] == []
        self.does("verify", self.slug)


def _place(row: Row) -> str:
    return row["place"]


def _published(source: str) -> list[Row]:
    return [{"place": row["Loc"], "count": row["Nr"]} for row in csv.DictReader(io.StringIO(source))]


@dataclass
class Town:
    """Gives each dataset an office of its own."""

    desk: Any
    folder: Path
    portal: Portal
    front: Proxy
    publishers: Publishers

    def office(self, slug: str = "wells", **told: Any) -> Office:
        root = self.folder / slug
        shutil.copytree(self.desk.datapackages / "_shared", root / "datapackages" / "_shared")
        env = {
            "PUBLICA_ARCHIVE": str(root / "archive"),
            "PUBLICA_PORTAL": f"ckan:{self.front.url}",
            "PUBLICA_CKAN_TOKEN": self.portal.editor_token,
            "PUBLICA_CKAN_TIMEOUT": "15",
            "PUBLICA_LANGUAGE": "en",
        }
        office = Office(replace(self.desk, root=root), slug, self.portal, self.front, self.publishers, env)
        office.source(ONE, **told)
        return office


@pytest.fixture(scope="session")
def publishers() -> Iterator[Publishers]:
    publishers = Publishers()
    yield publishers
    publishers.stop()


@pytest.fixture(scope="module")
def exposed(running_portal: Portal) -> Iterator[Proxy]:
    """A proxy through which all addresses lead that the portal hands out."""
    usual = running_portal.public_port
    with Proxy(running_portal.url) as proxy:
        running_portal.expose(int(proxy.url.rpartition(":")[2]))
        yield proxy
    running_portal.expose(usual)


@pytest.fixture
def front(exposed: Proxy, portal: Portal) -> Iterator[Proxy]:
    """The same at the beginning of a test, in front of an empty portal."""
    exposed.rules.clear()
    exposed.clear()
    yield exposed
    exposed.rules.clear()
    exposed.settle()


@pytest.fixture(scope="module")
def solr_proxy(running_portal: Portal, exposed: Proxy) -> Iterator[Proxy]:
    """A proxy between the portal and its Solr."""
    address, usual = urlsplit(running_portal.solr_url), running_portal.settings
    with Proxy(f"http://{address.netloc}") as proxy:
        running_portal.settings = {**usual, "solr_url": proxy.url + address.path}
        running_portal.expose(running_portal.public_port)
        yield proxy
    running_portal.settings = usual  # `exposed` starts the web server again


@pytest.fixture
def solr(solr_proxy: Proxy) -> Iterator[Proxy]:
    """The same without a rule, for one test."""
    yield solr_proxy
    solr_proxy.rules.clear()
    solr_proxy.clear()


@pytest.fixture
def town(desk: Any, tmp_path: Path, portal: Portal, front: Proxy, publishers: Publishers) -> Town:
    return Town(desk, tmp_path / "town", portal, front, publishers)
