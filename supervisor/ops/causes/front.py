"""Whether a shell stays in front of what a container runs: as was seen, else as is written.

A shell's `exec` replaces it; bash does so too for the last command of `-c`, unless it has a trap
(measured with 5.2; dash 0.5.12 does not). Nothing is expanded, and no condition is decided: where
the text leaves both, so does the answer, None.
"""

from __future__ import annotations

import re
from typing import Final

from supervisor.ops.behaviour import WRAPPERS
from supervisor.ops.case import Case, Sighting
from supervisor.ops.masking import masked_line
from supervisor.ops.process import SHELLS

FILE: Final = ".sh"
MOST_EXECS, WIDTH = 3, 200
_COMMENT: Final = re.compile(r"(?:^|(?<=\s))#.*$", re.MULTILINE)
_REDIRECTED: Final = re.compile(r"(?:&|\d*)[<>]{1,2}&?\s*[^\s;|&]+")
_EXEC: Final = re.compile(r"(?:^|[;&|(){\n]|\b(?:then|else|do)\s)\s*(?:\w+=\S*\s+)*exec\s+[^\s;&|]")
_LAST: Final = re.compile(
    r"(?:^|[;&\n])\s*(?:\w+=\S*\s+)*exec\s+(?:(?:gosu|su-exec)\s+\S+\s+)?([^;&|\n]+)$"
)
_GIVEN: Final = re.compile(r"[\"']?\$[@*]")
_OPTION_C: Final = re.compile(r"-[a-zA-Z]*c")
_BUILT_IN: Final = (
    *("true", "false", ":", ".", "source", "eval", "exit", "return", "wait", "read", "echo"),
    *("kill", "set", "done", "fi", "esac", "}", ")", "{", "(", "while", "until", "for", "if"),
)


def shell(case: Case) -> bool | None:
    """Tell whether PID 1 is a shell that stays in front of the program."""
    if case.sightings:
        return _is_shell(case.sightings[0])
    return _stays(case.container.argv, case.script)


def in_front(case: Case) -> bool | None:
    """Tell the same of PID 1 and of what an init runs."""
    first = shell(case)
    if first is not False or not wrapped(case):
        return first
    if case.sightings:
        pid = case.sightings[0].pid
        return any(one.ppid == pid and _is_shell(one) for one in case.present)
    return _stays(_command(case), case.script)


def wrapped(case: Case) -> bool:
    """Tell whether PID 1 is an init, or another that ends as what it runs does."""
    return case.container.init or case.program in WRAPPERS


def script(case: Case) -> str:
    """Return the file that a shell in front was started with, empty for none."""
    argv = _command(case)
    program, words = _called(argv)
    if program not in SHELLS:
        return argv[0] if program.endswith(FILE) else ""
    file = next((at for at, word in enumerate(words) if at and not word.startswith("-")), 0)
    inline = any(_OPTION_C.fullmatch(word) for word in words[1 : file or None])
    return words[file] if file and not inline else ""


def gist(text: str) -> str:
    """Return of a script what tells whether its shell stays: `exec`s, and the last line."""
    text = _COMMENT.sub("", text.replace("\\\n", " "))
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    execs = [line for line in lines[:-1] if _EXEC.search(_REDIRECTED.sub("", line))]
    return "\n".join(masked_line(line)[:WIDTH] for line in (*execs[-MOST_EXECS:], *lines[-1:]))


def _command(case: Case) -> tuple[str, ...]:
    """Return the command line from its shell on, where an init stands before that."""
    argv = case.container.argv
    for at in range(min(4, len(argv)) if wrapped(case) else 0):
        program, _ = _called(argv[at:])
        if program in SHELLS or program.endswith(FILE):
            return argv[at:]
    return argv


def _called(argv: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """Return the name of what is called, and the words from there on."""
    if argv[1:] and argv[0].rpartition("/")[2] == "busybox":
        argv = argv[1:]
    return argv[0].rpartition("/")[2] if argv else "", argv


def _is_shell(one: Sighting) -> bool:
    called = one.argv[0].rpartition("/")[2].lstrip("-") if one.argv else ""
    return one.name in SHELLS or called in SHELLS


def _stays(argv: tuple[str, ...], text: str) -> bool | None:
    """Tell it of a command line; `text`: the gist of its script, empty when nobody has read it."""
    program, words = _called(argv)
    if program not in SHELLS:
        if not program.endswith(FILE):
            return False
        return _text_stays(text, words[1:]) if text else None
    at = 1
    while words[at : at + 1] and words[at].startswith("-"):
        if _OPTION_C.fullmatch(words[at]):
            return _text_stays(" ".join(words[at + 1 : at + 2]), words[at + 3 :], program)
        at += 1
    if not words[at:]:
        return True  # nothing but a shell
    return _text_stays(text, words[at + 1 :]) if text else None


def _text_stays(text: str, given: tuple[str, ...], program: str = "") -> bool | None:
    """Tell it of a script; `given`: its "$@", `program`: the shell of an inline one."""
    text = _REDIRECTED.sub("", _COMMENT.sub("", text)).rstrip(" ;\n")
    if last := _LAST.search(text):
        if _GIVEN.match(last[1]):
            return _stays(given, "")
        return None if _stays((last[1].split()[0].strip("\"'"),), "") is not False else False
    return None if _EXEC.search(text) or (program == "bash" and _replaced(text)) else True


def _replaced(text: str) -> bool:
    """Tell whether bash becomes the last command of its `-c`."""
    last = re.split(r"&&|\|\||;|\n", text)[-1].strip()
    piped = "|" in last or last.endswith("&")
    return not piped and "trap" not in text and last.split(" ")[0] not in _BUILT_IN
