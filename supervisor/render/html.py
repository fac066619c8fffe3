"""One page that needs nothing else: no network, no script, both colour schemes, any width."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape
from typing import TYPE_CHECKING, Final

from supervisor.render import compare, tables
from supervisor.render.page import coded, page, table_of
from supervisor.render.svg import HALF, NARROW, WIDE, draw
from supervisor.render.verdict import verdict

if TYPE_CHECKING:
    from supervisor.render.model import Shutdown

OPEN: Final = ("Lost, by URI", "Requests", "What happened")  # the rest is folded
LEGEND: Final = {
    "exited": "ended by itself",
    "killed": "killed",
    "ended": "ended, how is not known",
    "there": "still there",
}


def html(one: Shutdown) -> str:
    """Return the page of one report."""
    judged = verdict(one)
    return page(f"{judged.word}: stop, exit {one.code}", _header(one), inner(one))


def inner(one: Shutdown) -> str:
    """Return what is below the verdict: facts, picture and tables."""
    picture = _picture(one, "stop", WIDE, 0.0)
    return (
        f"{_facts(one)}<section aria-labelledby=p><h2 id=p>The stop over time</h2>"
        f"<figure>{picture}{_legend(one)}</figure></section>"
        f"<section aria-labelledby=t><h2 id=t>In words and numbers</h2>{_tables(one)}</section>"
    )


def html_pair(before: Shutdown, after: Shutdown) -> str:
    """Return the page of two reports, side by side on one axis."""
    span_s = max(before.length, after.length)
    table = compare.table(before, after)
    rows = "".join(
        f"<tr><th scope=row>{escape(what)}</th><td class=n>{escape(was)}</td>"
        f'<td class=n>{escape(now)}</td><td class="{kind}">{escape(told)} {kind}</td></tr>'
        for what, was, now, told, kind in table
    )
    heads = "".join(f"<th scope=col>{head}</th>" for head in compare.HEADS)
    halves = "".join(
        f"<section aria-labelledby=h-{name}><h2 id=h-{name}>{title}</h2>{_verdict(one)}"
        f"<figure>{_picture(one, name, HALF, span_s)}</figure>{_tables(one)}</section>"
        for name, title, one in (("b", "Before", before), ("a", "After", after))
    )
    body = (
        "<section aria-labelledby=d><h2 id=d>What has changed</h2>"
        f"<div class=scroll tabindex=0 role=region aria-labelledby=d><table><thead><tr>{heads}"
        f"</tr></thead><tbody>{rows}</tbody></table></div></section><div class=pair>{halves}</div>"
    )
    told = compare.sentence(before, after)
    header = f"<h1>Two stops, before and after</h1><p class=cause>{escape(told)}</p>"
    return page("Before and after", header, body, two=True)


def _picture(one: Shutdown, name: str, width: int, span_s: float) -> str:
    """Return the picture twice: letters must not shrink on a phone; only one is ever shown."""
    large = draw(one, width, f"{name}-large", span_s=span_s)
    small = draw(one, NARROW, f"{name}-small", span_s=span_s)
    return f"<div class=large>{large}</div><div class=small>{small}</div>"


def when(one: Shutdown) -> str:
    """Return the time of day when the end began."""
    try:
        moment = datetime.fromtimestamp(one.asked_at, UTC)
    except (ValueError, OverflowError, OSError):
        return "at a time that is none"
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _header(one: Shutdown) -> str:
    several = f"{len(one.services)} services" if one.services else ""
    signal = one.signal or several or "the service's own end"
    return f"<h1>Shutdown report: {escape(signal)}, {when(one)}</h1>{_verdict(one)}"


def _verdict(one: Shutdown) -> str:
    judged = verdict(one)
    fix = f"<p class=fix><b>To do:</b> {coded(judged.fix)}</p>" if judged.fix else ""
    return (
        f'<div class="verdict {judged.kind}"><p class=word>{judged.word}</p>'
        f"<p class=cause>{escape(judged.told)}</p>{fix}</div>"
    )


def _facts(one: Shutdown) -> str:
    cells = []
    for name, told in tables.facts(one):
        long = " class=long" if len(told) > 30 else ""
        bad = name in ("Lost", "Killed") and told[:1].isdigit() and not told.startswith("0")
        cells.append(
            f"<div{long}><dt>{escape(name)}</dt>"
            f"<dd{' class=bad' if bad else ''}>{escape(told)}</dd></div>"
        )
    return f"<dl>{''.join(cells)}</dl>"


def _legend(one: Shutdown) -> str:
    """Say what colours and shapes mean, those that there are."""
    processes = [process for each in (one, *one.services) for process in each.processes]
    square = '<rect width="14" height="14" rx="2"'
    shapes = [
        (f'{square} class="k-{kind}"/>', words)
        for kind, words in LEGEND.items()
        if any(process.kind == kind for process in processes)
    ]
    if any(process.signals for process in processes):
        shapes.append(('<path d="M3 3L11 3L7 12Z" class="k-signal"/>', "signal"))
    items = "".join(
        f'<li><svg viewBox="0 0 14 14" aria-hidden="true">{shape}</svg>{words}</li>'
        for shape, words in shapes
    )
    return f"<ul class=legend>{items}</ul>" if items else ""


def _tables(one: Shutdown) -> str:
    return "".join(
        f"<details{' open' if table.title in OPEN else ''}><summary>{escape(table.title)}"
        f" ({len(table.rows)})</summary>{table_of(table)}</details>"
        for table in tables.all_of(one)
    )
