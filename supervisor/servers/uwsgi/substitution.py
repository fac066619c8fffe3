"""What uWSGI replaces in a configuration: magic variables and references (core/utils.c)."""

from __future__ import annotations

import operator

from supervisor.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from supervisor.servers.uwsgi.surroundings import Surroundings

    Lookup = Callable[[str], str | None]

MOST = 100  # replacements in one value; uWSGI itself would go on for ever
ARITHMETIC: dict[str, Callable[[int, int], int]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": lambda a, b: int(a / b) if b else 0,
}


def magic(
    path: str, section: str, around: Surroundings, first: dict[str, str] | None
) -> dict[str, str]:
    """Return the magic variables of a file; capitals stand for those of the `first` one.

    A link keeps its own name, so that one file can configure many instances.
    """
    link = around.kind(path) == "link"
    full = (path if path[0] == "/" else f"{around.cwd}/{path}") if link else around.real(path)
    folder, _, base = full.rpartition("/")
    stem, dot, extension = base.rpartition(".")
    own = {
        "o": path,
        "p": full,
        "s": base,
        "d": folder + "/",
        "n": stem if dot else base,
        "e": extension if dot else "",
        "c": folder.rpartition("/")[2],
        "x": section,
    }
    own |= {str(n): part for n, part in enumerate(folder.strip("/").split("/")[:10])}
    capitals = {name.upper(): value for name, value in own.items() if name in "odspcenx"}
    return {
        "v": around.cwd,
        "h": around.hostname,
        **own,
        **(capitals if first is None else {name: first.get(name, "") for name in capitals}),
    }


def magic_sub(text: str, known: dict[str, str]) -> str:
    """Replace `%x`; one that is unknown stands for nothing, `%%` for itself."""
    head, *rest = text.split("%")
    done, rest = [head], rest[::-1]
    while rest:
        part = rest.pop()
        if part:
            done.append(("%(" if part[0] == "(" else known.get(part[0], "")) + part[1:])
        elif rest:  # two in a row
            done.append("%" + rest.pop())
        else:
            done.append("%")
    return "".join(done)


def expand(text: str, symbol: str, lookup: Lookup, where: str) -> str:
    """Replace `SYMBOL(key)` as long as there is one that is known (uwsgi_apply_config_pass)."""
    at = 0
    for _ in range(MOST):
        start = text.find(f"{symbol}(", at)
        end = _closing(text, start + 2) if start >= 0 else -1
        if end < 0:
            return text
        value = lookup(text[start + 2 : end]) if end > start + 2 else None
        if value is None:
            at = start + 2
        else:
            text, at = text[:start] + value + text[end + 1 :], 1  # where uWSGI itself goes on
    raise UsageError(
        f"cannot read {text[:60]!r} ({where}): it stands for itself. Break the circle."
    )


def reference(key: str, value_of: Lookup) -> str | None:
    """Return what `%(key)` stands for, sums included: `%(port + 1)`."""
    words = key.split()
    if " " not in key:
        return value_of(key)
    result, sign = "", ""
    for word in words:
        if word in ARITHMETIC:
            sign = word
            continue
        if word in ("++", "--"):
            result = str(integer(result) + (1 if word == "++" else -1))
        else:
            value = word if word.isdigit() else value_of(word) or ""
            result = (
                str(ARITHMETIC[sign](integer(result), integer(value))) if sign else result + value
            )
        sign = ""
    return result


def integer(text: str) -> int:
    """Read a number as atoi(3) does: what comes first, or 0."""
    text = text.strip()
    sign, digits = (text[:1], text[1:]) if text[:1] in ("-", "+") else ("", text)
    length = next((n for n, char in enumerate(digits) if not ("0" <= char <= "9")), len(digits))
    return int(sign + digits[:length]) if length else 0


def _closing(text: str, at: int) -> int:
    depth = 0
    for place in range(at, len(text)):
        if text[place] == "(":
            depth += 1
        elif text[place] == ")":
            if not depth:
                return place
            depth -= 1
    return -1
