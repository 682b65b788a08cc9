"""What a verb is: a click command with a session, options that mean the same everywhere, one answer for each dataset.

The verbs themselves are in the modules beside this one, how answers look is in `console.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipelines.console import BUG, Answer, show_all, stopped, tell_bug, words
from pipelines.errors import UserError
from pipelines.findings import Finding
from pipelines.languages import preferred_language
from pipelines.observe.progress import Progress
from pipelines.text import nearest

if TYPE_CHECKING:
    from pipelines.commands.build import Tell
    from pipelines.commands.workspace import Workspace


@dataclass(frozen=True)
class Session:
    """What every verb works with. `open`: how its workspace is had, if it needs one."""

    open: Callable[[], Workspace]
    progress: Progress
    as_json: bool

    @cached_property
    def workspace(self) -> Workspace:
        """Where things are."""
        return self.open()


def each(
    session: Session,
    names: Iterable[str],
    answer: Callable[[str, Tell], Answer],
    at_the_end: Callable[[], object] = lambda: None,
    *,
    processes: bool = False,
) -> int:
    """Show one answer for each dataset named, for all of them where none is."""
    return each_of(session, session.workspace.waits_for(names), answer, at_the_end, processes=processes)


def each_of(
    session: Session,
    waits_for: Mapping[str, Collection[str]],
    answer: Callable[[str, Tell], Answer],
    at_the_end: Callable[[], object] = lambda: None,
    hands: int = 1,
    *,
    processes: bool = False,
) -> int:
    """Show one answer per dataset, each after those that it waits for; `hands` of them at a time.

    `processes`: they may be worked on in other processes, where there are many; what `answer` remembers is lost then.
    Whatever is wrong with one, a mistake or a bug of ours, it stops no other.
    """

    def answered(slug: str, tell: Tell) -> Answer:
        try:
            return answer(slug, tell)
        except UserError as error:
            return stopped(slug, error)
        except Exception:
            tell_bug()
            return Answer(slug, "bug", code=BUG)

    def answers() -> Iterator[Answer]:
        yield from _answers(session.progress, waits_for, answered, hands, processes=processes)
        try:
            at_the_end()
        except UserError as error:
            yield stopped("", error)

    return show_all(answers(), as_json=session.as_json)


def _answers(
    progress: Progress,
    waits_for: Mapping[str, Collection[str]],
    answered: Callable[[str, Tell], Answer],
    hands: int,
    *,
    processes: bool,
) -> Iterator[Answer]:
    from pipelines.commands.processes import Team, processes_for
    from pipelines.commands.together import ordered, together

    with progress.alone():
        count = processes_for(len(waits_for)) if processes else 1
        team = Team(answered, count) if count > 1 else None
    if team:
        yield from team.work(ordered(waits_for), progress, _lost)
    else:
        yield from together(waits_for, lambda slug: answered(slug, lambda stage: progress(slug, stage)), hands)


def _lost(slug: str, code: int) -> Answer:
    """The answer of a dataset whose process ended before it could say anything."""
    return stopped(slug, UserError(Finding("process-ended", params={"code": code})))


class Verbs(click.Group):
    """The verbs in the order of a dataset's life; one typed wrong is answered with the nearest."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of definition."""
        return list(self.commands)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The verb, or an error that names the nearest."""
        if args and not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            raise click.UsageError(words("unknown-verb", verb=args[0], nearest=nearest(args[0], self.commands)))
        return super().resolve_command(ctx, args)


def common_options() -> list[click.Parameter]:
    """Where things are, and in what form to answer. They may stand before or after the verb, as people put them."""
    folder = click.Path(path_type=Path, file_okay=False)
    return [
        click.Option(["--datapackages"], type=folder, metavar="DIR", help="Folder of datasets."),
        click.Option(["--archive"], type=folder, metavar="DIR", help="Where versions are kept."),
        click.Option(["--to"], metavar="PORTAL", help="Portal, such as folder:DIR."),
        click.Option(["--json"], is_flag=True, expose_value=False, callback=_note_json, help="Answer in JSON."),
    ]


def _note_json(context: click.Context, _option: click.Parameter, value: bool) -> None:
    context.meta[_JSON] = value or context.meta.get(_JSON, False)


def said(_context: click.Context, _option: click.Parameter, reason: str) -> str:
    """A reason without the blanks around it. Raises click.BadParameter where nothing is left."""
    if not reason.strip():
        raise click.BadParameter(words("reason-blank"))
    return reason.strip()


class Verb(click.Command):
    """A verb: its function gets a session in the places said, and its help ends with a whole example."""

    def __init__(self, *args: Any, example: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params += common_options()
        self.epilog = "\b\nExample:\n" + "\n".join(f"  {line}" for line in example.splitlines())

    def invoke(self, ctx: click.Context) -> Any:
        """Run the verb while progress is shown."""
        typed = {name: value for key, name in _PLACES.items() if (value := ctx.params.pop(key)) is not None}
        if "archive_root" in typed:
            typed["placed"] = True
        with Progress(preferred_language()).shown() as progress:
            ctx.params["session"] = Session(lambda: replace(ctx.obj(), **typed), progress, ctx.meta[_JSON])
            return super().invoke(ctx)


_PLACES = {"datapackages": "datapackages", "archive": "archive_root", "to": "to"}
_JSON = "publica.json"  # where a click context keeps whether JSON was asked for

names_argument = click.argument("names", nargs=-1, metavar="[DATASET]...")
name_argument = click.argument("name", metavar="DATASET")
reason_option = click.option("--reason", required=True, callback=said, help="Why: kept, and shown to readers.")
yes_option = click.option("--yes", is_flag=True, help="Say yes beforehand.")
overwrite_option = click.option("--overwrite", is_flag=True, help="Replace what was edited by hand on the portal.")
