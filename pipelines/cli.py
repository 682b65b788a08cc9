"""What people type: `publica`, its verbs in the order of a dataset's life, and what comes of whatever was typed.

The verbs are in `verbs/`, how answers look in `console.py`. Exit codes: 0 done, 1 something that a person can put
right, 2 a bug of ours, with its trace.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from pipelines import console, memory
from pipelines.console import DONE, MISTAKE, words
from pipelines.errors import UserError
from pipelines.findings import Finding
from pipelines.verbs import looking, making, publishing, undoing
from pipelines.verbs.verb import Verbs, common_options

if TYPE_CHECKING:
    from pipelines.commands.workspace import Workspace


def main() -> NoReturn:
    """The entry point of `publica`."""
    memory.search_seldom()
    try:
        code = _run()
    except BrokenPipeError:  # whoever read the output has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = MISTAKE
    memory.search_no_more()
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


@click.group(cls=Verbs, params=common_options(), context_settings={"help_option_names": ["-h", "--help"]})
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

    def here() -> Workspace:
        from pipelines.commands.workspace import Workspace

        return Workspace.here(datapackages, archive, to)

    context.obj = here


for verb in (
    *(making.new, making.adopt, making.check, making.build, making.diff),
    *(publishing.plan, publishing.apply, publishing.publish),
    *(looking.status, looking.history, looking.verify, looking.doctor),
    *(undoing.rollback, undoing.withdraw, undoing.release, undoing.erase),
):
    publica.add_command(verb)
