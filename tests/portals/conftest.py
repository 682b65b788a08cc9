"""Versions in a real archive, small and made by hand, and what the portal is told of the organisation."""

from __future__ import annotations

import csv
import errno
import io
import itertools
import json
import os
import signal
import sys
import tempfile
import traceback
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipelines.archive.archive import Archive
from pipelines.errors import UserError
from pipelines.files import pretty_json, sha256, sha256_file
from pipelines.portals.folder import Folder
from pipelines.portals.gate import CheckedVersion, checked_version
from pipelines.portals.metadata import About
from pipelines.versions.content import content_hash, read_table, table_hash

SLUG = "paralegals"
Rows = Sequence[tuple[str, int]]


def _schema() -> dict[str, Any]:
    return {
        "fields": [
            {
                "name": "period",
                "type": "string",
                "title": "Period",
                "description": "The half-year that the figures are about.",
                "translations": {"ro": {"title": "Perioada", "description": "Semestrul la care se referă cifrele."}},
                "constraints": {"required": True},
            },
            {
                "name": "paralegals",
                "type": "integer",
                "title": "Paralegals at work",
                "translations": {"ro": {"title": "Parajuriști activi"}},
                "unit": "persons",
            },
        ],
        "primaryKey": ["period"],
    }


def _metadata(slug: str, title: str) -> dict[str, Any]:
    return {
        "name": slug,
        "title": title,
        "description": "Size of the paralegal network and consultations given, per half-year.",
        "translations": {
            "ro": {"title": "Parajuriști comunitari", "description": "Mărimea rețelei de parajuriști, pe semestre."},
            "ru": {"title": "Параюристы"},
        },
        "keywords": ["justice", "legal-aid"],
        "licenses": [
            {"name": "CC-BY-4.0", "title": "CC BY 4.0", "path": "https://creativecommons.org/licenses/by/4.0/"}
        ],
        "sources": [{"title": "Progress report, first half of 2020"}],
        "theme": "JUST",
        "temporal": {"start": "2018-01", "end": "2020-06"},
        "formats": ["csv", "json"],
        "resources": [{"name": "observations", "title": "Observations", "schema": _schema()}],
    }


def _descriptor(package: Path, told: dict[str, Any], number: str) -> bytes:
    """The `datapackage.json` of a folder that holds a CSV and a JSON file of each table."""

    def file(path: Path) -> dict[str, Any]:
        kind = path.suffix.removeprefix(".")
        mediatype = {"csv": "text/csv", "json": "application/json"}[kind]
        told = {"path": f"data/{path.name}", "format": kind, "mediatype": mediatype, "bytes": path.stat().st_size}
        return {**told, "hash": f"sha256:{sha256_file(path)}"}

    def resource(table: dict[str, Any]) -> dict[str, Any]:
        csv_file, json_file = (file(package / "data" / f"{table['name']}.{kind}") for kind in ("csv", "json"))
        return {**table, "type": "table", **csv_file, "publica": {"formats": [json_file]}}

    words = {key: value for key, value in told.items() if key != "formats"}
    return pretty_json({**words, "version": number, "resources": [resource(table) for table in told["resources"]]})


@dataclass
class Maker:
    """Makes versions in `archive` the way the version room does: verdict, files, manifest, ledger entry."""

    archive: Archive
    slug: str = SLUG
    findings: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def make(self, number: str, rows: Rows, title: str = "Community paralegals", **metadata: Any) -> str:
        told = {**_metadata(self.slug, title), **metadata}
        with self.archive.scratch(self.slug) as scratch:
            self._write_package(scratch / "package", rows, number)
            (scratch / "package" / "datapackage.json").write_bytes(_descriptor(scratch / "package", told, number))
            name = f"{self.slug}-{number}.zip"
            with zipfile.ZipFile(scratch / name, "w") as packed:
                for path in sorted((scratch / "package").rglob("*.*")):
                    packed.write(path, path.relative_to(scratch / "package"))
            (resource,) = told["resources"]
            tables = {"observations": table_hash(read_table(scratch / "package", resource), resource["schema"])}
            content = content_hash(told, tables)
            verdict = {"dataset": self.slug, "content_hash": content, "findings": self.findings, "checks": 7}
            digest = self.archive.keep_verdict(self.slug, verdict)
            files = [path for path in sorted(scratch.rglob("*")) if path.is_file()]
            manifest = {
                "format": 1,
                "dataset": self.slug,
                "version": number,
                "previous": None,
                "bump": "minor",
                "reasons": [{"bump": "minor", "en": f"Made as {number}", "ro": f"Creată ca {number}", "ru": number}],
                "content_hash": content,
                "tables": tables,
                "verdict": digest,
                "files": [
                    {"path": p.relative_to(scratch).as_posix(), "sha256": sha256_file(p), "bytes": p.stat().st_size}
                    for p in files
                ],
                "metadata": told,
            }
            record = {"fingerprint": number, "content_hash": content, "verdict": digest, "snapshots": dict[str, str]()}
            self.archive.commit(self.slug, number, scratch, pretty_json(manifest), record)
        return number

    def _write_package(self, package: Path, rows: Rows, number: str) -> None:
        (package / "data").mkdir(parents=True)
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([("period", "paralegals"), *rows])
        (package / "data" / "observations.csv").write_text(text.getvalue(), "utf-8")
        records = [{"period": period, "paralegals": count} for period, count in rows]
        (package / "data" / "observations.json").write_bytes(pretty_json(records))
        for name in ("README.md", "LICENSE", "CHANGELOG.md", "CHANGELOG.ro.md", "CITATION.cff", "SHA256SUMS"):
            (package / name).write_text(f"{name} of {self.slug} {number}\n", "utf-8")
        (package / "report.json").write_bytes(pretty_json({"name": self.slug, "version": number}))

    def checked(self, number: str, rows: Rows | None = None, **told: Any) -> CheckedVersion:
        """The version `number`, made now unless it exists."""
        if number not in self.archive.numbers(self.slug):
            self.make(number, rows if rows is not None else [("2019-S1", int(number.split(".")[1]))], **told)
        return checked_version(self.archive, self.slug, number)


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    return Maker(Archive(tmp_path / "archive"))


