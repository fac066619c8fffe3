"""A script's commands are what a shell would make of them."""

from __future__ import annotations

import pytest

from supervisor.doctor.finding import Skip
from supervisor.doctor.reading import commandline, shell
from supervisor.doctor.reading import shellnodes as sh


def read(text: str, first_line: int = 1) -> sh.Script:
    found = shell.parse(text, first_line)
    assert isinstance(found, sh.Script)
    return found


def shown(statement: sh.Statement) -> str:
    """Return a statement with brackets around what belongs together."""
    redirects = "".join(
        f" {each.op}{each.target.text}" for each in statement.redirects if each.target
    )
    match statement:
        case sh.Simple():
            text = " ".join(word.text for word in statement.words)
        case sh.AndOr():
            first, *rest = map(shown, statement.parts)
            pairs = zip(statement.operators, rest, strict=True)
            text = "[" + first + "".join(f" {op} {part}" for op, part in pairs) + "]"
        case sh.Pipeline():
            text = "!" * statement.negated + "[" + " | ".join(map(shown, statement.parts)) + "]"
        case _:
            text = (
                type(statement).__name__ + "(" + "; ".join(map(shown, sh.inside(statement))) + ")"
            )
    return text + redirects + " &" * statement.background


@pytest.mark.parametrize(
    "text, meaning",
    [
        ("a && b || c | d 2>&1 |& e", "[a && b || [c | d >&1 | e]]"),
        ("cd x && exec app > f 2>&1", "[cd x && exec app >f >&1]"),
        ("! a | b && c", "[![a | b] && c]"),
        ("a > f b", "a b >f"),
        ("cat <<E | tee x && y\nfoo\nE\n", "[[cat <<E | tee x] && y]"),
        ("a & b && c &\nwait", "a & / [b && c] & / wait"),
        ("{ a; } & (b; c)", "Group(a) & / Subshell(b; c)"),
        ("if a; b; then c; elif d; then e; else f; fi", "If(a; b; c; d; e; f)"),
        ("for x do a; done", "Loop(a)"),
        ("while a; do b; done > f", "Loop(a; b) >f"),
        ("f() { a; }; function g { b; }", "Function(a) / Function(b)"),
        ("case $x in a|b) c;; *) d & ;; esac", "Case(c; d &)"),
        ("[ -f x ] && exec app > >(tee log)", "[Test() && exec app >>(tee log)]"),
    ],
)
def test_what_belongs_together(text: str, meaning: str) -> None:
    script = read(text)
    assert " / ".join(map(shown, script.body)) == meaning
    assert not script.has_error


@pytest.mark.parametrize(
    "text, literal",
    [
        ("'a b'", "a b"),
        ('"a\\"b"', 'a"b'),
        ("--x='a'\"b\"c", "--x=abc"),
        ("$'a\\n'", "a\n"),
        ("a\\ b", "a b"),
        ('"$x"', None),
        ("a${x}b", None),
        ("`a`", None),
        ("$((1+1))", None),
        ("*.pid", "*.pid"),
        ("5$", "5$"),
    ],
)
def test_words(text: str, literal: str | None) -> None:
    words = shell.words(f"echo {text}")
    assert words is not None
    assert [word.literal for word in words] == ["echo", literal]


def test_every_line_is_the_file_s() -> None:
    script = read("#!/bin/sh -e\n\n# why\na \\\n  b\nif x; then\n  é; c\nfi\n", 10)
    assert script.shebang == "/bin/sh -e"
    assert [(each.text, each.line) for each in script.comments][1:] == [("# why", 12)]
    found = [
        (shown(each), each.place.line, each.place.last, each.column)
        for each in sh.walk(script.body)
    ]
    assert found[0] == ("a b", 13, 14, 0)
    assert found[-1] == ("c", 16, 16, 5)


def test_loops_without_an_end() -> None:
    loops = [each for each in sh.walk(read(
        "while true; do :; done\nuntil false; do :; done\nwhile [ 1 ]; do :; done\n"
        "while read x; do :; done\nfor x in 1; do :; done\n"
    ).body) if isinstance(each, sh.Loop)]  # fmt: skip
    assert [each.endless for each in loops] == [True, True, True, False, False]


def test_what_a_word_runs_is_there() -> None:
    script = read('trap "kill $(jobs -p)" TERM; x=`date`')
    assert [shown(each) for each in sh.walk(script.body, substituted=True)] == [
        'trap "kill $(jobs -p)" TERM', "jobs -p", "", "date",
    ]  # fmt: skip


def test_what_is_not_understood_loses_nothing_else() -> None:
    script = read("a\nif b; then\nexec c\n")
    assert script.has_error
    assert "exec c" in [shown(each) for each in sh.walk(script.body)]


def test_one_command() -> None:
    found = commandline.simple("A=1 exec -a n gosu u 'x y' $Z > f")
    assert found is not None
    assert (found.argv, found.execs, found.expanded) == (("gosu", "u", "x y", "$Z"), True, (3,))
    assert found.env == (("A", "1"),)
    assert commandline.simple("a; b") is commandline.simple("") is None
    assert commandline.shlexed("a 'b c'") == ("a", "b c")
    assert commandline.shlexed("a 'b") is None


@pytest.mark.parametrize("text", ["(" * 10_000, "f() " * 50_000, "x=(" * 50_000, "a" * 300_000])
def test_hostile_scripts_end_in_time(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shell, "PATIENCE_S", 0.2)
    assert isinstance(shell.parse(text), sh.Script | Skip)


def test_characters_that_the_grammar_cannot_bear() -> None:
    """Beyond ASCII it may end the process; see STRANGE."""
    script = read("echo é \U0003b558$é \x00 # ü\nexec a")
    assert [each.literal for each in script.body[0].words] == ["echo", "é", "\U0003b558$é", "\x00"]  # type: ignore[attr-defined]
    assert [each.text for each in script.comments] == ["# ü"]
    assert script.body[1].place.line == 2


def test_depth_is_bounded() -> None:
    assert isinstance(shell.parse("{ " * 500 + "a" + "; }" * 500), Skip)
    assert isinstance(shell.parse("a" + " $(a" * 500 + ")" * 500), Skip)
    assert len(read("a" + " && a" * 5000).body) == 1  # long is not deep
