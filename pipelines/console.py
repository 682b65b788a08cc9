"""How the command line looks: answers on the output, findings and progress on the error stream, verbs that help.

Which verbs there are is in `cli.py`. Nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipelines.findings import Finding, Severity
from pipelines.languages import preferred_language, say
from pipelines.text import nearest

if TYPE_CHECKING:
    from pipelines.commands.workspace import Workspace

_COLORS = {Severity.BLOCK: "red", Severity.WARN: "yellow"}


def words(code: str, **params: Any) -> str:
    """A message in the language of the person at the keyboard."""
    return say(code, preferred_language(), params)


def show_findings(findings: Iterable[Finding]) -> None:
    """Every finding on a line of its own, with how bad it is in front."""
    for finding in findings:
        mark = click.style(words(f"severity-{finding.severity}"), fg=_COLORS.get(finding.severity))
        click.echo(f"  {mark}  {finding.line(preferred_language())}", err=True)


def show_json(value: object) -> None:
    """A JSON value on the output, for programs."""
    from pipelines.files import pretty_json

    click.echo(pretty_json(value), nl=False)


@dataclass(frozen=True)
class Answer:
    """What a verb has to say of one dataset: `status` and `params` make the line, `details` follow it."""

    slug: str
    status: str
    params: Mapping[str, Any] = field(default_factory=dict[str, Any])
    findings: Sequence[Finding] = ()
    details: Sequence[str] = ()
    json: Mapping[str, Any] = field(default_factory=dict[str, Any])
    failed: bool = False

    def to_json(self) -> dict[str, Any]:
        """JSON value."""
        found = [finding.to_json() for finding in self.findings]
        return {"dataset": self.slug, "status": self.status, **self.params, **self.json, "findings": found}


def show(answer: Answer) -> None:
    """An answer for people."""
    color = (
        "red"
        if answer.failed
        else {"published": "green", "built": "green", "waits": "yellow", "held": "yellow"}.get(answer.status)
    )
    line = words(f"status-{answer.status}", **answer.params)
    click.echo(f"{click.style(answer.slug, bold=True)}: {click.style(line, fg=color)}")
    for detail in answer.details:
        click.echo(f"    {detail}")
    show_findings(answer.findings)


def show_all(answers: Iterable[Answer], *, as_json: bool) -> int:
    """Every answer as it comes (as one JSON list at the end with `as_json`); returns the exit code."""
    told: list[Answer] = []
    for answer in answers:
        told.append(answer)
        if not as_json:
            show(answer)
    if as_json:
        show_json([answer.to_json() for answer in told])
    return int(any(answer.failed for answer in told))


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


def place_options() -> list[click.Parameter]:
    """Where things are. They may stand before or after the verb, as people put them."""
    folder = click.Path(path_type=Path, file_okay=False)
    return [
        click.Option(["--datapackages"], type=folder, metavar="DIR", help="Folder of datasets."),
        click.Option(["--archive"], type=folder, metavar="DIR", help="Where versions are kept."),
        click.Option(["--to"], metavar="PORTAL", help="Portal, such as folder:DIR."),
    ]


class Verb(click.Command):
    """A verb: its function gets the workspace that the places make, and its help ends with a whole example."""

    def __init__(self, *args: Any, example: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params += [*place_options(), click.Option(["--json", "as_json"], is_flag=True, help="Answer in JSON.")]
        self.epilog = "\b\nExample:\n" + "\n".join(f"  {line}" for line in example.splitlines())

    def invoke(self, ctx: click.Context) -> Any:
        """Run the verb on its workspace."""
        said = {name: ctx.params.pop(key) for key, name in _PLACES.items()}
        workspace: Workspace = ctx.obj
        ctx.params["workspace"] = replace(workspace, **{k: v for k, v in said.items() if v is not None})
        return super().invoke(ctx)


_PLACES = {"datapackages": "datapackages", "archive": "archive_root", "to": "to"}
