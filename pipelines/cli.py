"""What people type: `publica` and its verbs. Reads the words, calls `commands/` and `observe/`, answers.

Nothing is decided here; how answers look is in `console.py`. Exit codes: 0 done, 1 something that a person can put
right, 2 a bug of ours, with its trace.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from pipelines.console import Answer, Verb, Verbs, place_options, show_all, show_findings, show_json, words
from pipelines.errors import UserError
from pipelines.languages import preferred_language

if TYPE_CHECKING:
    from pipelines.commands.build import Judged, Tell
    from pipelines.commands.publish import Ask, Outcome, Question
    from pipelines.commands.workspace import Workspace

DONE, MISTAKE, BUG = 0, 1, 2
MAX_CHANGES = 20  # changed cells shown per dataset; `--json` has them all


def main() -> NoReturn:
    """The entry point of `publica`."""
    try:
        code = publica.main(standalone_mode=False)
        sys.exit(code if isinstance(code, int) else DONE)
    except UserError as error:
        show_findings(error.findings)
    except click.ClickException as error:
        click.echo(f"publica: {error.format_message()}", err=True)
    except (click.Abort, KeyboardInterrupt):
        click.echo("\n" + words("stopped"), err=True)
    except Exception:
        traceback.print_exc()
        click.echo(words("our-bug"), err=True)
        sys.exit(BUG)
    sys.exit(MISTAKE)


@click.group(cls=Verbs, params=place_options(), context_settings={"help_option_names": ["-h", "--help"]})
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
reason_option = click.option("--reason", required=True, help="Why. It is kept, and readers see it.")
yes_option = click.option("--yes", is_flag=True, help="Say yes beforehand.")
overwrite_option = click.option("--overwrite", is_flag=True, help="Replace what was edited by hand on the portal.")


@publica.command(cls=Verb, example="publica new trainings.xlsx --name trainings")
@click.argument("table", type=click.Path(path_type=Path, exists=True, dir_okay=False), metavar="FILE")
@click.option("--name", required=True, help="Name of the new dataset: lower-case words with hyphens.")
@click.option("--sheet", help="Sheet of a workbook; the first by default.")
def new(workspace: Workspace, table: Path, name: str, sheet: str | None, as_json: bool) -> None:
    """Make a dataset's folder from a CSV or XLSX file.

    The file is copied and its fields are inferred; what only a person knows is left open in the declaration, and until
    it is filled in nothing can be published.
    """
    from pipelines.commands.new import new_dataset

    made = new_dataset(workspace, table, name, sheet)
    if as_json:
        show_json(made.to_json())
    else:
        click.echo(words("new-made", file=made.declaration, fields=made.fields, name=name))


@publica.command(cls=Verb, example="publica check\npublica check paralegals --json > findings.json")
@names_argument
def check(workspace: Workspace, names: tuple[str, ...], as_json: bool) -> int:
    """Read the sources, build the tables, run every check. Makes nothing."""
    return _judge_each(workspace, names, as_json, changes=False)


@publica.command(cls=Verb, example="publica build paralegals")
@names_argument
def build(workspace: Workspace, names: tuple[str, ...], as_json: bool) -> int:
    """Make the next version in the archive, where something changed. Shows it to nobody."""
    from pipelines.commands.build import build as make

    def answer(slug: str, tell: Tell) -> Answer:
        built = make(workspace, workspace.dataset(slug), tell)
        reasons = [reason.text(preferred_language()) for reason in built.draft.reasons] if built.draft else []
        return Answer(slug, "built" if built.made else "unchanged", {"version": built.number}, built.findings, reasons)

    return _each(workspace, names, as_json, answer)


@publica.command(cls=Verb, example="publica diff paralegals\npublica diff --json > changes.json")
@names_argument
def diff(workspace: Workspace, names: tuple[str, ...], as_json: bool) -> int:
    """Show what the next version would change, cell by cell, and its number. Makes nothing."""
    return _judge_each(workspace, names, as_json, changes=True)


@publica.command(cls=Verb, example="publica plan paralegals --to folder:public")
@names_argument
def plan(workspace: Workspace, names: tuple[str, ...], as_json: bool) -> int:
    """Show every write that publishing would make, and its bytes. Writes nothing."""
    from pipelines.commands.plan import plan as rehearse

    def answer(slug: str, tell: Tell) -> Answer:
        made = rehearse(workspace, slug, tell)
        lines = [f"{w.action:8} {w.path} {w.target or w.bytes}" for w in made.writes]
        params = {"version": made.number, "writes": len(made.writes), "bytes": made.bytes}
        status = "planned" if made.writes else "unchanged"
        return Answer(slug, status, params, made.findings, lines, {"plan": made.to_json()["writes"]})

    return _each(workspace, names, as_json, answer)


@publica.command(cls=Verb, example="publica publish paralegals\npublica publish --yes --to folder:public")
@names_argument
@yes_option
@overwrite_option
def publish(workspace: Workspace, names: tuple[str, ...], yes: bool, overwrite: bool, as_json: bool) -> int:
    """Build what changed, and show it on the portal once you have said yes to its title."""
    from pipelines.commands.publish import person_said_yes, publish_all
    from pipelines.observe.progress import Progress

    with Progress(preferred_language()).shown() as progress:
        ask: Ask = person_said_yes if yes else lambda question: _ask(question, progress.quiet)
        outcomes = publish_all(workspace, names, ask, progress, overwrite=overwrite)
        code = show_all((_published(outcome) for outcome in outcomes), as_json=as_json)
    if not as_json:
        click.echo(words("where-to-look", portal=workspace.portal.root / "index.html"))
    return code


@publica.command(cls=Verb, example="publica status")
@names_argument
def status(workspace: Workspace, names: tuple[str, ...], as_json: bool) -> int:
    """Show where each dataset stands and what is due, and what was edited by hand on the portal."""
    from pipelines.commands.publish import hand_edits
    from pipelines.observe.status import standing

    def answers() -> Iterator[Answer]:
        for slug in workspace.catalogue.choose(names):
            if slug in workspace.catalogue.broken:
                yield Answer(slug, "broken", findings=workspace.catalogue.broken[slug], failed=True)
                continue
            found = standing(
                workspace.archive, workspace.catalogue.datasets[slug], workspace.portal_name, workspace.now().date()
            )
            yield Answer(slug, found.word, found.params, hand_edits(workspace, slug), json=found.to_json())

    return show_all(answers(), as_json=as_json)


@publica.command(cls=Verb, example="publica history paralegals")
@name_argument
def history(workspace: Workspace, name: str, as_json: bool) -> None:
    """Tell all that happened to a dataset, oldest first."""
    from pipelines.observe.history import history as read

    workspace.catalogue.choose([name])
    events = read(workspace.archive, name)
    if as_json:
        show_json([event.to_json() for event in events])
    else:
        for event in events:
            click.echo(f"{event.at:%Y-%m-%d %H:%M}  {event.text(preferred_language())}")


@publica.command(cls=Verb, example='publica rollback paralegals 1.0.0 --reason "the count of May was wrong"')
@name_argument
@click.argument("version")
@reason_option
@yes_option
@overwrite_option
def rollback(
    workspace: Workspace, name: str, version: str, reason: str, yes: bool, overwrite: bool, as_json: bool
) -> None:
    """Make an earlier version the current one again. The dataset is held until `publica release`."""
    from pipelines.commands.undo import rollback as undo

    _confirm(workspace, name, yes)
    undo(workspace, name, version, reason, overwrite=overwrite)
    _done(name, "rolled-back", as_json, version=version)


@publica.command(cls=Verb, example='publica withdraw paralegals --reason "under review by the council"')
@name_argument
@reason_option
@yes_option
@overwrite_option
def withdraw(workspace: Workspace, name: str, reason: str, yes: bool, overwrite: bool, as_json: bool) -> None:
    """Take a dataset off the portal, leaving a page that says why. It can be taken back."""
    from pipelines.commands.undo import withdraw as undo

    _confirm(workspace, name, yes)
    undo(workspace, name, reason, overwrite=overwrite)
    _done(name, "withdrawn", as_json)


@publica.command(cls=Verb, example="publica release paralegals\npublica publish paralegals")
@name_argument
def release(workspace: Workspace, name: str, as_json: bool) -> None:
    """Lift the hold that a rollback, a withdrawal or an erasure left, so that the dataset can be published again."""
    from pipelines.commands.undo import release as undo

    workspace.catalogue.choose([name])
    undo(workspace, name)
    _done(name, "released", as_json)


@publica.command(cls=Verb, example='publica erase paralegals --version 1.0.0 --reason "court order 12/2026"')
@name_argument
@click.option("--version", help="Only this version (and the one whose changes quote its rows); all by default.")
@reason_option
@yes_option
def erase(workspace: Workspace, name: str, version: str | None, reason: str, yes: bool, as_json: bool) -> None:
    """Remove versions for good, everywhere: rows, files, sources. Hashes and the reason stay. A legal duty, not an undo."""
    from pipelines.commands.undo import erase as undo
    from pipelines.commands.undo import to_be_erased

    workspace.catalogue.choose([name])
    going = to_be_erased(workspace, name, version)
    click.echo(words("erasing", name=name, versions=", ".join(going)), err=True)
    _confirm(workspace, name, yes)
    undo(workspace, name, version, reason)
    _done(name, "erased", as_json, versions=", ".join(going))


def _each(workspace: Workspace, names: tuple[str, ...], as_json: bool, answer: Callable[[str, Tell], Answer]) -> int:
    """One answer per dataset; a person's mistake is an answer, so that one broken dataset stops no other."""
    from pipelines.observe.progress import Progress

    def answers(progress: Progress) -> Iterator[Answer]:
        for slug in workspace.in_order(names):
            try:
                yield answer(slug, lambda stage, slug=slug: progress(slug, stage))
            except UserError as error:
                yield Answer(slug, "failed", findings=error.findings, failed=True)

    with Progress(preferred_language()).shown() as progress:
        return show_all(answers(progress), as_json=as_json)


