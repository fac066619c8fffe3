"""Servers that take a listening socket from whoever starts them, as far as they are alike.

Each has a module beside this one, with a `PROGRAM` that says how it differs. They describe; the
front binds, and the keeper watches and stops.
"""

from __future__ import annotations

from supervisor.core.policy import Rung
from supervisor.core.record import Record
from supervisor.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Final

    from supervisor.address import Address

TERM, KILL = 15, 9
LADDER: Final = (Rung("terminate", signal=TERM), Rung("kill the tree", signal=KILL, target="tree"))
NO = ("", "0", "false", "f", "no", "n", "off")  # of click's BoolParamType


class Contradiction(Record):
    """An option that can't stand beside `--listen`, why, and what to do instead.

    `variable`: it counts when it comes from the environment, too.
    """

    option: str
    why: str
    todo: str
    letter: str = ""
    variable: bool = False


class Words(Record):
    """What the user wrote for the program: its arguments, and the variables that it reads.

    `flags`: letters of options without a value, which may stand before others (`-RD`).
    `abbreviated`: long options may be cut short, as argparse lets them be.
    """

    arguments: tuple[str, ...]
    variables: tuple[tuple[str, str], ...] = ()
    flags: str = ""
    abbreviated: bool = False

    def value(self, option: str, letter: str = "") -> str | None:
        """Return an option's last value, "" for one without; None when it isn't given."""
        found = [value for name, value in self._options() if self._means(name, option, letter)]
        return found[-1] if found else self.variable(option)

    def argument(self, option: str, letter: str = "") -> bool:
        """Tell whether an option stands on the command line."""
        return any(self._means(name, option, letter) for name, _ in self._options())

    def variable(self, option: str) -> str | None:
        """Return what a variable says in an option's place: PREFIX_OPTION_NAME, as click has it."""
        end = option.removeprefix("--").replace("-", "_").upper()
        return next((v for name, v in self.variables if name.partition("_")[2] == end), None)

    def _options(self) -> Iterator[tuple[str, str]]:
        for at, word in enumerate(self.arguments):
            following = "".join(self.arguments[at + 1 : at + 2])
            if word == "--":
                return
            if word.startswith("--"):
                name, equals, value = word.partition("=")
                yield name, value if equals else following
            elif word.startswith("-"):
                rest = word[1:]
                while rest:
                    letter, rest = rest[0], rest[1:]
                    yield letter, rest or following
                    if letter not in self.flags:
                        break

    def _means(self, name: str, option: str, letter: str) -> bool:
        if self.abbreviated and name.startswith("--") and len(name) > 3:
            return option.startswith(name)
        return name in (option, letter)


class Handover(Record):
    """How a program is started with our listeners, and what may be expected of it then.

    `options` go before the user's own. `finishes` as in the core's Policy, `forward` too.
    `no_restart`: why these doors can't be handed to a second generation; empty: they can.
    """

    options: tuple[str, ...]
    environment: tuple[tuple[str, str], ...] = ()
    finishes: bool = True
    forward: tuple[int, ...] = ()
    no_restart: str = ""


class Listening(Record):
    """A door to be served: its address, and our listener's number, -1 when the program binds it."""

    address: Address
    fd: int = -1


class Program(Record):
    """A server: its names, what contradicts `--listen`, and its own way to take a listener.

    `hand(words, doors, budget_s, keeper)` gets what the user wrote, the doors, the seconds between
    a signal and our first KILL, and the pid that will be the program's parent.
    `objection(text, doors)` says why the configuration that the arguments `shows` make it print
    can't be served with these doors; nothing if it can.
    """

    name: str
    hand: Callable[[Words, Sequence[Listening], float, int], Handover]
    contradictions: tuple[Contradiction, ...]
    other_names: tuple[str, ...] = ()
    binds: bool = False  # takes no descriptor: it binds, with SO_REUSEPORT, and we join it
    several: bool = False  # takes more than one listener
    prefix: str = ""  # of variables that stand for options
    flags: str = ""
    abbreviated: bool = False
    more_arguments: str = ""  # a variable that holds arguments
    ladder: tuple[Rung, ...] = LADDER
    shows: tuple[str, ...] = ()
    objection: Callable[[str, Sequence[Listening]], str] | None = None

    def words(self, arguments: Sequence[str], environment: Sequence[tuple[str, str]]) -> Words:
        """Return what the user wrote; UsageError for what contradicts `--listen`."""
        own = tuple(pair for pair in environment if self.prefix and pair[0].startswith(self.prefix))
        words = Words(tuple(arguments), own, self.flags, self.abbreviated)
        for one in self.contradictions:
            if words.argument(one.option, one.letter):
                raise self._contradicts(f"`{one.option}`", one)
            set_ = words.variable(one.option) if one.variable else None
            if set_ is not None and set_.lower() not in NO:
                raise self._contradicts(variable_of(self.prefix, one.option), one)
        more = next((v for name, v in environment if name == self.more_arguments), "")
        if not more:
            return words
        import shlex

        try:
            written = shlex.split(more)
        except ValueError as error:
            raise UsageError(
                f"cannot read {self.more_arguments} {more!r}: {error}. Close what is open."
            ) from None
        # They come first: what is written on the command line wins.
        before = self.replace(more_arguments="").words(written, ())
        return words.replace(arguments=(*before.arguments, *words.arguments))

    def _contradicts(self, what: str, one: Contradiction) -> UsageError:
        return UsageError(
            f"cannot hand a listener to {self.name} (--listen) with {what}: {one.why}. {one.todo}."
        )


def variable_of(prefix: str, option: str) -> str:
    """Return the variable that stands for an option."""
    return prefix + option.removeprefix("--").replace("-", "_").upper()
