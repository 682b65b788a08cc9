"""The package as a whole: valid, verifiable, the same bytes everywhere, and whole or not there at all."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import resource
import shutil
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import pytest
import yaml

import pipelines
from pipelines.errors import UserError
from pipelines.packages.package import write_package
from pipelines.versions.draft import Draft

DraftMaker = Callable[..., Draft]

FILES = {
    *(f"data/{name}.{kind}" for name in ("observations", "centres") for kind in ("csv", "json", "parquet", "xlsx")),
    *("datapackage.json", "README.md", "README.ro.md", "LICENSE", "CHANGELOG.md", "CHANGELOG.ro.md", "CITATION.cff"),
    *("report.json", "changes.csv", "SHA256SUMS"),
}
CONFTEST = Path(__file__).with_name("conftest.py")


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def hashes(folder: Path) -> dict[str, str]:
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names(folder)}


def test_the_package_and_its_zip_hold_exactly_the_files_of_the_contract(built: Path) -> None:
    assert names(built) == FILES
    with zipfile.ZipFile(built.parent / "paralegals-1.0.0.zip") as archive:
        assert archive.testzip() is None
        assert set(archive.namelist()) == FILES
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert all(archive.read(name) == (built / name).read_bytes() for name in FILES)


def test_what_is_returned_is_what_was_written(tmp_path: Path, make_hard_draft: DraftMaker) -> None:
    files = write_package(make_hard_draft(), tmp_path / "package", None)
    assert {file.path: file.sha256 for file in files} == hashes(tmp_path)
    assert all(file.bytes == (tmp_path / file.path).stat().st_size for file in files)
    assert [file.path for file in files] == sorted(file.path for file in files)
    assert files[0].to_json().keys() == {"path", "sha256", "bytes"}


def test_only_the_declared_formats_are_written(tmp_path: Path, make_hard_draft: DraftMaker) -> None:
    write_package(make_hard_draft(formats=["csv", "parquet"]), tmp_path / "package", None)
    kinds = {path.suffix for path in (tmp_path / "package/data").iterdir()}
    assert kinds == {".csv", ".parquet"}


def test_frictionless_finds_the_package_valid(built: Path) -> None:
    from frictionless import Package

    report = Package(str(built / "datapackage.json")).validate()
    assert report.valid, report.flatten(["type", "note"])
    assert [task.stats.get("rows") for task in report.tasks] == [9, 2]


def test_frictionless_opens_the_zip(built: Path) -> None:
    from frictionless import Package

    assert Package(str(built.parent / "paralegals-1.0.0.zip")).validate().valid


def test_frictionless_notices_a_changed_byte(built: Path, tmp_path: Path) -> None:
    from frictionless import Package

    shutil.copytree(built, tmp_path / "copy")
    path = tmp_path / "copy/data/centres.csv"
    path.write_bytes(path.read_bytes().replace(b",c\n", b",d\n"))
    report = Package(str(tmp_path / "copy/datapackage.json")).validate()
    assert report.flatten(["type"]) == [["hash-count"]]


def test_every_resource_is_a_csv_so_that_frictionless_needs_no_extras(built: Path) -> None:
    package = json.loads((built / "datapackage.json").read_bytes())
    assert [(r["name"], r["type"], r["format"]) for r in package["resources"]] == [
        ("observations", "table", "csv"),
        ("centres", "table", "csv"),
    ]
    others = [each["path"] for each in package["resources"][0]["publica"]["formats"]]
    assert others == ["data/observations.json", "data/observations.xlsx", "data/observations.parquet"]


def test_hashes_and_sizes_agree_everywhere(built: Path) -> None:
    package = json.loads((built / "datapackage.json").read_bytes())
    lines = (line.split("  ") for line in (built / "SHA256SUMS").read_text().splitlines())
    sums = {name: digest for digest, name in lines}
    told = [each for r in package["resources"] for each in (r, *r["publica"]["formats"])]
    assert len(told) == 8
    for each in told:
        assert each["hash"] == f"sha256:{sums[each['path']]}"
        assert each["bytes"] == (built / each["path"]).stat().st_size


def test_sha256sum_finds_all_files_whole(built: Path) -> None:
    run = subprocess.run(["sha256sum", "--strict", "-c", "SHA256SUMS"], cwd=built, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert len(run.stdout.splitlines()) == len(FILES) - 1


def test_the_schema_speaks_of_the_published_table_not_of_the_source(built: Path) -> None:
    package = json.loads((built / "datapackage.json").read_bytes())
    text = json.dumps(package)
    for word in (
        '"from"',
        "groupChar",
        "decimalChar",
        "missingValues",
        "trueValues",
        "%d.%m.%Y",
        "Nr. persoane",
        "source/",
    ):
        assert word not in text, word
    schema = package["resources"][0]["schema"]
    fields = {field["name"]: field for field in schema["fields"]}
    assert fields["persons"] == {
        "name": "persons",
        "type": "integer",
        "title": "Persons",
        "description": "How many | persons",
        "translations": {"ro": {"title": "Persoane", "description": "Câte persoane"}, "ru": {"title": "Лица"}},
        "unit": "persons",
    }
    assert schema["primaryKey"] == ["code"]
    assert schema["foreignKeys"][0]["reference"] == {"resource": "centres", "fields": ["centre"]}
    assert package["$schema"] == "https://datapackage.org/profiles/2.0/datapackage.json"
    assert package["version"] == "1.0.0"
    assert package["licenses"][0].keys() == {"name", "title", "path"}
    assert package["translations"]["ro"]["title"] == "Parajuriști comunitari"


def test_the_organisations_telephone_and_mail_stay_out(built: Path) -> None:
    for path in built.rglob("*"):
        if path.is_file():
            assert b"office@" not in path.read_bytes(), path
            assert b"22 123" not in path.read_bytes(), path


def test_the_readme_says_what_a_person_needs(built: Path) -> None:
    english, romanian = ((built / name).read_text("utf-8") for name in ("README.md", "README.ro.md"))
    assert "One row for each value of `code`." in english
    assert "| `persons` | integer | persons | Persons: How many \\| persons |" in english
    assert "You may use the data for anything" in english
    assert "Legal Aid Council: *Community paralegals*, version 1.0.0." in english
    assert "# Parajuriști comunitari" in romanian
    assert "| `persons` | integer | persons | Persoane: Câte persoane |" in romanian
    assert "| `c` | Oraș |" in romanian
    assert "Puteți folosi datele" in romanian
    assert all("sha256sum -c SHA256SUMS" in text and "data/observations.csv" in text for text in (english, romanian))


def test_the_other_documents(built: Path) -> None:
    citation = yaml.safe_load((built / "CITATION.cff").read_text("utf-8"))
    assert citation["cff-version"] == "1.2.0"
    assert citation["type"] == "dataset"
    assert citation["authors"] == [{"name": "Legal Aid Council", "website": "https://aid.example.md"}]
    assert citation["license"] == "CC-BY-4.0"
    assert "date-released" not in citation
    assert (built / "CHANGELOG.ro.md").read_text("utf-8").endswith("## 1.0.0\n\n- prima publicare\n")
    assert "Creative Commons Attribution 4.0\nYou may use" in (built / "LICENSE").read_text("utf-8")
    report = json.loads((built / "report.json").read_bytes())
    assert (report["passed"], report["checks"], len(report["findings"])) == (True, 3, 1)
    with (built / "changes.csv").open(newline="") as file:
        assert list(csv.reader(file)) == [
            ["resource", "change", "key", "field", "old", "new"],
            ["observations", "removed", '["x\\ny", 0]', "word", "x\ny", ""],
            ["observations", "added", '["z", 0]', "word", "", "z"],
        ]


def build_elsewhere(folder: Path, *arguments: str, umask: int, **environment: str) -> dict[str, str]:
    work = folder / "elsewhere"
    (folder / "version").mkdir(parents=True)
    work.mkdir()
    path = str(Path(pipelines.__file__).parent.parent)
    subprocess.run(
        [sys.executable, str(CONFTEST), str(folder / "version"), *arguments],
        cwd=work,
        env={**os.environ, "PYTHONPATH": path, **environment},
        umask=umask,
        check=True,
    )
    modes = {stat.S_IMODE(p.stat().st_mode) for p in (folder / "version").rglob("*")}
    assert modes == {0o644, 0o755}
    assert not list(work.iterdir())
    return hashes(folder / "version")


def test_the_same_bytes_on_another_machine_on_another_day(tmp_path: Path) -> None:
    here = {"TZ": "UTC", "LC_ALL": "C", "PYTHONHASHSEED": "1", "POLARS_MAX_THREADS": "1"}
    there = {"TZ": "Asia/Tokyo", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "4242", "POLARS_MAX_THREADS": "7"}
    first = build_elsewhere(tmp_path / "a", umask=0o000, **here)
    second = build_elsewhere(tmp_path / "b", "chunks", umask=0o077, **there)
    assert first == second
    assert len(first) == len(FILES) + 1


def test_an_unchanged_table_keeps_its_bytes_though_today_they_would_be_others(
    built: Path, tmp_path: Path, make_hard_draft: DraftMaker
) -> None:
    previous = tmp_path / "previous"
    shutil.copytree(built, previous)
    kept = previous / "data/centres.parquet"
    kept.write_bytes(b"as an older library wrote it")
    sums = (previous / "SHA256SUMS").read_text()
    old, new = hashes(built)["data/centres.parquet"], hashes(previous)["data/centres.parquet"]
    (previous / "SHA256SUMS").write_text(sums.replace(old, new))
    (previous / "data/observations.csv").write_bytes(b"not to be copied")

    write_package(make_hard_draft(number="1.0.1", unchanged=["centres"]), tmp_path / "package", previous)
    assert (tmp_path / "package/data/centres.parquet").read_bytes() == b"as an older library wrote it"
    package = json.loads((tmp_path / "package/datapackage.json").read_bytes())
    assert package["resources"][1]["publica"]["formats"][2]["hash"] == f"sha256:{new}"
    assert hashes(tmp_path / "package")["data/observations.csv"] == hashes(built)["data/observations.csv"]


def test_a_format_that_the_previous_version_did_not_have_is_written(
    tmp_path: Path, make_hard_draft: DraftMaker
) -> None:
    (tmp_path / "one").mkdir()
    write_package(make_hard_draft(formats=["csv"]), tmp_path / "one/package", None)
    draft = make_hard_draft(formats=["csv", "json"], unchanged=["centres", "observations"])
    write_package(draft, tmp_path / "package", tmp_path / "one/package")
    assert (tmp_path / "package/data/centres.json").exists()


def test_a_damaged_file_is_not_carried_over(built: Path, tmp_path: Path, make_hard_draft: DraftMaker) -> None:
    shutil.copytree(built, tmp_path / "previous")
    (tmp_path / "previous/data/centres.csv").write_bytes(b"centre,kind\n")
    with pytest.raises(UserError) as caught:
        write_package(make_hard_draft(unchanged=["centres"]), tmp_path / "package", tmp_path / "previous")
    assert [finding.code for finding in caught.value.findings] == ["previous-file-damaged"]
    assert [path.name for path in tmp_path.iterdir()] == ["previous"]


@contextmanager
def files_no_larger_than(size: int) -> Generator[None]:
    """The disk takes `size` bytes of a file and no more."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize(
    ("kinds", "rows"),
    [
        (["csv"], 4000),
        (["json"], 4000),
        (["parquet"], 4000),
        (["xlsx"], 4000),
        (["xlsx"], 30_000),  # by way of temporary files
        (["csv", "json", "xlsx", "parquet"], 4000),
    ],
)
def test_a_full_disk_is_a_finding_and_leaves_nothing_half_written(
    tmp_path: Path, make_draft: DraftMaker, kinds: list[str], rows: int
) -> None:
    fields = [{"name": "n", "type": "integer"}, {"name": "t", "type": "string"}]
    frame = pl.select(n=pl.int_range(rows)).with_columns(t=pl.col("n").hash(seed=1).cast(pl.String))
    draft = make_draft({"rows": (fields, frame)}, formats=kinds)
    whole = tmp_path / "whole"
    whole.mkdir()
    sizes = [file.bytes for file in write_package(draft, whole / "package", None)]
    before = hashes(tmp_path)
    for limit in (5000, max(sizes) - 1):
        with files_no_larger_than(limit), pytest.raises(UserError) as caught:
            write_package(draft, tmp_path / "package", None)
        (finding,) = caught.value.findings
        assert finding.code == "package-not-written"
        assert "File too large" in finding.text()
        assert hashes(tmp_path) == before


def test_a_package_is_never_written_over_another(built: Path, make_hard_draft: DraftMaker) -> None:
    before = hashes(built.parent)
    with pytest.raises(FileExistsError):
        write_package(make_hard_draft(number="2.0.0"), built, None)
    assert hashes(built.parent) == before


def test_nothing_is_read_from_the_disk_that_is_not_named(tmp_path: Path, make_hard_draft: DraftMaker) -> None:
    (tmp_path / "package").mkdir()
    files = write_package(make_hard_draft(), tmp_path / "package", None)
    assert {file.path for file in files} == names(tmp_path)
