"""`gracekeeper explain`: why something ended, from evidence."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from supervisor.errors import UsageError

MOST = 255
LONGEST = 20  # digits, of a 64-bit number
UNSURE = "unknown"


@click.command()
@click.argument("target", metavar="CODE|CONTAINER|REPORT")
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
def explain(target: str, as_json: bool) -> None:
    """Say why a container ended, and what to do about it.

    A CODE, 0 to 255, can mean several things: all are told, with how to tell them apart. A
    CONTAINER, also one that was removed a moment ago, is decided from the engine's events, its
    state and its log. A REPORT is a file with a report's line, or what `explain --json` and
    `watch --json` printed; `-` is stdin. DOCKER_HOST names an engine elsewhere.

    \b
    Exit codes:
      0    explained
      1    the evidence leaves several causes, or it has not ended; there is
           no such container, or no engine that can be asked
      2    bad input

    The JSON is described by supervisor/ops/explanation.schema.json.
    """
    from supervisor.cli.documents import names_container
    from supervisor.ops import explanation

    if target.isdecimal():
        answer = explanation.of_code(_code(target))
    elif names_container(target):
        answer = _of_container(target)
    else:
        answer = _of_file(target)
    if as_json:
        click.echo(json.dumps(answer))
    else:
        from supervisor.cli.telling import text

        click.echo(text(answer))
    cause = answer["cause"]
    sys.exit(int(cause is not None and cause["id"] in (UNSURE, "running")))


def _code(text: str) -> int:
    if len(text) > LONGEST:
        raise UsageError(
            f"cannot explain a number of {len(text)} digits: exit codes are 0 to {MOST}. Name one."
        )
    if int(text) > MOST:
        raise UsageError(
            f"cannot explain {text}: exit codes are 0 to {MOST}. The kernel cuts larger ones to a"
            f" byte: {text} is {int(text) % (MOST + 1)}."
        )
    return int(text)


def _of_file(target: str) -> dict[str, Any]:
    from supervisor.cli.documents import ANSWER, last_of
    from supervisor.ops import explanation

    found = last_of(target, ANSWER)
    if found.value["event"] == "drill":
        raise UsageError(
            f"cannot explain {found.where}: it is a drill's document, which tells why itself. Read"
            f" it by `gracekeeper report {target}`."
        )
    if found.value["event"] == explanation.EVENT:
        return explanation.again(found.value, found.where)
    return explanation.of_document(found.value, found.where)


def _of_container(name: str) -> dict[str, Any]:
    from supervisor.ops import explanation
    from supervisor.ops.engine import Engine
    from supervisor.ops.gathering import gather

    engine = Engine()
    try:
        return explanation.of_case(gather(engine, name))
    finally:
        engine.close()
