"""Prints what doctor found, fixed or foretells."""

from __future__ import annotations

import json
import sys
import threading
from typing import TYPE_CHECKING, Any, Final, Self

import click

from supervisor.cli.telling import tell as say
from supervisor.doctor import document
from supervisor.doctor.examine import all_rules
from supervisor.render.fields import harmless

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import Console
    from rich.text import Text

    from supervisor.doctor.checkup import Checkup, Visit
    from supervisor.doctor.finding import Skip
    from supervisor.doctor.patching import Patch
    from supervisor.doctor.rule import Rule

SILENT_S: Final = 1.0


class Patience:
    """Shows on a terminal that something goes on, once it lasts longer than a moment."""

    def __init__(self, what: str) -> None:
        """`what`: the words beside the spinner."""
        self._what = what
        self._status: Any = None
        self._timer = threading.Timer(SILENT_S, self._show)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        if self._timer.is_alive():
            self._timer.join()
        if self._status is not None:
            self._status.stop()

    def _show(self) -> None:
        from rich.console import Console

        self._status = Console(stderr=True).status(self._what)
        self._status.start()


def tell(found: Checkup, form: str) -> None:
    """Print findings in one of the forms."""
    rules = {rule.id: rule for rule in all_rules()}
    if form == "json":
        _json(document.data(found, rules))
    elif form == "sarif":
        from supervisor.doctor.output.sarif import sarif

        _json(sarif(found, rules))
    elif form == "github":
        from supervisor.doctor.output.github import github

        _lines(github(found))
    elif form == "markdown":
        from supervisor.doctor.output.markdown import markdown

        _lines(markdown(found, rules))
    else:
        from supervisor.doctor.output.text import text

        _printed(text(found, _console().width))


def diffs(made: Iterable[Patch], skips: Iterable[Skip]) -> None:
    """Print patches as a diff that `git apply` takes; all else goes to stderr."""
    made = list(made)
    for patch in made:
        click.echo(_shown(patch.diff), nl=False)
    _told(skips)
    if made:
        click.echo("Nothing was changed. --fix --write does it.", err=True)
    else:
        click.echo("No finding has a fix that is safe to apply.", err=True)


def _shown(diff: str) -> str:
    """Return a diff as it is for programs, and without what a terminal would obey for people."""
    if not sys.stdout.isatty():
        return diff
    return "\n".join(harmless(line.expandtabs()) for line in diff.split("\n"))


def written(made: Sequence[Patch], skips: Iterable[Skip], findings: int) -> None:
    """Say what was changed."""
    for patch in made:
        say(f"changed {patch.path}")
    _told(skips)
    from supervisor.doctor.output.text import many

    say(f"{many(findings, 'finding')} fixed in {many(len(made), 'file')}.")


def _told(skips: Iterable[Skip]) -> None:
    for skip in skips:
        click.echo(f"{skip.place}: {skip.why}", err=True)


def forecast(visits: Iterable[Visit], skips: Sequence[Skip], form: str) -> None:
    """Print what a stop of each service would do, as text or as JSON."""
    from supervisor.doctor.forecast import document as foretold
    from supervisor.doctor.forecast.forecast import forecasts
    from supervisor.doctor.output.forecast import told

    found = [one.moved(visit.shown) for visit in visits for one in forecasts(visit.house)]
    if form == "json":
        _json(foretold.data(found, skips))
        return
    _printed(told(found))
    if skips:
        left = f"not read, or not understood: {len(skips)}; the same without --forecast tells why."
        click.echo(left, err=True)


def failing(number: int, severity: str) -> None:
    """Say why the exit code is 1 where no finding is told."""
    from supervisor.doctor.output.text import many

    found = many(number, "finding")
    click.echo(f"{found} from {severity} on: the same without --forecast tells them.", err=True)


def listed(rules: Sequence[Rule]) -> None:
    """Print all rules in columns."""
    widest = max((len(rule.id) for rule in rules), default=0)
    for rule in rules:
        click.echo(f"{rule.id:<{widest}}  {rule.severity:<8}  {rule.title}")


def page(told: str) -> None:
    """Print a page of Markdown, drawn where there is a terminal."""
    from rich.markdown import Markdown

    console = _console()
    if console.is_terminal:
        console.print(Markdown(told), width=min(console.width, 100))
    else:
        click.echo(told, nl=False)


def _console() -> Console:
    from rich.console import Console

    return Console(highlight=False)


def _printed(lines: Iterable[Text]) -> None:
    console = _console()
    for line in lines:
        console.print(line, soft_wrap=True)


def _json(value: Any) -> None:
    click.echo(json.dumps(value, indent=2))


def _lines(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(line)