def _judge_each(workspace: Workspace, names: tuple[str, ...], as_json: bool, *, changes: bool) -> int:
    from pipelines.commands.build import judge_dataset

    def answer(slug: str, tell: Tell) -> Answer:
        return _judged(judge_dataset(workspace, workspace.dataset(slug), tell), changes)

    return _each(workspace, names, as_json, answer)


def _judged(judged: Judged, changes: bool) -> Answer:
    slug, verdict, draft = judged.dataset.slug, judged.verdict, judged.draft
    if not verdict.passed:
        return Answer(slug, "failed", findings=verdict.findings, failed=True)
    if draft is None:
        return Answer(slug, "unchanged", {"version": judged.current}, verdict.findings)
    details = [reason.text(preferred_language()) for reason in draft.reasons]
    cells = list(draft.changes.iter_rows(named=True)) if changes else []
    details += [
        f"{c['resource']} {c['key']} {c['field']}: {c['old'] or ''} -> {c['new'] or ''}" for c in cells[:MAX_CHANGES]
    ]
    if len(cells) > MAX_CHANGES:
        details.append(words("more-changes", count=len(cells) - MAX_CHANGES))
    value = {"reasons": [reason.to_json() for reason in draft.reasons], **({"changes": cells} if changes else {})}
    return Answer(
        slug,
        "would-make" if changes else "passed",
        {"version": draft.number, "checks": verdict.checks},
        verdict.findings,
        details,
        value,
    )


