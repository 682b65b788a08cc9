"""Taking something back: `rollback`, `withdraw`, `release`, `erase`. Publishing forward is in `publishing.py`."""

from __future__ import annotations

import click

from pipelines.console import Answer, repeats, show_all, show_findings, words
from pipelines.errors import UserError
from pipelines.findings import Finding
from pipelines.languages import preferred_language
from pipelines.verbs.verb import Session, Verb, name_argument, overwrite_option, reason_option, yes_option


@click.command(cls=Verb, example='publica rollback paralegals 1.0.0 --reason "the count of May was wrong"')
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


@click.command(cls=Verb, example='publica withdraw paralegals --reason "under review by the council"')
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


@click.command(cls=Verb, example="publica release paralegals\npublica publish paralegals")
@name_argument
def release(session: Session, name: str) -> int:
    """Lift the hold that a rollback, a withdrawal or an erasure left, so that the dataset can be published again."""
    from pipelines.commands.undo import release as undo

    undo(session.workspace, session.workspace.known(name))
    return _done(session, name, "released")


@click.command(cls=Verb, example='publica erase paralegals --version 1.0.0 --reason "court order 12/2026"')
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
    show_findings(unreached := made_from(session.workspace, name))
    _confirm(session, name, yes)
    gone = {"versions": ", ".join(undo(session.workspace, name, version, reason))}
    return show_all([Answer(name, "erased", gone, unreached if session.as_json else ())], as_json=session.as_json)


def _confirm(session: Session, name: str, yes: bool) -> None:
    """Have the title of a dataset typed before something is taken back. Raises UserError for a no."""
    titles = session.workspace.titles(session.workspace.known(name))
    if not yes:
        session.progress.quiet()
        click.echo(titles[preferred_language()], err=True)
        if not repeats(titles):
            raise UserError(Finding("not-confirmed", dataset=name))
    session.progress(name, "working")


def _done(session: Session, name: str, status: str, **params: str) -> int:
    return show_all([Answer(name, status, params)], as_json=session.as_json)
