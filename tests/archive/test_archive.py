"""Snapshots, verdicts, versions: kept once, whole, whatever happens in the middle."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipelines.archive import archive as module
from pipelines.archive.archive import MANIFEST, Archive
from pipelines.archive.ledger import Ledger
from pipelines.errors import UserError
from pipelines.files import canonical_json, create_file, replace_file, sha256

Make = Callable[..., None]
SLUG = "paralegals"
RECORD: dict[str, Any] = {"fingerprint": "f", "content_hash": "c", "verdict": "v", "snapshots": {}, "bump": "first"}


def test_creating_an_archive_writes_nothing(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "none")
    assert archive.numbers(SLUG) == []
    assert archive.current(SLUG) is None
    assert archive.recorded(SLUG, "1.0.0") is None
    assert not (tmp_path / "none").exists()


def test_a_snapshot_is_kept_once_under_its_hash(archive: Archive, tmp_path: Path) -> None:
    source = tmp_path / "source.csv"
    source.write_bytes(b"a;b\n")
    first = archive.keep_snapshot(SLUG, source)
    before = first.stat().st_mtime_ns
    assert first == archive.keep_snapshot(SLUG, b"a;b\n")
    assert first.name == sha256(b"a;b\n")
    assert first.stat().st_mtime_ns == before


def test_a_verdict_is_kept_under_its_digest_and_told_once(archive: Archive) -> None:
    verdict = {"content_hash": "c", "findings": [{"severity": "warn"}]}
    digest = archive.keep_verdict(SLUG, verdict)
    assert digest == archive.keep_verdict(SLUG, verdict) == sha256(canonical_json(verdict))
    assert archive.verdict(SLUG, digest) == verdict
    (entry,) = archive.ledger(SLUG).entries()
    assert entry.data == {"verdict": digest, "content_hash": "c", "passed": True}


def test_a_verdict_changed_by_hand_is_none(archive: Archive) -> None:
    digest = archive.keep_verdict(SLUG, {"content_hash": "c", "findings": [{"severity": "block"}]})
    file = archive.root / SLUG / "verdicts" / f"{digest}.json"
    file.write_text(file.read_text().replace("block", "info"))
    assert archive.verdict(SLUG, digest) is None
    assert archive.verdict(SLUG, "0" * 64) is None


def test_versions_are_listed_by_number_and_not_by_letter(archive: Archive, make: Make) -> None:
    for number in ("1.9.0", "1.10.0", "1.2.0"):
        make(number)
    assert archive.numbers(SLUG) == ["1.2.0", "1.9.0", "1.10.0"]
    assert archive.current(SLUG) == "1.2.0"


def test_a_version_is_what_the_scratch_held(archive: Archive, make: Make) -> None:
    make("1.0.0", "content")
    folder = archive.version_folder(SLUG, "1.0.0")
    assert (folder / "package" / "data.csv").read_text() == "content"
    assert archive.manifest(SLUG, "1.0.0") == {"version": "1.0.0"}
    recorded = archive.recorded(SLUG, "1.0.0")
    assert recorded is not None
    assert recorded["manifest"] == sha256((folder / MANIFEST).read_bytes())
    assert not (archive.root / SLUG / ".scratch").exists()


def test_a_version_that_exists_is_never_written_again(archive: Archive, make: Make) -> None:
    make("1.0.0", "first")
    with pytest.raises(FileExistsError):
        make("1.0.0", "second")
    assert (archive.version_folder(SLUG, "1.0.0") / "package" / "data.csv").read_text() == "first"
    assert len(archive.ledger(SLUG).entries()) == 1


def test_a_scratch_that_is_not_committed_is_gone(archive: Archive) -> None:
    with pytest.raises(RuntimeError, match="stop"), archive.scratch(SLUG) as scratch:
        (scratch / "half").write_text("x")
        raise RuntimeError("stop")
    assert not (archive.root / SLUG / ".scratch").exists()


class Killed(BaseException):
    """Stands for kill -9: nothing catches it."""


@pytest.mark.parametrize("step", ["before the files move", "before the manifest", "before the ledger entry"])
def test_a_crash_in_a_commit_leaves_no_version_and_the_next_commit_works(
    step: str, archive: Archive, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    make("1.0.0")

    def die(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as crash:
        if step == "before the files move":
            crash.setattr(Path, "rename", die)
        elif step == "before the manifest":
            crash.setattr(module, "create_file", die)
        else:
            crash.setattr(Ledger, "append", die)
        with pytest.raises(Killed):
            make("1.1.0", "half")
    assert archive.numbers(SLUG) == ["1.0.0"]
    assert archive.current(SLUG) == "1.0.0"
    assert archive.recorded(SLUG, "1.1.0") is None
    make("1.1.0", "whole")
    assert archive.numbers(SLUG) == ["1.0.0", "1.1.0"]
    assert (archive.version_folder(SLUG, "1.1.0") / "package" / "data.csv").read_text() == "whole"
    assert archive.ledger(SLUG).broken_links() == []


def test_a_version_that_died_unrecorded_stays_unknown_when_another_number_follows(
    archive: Archive, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    make("1.0.0")

    def die(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as crash, pytest.raises(Killed):
        crash.setattr(Ledger, "append", die)
        make("1.1.0")
    make("1.0.1")
    assert archive.numbers(SLUG) == ["1.0.0", "1.0.1"]


def test_erasing_removes_what_only_those_versions_used(archive: Archive, make: Make) -> None:
    kept, gone = archive.keep_snapshot(SLUG, b"kept"), archive.keep_snapshot(SLUG, b"gone")
    make("1.0.0", snapshots={"a": gone.name, "b": kept.name}, content_hash="first")
    make("1.1.0", snapshots={"b": kept.name})
    entry = archive.remove_versions(SLUG, ["1.0.0"], {"reason": "a name stood there"})
    assert archive.numbers(SLUG) == ["1.1.0"]
    assert kept.exists()
    assert not gone.exists()
    assert not archive.version_folder(SLUG, "1.0.0").exists()
    assert entry.data["reason"] == "a name stood there"
    assert entry.data["hashes"]["1.0.0"]["content_hash"] == "first"
    assert archive.ledger(SLUG).broken_links() == []


def test_one_process_waits_for_another(archive: Archive, tmp_path: Path) -> None:
    code = textwrap.dedent(f"""
        from pathlib import Path
        from pipelines.archive.archive import Archive
        with Archive(Path({str(archive.root)!r})).lock({SLUG!r}):
            Path({str(tmp_path / "in")!r}).write_text("in")
    """)
    with archive.lock(SLUG):
        other = subprocess.Popen([sys.executable, "-c", code])
        with pytest.raises(subprocess.TimeoutExpired):
            other.wait(1.5)
        assert not (tmp_path / "in").exists()
    assert other.wait(20) == 0
    assert (tmp_path / "in").exists()


# What a disk can do to a writer. A child process is given a disk of its own making: no file may grow beyond a limit.

_LIMITED = """
import json, resource, signal, sys
from pathlib import Path
from pipelines.archive.archive import Archive
from pipelines.errors import UserError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
archive, slug = Archive(Path(sys.argv[1])), "paralegals"
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
try:
    if sys.argv[3] == "snapshot":
        archive.keep_snapshot(slug, b"x" * 10_000)
    else:
        with archive.scratch(slug) as scratch:
            archive.commit(slug, "1.1.0", scratch, b"x" * 10_000, json.loads(sys.argv[4]))
