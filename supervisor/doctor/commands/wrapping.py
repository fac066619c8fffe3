"""What a command line runs in the end: wrappers are taken off one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from supervisor.core.record import Record
from supervisor.doctor.knowledge.wrappers import (
    DRIVEN,
    EXECS,
    FORWARDS,
    GROUP,
    INITS,
    KEEPS,
    WRAPPERS,
    Wrapper,
)
from supervisor.doctor.reading.commandline import shlexed

if TYPE_CHECKING:
    from collections.abc import Mapping

PYTHONS: Final = ("python", "pypy")
VALUED: Final = ("-X", "-W", "--check-hash-based-pycs")


class Peeled(Record):
    """A wrapper and what it runs: words, or a `line` for a shell; neither if nobody can tell."""

    name: str
    wrapper: Wrapper
    does: str
    inner: tuple[str, ...] = ()
    line: str = ""


def base(word: str) -> str:
    """Return a command's name without its folder."""
    return word.rstrip("/").rpartition("/")[2]


def peel(argv: tuple[str, ...], env: Mapping[str, str] | None = None) -> Peeled | None:
    """Take the outermost wrapper off; None if there is none, or it does something else now."""
    name = base(argv[0]) if argv else ""
    wrapper = WRAPPERS.get(name)
    if wrapper is None or name in ("npm", "yarn", "pnpm"):
        return None
    does = _does(name, wrapper, argv, env or {})
    words = list(argv[1:])
    if wrapper.behind and not _subcommand(words, wrapper):
        return None
    if wrapper.after:
        at = next((at for at, word in enumerate(words) if word in wrapper.after), None)
        inner = words[at + 1 :] if at is not None else []
        ends = next((at for at, word in enumerate(inner) if word in (";", "+")), len(inner))
        return Peeled(name, wrapper, does, tuple(inner[:ends])) if inner else None
    if wrapper.quoted:
        at = _options(words, wrapper)
        return Peeled(name, wrapper, does, shlexed(words[at]) or () if words[at:] else ())
    if wrapper.line and (line := _line(words, wrapper)):
        return Peeled(name, wrapper, does, line=line)
    if wrapper.dashes:
        inner = words[words.index("--") + 1 :] if "--" in words else []
        return Peeled(name, wrapper, does, tuple(inner))
    options = _options(words, wrapper)
    if name == "gracekeeper" and "hold" not in argv[1:2] and "--" in words:
        options = words.index("--") + 1
    del words[:options]
    skips = 0 if name == "runuser" else wrapper.skips
    if wrapper.assigns:
        while words and "=" in words[0] and not words[0].startswith("-"):
            del words[0]
    del words[:skips]
    if words[:1] == ["--"]:
        del words[0]
    return Peeled(name, wrapper, does, tuple(words))


def _does(name: str, wrapper: Wrapper, argv: tuple[str, ...], env: Mapping[str, str]) -> str:
    """Say what it does with these options."""
    own = []
    for word in argv[1:]:
        if word == "--" or not word.startswith("-"):
            break
        own.append(word)
    short = "".join(word[1:] for word in own if not word.startswith("--"))
    if name.startswith("tini") or name == "docker-init":
        group = "g" in short or bool(env.get("TINI_KILL_PROCESS_GROUP"))
        return GROUP if group else FORWARDS
    if name == "dumb-init":
        alone = "c" in short or "--single-child" in own or env.get("DUMB_INIT_SETSID") == "0"
        return FORWARDS if alone else GROUP
    if name == "gracekeeper":
        return EXECS if "hold" in argv[1:2] else _kept(argv)
    if name == "setsid":
        return wrapper.does if {"-w", "--wait"} & set(own) else EXECS
    return wrapper.does


def _kept(argv: tuple[str, ...]) -> str:
    """Say whether `gracekeeper run` stops what it runs in that one's own way."""
    own = argv[: argv.index("--")] if "--" in argv else argv
    inner = argv[len(own) + 1 :]
    listens = any(word.partition("=")[0] == "--listen" for word in own)
    settled = any(word.partition("=")[0] == "--config" for word in own)
    name = program_of(inner)[0] if inner else ""
    driven = name.startswith("uwsgi") or (listens and name in DRIVEN)
    return KEEPS if settled or driven else FORWARDS


def _subcommand(words: list[str], wrapper: Wrapper) -> bool:
    """Take global options and the subcommand off; False if it is another one."""
    options = _options(words, wrapper)
    if words[options : options + 1] and words[options] in wrapper.behind:
        del words[: options + 1]
        return True
    return False


def _options(words: list[str], wrapper: Wrapper) -> int:
    """Return how many words are the wrapper's own options."""
    at = 0
    while at < len(words) and words[at].startswith("-") and words[at] != "-":
        if words[at] == "--":
            return at + 1
        at += 2 if words[at] in wrapper.valued else 1
    return at


def _line(words: list[str], wrapper: Wrapper) -> str:
    """Return the line that a shell gets behind `-c`."""
    for at, word in enumerate(words):
        if word == "--":
            return ""
        if word in (wrapper.line, "--command") or (word.startswith("-") and word[-1:] == "c"):
            return words[at + 1] if at + 1 < len(words) else ""
        if word.startswith("--command="):
            return word.partition("=")[2]
    return ""


def program_of(argv: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """Return a program's name and its own arguments: of `python -m X a` that is X and (a,).

    Of `python x.py` it is "x.py", of `python -c` it is "python".
    """
    if not argv:
        return "", ()
    name = base(argv[0])
    if not name.startswith(PYTHONS):
        return name, argv[1:]
    at = 1
    while at < len(argv) and argv[at].startswith("-"):
        word = argv[at]
        if word in ("-m", "-c") or (word[1:2] != "-" and word[-1:] in "mc" and len(word) < 6):
            if word.endswith("c"):
                return "python", argv[at:]
            module = argv[at + 1] if at + 1 < len(argv) else ""
            return module, argv[at + 2 :]
        if word.startswith("-m"):
            return word[2:], argv[at + 1 :]
        at += 2 if word in VALUED else 1
    return (base(argv[at]), argv[at + 1 :]) if at < len(argv) else ("python", ())


def is_init(name: str) -> bool:
    """Tell whether a program is an init."""
    return base(name) in INITS
