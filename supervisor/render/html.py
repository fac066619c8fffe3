"""One page that needs nothing else: no network, no script, both colour schemes, any width."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape
from typing import TYPE_CHECKING, Final

from supervisor.render import compare, tables
from supervisor.render.palette import css
from supervisor.render.svg import HALF, NARROW, WIDE, draw
from supervisor.render.verdict import verdict

if TYPE_CHECKING:
    from supervisor.render.model import Shutdown
    from supervisor.render.tables import Table

OPEN: Final = ("Lost, by URI", "Requests", "What happened")  # the rest is folded
NAMED: Final = ("Lost, by URI", "Requests")  # whose first cells name their rows
STYLE: Final = """
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
header,main,footer{margin:0 auto;padding:16px;max-width:1000px}
header{padding-bottom:0}
body.two header,body.two main{max-width:1400px}
a.skip{position:absolute;left:-999px}a.skip:focus{left:8px;top:8px;background:var(--page);padding:8px}
:focus-visible{outline:3px solid var(--calm);outline-offset:2px}
p,h1,h2,h3{margin:0 0 8px}
h1{font-size:1.05rem;color:var(--quiet);font-weight:600}
h2{font-size:1.15rem;margin-top:24px}h3{font-size:1rem}
.verdict{border-left:6px solid var(--grey);background:var(--raised);border-radius:4px;
padding:12px 16px;overflow-wrap:anywhere}
.verdict .cause{font-size:1.2rem;line-height:1.4;font-weight:600}
.verdict.bad{border-color:var(--bad)}.verdict.good{border-color:var(--good)}
.verdict.unknown{border-color:var(--warn)}
.word{font-weight:700}.bad .word{color:var(--bad)}.good .word{color:var(--good)}
.unknown .word{color:var(--warn)}
.fix{margin:0}
dl{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:8px;margin:16px 0}
dl div{border:1px solid var(--rule);border-radius:4px;padding:8px 12px;overflow-wrap:anywhere}
dl div.long{grid-column:1/-1}
dt{color:var(--quiet);font-size:.85rem}dd{margin:0;font-weight:600}dd.bad{color:var(--bad)}
figure{margin:16px 0 0}svg{display:block;width:100%;height:auto}
.small{display:none}
@media(max-width:700px){.small{display:block}.large{display:none}}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:4px 16px;margin:8px 0 0;padding:0;
font-size:.85rem;color:var(--quiet)}
.legend svg{display:inline-block;width:14px;height:14px;vertical-align:-2px;margin-right:6px}
.scroll{overflow-x:auto}
table{border-collapse:collapse;font-size:.9rem;margin-bottom:12px}
code{font:.95em ui-monospace,monospace;background:var(--raised);overflow-wrap:anywhere}
th,td{text-align:left;padding:4px 16px 4px 0;border-bottom:1px solid var(--rule);
vertical-align:top}
td{overflow-wrap:break-word}
.n{text-align:right;font-variant-numeric:tabular-nums}
details{border-top:1px solid var(--rule)}summary{cursor:pointer;padding:10px 0;font-weight:600}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,328px),1fr));gap:24px}
.better{color:var(--good);font-weight:600}.worse{color:var(--bad);font-weight:600}
footer{color:var(--quiet);font-size:.85rem}
@media print{.large{display:block}.small{display:none}
details::details-content{content-visibility:visible;block-size:auto}}
"""
LEGEND: Final = {
    "exited": "ended by itself",
    "killed": "killed",
    "ended": "ended, how is not known",
    "there": "still there",
}


def html(one: Shutdown) -> str:
    """Return the page of one report."""
    judged = verdict(one)
    picture = _picture(one, "stop", WIDE, 0.0)
    body = (
        f"{_facts(one)}<section aria-labelledby=p><h2 id=p>The stop over time</h2>"
        f"<figure>{picture}{_legend(one)}</figure></section>"
        f"<section aria-labelledby=t><h2 id=t>In words and numbers</h2>{_tables(one)}</section>"
    )
    return _page(f"{judged.word}: stop, exit {one.code}", _header(one), body)


def html_pair(before: Shutdown, after: Shutdown) -> str:
    """Return the page of two reports, side by side on one axis."""
    span_s = max(before.seconds, after.seconds)
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
    return _page("Before and after", header, body, two=True)


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


def _page(title: str, header: str, body: str, *, two: bool = False) -> str:
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><link rel="icon" href="data:,">'
        f"<title>{escape(title)}</title><style>{css()}{STYLE}</style></head>"
        f'<body{" class=two" if two else ""}><a class="skip" href="#main">Skip to the report</a>'
        f'<header>{header}</header><main id="main">{body}</main>'
        "<footer>Made by gracekeeper report. Seconds count from when the end began; what is not"
        " known is said to be unknown, not zero.</footer></body></html>\n"
    )


def _header(one: Shutdown) -> str:
    signal = one.signal or "the service's own end"
    return f"<h1>Shutdown report: {escape(signal)}, {when(one)}</h1>{_verdict(one)}"


def _verdict(one: Shutdown) -> str:
    judged = verdict(one)
    fix = f"<p class=fix><b>To do:</b> {_coded(judged.fix)}</p>" if judged.fix else ""
    return (
        f'<div class="verdict {judged.kind}"><p class=word>{judged.word}</p>'
        f"<p class=cause>{escape(judged.cause)}</p>{fix}</div>"
    )


def _coded(text: str) -> str:
    """Escape, and show what stands between backticks as code."""
    parts = escape(text).split("`")
    return "".join(f"<code>{p}</code>" if at % 2 else p for at, p in enumerate(parts))


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
        f" ({len(table.rows)})</summary>{_table(table)}</details>"
        for table in tables.all_of(one)
    )


def _table(table: Table) -> str:
    def row(tags: list[str], cells: tuple[str, ...]) -> str:
        marks = [' class="n"' if at in table.numbers else "" for at in range(len(cells))]
        told = zip(tags, cells, marks, strict=True)
        return "".join(
            f"<{tag}{mark}>{escape(cell)}</{tag.partition(' ')[0]}>" for tag, cell, mark in told
        )

    tags = ["td"] * len(table.heads)
    if table.title in NAMED:
        tags[0] = "th scope=row"
    rows = "".join(f"<tr>{row(tags, cells)}</tr>" for cells in table.rows)
    heads = row(["th scope=col"] * len(table.heads), table.heads)
    title = escape(table.title)
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{title}"><table>'
        f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
    )