@pytest.fixture
def memory() -> Iterator[Path]:
    """A folder in memory, where the system has one: tests that make thousands of changes need not wait for a disk."""
    shared = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=shared if os.access(shared, os.W_OK) else None) as folder:
        yield Path(folder)


@pytest.fixture
def portal(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "public")


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


@pytest.fixture
def about() -> About:
    return About(
        organization={
            "name": "cnajgs",
            "title": {"en": "National Council for State Guaranteed Legal Aid", "ro": "Consiliul Național"},
            "email": "office@cnajgs.md",
            "url": "https://cnajgs.md",
        },
        licenses=[
            {
                "name": "CC-BY-4.0",
                "title": {"en": "Creative Commons Attribution 4.0 International"},
                "path": "https://creativecommons.org/licenses/by/4.0/",
                "summary": {
                    "en": "Anyone may reuse the data if the publisher is named.",
                    "ro": "Oricine le poate reutiliza.",
                },
            }
        ],
        theme={"name": "JUST", "title": {"en": "Justice", "ro": "Justiție", "ru": "Правосудие"}},
        cadence="semester",
    )


@pytest.fixture
def whole() -> Any:
    """What is wrong with the dataset at a public address, seen by a stranger: nothing, where it is whole."""

    def look(public: Path) -> list[str]:
        value = json.loads((public / "dataset.json").read_bytes())
        summary = json.loads((public / "version.json").read_bytes())
        wrong: list[str] = []
        if (summary["status"], summary["version"]) != (value["status"], value.get("version", "")):
            wrong.append("version.json")
        for page in ("index.html", "ro.html", "ru.html"):
            if value["title"]["en"].encode() not in (public / "index.html").read_bytes():
                wrong.append(page)
        if value["status"] != "published":
            return wrong + [name for name in ("latest", "versions", f"{value['name']}.zip") if (public / name).exists()]
        files = [*value["files"], value["package"]]
        files += [file for version in value["versions"] for file in (*version["files"], version["package"])]
        for file in files:
            for url in {file["url"], file.get("permanent", file["url"])}:
                if sha256((public / url).read_bytes()) != file["sha256"]:
                    wrong.append(url)
        if json.loads((public / "latest" / "report.json").read_bytes())["version"] != value["version"]:
            wrong.append("latest")
        return wrong

    return look


_WRITES = {"os.rename", "os.symlink", "os.link", "os.mkdir", "os.remove", "os.rmdir", "os.chmod"}
_CREATES = {"os.symlink", "os.link", "os.mkdir"}


def _written(event: str, args: tuple[Any, ...]) -> bool:
    if event == "open":
        return isinstance(args[2], int) and bool(args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
    return event in _WRITES


class Forked:
    """Work done in a process of its own, where each change of the disk can be delayed, refused or deadly."""

    def run(self, work: Callable[[], object], each: Callable[[int, str], None]) -> int:
        """Do `work`, with `each(step, event)` called before every change. Returns the status as `waitpid` does.

        It exits with 0, with 1 for a UserError, with 2 for any other exception.
        """
        if pid := os.fork():
            return os.waitpid(pid, 0)[1]
        steps = itertools.count(1)
        sys.addaudithook(lambda event, args: each(next(steps), event) if _written(event, args) else None)
        code = 0
        try:
            work()
        except UserError:
            code = 1
        except BaseException:
            traceback.print_exc()
            code = 2
        finally:
            os._exit(code)

    def dies_at(self, step: int, work: Callable[[], object]) -> bool:
        """Do `work` and kill it, as kill -9 does, before its change number `step`. False where it ended before."""

        def kill(at: int, _event: str) -> None:
            if at == step:
                os.kill(os.getpid(), signal.SIGKILL)

        status = self.run(work, kill)
        assert status in (0, signal.SIGKILL), status
        return status != 0

    def refused_at(self, step: int, number: int, work: Callable[[], object]) -> int:
        """Do `work` on a disk that from change number `step` on answers with the error `number`; the exit code."""

        def refuse(at: int, event: str) -> None:
            if at >= step and (number != errno.ENOSPC or event == "open" or event in _CREATES):
                raise OSError(number, os.strerror(number))

        return os.waitstatus_to_exitcode(self.run(work, refuse))


@pytest.fixture
def forked() -> Forked:
    return Forked()
