"""nginx: takes listeners as from an older nginx, finishes what its workers have accepted.

Read in nginx 1.22.1 and measured. A binary that is upgraded names its sockets in NGINX ("6;7;",
nginx.c, ngx_add_inherited_sockets); the new one keeps those whose address a `listen` names, and
closes the others. It then stays in the foreground, whatever `daemon` says, and leaves the path of
a unix socket alone while its parent lives. At QUIT workers close their listeners and the
connections that wait between two requests, and end after the last request; TERM cuts. A request
that comes over such a connection at this very moment is not read, as at each of nginx's own
reloads; clients may send it again (RFC 9112, 9.3.1). Two generations share the path of the
pidfile: the one that leaves removes it. Our signals don't need it; `nginx -s` does.
"""

from __future__ import annotations

import _socket

from supervisor.core.policy import Rung
from supervisor.servers.program import KILL, Contradiction, Handover, Listening, Program, Words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Final

    from supervisor.address import Address

    Place = tuple[int, bytes, int]

HUP, QUIT, USR1 = 1, 3, 10
LADDER: Final = (Rung("quit", signal=QUIT), Rung("kill the tree", signal=KILL, target="tree"))
DEFAULT_PORT = 80


def hand(words: Words, doors: Sequence[Listening], budget_s: float, keeper: int) -> Handover:  # noqa: ARG001 - one shape for all
    """Name the listeners as an older nginx does."""
    numbers = "".join(f"{door.fd};" for door in doors)
    why = ""
    if any(door.address.family == "unix" for door in doors):
        # Ours for the next generation is bound beside the path and renamed over it (unix(7)).
        why = (
            "nginx finds a unix socket by the name that it was bound by, and the next one's differs"
        )
    return Handover((), (("NGINX", numbers),), forward=(HUP, USR1), no_restart=why)


def objection(configuration: str, doors: Sequence[Listening]) -> str:
    """Say what of the whole configuration (`nginx -T`) leaves a door to nobody; nothing if none."""
    listens = [words[1:] for words in _statements(configuration) if words[0] == "listen"]
    found = [_place(words[0]) for words in listens if words]
    for door in doors:
        wanted = _spelled(door.address)
        mine = [words for words in listens if words and _place(words[0]) == _of(door.address)]
        if not mine and None not in found:  # a name might be the same address
            return (
                f"no `listen` of its configuration names {door.address}. Write"
                f" `listen {wanted};`, or give `--listen` the address that stands there"
            )
        if any("reuseport" in words for words in mine):
            return (
                f"`listen {wanted} reuseport` makes a listener for each worker beside ours. Leave"
                " `reuseport` out; the workers share ours"
            )
    return ""


def _spelled(address: Address) -> str:
    if address.family == "unix":
        return f"unix:{address.path}"
    return str(address) if address.host else str(address.port)


def _of(address: Address) -> Place | None:
    if address.family == "unix":
        return _socket.AF_UNIX, address.path.encode(), 0
    family = _socket.AF_INET6 if address.family == "inet6" else _socket.AF_INET
    return family, _socket.inet_pton(family, address.host or "0.0.0.0"), address.port  # noqa: S104 - what was asked for


def _place(word: str) -> Place | None:
    """Return the address that a `listen` names; None for a name, which only a resolver knows."""
    if word.startswith("unix:"):
        return _socket.AF_UNIX, word[5:].encode(), 0
    host, colon, port = word.rpartition(":")
    if word.isdigit():
        host, port = "", word
    elif not colon or word.endswith("]"):
        host, port = word, str(DEFAULT_PORT)
    family = _socket.AF_INET6 if host.startswith("[") else _socket.AF_INET
    try:
        number = _socket.inet_pton(family, host.strip("[]*") or "0.0.0.0")  # noqa: S104 - as above
        return family, number, int(port)
    except (OSError, ValueError):
        return None


def _statements(text: str) -> Iterator[list[str]]:
    """Split a configuration into its statements, each a list of words (ngx_conf_read_token)."""
    words: list[str] = []
    word, quote, comment = "", "", False
    previous = ""
    for letter in text:
        if comment:
            comment = letter != "\n"
        elif quote:
            if letter == quote and previous != "\\":
                words.append(word)
                word, quote = "", ""
            else:
                word += letter
        elif not word and letter in "\"'#":
            comment = letter == "#"
            quote = "" if comment else letter
        elif letter.isspace() or letter in ";{}":
            if word:
                words.append(word)
                word = ""
            if letter in ";{}" and words:
                yield words
                words = []
        else:
            word += letter
        previous = letter


PROGRAM = Program(
    "nginx",
    hand,
    tuple(
        Contradiction(f"-{letter}", f"it would only {what}", "Leave it out", letter=letter)
        for letter, what in (
            ("t", "test its configuration"),
            ("T", "show its configuration"),
            ("s", "signal another nginx"),
        )
    ),
    other_names=("nginx-debug",),
    several=True,
    flags="?hqtTvV",
    ladder=LADDER,
    shows=("-T", "-q"),
    objection=objection,
)
