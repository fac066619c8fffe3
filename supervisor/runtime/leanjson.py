"""JSON without `import json`, which would bring `re`: 7 ms and 1.3 MiB in PID 1 for ever.

The same C code does the work. Where an interpreter's private parts differ, `json` itself steps in.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class _Context:
    """What `_json.make_scanner` wants to know (Lib/json/decoder.py)."""

    strict = False
    object_hook = None
    object_pairs_hook = None
    parse_float = float
    parse_int = int
    parse_constant = float


def loads(text: str) -> Any:
    """Parse one JSON document; ValueError when it isn't one.

    Control characters in strings are let through: uWSGI escapes only some (core/utils.c,
    escape_json), and what a client sends must not make its stats unreadable.
    """
    try:
        from _json import make_scanner
    except ImportError:
        import json

        return json.loads(text, strict=False)
    stripped = text.strip(" \t\n\r")
    try:
        value, end = make_scanner(_Context)(stripped, 0)  # type: ignore[arg-type]
    except (StopIteration, SystemError, RecursionError):
        # A SystemError: the scanner looks for its exception in `json`, which is not loaded.
        raise ValueError("not JSON") from None
    if end != len(stripped):
        raise ValueError("more than one JSON document")
    return value


def dumps(value: Any) -> str:
    """Write one line of JSON; TypeError for what JSON can't hold."""
    try:
        from _json import encode_basestring_ascii, make_encoder

        encoder = make_encoder(
            None, _refuse, encode_basestring_ascii, None, ": ", ", ", False, False, True
        )
    except (ImportError, TypeError):
        import json

        return json.dumps(value)
    return "".join(encoder(value, 0))


def _refuse(value: object) -> object:
    raise TypeError(f"{type(value).__name__} is not JSON")
