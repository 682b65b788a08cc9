"""A version as people get it: the package folder and its zip, whole or not at all, the same bytes on every build.

What each file holds is in the other modules of this room. That a version may be made at all is decided in `versions/`,
where it is kept in `archive/`.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from pipelines.declaration.dataset import Dataset
from pipelines.errors import UserError
from pipelines.files import FILE_MODE, pretty_json, settle, sha256_file
from pipelines.findings import Finding, blocking
from pipelines.packages.container import Member, write_zip
from pipelines.packages.descriptor import DataFile, descriptor
from pipelines.packages.documents import changelog_text, changes_csv, citation_text, licence_text, report_json
from pipelines.packages.formats.files import write_files
from pipelines.packages.formats.format import Format, formats, unfit
from pipelines.packages.readme import readme_text
from pipelines.tables.table import Table
from pipelines.versions.draft import Draft

DESCRIPTOR, CHECKSUMS, DATA = "datapackage.json", "SHA256SUMS", "data"
_FOLDER_MODE = 0o755


@dataclass(frozen=True)
class PackagedFile:
    """One file of a version: `path` relative to the version's folder, hex SHA-256, size in bytes."""

    path: str
    sha256: str
    bytes: int

    def to_json(self) -> dict[str, str | int]:
        """The file as a manifest lists it."""
        return asdict(self)


def limits(dataset: Dataset, tables: Iterable[Table]) -> list[Finding]:
    """What the published formats could not hold of these tables, found before anything is written."""
    found: list[Finding] = []
    chosen = formats(dataset.package.publica.formats)
    for table in tables:
        cells = {(kind.code, kind.field): kind for each in chosen for kind in each.unfit(table.schema)}
        shapes = [finding for each in chosen for finding in each.limits(table)]
        found += [finding.within(dataset=dataset.slug) for finding in (*shapes, *unfit(table, cells.values()))]
    return found


def zip_name(slug: str, number: str) -> str:
    """The name of a version's zip."""
    return f"{slug}-{number}.zip"


def write_package(draft: Draft, folder: Path, previous_folder: Path | None) -> list[PackagedFile]:
    """Write the package into `folder`, which must not exist or be empty, and its zip beside it; returns all files.

    `previous_folder`: the package folder of the version before; from there the data files of unchanged resources are
    copied byte for byte. Raises UserError where a format cannot hold a table, a file to copy is damaged, or the disk
    does not take it, FileExistsError where something stands in `folder`; then nothing new stands under the final names.
    """
    if found := blocking(limits(draft.dataset, draft.tables)):
        raise UserError(found)
    if folder.exists() and any(folder.iterdir()):
        raise FileExistsError(folder)
    with _made_beside(folder, draft.dataset.slug) as making:
        package, archive = making / folder.name, making / zip_name(draft.dataset.slug, draft.number)
        (package / DATA).mkdir(parents=True)
        data = {table.name: _data_files(draft, table, package, previous_folder) for table in draft.tables}
        _write_documents(draft, data, package)
        members = _write_checksums(package, [file for files in data.values() for file in files])
        packed = {file.path for files in data.values() for file in files if file.format.packed}
        with archive.open("wb") as sink:
            write_zip(sink, [Member.of(package / name, name, stored=name in packed) for name in members])
        files = [
            PackagedFile(f"{folder.name}/{name}", digest, _size(package, name)) for name, digest in members.items()
        ]
        files.append(PackagedFile(archive.name, sha256_file(archive), archive.stat().st_size))
        _settle(making)
        package.rename(folder)
        archive.rename(folder.parent / archive.name)
    return sorted(files, key=lambda file: file.path)


def _formats(draft: Draft) -> list[Format]:
    return formats(draft.dataset.package.publica.formats)


def _data_files(draft: Draft, table: Table, package: Path, previous: Path | None) -> list[DataFile]:
    """One table in every format: copied where its content did not change and the file is there, else written."""
    paths = {package / _name(table, kind): kind for kind in _formats(draft)}
    copied = {
        path: _copied(draft, previous, path, _name(table, kind))
        for path, kind in paths.items()
        if previous is not None and table.name in draft.unchanged and (previous / _name(table, kind)).exists()
    }
    digests = copied | write_files(table, {path: kind for path, kind in paths.items() if path not in copied})
    return [DataFile(kind, _name(table, kind), digests[path], path.stat().st_size) for path, kind in paths.items()]


def _name(table: Table, kind: Format) -> str:
    return f"{DATA}/{table.name}.{kind.name}"


def _copied(draft: Draft, previous: Path, path: Path, name: str) -> str:
    """The hash of a file that is copied from the version before."""
    shutil.copyfile(previous / name, path)
    digest = sha256_file(path)
    if _checksums(previous).get(name, digest) != digest:
        params = {"file": name, "version": draft.previous or ""}
        raise UserError(Finding("previous-file-damaged", params=params, dataset=draft.dataset.slug))
    return digest


def _checksums(package: Path) -> dict[str, str]:
    """What the `SHA256SUMS` of a package says, by name."""
    lines = (package / CHECKSUMS).read_text("utf-8").splitlines()
    return {name: digest for digest, name in (line.split("  ", 1) for line in lines)}


def _write_documents(draft: Draft, data: Mapping[str, Sequence[DataFile]], package: Path) -> None:
    contents: dict[str, str | bytes] = {
        DESCRIPTOR: pretty_json(descriptor(draft, data)),
        "README.md": readme_text(draft, data, "en"),
        "README.ro.md": readme_text(draft, data, "ro"),
        "LICENSE": licence_text(draft),
        "CHANGELOG.md": changelog_text(draft, "en"),
        "CHANGELOG.ro.md": changelog_text(draft, "ro"),
        "CITATION.cff": citation_text(draft),
        "report.json": report_json(draft),
    }
    for name, content in contents.items():
        (package / name).write_bytes(content.encode() if isinstance(content, str) else content)
    with (package / "changes.csv").open("wb") as changes:
        changes.writelines(changes_csv(draft))


def _write_checksums(package: Path, data: Iterable[DataFile]) -> dict[str, str]:
    """Write `SHA256SUMS` over all other files; returns every file's hash by name, its own among them."""
    digests = {file.path: file.sha256 for file in data}
    digests |= {path.name: sha256_file(path) for path in package.iterdir() if path.is_file()}
    lines = (f"{digests[name]}  {name}\n" for name in sorted(digests))
    (package / CHECKSUMS).write_bytes("".join(lines).encode())
    digests[CHECKSUMS] = sha256_file(package / CHECKSUMS)
    return dict(sorted(digests.items()))


def _size(package: Path, name: str) -> int:
    return (package / name).stat().st_size


def _settle(making: Path) -> None:
    """The rights of all that was written, whatever the umask, and every byte of it on disk."""
    for path in making.rglob("*"):
        path.chmod(_FOLDER_MODE if path.is_dir() else FILE_MODE)
    settle(making)


@contextlib.contextmanager
def _made_beside(folder: Path, slug: str) -> Generator[Path]:
    """A folder beside `folder` to work in, gone afterwards. What a disk can do to a writer becomes a finding."""
    making: Path | None = None
    try:
        making = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".making-"))
        yield making
    except OSError as error:
        if isinstance(error, FileExistsError | FileNotFoundError):
            raise
        params = {"why": error.strerror or str(error)}
        raise UserError(Finding("package-not-written", params=params, dataset=slug)) from error
    finally:
        if making is not None:
            shutil.rmtree(making, ignore_errors=True)
