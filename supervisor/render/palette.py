"""Colours by what they mean: each has 4.5:1 against its page, and a word or a shape beside it."""

from __future__ import annotations

from typing import Final

# name: light, dark
COLOURS: Final = {
    "page": ("#ffffff", "#0d1117"),
    "raised": ("#f6f8fa", "#161b22"),
    "ink": ("#1b1f24", "#e6edf3"),
    "quiet": ("#57606a", "#9aa4af"),
    "rule": ("#d0d7de", "#30363d"),
    "good": ("#1a7f37", "#3fb950"),
    "bad": ("#cf222e", "#ff7b72"),
    "warn": ("#9a6700", "#d29922"),
    "calm": ("#0969da", "#58a6ff"),
    "busy": ("#8250df", "#bc8cff"),
    "late": ("#bc4c00", "#f0883e"),
    "grey": ("#6e7781", "#8b949e"),
}
# What is drawn, in which of them.
KINDS: Final = {
    "starting": "grey",
    "serving": "grey",
    "delaying": "warn",
    "quiescing": "calm",
    "stopping": "busy",
    "reaping": "late",
    "closing": "good",
    "exited": "good",
    "killed": "bad",
    "ended": "grey",
    "there": "warn",
    "signal": "ink",
    "kill": "bad",
    "flight": "calm",
    "queue": "late",
    "answered": "good",
    "turned_away": "calm",
    "refused": "grey",
    "lost": "bad",
}


def css() -> str:
    """Return the colours as variables, light and dark, and a class for each kind."""
    light, dark = (
        "".join(f"--{name}:{both[at]};" for name, both in COLOURS.items()) for at in (0, 1)
    )
    kinds = "".join(
        f".k-{kind}{{fill:var(--{colour})}}.s-{kind}{{stroke:var(--{colour})}}"
        for kind, colour in KINDS.items()
    )
    return (
        f":root{{color-scheme:light dark;{light}}}"
        f"@media(prefers-color-scheme:dark){{:root{{{dark}}}}}"
        f"{kinds}"
        "svg text{font:12px system-ui,sans-serif;fill:var(--ink)}"
        "svg .q{fill:var(--quiet)}svg .on{fill:var(--page);font-size:11px}"
        "svg .halo{paint-order:stroke;stroke:var(--page);stroke-width:3px;font-size:10px;"
        "font-weight:600}"
        "svg .b{font-weight:600}svg .rule{stroke:var(--rule)}svg .page{stroke:var(--page)}"
        "svg .line{fill:none;stroke-width:2}"
        "svg .frame{fill:none;stroke:var(--ink);stroke-width:1.5}svg .badt{fill:var(--bad)}"
        "svg .soft{opacity:.18}svg .dash{stroke-dasharray:4 3;stroke-width:1.5}"
    )
