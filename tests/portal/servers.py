"""The four servers of a portal: how each is started, and how one sees that it answers."""

from __future__ import annotations

import signal
import socket
from pathlib import Path
from typing import NamedTuple

import psycopg

from tests.portal.api import answers
from tests.portal.processes import Server, Web

WORKERS = 2


class Ports(NamedTuple):
    """Where the servers of a portal listen on 127.0.0.1."""

    web: int
    postgres: int
    redis: int
    solr: int


class Servers(NamedTuple):
    """In the order in which they are needed."""

    postgres: Server
    redis: Server
    solr: Server
    web: Web

    def stop(self) -> None:
        """End all of them, in order."""
        for server in reversed(self):
            server.stop()


def free_ports(web: int = 0) -> Ports:
    """Ports that nobody uses; the web server's may be asked for."""
    held = [socket.socket() for _ in Ports._fields]
    for one in held:
        one.bind(("127.0.0.1", 0))
    ports = Ports(*(int(one.getsockname()[1]) for one in held))
    for one in held:
        one.close()
    return ports._replace(web=web or ports.web)


def servers(folder: Path, ports: Ports, password: str, ckan: Path, jars: Path) -> Servers:
    """The servers of the portal in that folder, none of them started."""
    return Servers(
        _postgres(folder, ports, password), _redis(folder, ports), _solr(folder, ports, jars), _web(folder, ports, ckan)
    )


# --- PostgreSQL -------------------------------------------------------------------------------------------------------


def postgres_programs() -> Path:
    """The folder of Debian's newest PostgreSQL."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    assert found, "PostgreSQL is not installed: apt-get install postgresql"
    return found[-1]


def postgres_address(ports: Ports, password: str, database: str = "postgres") -> str:
    """For its administrator."""
    return f"postgresql://portal:{password}@127.0.0.1:{ports.postgres}/{database}"


def execute(ports: Ports, password: str, *statements: str) -> None:
    """Carry out statements as PostgreSQL's administrator."""
    with psycopg.connect(postgres_address(ports, password), autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def _postgres(folder: Path, ports: Ports, password: str) -> Server:
    settings = {
        "port": ports.postgres,
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "max_connections": 200,
        "fsync": "off",
    }
    command = [str(postgres_programs() / "postgres"), "-D", str(folder / "pg")]
    for key, value in settings.items():
        command += ["-c", f"{key}={value}"]

    def ready() -> bool:
        try:
            psycopg.connect(postgres_address(ports, password), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    return Server("postgres", folder, command, ready, signal.SIGINT)


# --- Redis ------------------------------------------------------------------------------------------------------------


def redis_forgets(ports: Ports) -> None:
    """Remove everything from Redis."""
    assert _redis_says(ports, "FLUSHALL") == b"+OK\r\n"


def _redis(folder: Path, ports: Ports) -> Server:
    kept = ["--save", "", "--appendonly", "no", "--dir", str(folder / "run")]
    command = ["redis-server", "--port", str(ports.redis), "--bind", "127.0.0.1", *kept]
    return Server("redis", folder, command, lambda: _redis_says(ports, "PING") == b"+PONG\r\n")


def _redis_says(ports: Ports, word: str) -> bytes:
    try:
        with socket.create_connection(("127.0.0.1", ports.redis), timeout=5) as connection:
            connection.sendall(f"{word}\r\n".encode())
            return connection.recv(100)
    except OSError:
        return b""


# --- Solr and the web server ------------------------------------------------------------------------------------------


def solr_command(jars: Path, home: Path, port: int, option: str) -> list[str]:
    return ["java", "-Xmx512m", "-XX:+UseSerialGC", option, "-cp", f"{jars}/lib/*", "Launch", str(home), str(port)]


def solr_address(ports: Ports) -> str:
    """The address of CKAN's core."""
    return f"http://127.0.0.1:{ports.solr}/solr/ckan"


def _solr(folder: Path, ports: Ports, jars: Path) -> Server:
    command = solr_command(jars, folder / "solr", ports.solr, f"-XX:SharedArchiveFile={jars / 'app.jsa'}")
    address = f"{solr_address(ports)}/select?q=*:*&rows=0"
    return Server("solr", folder, command, lambda: answers(address))


def _web(folder: Path, ports: Ports, ckan: Path) -> Web:
    command = [str(ckan / "bin" / "gunicorn"), "--bind", f"127.0.0.1:{ports.web}", "--workers", str(WORKERS)]
    command += ["--timeout", "600", "--no-control-socket", "--chdir", str(folder), "wsgi:application"]
    address = f"http://127.0.0.1:{ports.web}/api/3/action/status_show"

    def ready() -> bool:
        # a worker that still loads CKAN ends all of gunicorn when the database is reset meanwhile
        loaded = [pid for pid in web.workers if (folder / "run" / f"worker-{pid}").exists()]
        return len(loaded) == WORKERS and answers(address)

    web = Web("web", folder, command, ready)
    return web
