"""The portal: started in a few seconds, put back in less than one, and hurt as tests like.

A portal is a copy of one that `prepare` made, in a folder of the account's cache that one process at a time holds;
whoever comes meanwhile takes the next one.
"""

from __future__ import annotations

import shutil
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from fcntl import LOCK_EX, LOCK_NB, flock
from itertools import count
from pathlib import Path
from typing import IO, Any

from tests.portal import founding, prepare
from tests.portal.account import PortalError, account, tail
from tests.portal.api import ask, call
from tests.portal.founding import Secrets
from tests.portal.processes import PATIENCE, Server, Web, leftovers, remove
from tests.portal.servers import Ports, Servers, free_ports, postgres_address, redis_forgets, servers, solr_address
from tests.portal.settings import VARIANTS, configure


@dataclass
class Portal:
    """A real CKAN portal on 127.0.0.1.

    `port`: where it listens (0: any free one). `public_port`: the port in the addresses that it hands out, for a proxy
    in front (0: its own). `locale`: the language of who does not ask for one. `settings`: more lines of its `ckan.ini`.
    """

    variant: str = VARIANTS[0]
    port: int = 0
    public_port: int = 0
    locale: str = "en"
    settings: Mapping[str, str] = field(default_factory=dict[str, str])
    folder: Path = field(init=False)
    _ports: Ports = field(init=False)
    _secrets: Secrets = field(init=False, repr=False)
    _servers: Servers | None = field(default=None, init=False, repr=False)
    _lock: IO[str] | None = field(default=None, init=False, repr=False)

    # --- its life -----------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start everything and wait until it serves, with nothing published. Installs what is missing.

        Raises PortalError.
        """
        made = prepare.portal(self.variant)
        self._claim()
        try:
            self._copy(made)
            self._ports = free_ports(self.port)
            self.port = self._ports.web
            self._configure()
            jars, ckan = prepare.solr(), prepare.ckan(self.variant)
            self._servers = servers(self.folder, self._ports, self._secrets.password, ckan, jars)
            self._start()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End everything, and leave the folder to others; its logs stay until they come."""
        if self._servers:
            self._servers.stop()
        if self._lock:
            self._lock.close()
            self._lock = None

    def reset(self) -> None:
        """Back to what was after the start: databases, files, queues, index. The servers run on."""
        self.web.wait()
        founding.forget(self._ports, self._secrets.password)
        redis_forgets(self._ports)
        for path in (self.folder / "storage").iterdir():
            shutil.rmtree(path)
        # last: whoever was cut off from the databases may have been about to write there
        clear = {"delete": {"query": "*:*"}}
        ask(f"{self.solr_url}/update?commit=true", 30, json=clear).raise_for_status()
        self._wake()

    def heal(self) -> None:
        """Start what was stopped or killed. What is still paused is killed, with the requests that wait for it."""
        paused = [server for server in self._running if server.paused]
        if paused:
            self.web.kill()
        for server in paused:
            server.kill()
        self._start()

    def expose(self, public_port: int = 0) -> None:
        """Hand out addresses at another port from now on (0: its own); the web server is started again.

        New `settings` count from then on, too.
        """
        self.public_port = public_port
        self._configure()
        self.web.restart()

    # --- what it is made of -------------------------------------------------------------------------------------------

    @property
    def url(self) -> str:
        """Where the portal itself listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def public_url(self) -> str:
        """Where the portal believes to be: the beginning of every address that it hands out."""
        return f"http://127.0.0.1:{self.public_port or self.port}"

    @property
    def solr_url(self) -> str:
        """Solr's core of this portal."""
        return solr_address(self._ports)

    def database(self, name: str = "ckan") -> str:
        """The address of a database (`ckan` or `datastore`), for PostgreSQL's own administrator."""
        return postgres_address(self._ports, self._secrets.password, name)

    @property
    def admin_token(self) -> str:
        """Of `admin`, who administrates the portal."""
        return self._secrets.admin_token

    @property
    def editor_token(self) -> str:
        """Of `pub`, editor in every organisation and member of every group."""
        return self._secrets.editor_token

    @property
    def postgres(self) -> Server:
        return self._running.postgres

    @property
    def redis(self) -> Server:
        return self._running.redis

    @property
    def solr(self) -> Server:
        return self._running.solr

    @property
    def web(self) -> Web:
        return self._running.web

    # --- what is asked of it ------------------------------------------------------------------------------------------

    def api(self, action: str, payload: Mapping[str, Any] | None = None, token: str | None = None) -> Any:
        """The result of an action, called by the token's owner or anonymously. Raises RefusedError, httpx.HTTPError."""
        return call(self.url, action, payload, token)

    def add_organization(self, name: str) -> None:
        """An organisation more, in which `pub` is editor."""
        users = [{"name": founding.EDITOR[0], "capacity": "editor"}]
        self.api("organization_create", {"name": name, "title": name.capitalize(), "users": users}, self.admin_token)

    def new_editor(self, organization: str) -> str:
        """The token of a new user who is editor in this organisation only."""
        name = f"editor-{uuid.uuid4().hex[:12]}"
        person = {"name": name, "email": f"{name}@example.org", "password": uuid.uuid4().hex}
        self.api("user_create", person, self.admin_token)
        member = {"id": organization, "username": name, "role": "editor"}
        self.api("organization_member_create", member, self.admin_token)
        return self.api("api_token_create", {"user": name, "name": "tests"}, self.admin_token)["token"]

    # --- how ----------------------------------------------------------------------------------------------------------

    @property
    def _running(self) -> Servers:
        assert self._servers, "the portal was never started"
        return self._servers

    def _claim(self) -> None:
        """Take the first folder of this variant that nobody holds, and end what a dead holder left running."""
        who = account()
        place = who.folder(who.cache / "portals")
        for number in count(1):
            lock = (place / f"{self.variant}-{number}.lock").open("w")
            try:
                flock(lock, LOCK_EX | LOCK_NB)
            except BlockingIOError:
                lock.close()
                continue
            self._lock, self.folder = lock, place / f"{self.variant}-{number}"
            break
        remove(leftovers(self.folder))

    def _copy(self, made: Path) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        log = account().cache / "copy.log"
        account().run(["cp", "--archive", made, self.folder], made, log=log)
        self._secrets = Secrets.read(self.folder)

    def _configure(self) -> None:
        told = {"ckan.site_url": self.public_url, "ckan.locale_default": self.locale}
        configure(self.folder, self.variant, self._ports, {**told, **self.settings})

    def _wake(self) -> None:
        """Until every worker has answered well: what it held of the database that is gone costs it one bad answer."""
        end, asleep = time.monotonic() + PATIENCE, set(self.web.workers)
        while asleep:
            answer = ask(f"{self.url}/api/3/action/package_search?rows=0", 30)
            if answer.is_success:
                asleep.discard(int(answer.headers["X-Worker"]))
            if time.monotonic() > end:
                raise PortalError(f"workers {asleep} do not answer after a reset\n{tail(self.web.log)}")

    def _start(self) -> None:
        for server in self._running[:3]:
            server.launch()
        for server in self._running[:3]:
            server.wait()
        self.web.start()
