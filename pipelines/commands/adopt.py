"""Taking over a dataset that stands on a portal and that publica did not put there. What `adopt` does.

Nothing is written to the portal: a folder is made of what it shows, a version of the folder, and the ledger is told
that the portal shows this version already. What the files become is found in `adopt_tables.py`, the words are put
together in `adopt_words.py`. All is made aside and moved into place at the end, so that a failure leaves nothing.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipelines.archive.archive import Archive
from pipelines.commands.adopt_tables import AdoptedTable, tables_of
from pipelines.commands.adopt_words import declaration, notes
from pipelines.commands.build import Tell, build, quiet
from pipelines.commands.publish import about_digest, require_place, warning_marks
from pipelines.commands.workspace import Workspace
from pipelines.declaration.dataset import DECLARATION, Dataset
from pipelines.declaration.load import load_dataset
from pipelines.declaration.shared import Shared, load_shared
from pipelines.errors import UserError
from pipelines.findings import Finding
from pipelines.portals.adoption import Adopts, Found, Known
from pipelines.portals.gate import checked_version
from pipelines.portals.metadata import About
from pipelines.text import mask, nearest


@dataclass(frozen=True)
class Choices:
    """What a person says where the portal does not. `without`: titles or ids of resources that are left as they are."""

    theme: str = ""
    licence: str = ""
    without: Collection[str] = ()


@dataclass(frozen=True)
class Adopted:
    """What was made: the folder, the version in the archive, and what is to be said of it."""

    folder: Path
    version: str
    tables: tuple[str, ...]
    findings: tuple[Finding, ...]

    def to_json(self) -> dict[str, Any]:
        """JSON value."""
        findings = [finding.to_json() for finding in self.findings]
        return {"folder": str(self.folder), "version": self.version, "tables": self.tables, "findings": findings}


def adopt(workspace: Workspace, name: str, choices: Choices | None = None, tell: Tell = quiet) -> Adopted:
    """Make `<datapackages>/<name>/` of the dataset `name` on the portal, and a version of it that the portal shows.

    Raises UserError with everything that stands in the way; then nothing is left behind.
    """
    portal, choices = workspace.portal, choices or Choices()
    if not isinstance(portal, Adopts):
        raise UserError(Finding("adopt-kind", params={"kind": workspace.portal.kind}))
    home = workspace.datapackages
    if not home.is_dir():
        raise UserError(Finding("no-datapackages", params={"folder": str(home)}))
    require_place(workspace)
    _refuse_known(workspace, name)
    shared = load_shared(home)
    with tempfile.TemporaryDirectory(prefix="publica-adopt-") as scratch:
        tell("reading")
        themes = {
            code: [t.title, *filter(None, (t.translations.ro.title, t.translations.ru.title))]
            for code, t in shared.themes.items()
        }
        found = portal.found(name, Path(scratch), Known([*shared.licences], themes), choices.without)
        _refuse_known(workspace, found.name)
        tables = tables_of(found)
        _refuse_open(found, shared, choices, portal)
        return _made(workspace, portal, found, tables, shared, choices, tell)


def _refuse_known(workspace: Workspace, name: str) -> None:
    """Raise UserError for a dataset that has a folder, or that the archive has versions of but no folder."""
    folder = workspace.datapackages / name
    if folder.exists():
        raise UserError(Finding("adopt-exists", dataset=name, params={"folder": str(folder)}))
    if _is_leftover(workspace.archive, name) or not workspace.archive.state(name).numbers:
        return
    params = {"name": name, "folder": str(folder), "archive": str(workspace.archive_root / name)}
    raise UserError(Finding("adopt-lost", dataset=name, params=params))


def _is_leftover(archive: Archive, name: str) -> bool:
    """Whether all that the archive has of a dataset is an adoption that died before it had its folder."""
    kinds = {entry.kind for entry in archive.ledger(name).entries()}
    return "adopted" in kinds and kinds <= {"judged", "version", "adopted"}


def _refuse_open(found: Found, shared: Shared, choices: Choices, portal: Adopts) -> None:
    """Raise UserError with all that neither the portal nor the person said, or that the shared lists do not know."""
    findings: list[Finding] = []
    if found.organization not in shared.organizations:
        params = {"name": found.organization, "entry": portal.organization_entry(found.organization)}
        findings.append(Finding("adopt-organization", params=params))
    said = (
        ("theme", choices.theme, found.theme, shared.themes, "adopt-theme", ""),
        ("license", choices.licence, found.licence, shared.licences, "adopt-licence", found.licence_told),
    )
    for key, typed, told, known, code, shown in said:
        if typed and typed not in known:
            params = {"key": key, "value": mask(typed), "nearest": nearest(typed, known), "known": ", ".join(known)}
            findings.append(Finding("unknown-value", params=params))
        elif not typed and not told:
            findings.append(Finding(code, params={"told": mask(shown), "known": ", ".join(known)}))
    if findings:
        raise UserError(finding.within(dataset=found.name) for finding in findings)


def _made(
    workspace: Workspace,
    portal: Adopts,
    found: Found,
    tables: Sequence[AdoptedTable],
    shared: Shared,
    choices: Choices,
    tell: Tell,
) -> Adopted:
    """The folder and the archive's part, made beside their places and then moved there."""
    home, slug = workspace.datapackages, found.name
    try:
        workspace.archive_root.mkdir(parents=True, exist_ok=True)
        with (
            tempfile.TemporaryDirectory(dir=home, prefix=".adopt-") as beside,
            tempfile.TemporaryDirectory(dir=workspace.archive_root, prefix=".adopt-") as kept,
        ):
            dataset = _declared(workspace, Path(beside) / slug, found, tables, shared, choices)
            aside = replace(workspace, archive_root=Path(kept))
            version, findings = _recorded(aside, workspace, portal, found, tables, dataset, tell)
            target = workspace.archive_root / slug
            if target.exists():
                shutil.rmtree(target)  # an adoption that died, or an empty folder
            (Path(kept) / slug).rename(target)
            (Path(beside) / slug).rename(home / slug)
    except OSError as error:
        params = {"folder": str(home), "why": error.strerror or str(error)}
        raise UserError(Finding("new-unwritable", params=params)) from error
    told = [finding for table in tables for finding in table.findings] + findings
    names = tuple(table.name for table in tables)
    return Adopted(home / slug, version, names, tuple(each.within(dataset=slug) for each in told))


