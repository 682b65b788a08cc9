"""What every test may use. Rooms have their own fixtures beside their tests.

Hypothesis tries the same examples everywhere, against no clock, and keeps nothing on disk.
"""

from __future__ import annotations

import contextlib
import gc
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from pipelines import cli
from pipelines.archive.archive import Archive
from pipelines.sources import decoding
from pipelines.sources.formats import csv, parquet
from pipelines.tables import alike, build, held, spill
from pipelines.versions import content, difference

pytest_plugins = ["tests.portal.fixtures"]  # the real CKAN portal

settings.register_profile("publica", deadline=None, derandomize=True, database=None)
settings.load_profile("publica")

PROJECT = Path(__file__).resolve().parents[1]
PUBLICA = Path(sys.executable).parent / "publica"  # the true executable, where exit codes, signals and streams matter

DECLARATION = """\
$schema: https://datapackage.org/profiles/2.0/datapackage.json
name: {slug}
title: {title}
description: Invented figures that tests are made of.
translations:
  ro: {{title: "{title} (ro)", description: "Cifre inventate, din care se fac teste."}}
  ru: {{title: Выдуманное}}
keywords: [invented]
licenses: [{{name: CC-BY-4.0}}]
sources: [{{title: An invented list}}]
publica: {{organization: age, cadence: semester, theme: GOVE}}
resources:
  - name: rows
    type: table
    path: source/{file}
    title: Rows
    translations: {{ro: {{title: "Rânduri"}}}}
{extra}    publica: {publica}
    schema:
      fields:
        - name: place
          type: string
          from: Loc
          title: Place
          translations: {{ro: {{title: Locul}}}}
          constraints: {{required: true}}
        - {{name: count, type: integer, from: Nr, title: Count, translations: {{ro: {{title: "Numărul"}}}}}}
      primaryKey: [place]
"""
ROWS = "Loc,Nr\nValea Albă,3\nDealul Rece,5\n"


