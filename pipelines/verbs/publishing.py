"""Showing versions to the public: `plan`, `apply`, `publish`. What takes them back is in `undoing.py`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipelines.console import Answer, published, repeats, words
from pipelines.languages import preferred_language
from pipelines.verbs.verb import Session, Verb, each, each_of, names_argument, overwrite_option, yes_option

if TYPE_CHECKING:
    from pipelines.commands.build import Tell
    from pipelines.commands.plan import Plan
    from pipelines.commands.publish import Ask, Outcome, Question


@click.command(
    cls=Verb,
    example="publica plan paralegals --to folder:public\npublica plan --save plan.json\npublica apply plan.json",
)
@names_argument
@click.option("--save", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Keep it for `apply`.")
def plan(session: Session, names: tuple[str, ...], save: Path | None) -> int:
    """Show every write that publishing would make, and its bytes. Writes nothing but the file to be saved."""
    from pipelines.commands.plan import rehearsal
    from pipelines.commands.plan_file import PlanFile

    made: list[Plan] = []

    def answer(slug: str, tell: Tell) -> Answer:
        made.append(found := rehearsed.plan(slug, tell))
        lines = [f"{w.action:8} {w.path} {w.bytes or w.target}" for w in found.writes]
        params = {"version": found.number, "writes": len(found.writes), "bytes": found.bytes}
        status = "planned" if found.writes else "held" if found.held else "unchanged"
        return Answer(slug, status, params, found.findings, lines, {"plan": [w.to_json() for w in found.writes]})

    def keep() -> None:
        if save:
            PlanFile(rehearsed.at, session.workspace.portal_name, tuple(made)).save(save)
            if not session.as_json:
                click.echo(words("plan-saved", count=len(made), file=save))

    with rehearsal(session.workspace, session.workspace.now()) as rehearsed:
        return each(session, names, answer, keep)


@click.command(cls=Verb, example="publica apply plan.json\npublica apply plan.json --yes --to folder:public")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False), metavar="FILE")
@yes_option
def apply(session: Session, file: Path, yes: bool) -> int:
    """Make exactly the writes of a saved plan, once you have said yes to each title.

    A dataset of which anything moved since (source, declaration, version, or what stands on the portal) is left as it
    is, and what moved is told.
    """
    from pipelines.commands.apply import apply as carry_out
    from pipelines.commands.plan_file import read_plan

    planned = read_plan(file, session.workspace.portal_name)
    plans = {each.dataset: each for each in planned.plans}
    ask = _asked(session, yes)
    return _shown(
        session,
        dict.fromkeys(plans, ()),
        1,
        lambda slug, tell: carry_out(session.workspace, plans[slug], planned.at, ask, tell),
    )


@click.command(cls=Verb, example="publica publish paralegals\npublica publish --yes --to folder:public")
@names_argument
@yes_option
@overwrite_option
def publish(session: Session, names: tuple[str, ...], yes: bool, overwrite: bool) -> int:
    """Build what changed, and show it on the portal once you have said yes to its title."""
    from pipelines.commands.publish import publish as show

    workspace, ask = session.workspace, _asked(session, yes)
    hands = workspace.portal.hands if yes else 1  # a person answers one question at a time
    waits_for = workspace.waits_for(names)
    return _shown(
        session,
        waits_for,
        hands,
        lambda slug, tell: show(workspace, slug, ask, tell, overwrite=overwrite),
        processes=yes and workspace.portal.apart,
    )


def _shown(
    session: Session,
    waits_for: Mapping[str, Collection[str]],
    hands: int,
    show: Callable[[str, Tell], Outcome],
    *,
    processes: bool = False,
) -> int:
    """Show datasets, then the portal's catalogue, and say where to look."""
    portal = session.workspace.portal
    code = each_of(
        session,
        waits_for,
        lambda slug, tell: published(show(slug, tell)),
        portal.refresh,
        hands,
        processes=processes,
    )
    if portal.exists() and not session.as_json:
        click.echo(words("where-to-look", portal=portal.address(language=preferred_language())))
    return code


def _asked(session: Session, yes: bool) -> Ask:
    from pipelines.commands.publish import person_said_yes

    return person_said_yes if yes else lambda question: _ask(session, question)


def _ask(session: Session, question: Question) -> bool:
    """Show what would be published and have its title typed; no terminal is a no."""
    session.progress.quiet()
    title = question.titles[preferred_language()]
    click.echo(words("about-to-publish", title=title, version=question.number), err=True)
    for reason in question.reasons:
        click.echo(f"    {reason[preferred_language()]}", err=True)
    return repeats(question.titles)
