"""Lines of keys: for any document, the line found for each key is the one where it stands."""

from __future__ import annotations

import time
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor.config.located import Path, lines, load

SCALARS = (
    "1", "-1.5e3", "true", "1979-05-27 07:32:00", "inf", '"a # b ] } = \\" c"', "'[x] \\'",
    '"""\none\n"quoted" \\""" # in\n"""', "'''\n# a ] }\nb''''", '""', '"""a"""""',
)  # fmt: skip
NAMES = ("{}", '"{} . # ["', "'{} ]'", '"\\u00e4 {}\\""', "{}-_")
GAPS = ("", " ", "\n", "\n # ] } a comment\n\t", "\r\n")


class Writer:
    """Writes a document and notes the line of each key."""

    def __init__(self, draw: Any) -> None:
        self.draw, self.text, self.number = draw, "", 0
        self.lines: dict[Path, int] = {}

    def pick(self, *choices: Any) -> Any:
        return self.draw(st.sampled_from(choices))

    def times(self) -> range:
        return range(self.pick(0, 1, 2, 3))

    def here(self) -> int:
        return self.text.count("\n") + 1

    def name(self) -> tuple[str, str]:
        """A new name: as it is written, and as it is."""
        self.number += 1
        written = self.pick(*NAMES).format(self.number)
        return written, next(iter(tomllib.loads(f"{written} = 1")))

    def pair(self, path: Path, depth: int) -> None:
        line, words = self.here(), []
        for _ in range(self.pick(1, 1, 2)):
            written, name = self.name()
            words.append(written)
            path += (name,)
            self.lines[path] = line
        self.text += self.pick(".", " . ").join(words) + self.pick("=", " =\t")
        self.value(path, depth)

    def value(self, path: Path, depth: int) -> None:
        kind = self.pick("scalar", "array", "table") if depth else "scalar"
        if kind == "scalar":
            self.text += self.pick(*SCALARS)
        elif kind == "array":
            self.text += "["
            for item in self.times():
                self.text += ("," if item else "") + self.pick(*GAPS)
                self.lines[*path, item] = self.here()
                self.value((*path, item), depth - 1)
            self.text += self.pick(*GAPS) + "]"
        else:
            self.text += "{ "
            for item in self.times():
                self.text += ", " if item else ""
                self.pair(path, depth - 1)
            self.text += " }"

    def pairs(self, path: Path) -> None:
        for _ in self.times():
            self.pair(path, 2)
            self.text += self.pick("\n", " # a comment = [\n", "\n\n", "\r\n")

    def table(self) -> None:
        (outer, one), (inner, two), (last, three) = self.name(), self.name(), self.name()
        for number in range(self.pick(1, 2)):
            self.lines.setdefault((one,), self.here())
            self.lines.setdefault((one, two), self.here())
            self.lines[one, two, number] = self.here()
            self.text += f"[[{outer}.{inner}]]\n"
            self.pairs((one, two, number))
            self.lines[one, two, number, three] = self.here()
            self.text += f"[ {outer} . {inner}.{last} ]\n"
            self.pairs((one, two, number, three))


@st.composite
def documents(draw: Any) -> tuple[str, dict[Path, int]]:
    """A document, and the line of each key."""
    writer = Writer(draw)
    writer.pairs(())
    for _ in writer.times():
        writer.table()
    return writer.text, writer.lines


@given(documents())
def test_any_document(document: tuple[str, dict[Path, int]]) -> None:
    """All keys and items that tomllib finds, and no others, each in its line."""
    text, expected = document
    assert set(paths(tomllib.loads(text))) == set(expected)
    assert lines(text) == expected


def paths(data: Any, path: Path = ()) -> Iterator[Path]:
    """All paths of what tomllib has read."""
    inside = data.items() if isinstance(data, dict) else enumerate(data)
    for name, value in inside:
        yield (*path, name)
        if isinstance(value, (dict, list)):
            yield from paths(value, (*path, name))


def test_a_table_that_is_opened_after_its_child() -> None:
    """Its own header tells where it is."""
    assert lines("[a.b]\nc = 1\n[a]\nd = 1\n") == {
        ("a",): 3, ("a", "b"): 1, ("a", "b", "c"): 2, ("a", "d"): 4,
    }  # fmt: skip


@pytest.mark.parametrize(
    "text",
    ["'='" + ".a" * 101 + " = 1", "a" + ".a" * 101 + "=1", "[a]\nb = {a" + ". a" * 101 + "=1}"],
    ids=range(3),
)
def test_keys_that_cost_more_than_they_say_are_not_read(text: str) -> None:
    """Tomllib keeps each beginning of a key: one of 60 KB takes gigabytes."""
    with pytest.raises(RecursionError):
        load(text)


def test_dots_that_are_in_no_key_are_read() -> None:
    dots = "." * 200
    text = f"a = '{dots}' # {dots}\nb = \"\\\"{dots}\"\nc = '''\n'{dots}\n'{dots}'''\nd = 1.5 # '\n"
    text += f'e = """\n"{dots}\\"""\n{dots}""" # "\nf = [{"1.5, " * 200}]\n'
    assert load(text) == (tomllib.loads(text), lines(text))


@pytest.mark.parametrize(
    "piece", ['"', "'", '\\"', '"""', '"""\\', '\\"""', "'''", "#", "a.", '"\n']
)
def test_looking_for_them_is_one_walk(piece: str) -> None:
    began = time.process_time()
    with pytest.raises((ValueError, RecursionError)):
        load("a = x" + piece * (1024 * 1024 // len(piece)))
    assert time.process_time() - began < 3
