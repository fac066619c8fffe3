"""What stands on postgres's command line: whether it serves, and where its cluster is.

`postgres` reads its options by getopt(3) (postmaster.c): `-D DIR`, `-c NAME=VALUE`, `--NAME=VALUE`.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Final

_FLAGS: Final = "bEeFijlnOPsT"
_NO_SERVER: Final = ("--single", "--boot", "--check", "--describe-config", "--help", "--version")
_ASKS: Final = ("-?", "-V", "-C")  # says something and ends
CONFIGURATION: Final = "postgresql.conf"


def serves(arguments: Sequence[str]) -> bool:
    """Tell whether these arguments start a server, and not one of the other things it can be."""
    first = "".join(arguments[:1])
    others = first.startswith(_NO_SERVER) or any(name == "C" for name, _ in options(arguments))
    return not others and first not in _ASKS


def places(arguments: Sequence[str], variable: str | None) -> tuple[str | None, str | None, str]:
    """Return `data_directory`, the directory of -D or PGDATA, and the configuration's path."""
    said: dict[str, str] = {}
    for name, value in options(arguments):
        if name in ("c", "-"):
            setting, _, text = value.partition("=")
            said[setting.strip().replace("-", "_").lower()] = text
        else:
            said[f"-{name}"] = value
    directory = said.get("-D", variable)
    path = said.get("config_file") or f"{directory or ''}/{CONFIGURATION}"
    return said.get("data_directory"), directory, path


def data_directory(configuration: str) -> str | None:
    """Return what a postgresql.conf says of it; the last line counts."""
    found = None
    for line in configuration.splitlines():
        name, equals, rest = line.strip().partition("=")
        if not equals:
            name, _, rest = line.strip().partition(" ")
        if name.strip().lower() == "data_directory":
            text = rest.strip()
            quoted = text.startswith("'")
            found = text[1:].partition("'")[0] if quoted else text.partition("#")[0].strip()
    return found


def options(arguments: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield letters and values; the letter of a long option is "-"."""
    words = iter(arguments)
    for word in words:
        if word == "--" or not word.startswith("-"):
            return
        rest = word[1:]
        while rest:
            letter, rest = rest[0], rest[1:]
            if letter in _FLAGS:
                yield letter, ""
                continue
            yield letter, rest or next(words, "")
            break
