"""Comments that silence a finding."""

from __future__ import annotations

import pytest

from supervisor.doctor.finding import HIGH, Finding, Place
from supervisor.doctor.ignoring import heeded, ignores_of
from supervisor.doctor.reading.source import Source

SAID = "gracekeeper: ignore shell-form it is a job"
KNOWN = ("shell-form", "boot-window")


def left(
    text: str, line: int, kind: str = "shell", asked: tuple[str, ...] = ("shell-form",)
) -> set[str]:
    """Tell what is left of a finding at a line, and of the comments themselves."""
    one = Finding("shell-form", HIGH, Place("f", line), "w", "f")
    found, _ = heeded([one], ignores_of(Source("f", text, kind)), asked, KNOWN)
    return {one.id for one in found}


@pytest.mark.parametrize(
    "text, line, kind",
    [
        (f"# {SAID}\nx", 2, "dockerfile"),
        (f"x # {SAID}", 1, "shell"),
        (f"; {SAID}\nx", 2, "uwsgi"),
        ("# gracekeeper: ignore shell-form,shell-form meant\nx", 2, "shell"),
    ],
)
def test_a_comment_with_a_reason_silences(text: str, line: int, kind: str) -> None:
    assert left(text, line, kind) == set()


@pytest.mark.parametrize(
    "text, line, kind, more",
    [
        ("# gracekeeper: ignore shell-form\nx", 2, "shell", {"ignore-no-reason"}),
        ("# gracekeeper: ignore\nx", 2, "shell", {"ignore-no-reason"}),
        (f"# {SAID}\n\nx", 3, "shell", {"ignore-unused"}),
        (f"y # {SAID}\nx", 2, "shell", {"ignore-unused"}),
        (f"CMD x # {SAID}", 1, "dockerfile", set()),  # there it is a word of the command
        (f'"""\n# {SAID}\n"""', 3, "python", set()),  # a string speaks of one
        (f'"""\n# {SAID}\n\n', 4, "python", {"ignore-unused"}),  # no Python
    ],
)
def test_other_comments_do_not_and_are_told(
    text: str, line: int, kind: str, more: set[str]
) -> None:
    assert left(text, line, kind) == {"shell-form"} | more


def test_a_comment_for_a_rule_that_was_not_asked_is_no_news() -> None:
    assert left(f"# {SAID}\n\nx", 3, asked=()) == {"shell-form"}


def test_an_id_that_no_rule_has_is_told() -> None:
    text = "# gracekeeper: ignore shel-form it is a job\nx"
    assert left(text, 2) == {"shell-form", "ignore-unused"}
