"""What backends do, by their process titles; there is no client library in PID 1.

A title is "postgres: [CLUSTER_NAME: ]USER DATABASE HOST ACTIVITY", HOST being "[local]" or
"ADDRESS(PORT)" (BackendInitialize() and ps_status.c); other processes have no HOST. Names may have
spaces, activities are command tags: never the text of a statement.
"""

from __future__ import annotations

from supervisor.core.looks import Look
from supervisor.core.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Final

PREFIX: Final = "postgres: "
MOST: Final = 65536  # bytes of a title
LONGEST: Final = 200  # characters of a client's name; it goes into logs
ENTERING: Final = ("initializing", "authentication", "startup")  # not let in yet


class Client(Record):
    """One session: `who`, "USER DATABASE", and its activity; empty where titles are not updated."""

    who: str
    activity: str

    @property
    def enters(self) -> bool:
        """Whether it is not let in yet."""
        return self.activity.startswith(ENTERING)

    @property
    def runs(self) -> bool:
        """Whether it is in a transaction or a statement."""
        return bool(self.activity) and self.activity != "idle" and not self.enters


def client(title: str) -> Client | None:
    """Read a title; None for a process that serves no client, and for a replica's."""
    if not title.startswith(PREFIX):
        return None
    words = title.removeprefix(PREFIX).rstrip().split(" ")
    hosts = [at for at, word in enumerate(words) if _is_host(word)]
    if not hosts:
        return None
    who = " ".join(words[: hosts[-1]]).rpartition(": ")[2]
    if who.startswith("walsender "):  # it stays until the shutdown's last word was sent
        return None
    return Client(who[:LONGEST] or "?", " ".join(words[hosts[-1] + 1 :]))


def look(titles: Iterable[str], own: str, *, ready: bool) -> Look:
    """Join the titles of a main process's children; `own` is its own.

    A child that still has that has not read who its client is. With `update_process_title` off,
    nobody can say what a client does.
    """
    titles = tuple(titles)
    clients = [found for found in map(client, titles) if found]
    running = [one for one in clients if one.runs]
    silent = [one for one in clients if not one.activity]
    return Look(
        ready=ready,
        half_open=titles.count(own) + sum(one.enters for one in clients),
        serving=len(running) + len(silent),  # an idle session is owed nothing
        in_request=None if silent else len(running),
        requests=None,
        running=tuple(f"{one.who} {one.activity}" for one in running),
    )


def serves(titles: Iterable[str]) -> bool:
    """Tell whether there is a process that only a server has which is up (postmaster.c, PM_RUN)."""
    return any(
        title.startswith(PREFIX) and title.rstrip().endswith("walwriter") for title in titles
    )


def _is_host(word: str) -> bool:
    """Tell a client's address from a name: "[local]" or "ADDRESS(PORT)"."""
    address, bracket, port = word.partition("(")
    return word == "[local]" or bool(
        address and bracket and port[:-1].isdigit() and port[-1] == ")"
    )
