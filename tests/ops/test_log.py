"""Lines of a log, each with the moment at which its engine has read it."""

from __future__ import annotations

import time
from typing import Any

import pytest

from supervisor.errors import UsageError
from supervisor.ops import explanation
from supervisor.ops.containers import moment
from supervisor.ops.engine import Engine
from supervisor.ops.log import PIECE, Line, lines, times
from tests.ops.answering import Answers, answer, answering
from tests.ops.made import T, die, ended, kill, said_at

FIRST, SECOND = "2030-01-01T00:00:05.123456789Z", "2030-01-01T00:00:06+00:00"
AT, LATER = moment(FIRST), moment(SECOND)


@pytest.mark.parametrize(
    "told, found",
    [
        (b"", []),
        (f"{FIRST} \n{SECOND} b\n", [(AT, ""), (LATER, "b")]),
        (f"{FIRST} a\n{SECOND} cut off", [(AT, "a"), (LATER, "cut off")]),
        (f"{FIRST} a\rb\r\n", [(AT, "a"), (AT, "b")]),
        (f"rest\n{FIRST} a\nb", [(0, "rest"), (AT, "a"), (AT, "b")]),
        ("9999-01-01T00:00:00Z a\n2030-13-01T00:00:00Z b", [(0, "a"), (0, "b")]),
        (f"{FIRST} {SECOND} a", [(AT, f"{SECOND} a")]),
    ],
)
def test_lines(told: str | bytes, found: list[tuple[int, str]]) -> None:
    """A program may write times of its own, or no end of its last line."""
    raw = told if isinstance(told, bytes) else told.encode()
    assert list(lines(raw)) == [Line(*one) for one in found]


@pytest.mark.parametrize("size", [PIECE - 1, PIECE, PIECE + 1, 3 * PIECE + 5])
def test_a_long_line_is_whole_again(size: int) -> None:
    """The engine tells it in pieces with a time before each: a report is such a line."""
    text = ("{" + "é" * size).encode()[:size]
    pieces = [text[at : at + PIECE] for at in range(0, size, PIECE)]
    told = b"".join(FIRST.encode() + b" " + piece for piece in pieces) + b"\n"
    assert list(lines(told)) == [Line(AT, text.decode(errors="replace"))]


@pytest.mark.parametrize("rest", [b"", b"rest", b"x" * (PIECE - 50), b"x" * PIECE])
@pytest.mark.parametrize("then", [b"next", b"y" * PIECE + SECOND.encode() + b" z"])
def test_a_long_line_may_have_no_end(rest: bytes, then: bytes) -> None:
    """As the driver `local` tells it: the next one's time, another one, follows at once."""
    first, second, own = FIRST.encode() + b" ", SECOND.encode() + b" ", b"2030-01-01T00:00:04Z "
    told = first + b"x" * PIECE + first + own * bool(rest) + rest[21:] + second + then + b"\n"
    long, last = lines(told)
    assert (long.at, last.at) == (AT, LATER)
    assert long.text.encode() == b"x" * PIECE + own * bool(rest) + rest[21:]
    assert last.text.encode() == then.replace(second, b"")


def test_a_line_of_many_pieces_is_walked_once() -> None:
    """Each piece is copied twice; the time for a line grows no faster than the line."""

    def seconds(pieces: int) -> float:
        told = (FIRST.encode() + b" " + b"x" * PIECE) * pieces
        began = time.process_time()
        assert [len(one.text) for one in lines(told)] == [PIECE * pieces]
        return time.process_time() - began

    small = min(seconds(64) for _ in range(3))
    assert min(seconds(2048) for _ in range(3)) < 32 * 4 * small


def test_times_are_of_all_lines_or_of_none() -> None:
    """An engine that tells none has told nothing."""
    assert times(lines(b"a\nb\n")) == ()
    assert times(lines(f"a\n{FIRST} b\n".encode())) == (0, AT)


def test_an_engine_is_asked_for_times(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """And who wants the text alone gets it without."""
    answers = Answers()
    asked: list[str] = []
    frame = f"{FIRST} a\n".encode()
    answers.by_path["/logs"] = answer(b"\x01\0\0\0" + len(frame).to_bytes(4, "big") + frame)

    class Noted(Answers):
        def to(self, request: str) -> Any:
            asked.append(request)
            return answers.to(request)

    with answering(tmp_path / "e", Noted()) as host:
        monkeypatch.setenv("DOCKER_HOST", host)
        engine = Engine()
        found = engine.lines("web", 5, 1.0), engine.log("web", 5, 1.0)
        engine.close()
    assert found == ([Line(AT, "a")], ["a"])
    assert all("timestamps=1" in one for one in asked if "/logs" in one)


def test_an_answer_has_them() -> None:
    """As facts for a person, as evidence that is decided anew from; a time for each or for none."""
    case = said_at(ended(kill(5, 15), die(6, 3), code=3), (4.5, "ready"), (5.5, "going"))
    answer_ = explanation.of_case(case)
    assert answer_["cause"]["facts"][-2:] == ["log at -0.500 s: ready", "log at 0.500 s: going"]
    assert answer_["case"]["written"] == [T + 9 * 10**9 // 2, T + 11 * 10**9 // 2]
    assert explanation.again(answer_, "it") == answer_
    broken = {**answer_, "case": {**answer_["case"], "written": [1]}}
    with pytest.raises(UsageError, match="not as many lines as times"):
        explanation.again(broken, "it")
