"""Tells what a drill came to: on a terminal, as JSON, as files of three kinds."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import click

from supervisor.cli.drawing import show, unwritable, write
from supervisor.errors import UsageError

KINDS: Final = (".html", ".json", ".xml")
HERE: Final = "this drill"
EVENT: Final = "drill"


def check(outs: Sequence[str]) -> None:
    """Refuse files that can't be written before anything is stopped; leave no empty ones."""
    for out in outs:
        path = Path(out)
        if path.suffix not in KINDS:
            raise UsageError(
                f"cannot write --report {out}: its kind is told by its ending."
                f" End it with {', '.join(KINDS[:-1])} or {KINDS[-1]}."
            )
        new = not path.exists()
        try:
            with path.open("ab"):
                pass
            if new:
                path.unlink()
        except OSError as error:
            raise unwritable(out, error) from None


def write_all(outs: Sequence[str], document: dict[str, Any]) -> None:
    """Write the files."""
    for out in outs:
        kind = Path(out).suffix
        write(out, f"{json.dumps(document)}\n" if kind == ".json" else _drawn(document, kind))


def tell(
    document: dict[str, Any], *, as_json: bool = False, plain: bool = False, where: str = HERE
) -> None:
    """Print it: drawn, or as JSON."""
    if as_json:
        click.echo(json.dumps(document, indent=2))
        return
    from supervisor.render.drillmodel import read
    from supervisor.render.drillterminal import terminal_drill

    drill = read(document, where)
    show(lambda width: terminal_drill(drill, width), plain=plain)


def is_drill(document: Any) -> bool:
    """Tell whether a document is of a drill."""
    return isinstance(document, dict) and document.get("event") == EVENT


def redraw(document: Any, where: str, html: str | None, *, as_json: bool, plain: bool) -> None:
    """Draw a document that was written before."""
    if html:
        write(html, _drawn(document, ".html", where))
    if as_json or not html:
        tell(document, as_json=as_json, plain=plain, where=where)


def failed(document: Any, where: str, words: Iterable[str]) -> bool:
    """Tell whether it went as `report --fail-on` names it; of a missing trial nobody knows."""
    from supervisor.render.drillmodel import read

    drill = read(document, where)
    found = {
        "lost": any(one.whole.lost for one in drill.trials),
        "killed": any(one.killed for one in drill.trials),
        "unknown": drill.missing is not None,
    }
    return any(found.get(word, False) for word in words)


def _drawn(document: dict[str, Any], kind: str, where: str = HERE) -> str:
    from supervisor.render.drillmodel import read

    drill = read(document, where)
    if kind == ".html":
        from supervisor.render.drillpage import html_drill

        return html_drill(drill)
    from supervisor.render.drilljunit import junit

    return junit(drill)
