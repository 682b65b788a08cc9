"""The README of a package, in one language: what a row is, what the fields mean, how to cite, how to verify.

Its words are in `messages/packages.yaml`; the other documents are in `documents.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pipelines.declaration.model import FieldModel
from pipelines.languages import Language, say
from pipelines.packages.descriptor import DataFile
from pipelines.packages.documents import description_in, summary_in, title_in
from pipelines.tables.table import Table
from pipelines.versions.draft import Draft


def readme_text(draft: Draft, files: Mapping[str, Sequence[DataFile]], language: Language) -> str:
    """The README in Markdown. `files`: the data files by resource."""
    package = draft.dataset.package
    lines = [f"# {title_in(package, language)}", "", description_in(package, language)]
    for table in draft.tables:
        lines += _table(draft, table, files[table.name], language)
    for section in (_reading, _sources, _citing, _licence, _version):
        lines += ["", *section(draft, language)]
    return "\n".join(lines) + "\n"


def _table(draft: Draft, table: Table, files: Sequence[DataFile], language: Language) -> list[str]:
    resource = draft.dataset.resource(table.name)
    lines = ["", f"## {title_in(resource, language)}", ""]
    if words := description_in(resource, language):
        lines += [words, ""]
    if keys := table.schema.primary_key:
        params = {"fields": ", ".join(f"`{key}`" for key in keys)}
        lines.append(say("readme-row-key" if len(keys) == 1 else "readme-row-keys", language, params))
    lines += [say("readme-rows", language, {"rows": table.height}), ""]
    heading = [say(f"readme-{word}", language, {}) for word in ("field", "type", "unit", "meaning")]
    lines += _grid(heading, (_meaning(field, language) for field in table.schema.fields))
    heading = [say(f"readme-{word}", language, {}) for word in ("file", "format", "bytes")]
    lines += ["", *_grid(heading, ([f"`{f.path}`", f.format.title, str(f.bytes)] for f in files))]
    for field in table.schema.fields:
        lines += _codes(field, language)
    return lines


def _meaning(field: FieldModel, language: Language) -> list[str]:
    own = None if language == "en" else getattr(field.translations, language)
    title = (own and own.title) or field.title
    description = (own and own.description) or field.description
    meaning = ": ".join(part for part in (title, description) if part)
    return [f"`{field.name}`", field.type, field.unit or "", meaning]


def _codes(field: FieldModel, language: Language) -> list[str]:
    if not field.categories:
        return []
    heading = [f"`{field.name}`", say("readme-meaning", language, {})]
    rows = (
        [f"`{c.value}`", (None if language == "en" else getattr(c.translations, language).title) or c.label]
        for c in field.categories
    )
    return ["", *_grid(heading, rows)]


def _grid(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A Markdown table."""
    lines = [heading, ["---"] * len(heading), *rows]
    return ["| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in line) + " |" for line in lines]


def _section(name: str, language: Language, **params: str) -> list[str]:
    """A heading and its paragraph."""
    return [f"## {say(f'readme-{name}', language, {})}", "", say(f"readme-{name}-text", language, params)]


def _reading(draft: Draft, language: Language) -> list[str]:
    return _section("reading", language)


def _sources(draft: Draft, language: Language) -> list[str]:
    lines = [f"## {say('readme-sources', language, {})}", ""]
    for source in draft.dataset.package.sources:
        named = ", ".join(part for part in (source.title, source.version) if part)
        lines.append(f"- {named}" + (f": {source.path}" if source.path else ""))
    return lines


def _citing(draft: Draft, language: Language) -> list[str]:
    package, organization = draft.dataset.package, draft.dataset.organization
    params = {
        "organization": title_in(organization, language),
        "title": title_in(package, language),
        "version": draft.number,
        "address": f" {package.homepage}." if package.homepage else "",
    }
    return _section("citing", language, **params)


def _licence(draft: Draft, language: Language) -> list[str]:
    told = [
        f"[{title_in(each, language)}]({each.path}). {summary_in(each, language)}" for each in draft.dataset.licences
    ]
    return [f"## {say('readme-licence', language, {})}", "", *told]


def _version(draft: Draft, language: Language) -> list[str]:
    return _section("version", language, version=draft.number)
