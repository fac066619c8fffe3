"""The forms of lines that several services write: with a name before each, or as JSON."""

from __future__ import annotations

from time import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from supervisor.config.plan import Plan
    from supervisor.runtime.passage import Form


def of(plan: Plan) -> Form | None:
    """Return how a service's lines are to look; None for as they are."""
    if plan.log == "prefix":
        return prefixed(plan.label)
    return as_json(plan.name) if plan.log == "json" else None


def prefixed(label: str) -> Form:
    """Write a label before each line."""
    head = label.encode()
    between = b"\n" + head

    def form(lines: bytes, _stream: str) -> bytes:
        return head + lines[:-1].replace(b"\n", between) + b"\n"

    return form


def as_json(service: str) -> Form:
    """Make each line an object: service, stream, time (seconds since the epoch) and line."""
    from _json import encode_basestring  # the half of json that costs nothing

    def form(lines: bytes, stream: str) -> bytes:
        text = lines[:-1].decode(errors="replace")
        head = (
            f'{{"service":{encode_basestring(service)},"stream":"{stream}",'
            f'"time":{time():.3f},"line":'
        )
        told = [f"{head}{encode_basestring(line)}}}\n" for line in text.split("\n")]
        return "".join(told).encode()

    return form
