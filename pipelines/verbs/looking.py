"""Looking, and changing nothing: `status`, `history`, `verify`, `doctor`. Looking ahead, `plan`, is publishing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pipelines.console import DONE, MISTAKE, Answer, show_findings, show_json, words
from pipelines.findings import blocking
from pipelines.languages import preferred_language
from pipelines.verbs.verb import Session, Verb, each_of, name_argument, names_argument

if TYPE_CHECKING:
    from pipelines.commands.build import Tell


@click.command(cls=Verb, example="publica status")
@names_argument
def status(session: Session, names: tuple[str, ...]) -> int:
    """Show where each dataset stands and what is due, and what was edited by hand on the portal.

    Datasets whose folder is gone are shown as long as the archive knows them.
    """
    from pipelines.commands.known import hand_edits
    from pipelines.observe.status import standing

    workspace, catalogue = session.workspace, session.workspace.catalogue

    def answer(slug: str, _tell: Tell) -> Answer:
        if slug in catalogue.broken:
            return Answer(slug, "broken", findings=catalogue.broken[slug], code=MISTAKE)
        dataset, findings = catalogue.datasets.get(slug), hand_edits(workspace, slug)
        found = standing(workspace.archive, dataset or slug, workspace.portal_name, workspace.now())
        code = MISTAKE if blocking(findings) else DONE
        return Answer(slug, found.word, found.params, findings, json=found.to_json(), code=code)

    return each_of(session, dict.fromkeys(_all_known(session, names), ()), answer)


@click.command(cls=Verb, example="publica history paralegals")
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


@click.command(cls=Verb, example="publica verify paralegals\npublica verify --to folder:public")
@names_argument
def verify(session: Session, names: tuple[str, ...]) -> int:
    """Read every public byte and row, as a stranger does, and say what is not as it was published."""
    from pipelines.commands.verify import verify as look

    def answer(slug: str, tell: Tell) -> Answer:
        found = look(session.workspace, slug, tell)
        code = MISTAKE if blocking(found.findings) else DONE
        return Answer(slug, found.status, found.params, found.findings, code=code)

    return each_of(session, dict.fromkeys(_all_known(session, names), ()), answer)


@click.command(cls=Verb, example="publica doctor --to folder:public\npublica doctor --json")
def doctor(session: Session) -> int:
    """Say what the portal is and can do, what you may do there, and what stands in the way of publishing."""
    from pipelines.commands.doctor import examine

    seen = examine(session.workspace)
    ill = blocking(seen.findings)
    if session.as_json:
        show_json(seen.to_json())
    else:
        for fact in seen.facts:
            click.echo(f"  {fact.text(preferred_language())}")
        click.echo(words("doctor-ill", count=len(ill)) if ill else words("doctor-well"))
        show_findings(seen.findings)
    return MISTAKE if ill else DONE


def _all_known(session: Session, names: tuple[str, ...]) -> list[str]:
    """The datasets named; all that are declared, and all that were and that the archive still knows, where none is."""
    from pipelines.observe.status import undeclared

    workspace, catalogue = session.workspace, session.workspace.catalogue
    gone = undeclared(workspace.archive, {*catalogue.datasets, *catalogue.broken})
    declared = [name for name in names if name not in gone]
    slugs = workspace.in_order(declared) if declared or not names else []
    return [*slugs, *(slug for slug in gone if slug in names or not names)]
