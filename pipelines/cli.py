"""What people type: `publica` and its verbs. Reads the words, calls `commands/` and `observe/`, answers.

Nothing is decided here; how answers look is in `console.py`. Exit codes: 0 done, 1 something that a person can put
right, 2 a bug of ours, with its trace.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from pipelines import console
from pipelines.console import DONE, MISTAKE, Answer, Session, Verb, each, judged, show_all, show_json, words
from pipelines.errors import UserError
from pipelines.findings import Finding, blocking
from pipelines.languages import preferred_language

if TYPE_CHECKING:
    from pipelines.commands.build import Tell
    from pipelines.commands.publish import Ask, Question


def main() -> NoReturn:
    """The entry point of `publica`."""
    try:
        code = _run()
    except BrokenPipeError:  # whoever read the output has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = MISTAKE
    sys.exit(code)


def _run() -> int:
    """Do what was typed, and answer whatever comes of it; returns the exit code. Raises BrokenPipeError."""
    try:
        code = publica.main(standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else DONE
    except BrokenPipeError:
        raise
    except UserError as error:
        return console.refused(error.findings)
    except click.exceptions.NoArgsIsHelpError as error:
        return console.refused([], error.format_message())
    except click.ClickException as error:
        text = error.format_message()
        return console.refused([Finding("usage-error", params={"text": text})], f"publica: {text}")
    except (click.Abort, KeyboardInterrupt):
        return console.refused([Finding("stopped")], "\n" + words("stopped"))
    except Exception:
        return console.bug()


@click.group(
    cls=console.Verbs, params=console.common_options(), context_settings={"help_option_names": ["-h", "--help"]}
)
@click.pass_context
def publica(context: click.Context, datapackages: Path | None, archive: Path | None, to: str | None) -> None:
    """Checked, numbered, published: open data packages from what public bodies hold.

    Without names a verb means every dataset. Folders are taken from where you stand (datapackages, archive, public),
    or from PUBLICA_DATAPACKAGES, PUBLICA_ARCHIVE and PUBLICA_PORTAL. Answers are in the language of your system, or of
    PUBLICA_LANGUAGE (en, ro, ru).

    \b
    Example: check all, see what would happen, publish one
      publica check
      publica plan paralegals
      publica publish paralegals
    """
    from pipelines.commands.workspace import Workspace

    context.obj = Workspace.here(datapackages, archive, to)


names_argument = click.argument("names", nargs=-1, metavar="[DATASET]...")
name_argument = click.argument("name", metavar="DATASET")
reason_option = click.option("--reason", required=True, callback=console.said, help="Why: kept, and shown to readers.")
yes_option = click.option("--yes", is_flag=True, help="Say yes beforehand.")
overwrite_option = click.option("--overwrite", is_flag=True, help="Replace what was edited by hand on the portal.")


@publica.command(cls=Verb, example="publica new trainings.xlsx --name trainings")
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


@publica.command(cls=Verb, example="publica check\npublica check paralegals --json > findings.json")
@names_argument
def check(session: Session, names: tuple[str, ...]) -> int:
    """Read the sources, build the tables, run every check. Makes nothing."""
    from pipelines.commands.plan import judge_only

    return each(session, names, lambda slug, tell: judged(judge_only(session.workspace, slug, tell), cells=False))


@publica.command(cls=Verb, example="publica build paralegals")
@names_argument
def build(session: Session, names: tuple[str, ...]) -> int:
    """Make the next version in the archive, where something changed. Shows it to nobody."""
    from pipelines.commands.build import build as make

    def answer(slug: str, tell: Tell) -> Answer:
        built = make(session.workspace, session.workspace.dataset(slug), tell)
        reasons = [reason.text(preferred_language()) for reason in built.draft.reasons] if built.draft else []
        return Answer(slug, "built" if built.made else "unchanged", {"version": built.number}, built.findings, reasons)

    return each(session, names, answer)


@publica.command(cls=Verb, example="publica diff paralegals\npublica diff --json > changes.json")
@names_argument
def diff(session: Session, names: tuple[str, ...]) -> int:
    """Show what the next version would change, cell by cell, and its number. Makes nothing."""
    from pipelines.commands.plan import judge_only

    return each(session, names, lambda slug, tell: judged(judge_only(session.workspace, slug, tell), cells=True))


@publica.command(cls=Verb, example="publica plan paralegals --to folder:public")
@names_argument
def plan(session: Session, names: tuple[str, ...]) -> int:
    """Show every write that publishing would make, and its bytes. Writes nothing."""
    from pipelines.commands.plan import plan as rehearse

    def answer(slug: str, tell: Tell) -> Answer:
        made = rehearse(session.workspace, slug, tell)
        lines = [f"{w.action:8} {w.path} {w.target or w.bytes}" for w in made.writes]
        params = {"version": made.number, "writes": len(made.writes), "bytes": made.bytes}
        status = "planned" if made.writes else "held" if made.held else "unchanged"
        return Answer(slug, status, params, made.findings, lines, {"plan": [w.to_json() for w in made.writes]})

    return each(session, names, answer)


@publica.command(cls=Verb, example="publica publish paralegals\npublica publish --yes --to folder:public")
@names_argument
@yes_option
@overwrite_option
def publish(session: Session, names: tuple[str, ...], yes: bool, overwrite: bool) -> int:
    """Build what changed, and show it on the portal once you have said yes to its title."""
    from pipelines.commands.publish import person_said_yes
    from pipelines.commands.publish import publish as show

    workspace, portal = session.workspace, session.workspace.portal
    ask: Ask = person_said_yes if yes else lambda question: _ask(session, question)

    def answer(slug: str, tell: Tell) -> Answer:
        return console.published(show(workspace, slug, ask, tell, overwrite=overwrite))

    code = each(session, names, answer, portal.refresh)
    if portal.exists() and not session.as_json:
        click.echo(words("where-to-look", portal=portal.address(language=preferred_language())))
    return code


@publica.command(cls=Verb, example="publica status")
@names_argument
def status(session: Session, names: tuple[str, ...]) -> int:
    """Show where each dataset stands and what is due, and what was edited by hand on the portal.

    Datasets whose folder is gone are shown as long as the archive knows them.
    """
    from pipelines.commands.publish import hand_edits
    from pipelines.observe.status import standing, undeclared

    workspace, archive, catalogue = session.workspace, session.workspace.archive, session.workspace.catalogue
    gone = undeclared(archive, {*catalogue.datasets, *catalogue.broken})
    declared = [name for name in names if name not in gone]
    slugs = workspace.in_order(declared) if declared or not names else []

    def answer(slug: str, _tell: Tell) -> Answer:
        if slug in catalogue.broken:
            return Answer(slug, "broken", findings=catalogue.broken[slug], code=MISTAKE)
        dataset, findings = catalogue.datasets.get(slug), hand_edits(workspace, slug)
        found = standing(archive, dataset or slug, workspace.portal_name, workspace.now())
        code = MISTAKE if blocking(findings) else DONE
        return Answer(slug, found.word, found.params, findings, json=found.to_json(), code=code)

    return console.each_of(session, [*slugs, *(slug for slug in gone if slug in names or not names)], answer)


@publica.command(cls=Verb, example="publica history paralegals")
@name_argument
def history(session: Session, name: str) -> None:
    """Tell all that happened to a dataset, oldest first."""
    from pipelines.observe.calendar import CHISINAU
    from pipelines.observe.history import history as read

    events = read(session.workspace.archive, session.workspace.known(name))
    if session.as_json:
        show_json([event.to_json() for event in events])
    else:
        for event in events:
            click.echo(f"{event.at.astimezone(CHISINAU):%Y-%m-%d %H:%M}  {event.text(preferred_language())}")


@publica.command(cls=Verb, example='publica rollback paralegals 1.0.0 --reason "the count of May was wrong"')
@name_argument
@click.argument("version")
@reason_option
@yes_option
@overwrite_option
def rollback(session: Session, name: str, version: str, reason: str, yes: bool, overwrite: bool) -> int:
    """Make an earlier version the current one again. The dataset is held until `publica release`."""
    from pipelines.commands.undo import rollback as undo

    _confirm(session, name, yes)
    undo(session.workspace, name, version, reason, overwrite=overwrite)
    return _done(session, name, "rolled-back", version=version)


@publica.command(cls=Verb, example='publica withdraw paralegals --reason "under review by the council"')
@name_argument
@reason_option
@yes_option
@overwrite_option
def withdraw(session: Session, name: str, reason: str, yes: bool, overwrite: bool) -> int:
    """Take a dataset off the portal, leaving a page that says why. It can be taken back."""
    from pipelines.commands.undo import withdraw as undo

    _confirm(session, name, yes)
    undo(session.workspace, name, reason, overwrite=overwrite)
    return _done(session, name, "withdrawn")


@publica.command(cls=Verb, example="publica release paralegals\npublica publish paralegals")
@name_argument
def release(session: Session, name: str) -> int:
    """Lift the hold that a rollback, a withdrawal or an erasure left, so that the dataset can be published again."""
    from pipelines.commands.undo import release as undo

    undo(session.workspace, session.workspace.known(name))
    return _done(session, name, "released")


@publica.command(cls=Verb, example='publica erase paralegals --version 1.0.0 --reason "court order 12/2026"')
@name_argument
@click.option("--version", help="Only this version (and the one whose changes quote its rows); all by default.")
@reason_option
@yes_option
def erase(session: Session, name: str, version: str | None, reason: str, yes: bool) -> int:
    """Remove versions for good: rows, files, kept sources. Hashes and the reason stay. A legal duty, not an undo.

    What lies in the dataset's own folder is yours: take the rows out there as well, before you release it.
    """
    from pipelines.commands.undo import erase as undo
    from pipelines.commands.undo import made_from, to_be_erased

    going = ", ".join(to_be_erased(session.workspace, session.workspace.known(name), version))
    click.echo(words("erasing", name=name, versions=going), err=True)
    console.show_findings(unreached := made_from(session.workspace, name))
    _confirm(session, name, yes)
    gone = {"versions": ", ".join(undo(session.workspace, name, version, reason))}
    return show_all([Answer(name, "erased", gone, unreached if session.as_json else ())], as_json=session.as_json)


def _ask(session: Session, question: Question) -> bool:
    """Show what would be published and have its title typed; no terminal is a no."""
    session.progress.quiet()
    title = question.titles[preferred_language()]
    click.echo(words("about-to-publish", title=title, version=question.number), err=True)
    for reason in question.reasons:
        click.echo(f"    {reason[preferred_language()]}", err=True)
    return console.repeats(question.titles)


def _confirm(session: Session, name: str, yes: bool) -> None:
    """Have the title of a dataset typed before something is taken back. Raises UserError for a no."""
    titles = session.workspace.titles(session.workspace.known(name))
    if not yes:
        session.progress.quiet()
        click.echo(titles[preferred_language()], err=True)
        if not console.repeats(titles):
            raise UserError(Finding("not-confirmed", dataset=name))
    session.progress(name, "working")


def _done(session: Session, name: str, status: str, **params: str) -> int:
    return show_all([Answer(name, status, params)], as_json=session.as_json)
