"""How the command line looks: answers on the output, findings on the error stream, both for people or in JSON.

What a verb is, and which there are, is in `verbs/`. Nothing is decided here.
"""

from __future__ import annotations

import sys
import traceback
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from json import dumps, loads
from typing import TYPE_CHECKING, Any

import click

from pipelines.errors import UserError
from pipelines.findings import Finding, Severity
from pipelines.languages import Language, preferred_language, say
from pipelines.text import romanian

if TYPE_CHECKING:
    from pipelines.commands.build import Judged
    from pipelines.commands.publish import Outcome
    from pipelines.versions.draft import Draft

DONE, MISTAKE, BUG = 0, 1, 2  # exit codes: done, something that a person can put right, a bug of ours
MAX_CHANGES = 20  # changed cells shown per dataset
MAX_TOLD = 100_000  # and in JSON; `changes.csv` of a version has them all

_FINDING_COLORS = {Severity.BLOCK: "red", Severity.WARN: "yellow"}
_ANSWER_COLORS = {"published": "green", "built": "green", "waits": "yellow", "held": "yellow"}


def words(code: str, **params: Any) -> str:
    """A message in the language of the person at the keyboard."""
    return say(code, preferred_language(), params)


def show_findings(findings: Iterable[Finding]) -> None:
    """Every finding on a line of its own, with how bad it is in front."""
    for finding in findings:
        mark = click.style(words(f"severity-{finding.severity}"), fg=_FINDING_COLORS.get(finding.severity))
        click.echo(f"  {mark}  {finding.line(preferred_language())}", err=True)


def tell_bug() -> None:
    """The trace of what is being handled, and whose fault it is."""
    traceback.print_exc()
    click.echo(words("our-bug"), err=True)


def show_json(value: object) -> None:
    """A JSON value on the output, for programs."""
    text = dumps(value, ensure_ascii=False, indent=2, allow_nan=False)
    click.echo(text.encode(errors="replace"))  # what was typed may be no text


def show_report(report: object, *, on_a_line: bool) -> None:
    """A report in the JSON that frictionless writes, whole numbers of no bound included; at once, also into a pipe."""
    text = dumps(report, ensure_ascii=False, indent=None if on_a_line else 2)
    click.echo(text.encode(errors="replace"))


# --- answers ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Answer:
    """What a verb has to say of one dataset: `status` and `params` make the line, `details` follow it."""

    slug: str
    status: str
    params: Mapping[str, Any] = field(default_factory=dict[str, Any])
    findings: Sequence[Finding] = ()
    details: Sequence[str] = ()
    json: Mapping[str, Any] = field(default_factory=dict[str, Any])
    code: int = DONE

    def to_json(self) -> dict[str, Any]:
        """JSON value."""
        found = [finding.to_json() for finding in self.findings]
        return {"dataset": self.slug, "status": self.status, **self.params, **self.json, "findings": found}


def stopped(slug: str, error: UserError) -> Answer:
    """A person's mistake as an answer: of one dataset, or of none ("") where nothing could even begin."""
    return Answer(slug, "failed", findings=[finding.within(dataset=slug) for finding in error.findings], code=MISTAKE)


def judged(found: Judged, *, by_cell: bool) -> Answer:
    """What `check` says, and with `by_cell` what `diff` says: what the next version would change."""
    slug, verdict, draft = found.dataset.slug, found.verdict, found.draft
    if not verdict.passed:
        return stopped(slug, UserError(verdict.findings))
    if draft is None:
        return Answer(slug, "unchanged", {"version": found.current}, verdict.findings)
    params = {"version": draft.number, "checks": verdict.checks}
    details = [reason.text(preferred_language()) for reason in draft.reasons]
    value: dict[str, Any] = {"reasons": [reason.to_json() for reason in draft.reasons]}
    if not by_cell:
        return Answer(slug, "passed", params, verdict.findings, details, value)
    changes, count = _changed(draft, MAX_TOLD if _json_is_typed() else MAX_CHANGES)
    details += [_cell(**change) for change in changes[:MAX_CHANGES]]
    if count > MAX_TOLD:
        details.append(words("many-more-changes", count=MAX_TOLD - MAX_CHANGES))
    elif count > MAX_CHANGES:
        details.append(words("more-changes", count=count - MAX_CHANGES))
    value |= {"changes": changes, "more_changes": count > MAX_TOLD}
    return Answer(slug, "would-make", params, verdict.findings, details, value)


def _changed(draft: Draft, most: int) -> tuple[list[dict[str, Any]], int]:
    """The first changed cells, `most` at most; and how many there are, counted until there are more than are told."""
    told, count = list[dict[str, Any]](), 0
    for lines in draft.changed_cells():
        told += lines.head(most - len(told)).to_dicts()
        count += lines.height
        if count > MAX_TOLD:
            break
    return told, count


def _cell(resource: str, key: str, field: str, old: str | None, new: str | None, **_: Any) -> str:
    row = ", ".join(str(part) for part in loads(key) if part is not None)
    return f"{resource} {row} {field}: {old or ''} -> {new or ''}"


def published(outcome: Outcome) -> Answer:
    """What became of a dataset; one that nobody said yes to is not what was asked for."""
    return Answer(
        outcome.slug,
        outcome.status,
        {"version": outcome.version or ""},
        outcome.findings,
        [str(reason[preferred_language()]) for reason in outcome.reasons],
        {"reasons": list(outcome.reasons)},
        MISTAKE if outcome.status == "waits" else DONE,
    )


def show(answer: Answer) -> None:
    """An answer for people."""
    color = "red" if answer.code else _ANSWER_COLORS.get(answer.status)
    line = click.style(words(f"status-{answer.status}", **answer.params), fg=color)
    click.echo(f"{click.style(answer.slug, bold=True)}: {line}" if answer.slug else line)
    for detail in answer.details:
        click.echo(f"    {detail}")
    sys.stdout.flush()  # where both streams go to one file, each finding stays below its dataset
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
    return max((answer.code for answer in told), default=DONE)


def refused(findings: Sequence[Finding], plain: str = "") -> int:
    """Tell what kept a verb from being done: in JSON where that was asked for, else `plain`, else the findings."""
    if _json_is_typed():
        return show_all([stopped("", UserError(findings))], as_json=True)
    if plain:
        click.echo(plain, err=True)
    else:
        show_findings(findings)
    return MISTAKE


def bug() -> int:
    """Tell of a bug of ours that ended a verb; returns the exit code."""
    tell_bug()
    return show_all([Answer("", "bug", code=BUG)], as_json=True) if _json_is_typed() else BUG


def _json_is_typed() -> bool:
    """Whether `--json` stands anywhere: what cannot even be understood is answered in it as well."""
    return "--json" in sys.argv[1:]


def repeats(titles: Mapping[Language, str]) -> bool:
    """Whether the person types the title, in any language and with either kind of Romanian letters; nobody is a no."""
    if not sys.stdin.isatty():
        click.echo(words("nobody-to-ask"), err=True)
        return False
    typed = click.prompt(words("repeat-title"), default="", show_default=False, err=True)
    return _plain(typed) in {_plain(title) for title in titles.values()}


def _plain(text: str) -> str:
    return " ".join(romanian(unicodedata.normalize("NFC", text)).split())
