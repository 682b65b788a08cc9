"""What the tests of sources need: declarations made by hand, real files, a real web server, a real PostgreSQL."""

from __future__ import annotations

import os
import pwd
import socket
import subprocess
import tempfile
import threading
from collections.abc import Callable, Generator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from pipelines.archive.archive import Archive
from pipelines.declaration.dataset import Dataset
from pipelines.declaration.model import Organization, Package, Resource, Theme, Translations
from pipelines.errors import UserError
from pipelines.files import sha256
from pipelines.findings import Finding
from pipelines.sources.fetch import fetch
from pipelines.sources.origins.catalogue import ListedVersion
from pipelines.sources.raw import RawTable
from pipelines.sources.read import read
from pipelines.sources.snapshot import Snapshot

SCHEMA = {"fields": [{"name": "period", "type": "string"}]}


def _resource(**said: Any) -> Resource:
    return Resource.model_validate({"name": "observations", "path": "data.csv", "schema": SCHEMA, **said})


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "archive")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of the dataset that is declared."""
    made = tmp_path / "datapackages" / "paralegals"
    made.mkdir(parents=True)
    return made


@pytest.fixture
def fetching(folder: Path, archive: Archive) -> Callable[..., Snapshot]:
    """Fetches the one resource of a dataset, declared by what is said of it; the portal lists these versions."""

    def fetched(*catalogue: ListedVersion, **said: Any) -> Snapshot:
        resource = _resource(**said)
        package = Package.model_validate(
            {
                "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
                "name": "paralegals",
                "title": "Paralegals",
                "description": "Paralegals at work.",
                "translations": {},
                "keywords": ["justice"],
                "licenses": [{"name": "CC-BY-4.0"}],
                "sources": [{"title": "Report"}],
                "publica": {"organization": "cnajgs", "cadence": "semester", "theme": "JUST"},
                "resources": [resource],
            }
        )
        organization = Organization(title="Council", translations=Translations(), email="office@example.md")
        theme = Theme(title="Justice", translations=Translations())
        dataset = Dataset("paralegals", folder, package, organization, (), theme, {}, {}, {}, "0" * 64)
        return fetch(dataset, resource, archive, lambda: catalogue)

    return fetched


@pytest.fixture
def reading(tmp_path: Path) -> Callable[..., RawTable]:
    """Reads bytes as a file of that name, declared by what is said of it."""

    def table(content: bytes, name: str = "data.csv", **said: Any) -> RawTable:
        path = tmp_path / "snapshot"
        path.write_bytes(content)
        return read(Snapshot(sha256(content), len(content), path, name, "a test"), _resource(path=name, **said))

    return table


@pytest.fixture
def refusal() -> Callable[[Callable[[], object]], list[Finding]]:
    """The findings with which a call is refused; each can be said in every language."""

    def findings(call: Callable[[], object]) -> list[Finding]:
        with pytest.raises(UserError) as refused:
            call()
        for finding in refused.value.findings:
            assert len({finding.text("en"), finding.text("ro"), finding.text("ru")}) == 3
            finding.to_json()
        return refused.value.findings

    return findings


Answer = Callable[[BaseHTTPRequestHandler], None]


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Generator[tuple[str, dict[str, Answer]]]:
    """A web server on this machine, allowed by the name localhost: its address, and what it answers by path."""
    answers: dict[str, Answer] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answers[self.path.partition("?")[0]](self)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class'
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    monkeypatch.setenv("PUBLICA_INNER_HOSTS", "localhost")
    yield f"http://localhost:{server.server_port}", answers
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def postgres() -> Generator[str]:
    """The address of a PostgreSQL of our own, with a password; gone afterwards."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    assert found, "PostgreSQL is not installed: apt-get install postgresql"
    # PostgreSQL refuses to run as root; Debian's package brings a user for it.
    user = pwd.getpwnam("postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="pg-") as name:
        home = Path(name)
        (home / "password").write_text("s3cret-word")
        for path in (home, home / "password"):
            os.chown(path, user.pw_uid, user.pw_gid)
        as_user: dict[str, Any] = {"user": user.pw_uid, "group": user.pw_gid, "cwd": home, "check": True}
        if os.geteuid() != 0:
            as_user = {"cwd": home, "check": True}
        initdb = [found[-1] / "initdb", "-D", home / "data", "-U", "officer", "-A", "scram-sha-256", "-E", "UTF8"]
        subprocess.run(
            [*initdb, "--locale=C.UTF-8", f"--pwfile={home / 'password'}", "-N"], capture_output=True, **as_user
        )
        control = [found[-1] / "pg_ctl", "-D", home / "data", "-w", "-l", home / "log"]
        settings = f"-p {port} -k {home} -c listen_addresses=127.0.0.1 -c fsync=off"
        subprocess.run([*control, "-o", settings, "start"], stdout=subprocess.DEVNULL, **as_user)
        try:
            yield f"postgresql://officer:s3cret-word@127.0.0.1:{port}/postgres"
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], stdout=subprocess.DEVNULL, **as_user)
