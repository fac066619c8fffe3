"""getopt_long(3), as glibc does it, for the inits whose place we take: theirs is its grammar.

The standard library's module says other things about mistakes, and loads gettext.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def leading_number(text: str) -> tuple[int | None, str]:
    """Read a number as strtol(3) does, and return it, None without one, and what follows."""
    rest = text.lstrip(" \t\n\v\f\r")
    sign = rest[:1] if rest[:1] in ("+", "-") else ""
    digits = rest[len(sign) :]
    end = next((at for at, it in enumerate(digits) if it not in "0123456789"), len(digits))
    return (int(sign + digits[:end]) if end else None), digits[end:]


class BadOptionError(Exception):
    """What glibc says of an option that it can't take."""


class Grammar:
    """Options by their letters; `takes` are those with a value, `long` names some of them.

    Where options may stand behind other words (`permutes`), `--` ends them.
    """

    def __init__(
        self, letters: str, takes: str, long: Mapping[str, str] | None = None, *, permutes: bool
    ) -> None:
        """Keep what there is."""
        self._letters, self._takes, self._long = letters, takes, long or {}
        self._permutes = permutes

    def split(self, arguments: list[str]) -> tuple[list[tuple[str, str]], list[str]]:
        """Return options with their values, and the other words; BadOptionError."""
        options: list[tuple[str, str]] = []
        rest: list[str] = []
        words = iter(arguments)
        for word in words:
            if word == "--":
                return options, [*rest, *words]
            if word.startswith("--") and self._long:
                options.append(self._long_one(word, words))
            elif word.startswith("-") and word != "-":
                options += self._short_ones(word[1:], words)
            elif self._permutes:
                rest.append(word)
            else:
                return options, [*rest, word, *words]
        return options, rest

    def _short_ones(self, letters: str, words: Iterator[str]) -> Iterator[tuple[str, str]]:
        while letters:
            letter, letters = letters[0], letters[1:]
            if letter not in self._letters:
                raise BadOptionError(f"invalid option -- '{letter}'")
            if letter not in self._takes:
                yield letter, ""
                continue
            value = letters or next(words, None)
            if value is None:
                raise BadOptionError(f"option requires an argument -- '{letter}'")
            yield letter, value
            return

    def _long_one(self, word: str, words: Iterator[str]) -> tuple[str, str]:
        name, equals, value = word[2:].partition("=")
        found = [name] if name in self._long else [it for it in self._long if it.startswith(name)]
        if len(found) > 1:
            listed = " ".join(f"'--{one}'" for one in found)
            raise BadOptionError(f"option '--{name}' is ambiguous; possibilities: {listed}")
        if not found:
            raise BadOptionError(f"unrecognized option '--{name}'")
        letter = self._long[found[0]]
        if letter not in self._takes:
            if equals:
                raise BadOptionError(f"option '--{found[0]}' doesn't allow an argument")
            return letter, ""
        given = value if equals else next(words, None)
        if given is None:
            raise BadOptionError(f"option '--{found[0]}' requires an argument")
        return letter, given
