"""What a shell script consists of, as records; shell.py makes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from supervisor.core.record import Record
from supervisor.doctor.finding import Place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

CONSTANT: Final[dict[str, tuple[str, ...]]] = {
    "while": (":", "true", "/bin/true", "1", "1 -eq 1", "1 = 1", "1 == 1", "true = true"),
    "until": ("false", "/bin/false", "0", "1 -eq 0", "0 -eq 1"),
}


class Word(Record):
    """One word as it is written; `literal`: without its quotes, None if the shell expands it.

    `commands`  what `$(...)`, backquotes, `<(...)` and `>(...)` in it run
    """

    text: str
    literal: str | None = None
    quoted: bool = False
    line: int = 1
    commands: tuple[Statement, ...] = ()


class Assignment(Record):
    """`NAME=value`; `append` for `NAME+=value`."""

    name: str
    value: Word
    append: bool = False


class Redirect(Record):
    """`op` as written (`>`, `>>`, `>&`, `&>`, `<`, `<<`, `<<<` ...), `fd` the number before it.

    Of a here-document: the end mark as `target`, and its lines as `body`.
    """

    op: str
    target: Word | None = None
    fd: int | None = None
    body: str = ""


class Statement(Record):
    """Anything that runs. `column`: characters before it in its first line."""

    place: Place = Place("")
    column: int = 0
    background: bool = False  # followed by &
    redirects: tuple[Redirect, ...] = ()


class Simple(Statement):
    """A simple command; without words it only assigns or redirects."""

    words: tuple[Word, ...] = ()
    assignments: tuple[Assignment, ...] = ()

    @property
    def argv(self) -> tuple[str | None, ...]:
        """Return the words without quotes, None for what is expanded."""
        return tuple(word.literal for word in self.words)

    @property
    def name(self) -> str | None:
        """Return the command's name as it is written, None if it is expanded or missing."""
        return self.words[0].literal if self.words else None


class Test(Statement):
    """`[ ... ]`, `[[ ... ]]` or `(( ... ))`."""

    text: str = ""


class AndOr(Statement):
    """`a && b || c`: one operator fewer than parts."""

    parts: tuple[Statement, ...] = ()
    operators: tuple[str, ...] = ()


class Pipeline(Statement):
    """`a | b`, or `! a`."""

    parts: tuple[Statement, ...] = ()
    negated: bool = False


class Subshell(Statement):
    """`( ... )`."""

    body: tuple[Statement, ...] = ()


class Group(Statement):
    """`{ ...; }`."""

    body: tuple[Statement, ...] = ()


class Branch(Record):
    """`if` or `elif`, and its `then`."""

    condition: tuple[Statement, ...]
    body: tuple[Statement, ...]


class If(Statement):
    """`otherwise` is None without an `else`."""

    branches: tuple[Branch, ...] = ()
    otherwise: tuple[Statement, ...] | None = None


class Choice(Record):
    """One `a|b) ... ;;` of a case."""

    patterns: tuple[Word, ...]
    body: tuple[Statement, ...]


class Case(Statement):
    """`case subject in ...`."""

    subject: Word | None = None
    choices: tuple[Choice, ...] = ()


class Loop(Statement):
    """`kind`: `while`, `until`, `for`, `select`, or `c-for` for `for ((;;))`."""

    kind: str = "while"
    condition: tuple[Statement, ...] = ()
    variable: str = ""
    items: tuple[Word, ...] = ()
    body: tuple[Statement, ...] = ()

    @property
    def endless(self) -> bool:
        """Tell whether only its body can end it: `while true`, `until false`, `for ((;;))`."""
        if self.kind == "c-for":
            return not self.condition
        constant = CONSTANT.get(self.kind)
        if constant is None or len(self.condition) != 1:
            return False
        asked = self.condition[0]
        if isinstance(asked, Simple):
            return len(asked.words) == 1 and asked.name in constant
        text = asked.text if isinstance(asked, Test) else ""
        return text.strip("([ ])").replace('"', "").replace("'", "") in constant


class Function(Statement):
    """`name() { ... }`: nothing runs until it is called."""

    name: str = ""
    body: tuple[Statement, ...] = ()


class Unknown(Statement):
    """What was not understood, and what was inside."""

    text: str = ""
    body: tuple[Statement, ...] = ()


class Comment(Record):
    """A comment with its `#`."""

    text: str
    line: int


class Script(Record):
    """A whole script, or the text after `sh -c`; `errors`: lines that were not understood."""

    body: tuple[Statement, ...] = ()
    comments: tuple[Comment, ...] = ()
    errors: tuple[int, ...] = ()
    shebang: str = ""  # of the first line, without `#!`

    @property
    def has_error(self) -> bool:
        """Tell whether something was not understood."""
        return bool(self.errors)

    @property
    def functions(self) -> dict[str, Function]:
        """Return all functions by name, the last definition of each."""
        kept: tuple[object, dict[str, Function]] | None = self.__dict__.get("_functions")
        if kept is None or kept[0] is not self.body:  # a copy with another body has others
            found = {each.name: each for each in walk(self.body) if isinstance(each, Function)}
            kept = self.__dict__["_functions"] = (self.body, found)
        return kept[1]


def walk(statements: Iterable[Statement], *, substituted: bool = False) -> Iterator[Statement]:
    """Return all statements in order, outer ones first; `substituted`: those of words, too."""
    left = [iter(statements)]
    while left:
        each = next(left[-1], None)
        if each is None:
            left.pop()
            continue
        yield each
        left.append(inside(each))
        if substituted:
            left.append(each for word in words_of(each) for each in word.commands)


def inside(statement: Statement) -> Iterator[Statement]:
    """Return what a statement consists of, one level down."""
    match statement:
        case AndOr() | Pipeline():
            yield from statement.parts
        case Subshell() | Group() | Function() | Unknown():
            yield from statement.body
        case If():
            for branch in statement.branches:
                yield from branch.condition
                yield from branch.body
            yield from statement.otherwise or ()
        case Case():
            for choice in statement.choices:
                yield from choice.body
        case Loop():
            yield from statement.condition
            yield from statement.body


def words_of(statement: Statement) -> Iterator[Word]:
    """Return the words of a statement itself: arguments, values, targets, subjects."""
    match statement:
        case Simple():
            yield from (each.value for each in statement.assignments)
            yield from statement.words
        case Case() if statement.subject is not None:
            yield statement.subject
        case Loop():
            yield from statement.items
    yield from (each.target for each in statement.redirects if each.target is not None)
