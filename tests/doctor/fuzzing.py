"""Trees that somebody wrote badly: the rules' examples, cut up and put together anew.

What is done to them is said by bytes, so that hypothesis and a coverage-guided fuzzer can both
drive it: see tests/doctor/test_fuzz.py and benchmarks/fuzz_doctor.py.
"""

from __future__ import annotations

import json
import time
from functools import cache
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar

from supervisor.doctor import checkup, document
from supervisor.doctor.examine import all_rules
from supervisor.doctor.forecast import document as foretold
from supervisor.doctor.forecast.forecast import forecasts
from supervisor.doctor.house.house import House
from supervisor.doctor.output.text import text
from supervisor.doctor.reading import kinds
from supervisor.doctor.reading.source import Source, decoded
from supervisor.doctor.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

Files: TypeAlias = dict[str, bytes]
_T = TypeVar("_T")

LONGEST_S: Final = 10.0  # of processor time, for one tree of a few small files
MOST: Final = 64 * 1024  # bytes of a file; larger ones have tests of their own
PATHS: Final = (
    "Dockerfile",
    "docker-compose.yml",
    "compose.override.yml",
    "deploy/app.yaml",
    "Procfile",
    "start.sh",
    "entrypoint.sh",
    "uwsgi.ini",
    "supervisord.conf",
    "gunicorn.conf.py",
    "nginx.conf",
    "main.py",
    "app.service",
    "Makefile",
    "fly.toml",
    "package.json",
)
NASTY: Final = tuple(
    word.encode("utf-8", "surrogatepass")
    for word in (
        *("", " ", "\t", "\n", "\n\n", "\r", "\0", "\x0c", "\ufeff", "\u2028", "\U0010ffff", "é"),
        *("'", '"', "`", "\\", "\\\n", "$", "${", "$(", "))", "((", "[[", "]", "{", "}", "{{"),
        *("#", "!", "&", "&&", "||", "|", ";", ";;", "<<EOF\n", "<(", ">", ">&-", "2>&1", "*"),
        *(": ", "- ", "? ", "&a ", "*a", "<<: *a\n", "|-\n", "!!binary ", "---\n", "...\n", "%"),
        *("[]", "{}", "null", "~", "true", "''", "-1", "0", "00", "1e999", "nan", "inf", "9" * 30),
        *("-9s", "1h1m1s1ms", "0x7f", "٣", "²", "PT1S", "1.5.2", "%(x)s", "@(y)", "$$", "%%"),
        *("exec ", "exec -a x ", "trap '' TERM\n", "trap - 15\n", "wait $!\n", "set -e\n", "& "),
        *("sh -c ", "bash -lc '", "env -i ", "timeout ", "tini -g -- ", "gosu ", "nohup ", '"$@"'),
        *("while true; do ", "done\n", "if ", "fi\n", "case x in ", "esac\n", "f() { ", "eval "),
        *("FROM scratch\n", "FROM 0\n", "AS x\n", "ONBUILD ", "SHELL []\n", "CMD []\n", "CMD [\n"),
        *("ENTRYPOINT ", "COPY . .\n", "COPY --from=0 / /\n", "STOPSIGNAL ", "HEALTHCHECK CMD "),
        *("/", "//", "../../..", ".", "/app/start.sh", "./start.sh", "Dockerfile", "uwsgi.ini"),
        *(
            "stop_grace_period: ",
            "terminationGracePeriodSeconds: ",
            "command: ",
            "args: ",
            "ini = ",
        ),
        *("[uwsgi]\n", "[program:x]\n", "[include]\nfiles = *\n", "stopwaitsecs=", "kind: List\n"),
        *(
            "signal.signal(",
            "lambda: ",
            "while True:\n    ",
            "def f(*a, **k):\n    ",
            "f'{",
            "import ",
        ),
    )
)


class Choices:
    """Numbers out of bytes; zeros when there are no more."""

    def __init__(self, raw: bytes) -> None:
        """Take them."""
        self._raw, self._at = raw, 0

    def below(self, bound: int) -> int:
        """Return a number from 0 on and below a bound."""
        part = self._raw[self._at : self._at + 2]
        self._at += 2
        return int.from_bytes(part, "little") % max(bound, 1)

    def of(self, options: Sequence[_T]) -> _T:
        """Return one of several."""
        return options[self.below(len(options))]


@cache
def seeds() -> tuple[Mapping[str, bytes], ...]:
    """Return the files of all rules' examples, each set once."""
    found: dict[tuple[tuple[str, str], ...], None] = {}
    for rule in all_rules():
        for example in (*rule.bad, *rule.good):
            found[tuple(sorted(example.files))] = None
    return tuple({path: body.encode() for path, body in files} for files in found)


@cache
def _lines(kind: str) -> list[bytes]:
    """Return the lines of all examples' files of one kind."""
    every = (pair for files in seeds() for pair in files.items())
    kept = {line for path, raw in every if _kind(path, raw) == kind for line in raw.split(b"\n")}
    return sorted(kept)


def _kind(path: str, raw: bytes) -> str:
    kind = kinds.by_name(path)
    if kind in (kinds.UNKNOWN, kinds.UNWANTED):
        start = decoded(raw[:4096], path)
        return kinds.by_text(path, start.text if isinstance(start, Source) else "")
    return kind