except UserError as error:
    print(*(finding.code for finding in error.findings))
"""


@pytest.mark.parametrize("what", ["snapshot", "commit"])
def test_a_full_disk_is_a_finding_and_loses_nothing(what: str, archive: Archive, make: Make) -> None:
    make("1.0.0")
    before = _files(archive.root)
    arguments = [str(archive.root), "4000", what, json.dumps(RECORD)]
    done = subprocess.run([sys.executable, "-c", _LIMITED, *arguments], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "archive-not-writable"
    assert {name: kept for name, kept in _files(archive.root).items() if not name.endswith("1.1.0")} == before
    assert archive.numbers(SLUG) == ["1.0.0"]
    make("1.1.0")
    assert archive.numbers(SLUG) == ["1.0.0", "1.1.0"]


def _files(root: Path) -> dict[str, bytes]:
    return {str(f.relative_to(root)): f.read_bytes() for f in sorted(root.rglob("*")) if f.is_file()}


def test_an_archive_where_nothing_may_be_written_is_a_finding(tmp_path: Path) -> None:
    (tmp_path / "archive").write_text("a file stands where the folder should be")
    archive = Archive(tmp_path / "archive")
    for write in (
        lambda: archive.keep_snapshot(SLUG, b"x"),
        lambda: archive.keep_verdict(SLUG, {"content_hash": "c", "findings": []}),
        lambda: archive.lock(SLUG).__enter__(),
        lambda: archive.scratch(SLUG).__enter__(),
    ):
        with pytest.raises(UserError) as refused:
            write()
        assert [f.code for f in refused.value.findings] == ["archive-not-writable"]


def test_a_read_only_archive_is_a_finding_and_can_still_be_read(archive: Archive, make: Make) -> None:
    make("1.0.0")
    code = textwrap.dedent(f"""
        import os
        from pathlib import Path
        from pipelines.archive.archive import Archive
        from pipelines.errors import UserError
        if os.geteuid() == 0:
            os.setgid(65534); os.setuid(65534)  # nobody, who may only read
        archive = Archive(Path({str(archive.root)!r}))
        print(archive.numbers("paralegals"))
        for write in (lambda: archive.keep_snapshot("paralegals", b"new"), lambda: archive.ledger("paralegals")):
            try:
                with archive.writing():
                    write().append("released", {{}})
            except UserError as error:
                print(*(finding.code for finding in error.findings))
    """)
    before = _files(archive.root)
    _open_to_readers(archive.root)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:3] == ["['1.0.0']", "archive-not-writable", "archive-not-writable"]
    assert _files(archive.root) == before


def _open_to_readers(root: Path) -> None:
    for folder in [root, *(f for f in root.rglob("*") if f.is_dir())]:
        folder.chmod(0o555)
    for above in root.parents:
        if "pytest-" in str(above):  # pytest's own folders, which only their owner may enter
            above.chmod(above.stat().st_mode | 0o111)


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "a" / "file"
    create_file(path, b"first")
    with pytest.raises(FileExistsError):
        create_file(path, b"second")
    assert path.read_bytes() == b"first"
    replace_file(path, b"third")
    assert path.read_bytes() == b"third"
    assert path.stat().st_mode & 0o777 == 0o644
    assert [f.name for f in path.parent.iterdir()] == ["file"]
