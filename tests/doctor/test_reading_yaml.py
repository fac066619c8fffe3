"""YAML keeps its lines and its second keys, and what is hostile is refused before it grows."""

from __future__ import annotations

import pytest

from supervisor.doctor.finding import Skip
from supervisor.doctor.reading import yaml
from supervisor.doctor.reading.source import Source

FILE = """\
x: &base
  stop_grace_period: 30s
  init: yes
services:
  web:
    <<: *base
    init: "no"
    command: |
      a
      b
    ports: ["80", 81]
  web:
    build: .
---
---
kind: Pod
"""


def read(text: str) -> tuple[yaml.Node, ...]:
    found = yaml.parse(Source("a.yml", text))
    assert isinstance(found, tuple)
    return found


def test_documents_and_lines() -> None:
    compose, pod = read(FILE)
    first = compose.get("services")
    assert first is not None
    assert [key.place.line for key, _ in first.pairs] == [5, 12]
    assert (compose.place.line, compose.place.last) == (1, 13)
    kind = pod.key("kind")
    assert kind is not None
    assert kind.place.line == 16


def test_values() -> None:
    web = read(FILE)[0].get("services").pairs[0][1]  # type: ignore[union-attr]
    command, init, ports = web.get("command"), web.get("init"), web.get("ports")
    assert command is not None
    assert init is not None
    assert ports is not None
    assert (command.value, command.style, command.place.last) == ("a\nb\n", "|", 10)
    assert init.flag is None  # a string
    assert ports.texts() == ("80", "81")
    assert [each.number for each in ports.items] == [None, 81.0]
    assert web.get("ports", 1).number == 81  # type: ignore[union-attr]
    assert web.get("ports", 5) is web.get("nothing", "at", 0) is None


def test_merged_keys_have_their_own_place() -> None:
    web = read(FILE)[0].get("services").pairs[0][1]  # type: ignore[union-attr]
    grace = web.get("stop_grace_period")
    assert grace is not None
    assert (grace.value, grace.place.line) == ("30s", 2)
    assert web.get("init").value == "no"  # type: ignore[union-attr]


LAUGHS = "a0: &a0 [x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12)
)


@pytest.mark.parametrize(
    "text, line, why",
    [
        (LAUGHS, 7, "aliases"),
        ("a: &a [*a]", 1, "alias"),
        ("[" * 10_000, 1, "deep"),
        ("- " * 10_000, 1, "deep"),
        ("b: 1\na: {{ x }}\n", 2, "a template"),
        ("a: 1\n\tb: 2\n", 2, "not YAML"),
        ("a: 1\nb: [\n", 3, "not YAML"),
        ("a: \ud800", 1, "not YAML"),
        ("a: \x01", 1, "not YAML"),
        ("x\n" * 3 + "a: {{ .Values.x }}", 4, "not YAML"),
        ("- 1\n" * 200_001, 200_001, "many"),
    ],
    ids=range(11),
)
def test_what_is_refused(text: str, line: int, why: str) -> None:
    found = yaml.parse(Source("a.yml", text))
    assert isinstance(found, Skip)
    assert why in found.why
    assert found.place.line == line


def test_entries_are_made_once_and_a_copy_has_its_own() -> None:
    """A service that extends another one asks for all of them."""
    found = yaml.parse(Source("a", "a: 1\nb: 2\n"))
    assert not isinstance(found, Skip)
    (node,) = found
    assert node.entries() is node.entries()
    copy = node.replace(pairs=node.pairs[:1])
    assert (list(copy.entries()), list(node.entries())) == (["a"], ["a", "b"])