def _published(outcome: Outcome) -> Answer:
    """What became of a dataset; one that nobody said yes to is not what was asked for."""
    reasons = [str(reason[preferred_language()]) for reason in outcome.reasons]
    value = {"reasons": list(outcome.reasons)}
    params = {"version": outcome.version or ""}
    failed = outcome.status in ("failed", "waits")
    return Answer(outcome.slug, outcome.status, params, outcome.findings, reasons, value, failed=failed)


def _ask(question: Question, quiet: Callable[[], None]) -> bool:
    """Show what would be published and have its title typed; no terminal is a no."""
    quiet()
    click.echo(words("about-to-publish", title=question.title, version=question.number), err=True)
    for reason in question.reasons:
        click.echo(f"    {reason[preferred_language()]}", err=True)
    return _repeats(question.title)


def _repeats(title: str) -> bool:
    if not sys.stdin.isatty():
        click.echo(words("nobody-to-ask"), err=True)
        return False
    return click.prompt(words("repeat-title"), default="", show_default=False, err=True).strip() == title


def _confirm(workspace: Workspace, name: str, yes: bool) -> None:
    """Have the title of a dataset typed before something is taken back. Raises click.Abort for a no."""
    workspace.catalogue.choose([name])
    title = workspace.dataset(name).package.title
    if not yes:
        click.echo(title, err=True)
        if not _repeats(title):
            raise click.Abort


def _done(name: str, status: str, as_json: bool, **params: str) -> None:
    show_all([Answer(name, status, params)], as_json=as_json)
