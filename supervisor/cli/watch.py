"""`gracekeeper watch`: records how containers end, ours or not."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from supervisor.errors import UsageError

if TYPE_CHECKING:
    from supervisor.ops.recording import Recording

INTERRUPTED = 130
BACK = "\r\x1b[K"


@click.command()
@click.argument("containers", metavar="CONTAINER...", nargs=-1)
@click.option(
    "--project", metavar="NAME", help="All containers of a Compose project, new ones too."
)
@click.option("--report", "out", metavar="OUT", help="Write a document for `gracekeeper report`.")
@click.option("--first", is_flag=True, help="Leave after the first end, also if it is restarted.")
@click.option("--json", "as_json", is_flag=True, help="Print each end as one line of JSON.")
def watch(
    containers: tuple[str, ...], project: str | None, out: str | None, first: bool, as_json: bool
) -> None:
    """Record containers until they have stopped, and say why and how.

    Nothing is changed, and nothing has to be in the container. Each end is told when it happens,
    until none of them is running or will be restarted. Ctrl-C ends it with what is known so far.
    DOCKER_HOST names an engine elsewhere; processes are then seen as its `top` shows them.

    \b
    Exit codes:
      0    all that was watched has ended, and was explained
      1    no such container, or no engine that can be asked
      2    bad input
      130  Ctrl-C, before all had ended

    The JSON is described by supervisor/ops/explanation.schema.json, the report by
    supervisor/report/schema.json.
    """
    from supervisor.ops.engine import Engine
    from supervisor.ops.explanation import of_case
    from supervisor.ops.watching import Watching

    if not containers and not project:
        raise UsageError("cannot watch: nothing is named. Name a container, or a --project.")
    if out:
        _try(out)
    answers: list[dict[str, Any]] = []
    watching = Watching(Engine(), containers, project)
    try:
        for case in watching.ends(_progress):
            answers.append(of_case(case))
            _tell(answers[-1], as_json)
            if first:
                break
    except KeyboardInterrupt:
        done = {answer["case"]["container"]["id"] for answer in answers}
        for one in watching.recordings.values():
            if one.container.id not in done:
                answers.append(of_case(one.case))
                _tell(answers[-1], as_json)
        sys.exit(INTERRUPTED)
    finally:  # an engine that ends takes nothing of what is known
        if out:
            _write(out, answers)


def _progress(recordings: Iterable[Recording], now: int) -> None:
    """Show on a terminal what is going on; a pipe gets the ends alone."""
    if not sys.stderr.isatty():
        return
    from supervisor.render.fields import harmless

    told = []
    for one in recordings:
        name, asked = one.container.name, one.stopping(now)
        if asked:
            left = ", ".join(one.left(now))
            told.append(
                f"{name}: stopping for {(now - asked.at) / 1e9:.1f} s, there: {left or '?'}"
            )
        else:
            told.append(f"{name}: {one.state.status}")
    line = "; ".join(told)
    click.echo(f"{BACK}{harmless(line[:98])}", nl=False, err=True)


def _tell(answer: dict[str, Any], as_json: bool) -> None:
    if sys.stderr.isatty():
        click.echo(BACK, nl=False, err=True)
    if as_json:
        click.echo(json.dumps(answer))
        return
    from supervisor.cli.telling import text

    click.echo(text(answer))


def _write(out: str, answers: list[dict[str, Any]]) -> None:
    """Write the last end of each container: one report, or several services of one."""
    from supervisor.ops.document import joined

    last = {answer["subject"]["name"]: answer["report"] for answer in answers if answer["report"]}
    if not last:
        click.echo(f"gracekeeper: {out} is not written: nothing has ended yet.", err=True)
        return
    try:
        Path(out).write_text(f"{json.dumps(joined(last))}\n", encoding="utf-8")
    except OSError as error:
        raise _unwritable(out, error) from None


def _try(out: str) -> None:
    """Refuse what can't be written before anything is waited for; leave no empty file."""
    new = not Path(out).exists()
    try:
        with Path(out).open("ab"):
            pass
        if new:
            Path(out).unlink()
    except OSError as error:
        raise _unwritable(out, error) from None


def _unwritable(out: str, error: OSError) -> UsageError:
    return UsageError(
        f"cannot write {out}: {error.strerror}. Name a file in a folder that can be written to."
    )
