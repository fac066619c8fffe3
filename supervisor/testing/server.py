"""How a made-up server behaves, as data; the kernel beside this plays it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supervisor.core.record import Record
from supervisor.core.signalnames import name as signal_name

if TYPE_CHECKING:
    from typing import Final

NEVER: Final = float("inf")
KILL: Final = 9
UNHEARD: Final = (17, 18, 23, 28)  # CHLD, CONT, URG, WINCH end nobody by default (signal(7))

Word = int | str
"""What a server can be told: a signal's number, or a command for its FIFO."""


class Manners(Record):
    """What the real server does at each word: the facts that its driver's ladder is held to.

    A word is a signal's number, or a command of a FIFO as a string. A signal that is named nowhere
    ends a process, as by default (signal(7)); a command that is named nowhere does nothing.
    """

    drains: tuple[Word, ...] = (15,)  # answers whom it has accepted, then ends with 0
    cuts: tuple[Word, ...] = (2, 3)  # ends, and whoever is inside gets no answer
    shuts: tuple[Word, ...] = ()  # lets nobody in, and ends when all, idle ones too, have left
    hears: tuple[Word, ...] = ()  # does something that ends nothing, e.g. reopens its log

    def meaning(self, word: Word) -> str:
        """Return "drain", "cut", "shut" or "nothing"."""
        if word == KILL:
            return "cut"
        for meaning, words in (("drain", self.drains), ("shut", self.shuts), ("cut", self.cuts)):
            if word in words:
                return meaning
        harmless = isinstance(word, str) or word in self.hears or word in UNHEARD
        return "nothing" if harmless else "cut"


class Server(Record):
    """A made-up server; times in seconds, infinity for what never happens.

    A request holds a worker, or the main process where there are none, for as long as it takes.
    """

    name: str = "polite"
    manners: Manners = Manners()
    boots_s: float = 0.1  # from its start until it accepts
    workers: int = 2  # processes that its main process forks; 0: it serves itself
    at_once: int = 1  # requests in one process at a time
    ends_s: float = 0.0  # from the last answer, or the last worker's end, until main has ended
    dies_s: float = NEVER  # after its start it ends by itself, whatever runs
    status: int = 0  # its code then; minus the signal's number, if by one
    deaf_to: tuple[Word, ...] = ()  # words that it should hear and doesn't
    deaf: bool = False  # to everything but SIGKILL
    deaf_workers: bool = False  # its workers, to everything but SIGKILL
    orphans: bool = False  # its workers outlive it, unless they are told, too
    runs: bool = True  # False: there is no such command
    reads: bool = True  # its FIFO; False: writing to it fails (ENXIO, fifo(7))
    counts: bool = True  # whether it can be seen from outside how many requests run

    def meaning(self, word: Word, *, worker: bool = False) -> str:
        """Return what a word means to the main process, or to a worker, that hears it or not."""
        if word != KILL and (self.deaf or word in self.deaf_to or (worker and self.deaf_workers)):
            return "nothing"
        return self.manners.meaning(word)


def spelled(word: Word) -> str:
    """Return a word as people say it."""
    return f"`{word}`" if isinstance(word, str) else signal_name(word)
