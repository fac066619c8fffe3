"""A drill's page: the verdict, the picture, the cause and its remedy, who was lost, platforms."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

from supervisor.render import drillchart, drilltables, html
from supervisor.render.drillmodel import COUNTED, NAMES
from supervisor.render.page import coded, page, table_of
from supervisor.render.svg import NARROW, WIDE
from supervisor.render.verdict import verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.render.drillmodel import Drill, Trial
    from supervisor.render.tables import Table

FOOTER: Final = (
    "Made by gracekeeper drill. Seconds count from when the stop was asked for. Lost: accepted, and"
    " no complete response came. Turned away: a complete 503 with Retry-After. Refused: connect()"
    " failed, or over https TLS's handshake was cut; whoever called can safely try elsewhere."
)
LINES: Final = 20
BAD: Final = ("Lost",)


def html_drill(drill: Drill) -> str:
    """Return the page of a drill; of several trials the worst comes first."""
    one = drill.worst
    word = drill.word
    body = f"{_facts(one)}{_picture(one)}"
    if len(drill.trials) > 1:
        body += _section("trials", "All trials", table_of(drilltables.trials(drill)))
        number = drill.trials.index(one) + 1
        body = f"<h2>Trial {number} of {len(drill.trials)}, which tells most</h2>{body}"
    body += _section("requests", "Requests", _tables(one))
    body += "".join(_log(one))
    body += "".join(_platforms(drill))
    body += "".join(_report(one))
    return page(f"{word}: drill of {drill.site}", _header(drill, word), body, footer=FOOTER)


def _header(drill: Drill, word: str) -> str:
    one = drill.worst
    kind = "good" if drill.ok else "bad"
    missing = f"<p><b>Missing:</b> {coded(drill.missing.why)}</p>" if drill.missing else ""
    more = "".join(f"<li>{coded(told)}</li>" for told in one.told if told not in drill.sentence)
    more = f"<ul>{more}</ul>" if more else ""
    why = "Seen" if one.ok else "Why"
    cause = f"<p><b>{why}:</b> {coded(one.cause)}</p>" if one.cause else ""
    fix = f"<p class=fix><b>To do:</b> {coded(one.fix)}</p>" if one.fix else ""
    return (
        f"<h1>Drill of {escape(drill.site)}: {escape(drilltables.asked(one))} under load</h1>"
        f'<div class="verdict {kind}"><p class=word>{word}</p>'
        f"<p class=cause>{coded(drill.sentence)}</p>{missing}{more}{cause}{fix}</div>"
    )


def _facts(one: Trial) -> str:
    cells = []
    for name, told in list(drilltables.facts(one))[1:]:
        bad = (name in BAD and told != "0") or (name == "Took" and one.killed)
        long = " class=long" if len(told) > 30 else ""
        look = " class=bad" if bad else ""
        cells.append(f"<div{long}><dt>{escape(name)}</dt><dd{look}>{escape(told)}</dd></div>")
    return f"<dl>{''.join(cells)}</dl>"


def _picture(one: Trial) -> str:
    large = drillchart.draw(one, WIDE, "drill-large")
    small = drillchart.draw(one, NARROW, "drill-small")
    figure = (
        f"<figure><div class=large>{large}</div><div class=small>{small}</div>"
        f"{_legend(one)}</figure>"
    )
    return _section("p", "Requests over time", figure)


def _legend(one: Trial) -> str:
    """Say what colours mean, those that there are."""
    items = "".join(
        f'<li><svg viewBox="0 0 14 14" aria-hidden="true">'
        f'<rect width="14" height="14" rx="2" class="k-{fate}"/></svg>{words}</li>'
        for fate, words in ((fate, NAMES[fate]) for fate in COUNTED)
        if one.whole.of(fate)
    )
    return f"<ul class=legend>{items}</ul>" if items else ""


def _tables(one: Trial) -> str:
    if not one.parts:
        return f"<p>{drilltables.NONE}</p>"
    return table_of(drilltables.parts(one)) + "".join(
        _folded(table, len(one.losses), opened=at == 0)
        for at, table in enumerate((drilltables.lost(one), drilltables.each_lost(one)))
        if table.rows
    )


def _folded(table: Table, count: int, *, opened: bool) -> str:
    return (
        f"<details{' open' if opened else ''}><summary>{escape(table.title)} ({count})"
        f"</summary>{table_of(table)}</details>"
    )


def _log(one: Trial) -> Iterator[str]:
    if shown := drilltables.excerpt(one, LINES):
        lines = "\n".join(escape(line) for line in shown)
        yield _section("log", "What it logged last", f"<pre tabindex=0>{lines}</pre>")
    if one.left:
        names = ", ".join(escape(name) for name in one.left)
        yield f"<p><b>Outlived it, and was killed:</b> {names}</p>"
    if one.hidden:
        items = "".join(f"<li>{coded(told)}</li>" for told in one.hidden)
        yield _section("hidden", "What could not be seen", f"<ul>{items}</ul>")


def _platforms(drill: Drill) -> Iterator[str]:
    if any(one.fits is not None for one in drill.platforms):
        table = drilltables.platforms(drill)
        yield _section("platforms", table.title, table_of(table))


def _report(one: Trial) -> Iterator[str]:
    """Draw the report beneath: a keeper's own, or what was seen of the container."""
    if one.report:
        told = verdict(one.report).told
        side = "inside" if one.report.counted else "outside"
        known = one.cause and told.startswith(one.cause)
        cause = "" if known else f"<p>{coded(told)}</p>"
        yield _section("own", f"The stop from {side}", f"{cause}{html.inner(one.report)}")


def _section(name: str, title: str, inner: str) -> str:
    return f"<section aria-labelledby=s-{name}><h2 id=s-{name}>{title}</h2>{inner}</section>"
