"""What all pages share: the frame, its style, tables; no network, no script, any width."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

from supervisor.render.palette import css

if TYPE_CHECKING:
    from supervisor.render.tables import Table

REPORT: Final = (
    "Made by gracekeeper report. Seconds count from when the end began; what is not known is said"
    " to be unknown, not zero."
)
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
pre{font:.85rem/1.5 ui-monospace,monospace;background:var(--raised);border-radius:4px;
padding:8px 12px;overflow:auto;max-height:24em;margin:0}
ul{margin:8px 0;padding-left:20px}
footer{color:var(--quiet);font-size:.85rem}
@media print{.large{display:block}.small{display:none}pre{max-height:none}
details::details-content{content-visibility:visible;block-size:auto}}
"""


def page(title: str, header: str, body: str, *, two: bool = False, footer: str = REPORT) -> str:
    """Return a whole page."""
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><link rel="icon" href="data:,">'
        f"<title>{escape(title)}</title><style>{css()}{STYLE}</style></head>"
        f'<body{" class=two" if two else ""}><a class="skip" href="#main">Skip to the report</a>'
        f'<header>{header}</header><main id="main">{body}</main>'
        f"<footer>{footer}</footer></body></html>\n"
    )


def coded(text: str) -> str:
    """Escape, and show what stands between backticks as code."""
    parts = escape(text).split("`")
    return "".join(f"<code>{p}</code>" if at % 2 else p for at, p in enumerate(parts))


def table_of(table: Table) -> str:
    """Return a table that scrolls by itself where it is too wide."""

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