def _declared(
    workspace: Workspace, folder: Path, found: Found, tables: Sequence[AdoptedTable], shared: Shared, choices: Choices
) -> Dataset:
    """The dataset's folder, and what it declares."""
    (folder / "source").mkdir(parents=True)
    paths = [f"source/{table.name}{table.source.path.suffix}" for table in tables]
    for table, path in zip(tables, paths, strict=True):
        shutil.copyfile(table.source.path, folder / path)
    theme, licence = choices.theme or found.theme, choices.licence or found.licence
    email = shared.organizations[found.organization].email
    text = declaration(found, tables, paths, licence=licence, theme=theme, email=email)
    (folder / DECLARATION).write_text(text, "utf-8")
    (folder / "notes.md").write_text(notes(found, tables, paths, workspace.now()), "utf-8")
    return load_dataset(folder, shared)


def _recorded(
    aside: Workspace,
    workspace: Workspace,
    portal: Adopts,
    found: Found,
    tables: Sequence[AdoptedTable],
    dataset: Dataset,
    tell: Tell,
) -> tuple[str, list[Finding]]:
    """The first version, in an archive of its own, and the ledger's word that the portal shows it."""
    slug, about = found.name, About.of(dataset)
    built = build(aside, dataset, tell)
    version = checked_version(aside.archive, slug, built.number)
    taken = [one for table in tables for one in table.taken]
    receipt, findings = portal.adopted(found, taken, version, about)
    for one in taken:
        aside.archive.keep_snapshot(slug, one.file.path)
        if one.file.table:
            aside.archive.keep_snapshot(slug, one.file.table.kept)
    data = {
        "portal": workspace.portal_name,
        "version": version.number,
        "about": about_digest(about),
        "warnings": warning_marks(version),
        "receipt": receipt.to_json(),
    }
    with aside.archive.writing():
        aside.archive.ledger(slug).append("adopted", data, at=workspace.now())
    return version.number, [*built.findings, *findings]
