"""Before anybody sees anything: `new`, `adopt`, `check`, `build`, `diff`. Showing a version is in `publishing.py`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from pipelines.console import DONE, MISTAKE, Answer, judged, show_findings, show_json, show_report, words
from pipelines.languages import preferred_language
from pipelines.verbs.verb import Session, Verb, each, name_argument, names_argument

if TYPE_CHECKING:
    from pipelines.commands.build import Tell


@click.command(cls=Verb, example="publica new trainings.xlsx --name trainings")
@click.argument("table", type=click.Path(path_type=Path, exists=True, dir_okay=False), metavar="FILE")
@click.option("--name", required=True, help="Name of the new dataset: lower-case words with hyphens.")
@click.option("--sheet", help="Sheet of a workbook; the first by default.")
def new(session: Session, table: Path, name: str, sheet: str | None) -> None:
    """Make a dataset's folder from a CSV or XLSX file.

    The file is copied and its fields are inferred; what only a person knows is left open in the declaration, and until
    it is filled in nothing can be published.
    """
    from pipelines.commands.new import new_dataset

    made = new_dataset(session.workspace, table, name, sheet)
    if session.as_json:
        show_json(made.to_json())
    else:
        click.echo(words("new-made", file=made.declaration, fields=made.fields, name=name))


@click.command(cls=Verb, example="publica adopt paralegals --to ckan:https://portal.example --theme JUST")
@name_argument
@click.option(
    "--theme", default="", help="Its theme, where the portal does not say it: a name from _shared/themes.yaml."
)
@click.option("--license", "licence", default="", help="Its licence, where the portal's is unknown here.")
@click.option("--without", multiple=True, metavar="TITLE", help="A file of it that is left as it is; may be repeated.")
def adopt(session: Session, name: str, theme: str, licence: str, without: tuple[str, ...]) -> None:
    """Make a dataset's folder and first version from what stands on a CKAN portal, made there by hand.

    Nothing is written to the portal, and nothing is to be published until something changes. What is published then
    keeps the ids and links that readers know.
    """
    from pipelines.commands.adopt import Choices
    from pipelines.commands.adopt import adopt as take_over

    choices = Choices(theme, licence, without)
    made = take_over(session.workspace, name, choices, lambda stage: session.progress(name, stage))
    if session.as_json:
        show_json(made.to_json())
        return
    tables = ", ".join(made.tables)
    click.echo(words("adopt-made", folder=made.folder, version=made.version, tables=tables, name=made.folder.name))
    show_findings(made.findings)


@click.command(
    cls=Verb,
    example="publica check\npublica check paralegals --json > findings.json\n"
    "publica check package/datapackage.json --report frictionless > report.json",
)
@names_argument
@click.option("--report", type=click.Choice(["frictionless"]), help="Report on a file as frictionless would, in JSON.")
@click.option("--limit-errors", type=int, help="With --report: errors told of each table, 0 for all.  [default: 1000]")
@click.option("--limit-rows", type=int, help="With --report: rows read of each table.")
@click.option("--pick-errors", help="With --report: errors to tell, by name, separated by commas.")
@click.option("--skip-errors", help="With --report: errors not to tell.")
@click.option(
    "--list",
    "listed",
    type=click.File(encoding="utf-8", errors="replace"),
    metavar="FILE",
    help='With --report: a report a line for lines such as {"descriptor": PATH, "options": {"limit_errors": 10}}.',
)
def check(
    session: Session, names: tuple[str, ...], report: str | None, listed: TextIO | None, **options: int | str | None
) -> int:
    """Read the sources, build the tables, run every check. Makes nothing.

    With --report, any Data Package is judged, one of publica or not: give the path of its descriptor. The report goes
    to the output; the exit code is 0 if it is valid, and 1 if not or if there could be none.
    """
    if report:
        session.progress("", "checking")
        return _report(names, listed, options)
    if listed or any(value is not None for value in options.values()):
        raise click.UsageError(words("report-missing-option"))
    return _judged(session, names, by_cell=False)


def _report(names: tuple[str, ...], listed: TextIO | None, options: Mapping[str, int | str | None]) -> int:
    from pipelines.commands.report import options_from, report_of, reports_of

    if len(names) + (listed is not None) != 1 or (listed and any(value is not None for value in options.values())):
        raise click.UsageError(words("report-one-path"))
    answers = reports_of(listed) if listed else [report_of(names[0], options_from(options))]
    code = DONE
    for answer in answers:
        show_findings(answer.findings)
        if listed or answer.report is not None:
            show_report(answer.to_json(), on_a_line=listed is not None)
        code = code if answer.passed else MISTAKE
    return code


@click.command(cls=Verb, example="publica build paralegals")
@names_argument
def build(session: Session, names: tuple[str, ...]) -> int:
    """Make the next version in the archive, where something changed. Shows it to nobody."""
    from pipelines.commands.build import build as make

    def answer(slug: str, tell: Tell) -> Answer:
        built = make(session.workspace, session.workspace.dataset(slug), tell)
        reasons = [reason.text(preferred_language()) for reason in built.draft.reasons] if built.draft else []
        return Answer(slug, "built" if built.made else "unchanged", {"version": built.number}, built.findings, reasons)

    return each(session, names, answer, processes=True)


@click.command(cls=Verb, example="publica diff paralegals\npublica diff --json > changes.json")
@names_argument
def diff(session: Session, names: tuple[str, ...]) -> int:
    """Show what the next version would change, cell by cell, and its number. Makes nothing.

    With --json, `changes` has the first 100,000 cells of a dataset, and `more_changes` says whether there are more.
    """
    return _judged(session, names, by_cell=True)


def _judged(session: Session, names: tuple[str, ...], *, by_cell: bool) -> int:
    from pipelines.commands.plan import judge_only

    def answer(slug: str, tell: Tell) -> Answer:
        return judged(judge_only(session.workspace, slug, tell), by_cell=by_cell)

    return each(session, names, answer, processes=True)
