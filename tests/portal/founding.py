"""The founding of a portal: databases, configuration, people, organisations and groups, and the templates of a reset.

It takes a while and is done once for all portals of a variant, which are copies of the folder that it leaves.
"""

from __future__ import annotations

import json
import secrets
import subprocess
from pathlib import Path
from typing import NamedTuple

import yaml

from tests.portal.account import PortalError, account
from tests.portal.api import call
from tests.portal.servers import Ports, execute, free_ports, postgres_address, postgres_programs, servers
from tests.portal.settings import configure

HERE = Path(__file__).parent
SHARED = HERE.parents[1] / "datapackages" / "_shared"
DATABASES = ("ckan", "datastore")
ADMIN, EDITOR = ("admin", "adminadmin1"), ("pub", "pubpubpub1")  # what people log in with


class Secrets(NamedTuple):
    """What one needs to use a portal: PostgreSQL's password, and API tokens."""

    password: str
    admin_token: str
    editor_token: str

    @staticmethod
    def read(folder: Path) -> Secrets:
        return Secrets(**json.loads((folder / "secrets.json").read_bytes()))


def recipe() -> bytes:
    """What a portal depends on, beside its variant and what is installed."""
    files = [HERE / name for name in ("founding.py", "settings.py", "wsgi.py", "solr/solrconfig.xml")]
    contents = [file.read_bytes() for file in [*files, *sorted(SHARED.glob("*.yaml"))]]
    return b"".join([*contents, bytes(postgres_programs())])


def found(folder: Path, variant: str, ckan: Path, jars: Path, log: Path) -> None:
    """Make a portal in an empty folder: it has run once and is stopped. Raises PortalError."""
    password, ports = secrets.token_urlsafe(16), free_ports()
    _lay_out(folder, ckan, password, log)
    configure(folder, variant, ports)
    four = servers(folder, ports, password, ckan, jars)
    try:
        for server in (four.solr, four.redis, four.postgres):
            server.launch()
        four.postgres.wait()
        admin = _tables(folder, ckan, ports, password, log)
        four.redis.wait()
        four.solr.wait()
        four.web.start()
        editor = _furnish(f"http://127.0.0.1:{ports.web}", admin)
        four.web.stop()
        for name in DATABASES:
            end = f"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'"
            execute(ports, password, end, f"create database {name}_tpl template {name} owner ckan")
    finally:
        four.stop()
    account().write(folder / "secrets.json", json.dumps(Secrets(password, admin, editor)._asdict()))


def forget(ports: Ports, password: str) -> None:
    """The databases as they were founded; who is connected to them is cut off."""
    for name in DATABASES:
        drop = f"drop database if exists {name} with (force)"
        execute(ports, password, drop, f"create database {name} owner ckan template {name}_tpl")


def _lay_out(folder: Path, ckan: Path, password: str, log: Path) -> None:
    """PostgreSQL's cluster, Solr's core and CKAN's own idea of its configuration."""
    who = account()
    for name in ("run", "storage", "webassets", "solr/ckan/conf"):
        who.folder(folder / name)
    who.write(folder / "run" / "password", password)
    initdb = [postgres_programs() / "initdb", "-D", "pg", "-U", "portal", "-A", "scram-sha-256", "-E", "UTF8"]
    who.run([*initdb, "--locale=C.UTF-8", "--no-sync", "--pwfile=run/password"], folder, log=log)
    (folder / "run" / "password").unlink()
    (package,) = ckan.glob("lib/python3*/site-packages/ckan")
    core = folder / "solr" / "ckan"
    for path, text in {
        folder / "solr" / "solr.xml": "<solr/>",
        core / "core.properties": "name=ckan",
        core / "conf" / "schema.xml": (package / "config" / "solr" / "schema.xml").read_text("utf-8"),
        core / "conf" / "solrconfig.xml": (HERE / "solr" / "solrconfig.xml").read_text("utf-8"),
        core / "conf" / "protwords.txt": "",  # the schema names them; they may be empty
        core / "conf" / "synonyms.txt": "",
        folder / "wsgi.py": (HERE / "wsgi.py").read_text("utf-8"),
    }.items():
        who.write(path, text)
    who.run([ckan / "bin" / "ckan", "generate", "config", "generated.ini"], folder, log=log)


def _tables(folder: Path, ckan: Path, ports: Ports, password: str, log: Path) -> str:
    """The databases with their tables, and the administrator; the administrator's token."""

    def run(*words: str) -> str:
        return account().run([ckan / "bin" / "ckan", "-c", "ckan.ini", *words], folder, log=log)

    statements = ["create role ckan login password 'ckan'", "create role ds_ro login password 'ro'"]
    statements += [f"create database {name} owner ckan encoding 'utf8' template template0" for name in DATABASES]
    execute(ports, password, *statements)
    run("db", "init")
    psql = [postgres_programs() / "psql", "-q", "-v", "ON_ERROR_STOP=1", postgres_address(ports, password)]
    done = subprocess.run(psql, input=run("datastore", "set-permissions"), capture_output=True, text=True)
    if done.returncode:
        raise PortalError(done.stderr)
    run("db", "pending-migrations", "--apply")
    run("user", "add", ADMIN[0], "email=admin@example.org", f"password={ADMIN[1]}")
    run("sysadmin", "add", ADMIN[0])
    return run("user", "token", "add", ADMIN[0], "tests", "-q").split()[-1]


def _furnish(url: str, token: str) -> str:
    """Organisations, groups, and `pub`, editor in all of them; the editor's token."""
    name, password = EDITOR
    call(url, "user_create", {"name": name, "email": "pub@example.org", "password": password}, token)
    organizations = yaml.safe_load((SHARED / "organizations.yaml").read_bytes()) | {"agency": {"title": "Agency"}}
    for organization, said in organizations.items():
        users = [{"name": name, "capacity": "editor"}]
        call(url, "organization_create", {"name": organization, "title": said["title"], "users": users}, token)
    for theme, said in yaml.safe_load((SHARED / "themes.yaml").read_bytes()).items():
        users = [{"name": name, "capacity": "member"}]
        call(url, "group_create", {"name": theme.lower(), "title": said["title"], "users": users}, token)
    return call(url, "api_token_create", {"user": name, "name": "tests"}, token)["token"]
