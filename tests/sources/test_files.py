from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.archive.archive import Archive
from pipelines.declaration.vocabulary import source_formats
from pipelines.files import sha256
from pipelines.findings import Finding
from pipelines.sources.formats import format_names, reader
from pipelines.sources.snapshot import Snapshot

Fetching = Callable[..., Snapshot]
Refusal = Callable[[Callable[[], object]], list[Finding]]


def test_a_file_beside_the_declaration_is_kept_with_its_hash(
    fetching: Fetching, folder: Path, archive: Archive
) -> None:
    (folder / "source").mkdir()
    (folder / "source" / "date.csv").write_bytes(b"a,b\n1,2\n")
    snapshot = fetching(path="source/date.csv")
    assert (snapshot.sha256, snapshot.size) == (sha256(b"a,b\n1,2\n"), 8)
    assert (snapshot.name, snapshot.origin) == ("date.csv", "paralegals/source/date.csv")
    assert snapshot.path.is_relative_to(archive.root)
    (folder / "source" / "date.csv").unlink()
    assert snapshot.path.read_bytes() == b"a,b\n1,2\n"


@pytest.mark.parametrize(
    "path",
    [
        "../x.csv",
        "a/../../x.csv",
        "/etc/passwd",
        "..",
        ".hidden",
        "a/.x",
        "a\\x.csv",
        "C:x.csv",
        "a%2e%2e/x",
        "a//b",
        "x\0.csv",
    ],
)
def test_a_path_that_leaves_the_folder_is_refused(
    fetching: Fetching, folder: Path, refusal: Refusal, path: str
) -> None:
    (folder.parent / "x.csv").write_bytes(b"a\n1\n")
    (finding,) = refusal(lambda: fetching(path=path))
    assert finding.code == "path-not-allowed"
    assert (finding.dataset, finding.resource) == ("paralegals", "observations")
    assert finding.place.file == "paralegals/datapackage.yaml"


def test_a_link_that_leads_out_of_the_folder_is_refused(fetching: Fetching, folder: Path, refusal: Refusal) -> None:
    (folder.parent / "secret.csv").write_bytes(b"a\n1\n")
    (folder / "data.csv").symlink_to(folder.parent / "secret.csv")
    assert [f.code for f in refusal(lambda: fetching(path="data.csv"))] == ["path-not-allowed"]


def test_a_link_inside_the_folder_is_followed(fetching: Fetching, folder: Path) -> None:
    (folder / "2020.csv").write_bytes(b"a\n1\n")
    (folder / "data.csv").symlink_to("2020.csv")
    assert fetching(path="data.csv").size == 4


def test_links_in_a_circle_are_a_finding(fetching: Fetching, folder: Path, refusal: Refusal) -> None:
    (folder / "a.csv").symlink_to("b.csv")
    (folder / "b.csv").symlink_to("a.csv")
    assert [f.code for f in refusal(lambda: fetching(path="a.csv"))] == ["path-not-allowed"]


def test_a_missing_file_is_a_finding_that_names_it(fetching: Fetching, refusal: Refusal) -> None:
    (finding,) = refusal(lambda: fetching(path="source/missing.csv"))
    assert (finding.code, finding.params["path"]) == ("file-missing", "source/missing.csv")


def test_an_empty_file_is_a_finding_and_nothing_is_kept(
    fetching: Fetching, folder: Path, archive: Archive, refusal: Refusal
) -> None:
    (folder / "data.csv").touch()
    assert [f.code for f in refusal(lambda: fetching())] == ["source-empty"]
    assert not archive.root.exists()


def test_a_directory_or_a_pipe_is_no_source(fetching: Fetching, folder: Path, refusal: Refusal) -> None:
    (folder / "data").mkdir()
    os.mkfifo(folder / "pipe.csv")
    assert [f.code for f in refusal(lambda: fetching(path="data"))] == ["file-not-a-file"]
    assert [f.code for f in refusal(lambda: fetching(path="pipe.csv"))] == ["file-not-a-file"]


def test_a_file_that_may_not_be_read_is_a_finding(
    fetching: Fetching, folder: Path, refusal: Refusal, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = folder / "data.csv"
    source.write_bytes(b"a\n1\n")
    source.chmod(0)
    if os.geteuid() != 0:
        assert [f.code for f in refusal(lambda: fetching())] == ["source-unreadable"]
        return
    # Root may read everything, so this is asked as somebody else, from a folder that everybody may enter.
    with tempfile.TemporaryDirectory() as name:
        open_to_all = Path(name)
        open_to_all.chmod(0o755)
        source.rename(open_to_all / "data.csv")
        folder.rmdir()
        folder.symlink_to(open_to_all)
        parents = [p for p in folder.parents if p.stat().st_mode & 0o011 == 0]
        for parent in parents:
            parent.chmod(0o711)
        os.seteuid(65534)
        try:
            assert [f.code for f in refusal(lambda: fetching())] == ["source-unreadable"]
        finally:
            os.seteuid(0)
            for parent in parents:
                parent.chmod(0o700)


def test_every_format_that_can_be_declared_has_its_module() -> None:
    assert format_names() == source_formats()
    assert all(callable(reader(name)) for name in format_names())
