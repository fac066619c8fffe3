"""`gracekeeper report`: how a stop went, drawn."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final

import click

from supervisor.cli import drilled
from supervisor.cli.documents import Document, document_of
from supervisor.cli.drawing import show, write
from supervisor.errors import UsageError

if TYPE_CHECKING:
    from rich.console import RenderableType

    from supervisor.render.model import Shutdown

FAILS: Final[dict[str, Callable[[Shutdown], bool]]] = {
    "lost": lambda one: any(each.requests.lost for each in (one, *one.services)),
    "killed": lambda one: one.met_kill,
    "unknown": lambda one: one.requests.lost is None,
}


def _kinds(_context: click.Context, _option: click.Parameter, value: str | None) -> list[str]:
    """Take a list of what --fail-on knows."""
    words = [word.strip() for word in value.split(",")] if value else []
    for word in words:
        if word not in FAILS:
            raise click.BadParameter(f"{word!r} is none of {', '.join(FAILS)}")
    return words


@click.command()
@click.argument("target", metavar="FILE|CONTAINER|-", required=False)
@click.option("--html", metavar="OUT", help="Write one page that needs nothing else.")
@click.option("--svg", metavar="OUT", help="Write the picture alone.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.option("--text", is_flag=True, help="Print it without colours, as into a pipe.")
@click.option("--compare", nargs=2, metavar="A B", help="A before and an after, side by side.")
@click.option(
    "--fail-on",
    callback=_kinds,
    metavar="WHAT",
    help="Exit with 1 if it went so: lost, killed, unknown, or some of them (lost,killed).",
)
def report(
    target: str | None,
    html: str | None,
    svg: str | None,
    as_json: bool,
    text: bool,
    compare: tuple[str, str] | None,
    fail_on: list[str],
) -> None:
    """Draw how a stop went: why, what was lost, who was killed when.

    FILE is a --report file or any log with the report's line in it; the last one counts. `-` is
    stdin: `docker logs NAME | gracekeeper report -`. A CONTAINER that has ended need not have had
    gracekeeper in it: then the engine's events are drawn. A document of `gracekeeper drill` is
    drawn, too. OUT may be `-` for stdout.

    \b
    Exit codes:
      0    there is a report, and here it is
      1    --fail-on says so (of --compare, the second one counts);
           no such container, or no engine
      2    bad input: no report was found, or it can't be read

    A report is described by supervisor/report/schema.json, and what --compare adds to two of them
    by supervisor/render/compare.schema.json.
    """
    from supervisor.render.model import read

    _check(target, compare, html, svg)
    documents = [document_of(one) for one in (compare or (target or "-",))]
    if any(drilled.is_drill(one.value) for one in documents):
        sys.exit(_drill(documents, html, svg, as_json=as_json, text=text, fail_on=fail_on))
    shutdowns = [read(one.value, one.where) for one in documents]
    for out, render in ((html, _html), (svg, _svg)):
        if out:
            write(out, render(shutdowns))
    if as_json:
        click.echo(json.dumps(_data(documents, shutdowns), indent=2))
    elif not html and not svg:
        _print(shutdowns, plain=text)
    sys.exit(int(any(FAILS[word](shutdowns[-1]) for word in fail_on)))


def _check(
    target: str | None, compare: tuple[str, str] | None, html: str | None, svg: str | None
) -> None:
    """Refuse what can't be meant."""
    why = ""
    if compare and target:
        why = f"--compare names both reports, and {target} is a third"
    elif not compare and not target:
        why = "none is named"
    elif html == svg == "-":
        why = "--html and --svg both want stdout"
    elif compare == ("-", "-"):
        why = "stdin is one report, and two are compared"
    if why:
        raise UsageError(f"cannot make a report: {why}. Read `gracekeeper report --help`.")


def _html(shutdowns: list[Shutdown]) -> str:
    from supervisor.render import html

    return html.html_pair(*shutdowns) if len(shutdowns) > 1 else html.html(*shutdowns)


def _svg(shutdowns: list[Shutdown]) -> str:
    from supervisor.render import compare, svg

    return compare.svg_pair(*shutdowns) if len(shutdowns) > 1 else svg.svg(*shutdowns)


def _data(documents: list[Document], shutdowns: list[Shutdown]) -> Any:
    """Return the report as it was written; of two, what has changed, and both."""
    if len(documents) == 1:
        return documents[0].value
    from supervisor.render.compare import difference

    before, after = documents
    return {**difference(*shutdowns), "before": before.value, "after": after.value}


def _print(shutdowns: list[Shutdown], *, plain: bool) -> None:
    from supervisor.render.terminal import terminal, terminal_pair

    def parts(width: int) -> Iterable[RenderableType]:
        if len(shutdowns) > 1:
            return terminal_pair(shutdowns[0], shutdowns[1], width)
        return terminal(shutdowns[0], width)

    show(parts, plain=plain)


def _drill(
    documents: list[Document],
    html: str | None,
    svg: str | None,
    *,
    as_json: bool,
    text: bool,
    fail_on: list[str],
) -> int:
    """Draw a drill's document; return the exit code."""
    one = documents[-1]
    if len(documents) > 1 or svg:
        what = "compare" if len(documents) > 1 else "draw --svg of"
        raise UsageError(
            f"cannot {what} {one.where}: it is of a drill. Use --html, --json or --text."
        )
    drilled.redraw(one.value, one.where, html, as_json=as_json, plain=text)
    return int(drilled.failed(one.value, one.where, fail_on))