def tree(raw: bytes, start: Iterable[Mapping[str, bytes]] = ()) -> Files:
    """Return the tree that some bytes mean; `start`: what is changed, else the examples."""
    chosen = Choices(raw)
    options = list(start) or list(seeds())
    files = dict(chosen.of(options))
    if not chosen.below(3):  # another one's beside it
        files = {**chosen.of(options), **files}
    for _ in range(1 + chosen.below(8)):
        path = chosen.of(sorted(files))
        changed = chosen.of(CHANGES)(chosen, path, files[path])
        files[path] = changed[:MOST]
        match chosen.below(16):
            case 0:
                files[chosen.of(PATHS)] = files.pop(path)
            case 1:
                files[f"a/{path}"] = files[path]
    return files


def _without(chosen: Choices, _path: str, raw: bytes) -> bytes:
    lines = raw.split(b"\n")
    at = chosen.below(len(lines))
    del lines[at : at + 1 + chosen.below(3)]
    return b"\n".join(lines)


def _moved(chosen: Choices, _path: str, raw: bytes) -> bytes:
    lines = raw.split(b"\n")
    line = lines.pop(chosen.below(len(lines)))
    lines.insert(chosen.below(len(lines) + 1), line)
    return b"\n".join(lines)


def _repeated(chosen: Choices, _path: str, raw: bytes) -> bytes:
    lines = raw.split(b"\n")
    at = chosen.below(len(lines))
    many = chosen.of((2, 2, 3, 30, 300))
    lines[at : at + 1] = lines[at : at + 1 + chosen.below(4)] * many
    return b"\n".join(lines)


def _another(chosen: Choices, path: str, raw: bytes) -> bytes:
    """Put a line of another file of its kind in, or in a line's place; its indent may be kept."""
    lines = raw.split(b"\n")
    line = chosen.of(_lines(_kind(path, raw)) or [b""])
    at = chosen.below(len(lines))
    if chosen.below(2):
        indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
        line = indent + line.lstrip()
    lines[at : at + chosen.below(2)] = [line]
    return b"\n".join(lines)


def _nasty(chosen: Choices, _path: str, raw: bytes) -> bytes:
    at = chosen.below(len(raw) + 1)
    return raw[:at] + chosen.of(NASTY) + raw[at + chosen.of((0, 0, 1, 2, 9)) :]


def _word(chosen: Choices, path: str, raw: bytes) -> bytes:
    """Put a nasty word, or one of another line, in a word's place."""
    words = raw.split(b" ")
    at = chosen.below(len(words))
    other = chosen.of(_lines(_kind(path, raw)) or [b""]).split() or [b""]
    words[at] = chosen.of(NASTY) if chosen.below(2) else chosen.of(other)
    return b" ".join(words)


def _value(chosen: Choices, _path: str, raw: bytes) -> bytes:
    """Put something else behind a `:` or a `=`."""
    lines = raw.split(b"\n")
    at = chosen.below(len(lines))
    sign = b"=" if b"=" in lines[at] else b":"
    head, found, _ = lines[at].partition(sign)
    lines[at] = head + found + b" " + chosen.of(NASTY)
    return b"\n".join(lines)


def _flipped(chosen: Choices, _path: str, raw: bytes) -> bytes:
    at = chosen.below(len(raw) + 1)
    return raw[:at] + bytes((chosen.below(256),)) + raw[at + 1 :]


def _cut(chosen: Choices, _path: str, raw: bytes) -> bytes:
    at = chosen.below(len(raw) + 1)
    return raw[at:] if chosen.below(2) else raw[:at]


def _nested(chosen: Choices, _path: str, raw: bytes) -> bytes:
    at = chosen.below(len(raw) + 1)
    return raw[:at] + chosen.of(NASTY) * chosen.of((5, 60, 700)) + raw[at:]


def _recoded(chosen: Choices, _path: str, raw: bytes) -> bytes:
    said = raw.decode("utf-8", "replace")
    return chosen.of(
        [said.encode("utf-16"), said.encode("latin-1", "replace"), raw.replace(b"\n", b"\r\n")]
    )


Change: TypeAlias = "Callable[[Choices, str, bytes], bytes]"
OFTEN: Final[tuple[Change, ...]] = (_another, _nasty, _word, _value, _moved, _without)
CHANGES: Final = (*OFTEN, *OFTEN, *OFTEN, _repeated, _flipped, _cut, _nested, _recoded)


def house_of(files: Mapping[str, bytes]) -> House:
    """Read them as if they had been in a tree; what fails of them, raises."""
    sources, skips = [], []
    for path, raw in files.items():
        read = decoded(raw, path)
        if isinstance(read, Source):
            kind = _kind(path, raw)
            if kind not in (kinds.UNWANTED, "template", "helm-template"):
                sources.append(read.replace(kind=kind, executable=True))
        else:
            skips.append(read)
    return House(sources, skips, guarded=False)


def look(files: Mapping[str, bytes]) -> None:
    """Do all that the command does but print; AssertionError for a rule that fails, or is slow."""
    began = time.process_time()
    rules = all_rules()
    visit = checkup.Visit(house_of(files), root="/nowhere")
    seen = checkup.check([visit], rules, Settings())
    broken = [skip.why for skip in seen.skips if " failed: " in skip.why]
    assert not broken, broken
    document.data(seen, {rule.id: rule for rule in rules})
    for line in text(seen, 80):
        assert line is not None
    json.dumps(foretold.data(forecasts(visit.house)), allow_nan=False)
    took = time.process_time() - began
    assert took < LONGEST_S, f"{took:.1f} s"