@dataclass(frozen=True)
class Ran:
    """What came of a command."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def said(self) -> str:
        return self.out + self.err


@dataclass(frozen=True)
class Desk:
    """A person's folder with invented datasets, an archive and a portal, and commands to type there."""

    root: Path

    @property
    def datapackages(self) -> Path:
        return self.root / "datapackages"

    @property
    def public(self) -> Path:
        return self.root / "public"

    @property
    def archive(self) -> Archive:
        return Archive(self.root / "archive")

    def dataset(
        self,
        slug: str = "wells",
        rows: str | bytes = ROWS,
        *,
        title: str = "Invented wells",
        file: str = "rows.csv",
        extra: str = "",
        publica: str = "{checks: {rows: {min: 1}}}",
    ) -> Path:
        """Write the folder of a dataset; returns its source file. `extra`: more lines of its only resource."""
        folder = self.datapackages / slug
        (folder / "source").mkdir(parents=True, exist_ok=True)
        text = DECLARATION.format(slug=slug, title=title, file=file, extra=extra, publica=publica)
        (folder / "datapackage.yaml").write_text(text, "utf-8")
        (folder / "source" / file).write_bytes(rows.encode() if isinstance(rows, str) else rows)
        return folder / "source" / file

    def edit(self, slug: str, old: str, new: str) -> None:
        """Change a dataset's declaration."""
        file = self.datapackages / slug / "datapackage.yaml"
        assert old in file.read_text("utf-8")
        file.write_text(file.read_text("utf-8").replace(old, new), "utf-8")

    def real(self, slug: str) -> Path:
        """A copy of one of the project's own datasets."""
        if not (self.root / "expectations").exists():
            shutil.copytree(PROJECT / "expectations", self.root / "expectations")
        return shutil.copytree(PROJECT / "datapackages" / slug, self.datapackages / slug)

    def run(self, *words: str) -> Ran:
        """Type `publica` and these words, in this process."""
        assert Path.cwd() == self.root, "a test left its desk"
        streams = [io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2)]
        typed, sys.argv = sys.argv, ["publica", *words]
        often = gc.get_threshold()
        try:
            with contextlib.redirect_stdout(streams[0]), contextlib.redirect_stderr(streams[1]):
                cli.main()
        except SystemExit as end:
            code = end.code
        finally:
            sys.argv = typed
            gc.unfreeze()  # this process goes on
            gc.set_threshold(*often)
        out, err = (stream.buffer.getvalue().decode() for stream in streams)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType] - a BytesIO
        return Ran(int(code or 0), str(out), str(err))

    def publish(self, *names: str) -> Ran:
        ran = self.run("publish", "--yes", *names)
        assert ran.code == 0, ran.said
        return ran

    def started(self, *words: str, **options: Any) -> subprocess.Popen[str]:
        """Start the true executable with these words."""
        return subprocess.Popen(
            [PUBLICA, *words],
            cwd=self.root,
            stdin=options.pop("stdin", subprocess.DEVNULL),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **options,
        )

    def process(self, *words: str, env: Mapping[str, str] | None = None) -> Ran:
        """Run the true executable with these words."""
        process = self.started(*words, env={**os.environ, **(env or {})})
        out, err = process.communicate(timeout=120)
        return Ran(process.returncode, out, err)

    def tree(self, *folders: str) -> dict[str, tuple[str, int, int]]:
        """Everything below (archive and portal by default): kind or SHA-256, time of change, inode."""
        found: dict[str, tuple[str, int, int]] = {}
        for folder in folders or ("archive", "public"):
            for path in sorted((self.root / folder).rglob("*")):
                status = path.lstat()
                what = f"link {path.readlink()}" if path.is_symlink() else "folder"
                if path.is_file() and not path.is_symlink():
                    what = hashlib.sha256(path.read_bytes()).hexdigest()
                found[path.relative_to(self.root).as_posix()] = (what, status.st_mtime_ns, status.st_ino)
        return found

    def shown(self, slug: str = "wells") -> str:
        """The version that a reader is given; empty for none."""
        return str(self.reading(slug).get("version", ""))

    def reading(self, slug: str = "wells") -> dict[str, Any]:
        """What the portal says of a dataset."""
        return json.loads((self.public / slug / "dataset.json").read_bytes())

    def rows(self, slug: str = "wells", table: str = "rows") -> str:
        """The newest CSV that a reader is given."""
        return (self.public / slug / "latest" / "data" / f"{table}.csv").read_text("utf-8")


@pytest.fixture(scope="session")
def in_batches() -> Callable[[int], AbstractContextManager[None]]:
    """While inside, so many rows at most are read, built or held at a time, tables are on disk, and in many buckets."""

    @contextlib.contextmanager
    def limited(rows: int) -> Generator[None]:
        limits = {
            (decoding, "PIECE"): 8 * rows,
            (csv, "SMALL"): 0,
            (csv, "BATCH"): rows,
            (parquet, "BATCH"): rows,
            (build, "BATCH"): rows,
            (held, "PART"): rows,
            (spill, "MEMORY"): -1,
            (alike, "BUCKET"): 50 * rows,
            (content, "MANY"): -1,
            (difference, "TOLD"): 100 * rows,
            (difference, "FETCHED"): 100 * rows,
        }
        before = {(module, name): getattr(module, name) for module, name in limits}
        try:
            for (module, name), value in limits.items():
                setattr(module, name, value)
            yield
        finally:
            for (module, name), value in before.items():
                setattr(module, name, value)

    return limited


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """An empty desk: the shared lists, and no dataset yet. One stands in its folder, and English is spoken."""
    desk = Desk(tmp_path / "desk")
    shutil.copytree(PROJECT / "datapackages" / "_shared", desk.datapackages / "_shared")
    monkeypatch.chdir(desk.root)
    monkeypatch.setenv("PUBLICA_LANGUAGE", "en")
    for variable in ("DATAPACKAGES", "ARCHIVE", "PORTAL"):
        monkeypatch.delenv(f"PUBLICA_{variable}", raising=False)
    return desk


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Generator[None]:
    """What is remembered between runs is remembered for the tests alone."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield
