"""From tree-sitter's nodes to statements."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from supervisor.doctor.finding import Place
from supervisor.doctor.reading import shellnodes as sh
from supervisor.doctor.reading.shellwords import unquoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tree_sitter import Node

DEEPEST: Final = 60  # statements inside each other; each takes some frames of Python's stack
CHAINS: Final = frozenset(("list", "pipeline", "redirected_statement", "negated_command"))
OPERATORS: Final = frozenset(("&&", "||", "|", "|&", "!"))
TESTS: Final = frozenset(("test_command", "arithmetic_expansion"))
REDIRECTS: Final = frozenset(("file_redirect", "heredoc_redirect", "herestring_redirect"))
ASSIGNING: Final = frozenset(("variable_assignment", "variable_assignments"))
DECLARING: Final = frozenset(("declaration_command", "unset_command"))
SUBSTITUTING: Final = ("command_substitution", "process_substitution")


class TooDeepError(Exception):
    """Commands are inside each other too deeply to be read."""


class Builder:
    """Makes statements of one tree; collects comments on its way."""

    def __init__(self, text: str, first_line: int, path: str) -> None:
        """Remember the text; the nodes count its characters, each of which was a byte to them."""
        self.comments: list[sh.Comment] = []
        self._script, self._first, self._path = text, first_line, path
        self._depth = 0

    def statements(self, node: Node) -> tuple[sh.Statement, ...]:
        """Return what is in a body."""
        return self._sequence(node.children)

    def _sequence(self, nodes: Iterable[Node]) -> tuple[sh.Statement, ...]:
        found: list[sh.Statement] = []
        for node in nodes:
            if node.type == "comment":
                self.comments.append(sh.Comment(self._text(node), self._line(node)))
            elif node.type == "&" and found:
                found[-1] = found[-1].replace(background=True)
            elif node.is_named and not node.is_missing:
                found.append(self.statement(node))
        return tuple(found)

    def statement(self, node: Node) -> sh.Statement:
        """Return one statement; TooDeepError beyond the bound."""
        self._depth += 1
        if self._depth > DEEPEST:
            raise TooDeepError
        try:
            return self._chain(node) if node.type in CHAINS else self._unit(node)
        finally:
            self._depth -= 1

    def _chain(self, top: Node) -> sh.Statement:
        """Flatten what is held together by operators, and decide anew what is."""
        flat: list[sh.Statement | str] = []
        left: list[Node] = [top]
        while left:
            node = left.pop()
            if node.type in REDIRECTS:
                self._attach(flat, node, left)
            elif node.type in CHAINS:
                left.extend(reversed(node.children))
            elif node.type in OPERATORS:
                flat.append(node.type)
            elif node.type == "comment":
                self.comments.append(sh.Comment(self._text(node), self._line(node)))
            elif node.is_named and not node.is_missing:
                flat.append(self.statement(node))
        return _and_or(flat, self._at(top))

    def _attach(self, flat: list[sh.Statement | str], node: Node, left: list[Node]) -> None:
        """Give a redirection to the command before it; what else its node has is read next."""
        redirect, words, more = self._redirect(node)
        before = (
            flat.pop() if flat and not isinstance(flat[-1], str) else sh.Simple(**self._at(node))
        )
        if isinstance(before, sh.Simple):
            before = before.replace(words=(*before.words, *words))
        if not isinstance(before, str):
            flat.append(before.replace(redirects=(*before.redirects, redirect)))
        left.extend(reversed(more))

    def _redirect(self, node: Node) -> tuple[sh.Redirect, list[sh.Word], list[Node]]:
        """Return a redirection, words after it that are the command's, and nodes that follow."""
        op, fd, body = "", None, ""
        words: list[sh.Word] = []
        more: list[Node] = []
        inner = [c for c in node.children if c.type not in ("heredoc_end", "comment", "\n")]
        for child in inner:
            if child.type == "file_descriptor":
                digits = self._text(child)
                fd = int(digits) if digits.isdecimal() and len(digits) < 5 else None
            elif child.type == "heredoc_body":
                body = self._text(child)
            elif child.type in REDIRECTS | {"pipeline", "&&", "||"}:
                more.append(child)
            elif not child.is_named:
                op = op or child.type
            elif more and more[-1].type in ("&&", "||"):
                more.append(child)
            else:
                words.append(self._word(child))
        target = words.pop(0) if words else None
        return sh.Redirect(op, target, fd, body), words, more

    def _unit(self, node: Node) -> sh.Statement:
        at = self._at(node)
        kind = node.type
        if kind == "command" or kind in DECLARING or kind in ASSIGNING:
            return self._simple(node, at)
        if kind in ("if_statement", "case_statement", "while_statement"):
            return getattr(self, "_" + kind)(node, at)  # type: ignore[no-any-return]
        if kind in ("for_statement", "c_style_for_statement"):
            return self._for(node, at)
        if kind == "function_definition":
            return self._function(node, at)
        if kind in TESTS or (kind == "compound_statement" and node.children[0].type == "(("):
            return sh.Test(text=self._text(node), **at)
        if kind in ("compound_statement", "do_group"):
            return sh.Group(body=self.statements(node), **at)
        if kind == "subshell":
            return sh.Subshell(body=self.statements(node), **at)
        return sh.Unknown(text=self._text(node), body=self._salvaged(node), **at)

    def _salvaged(self, node: Node) -> tuple[sh.Statement, ...]:
        """Return the commands inside of what was not understood."""
        return self._sequence(c for c in node.children if c.type.endswith(("command", "statement")))

    def _simple(self, node: Node, at: dict[str, Any]) -> sh.Simple:
        words: list[sh.Word] = []
        assignments: list[sh.Assignment] = []
        redirects: list[sh.Redirect] = []
        nodes = [node] if node.type == "variable_assignment" else node.children
        for child in nodes:
            if child.type in REDIRECTS:
                redirect, extra, _ = self._redirect(child)
                redirects.append(redirect)
                words.extend(extra)
            elif child.type == "variable_assignment" and not words:
                assignments.append(self._assignment(child))
            elif child.type == "comment":
                self.comments.append(sh.Comment(self._text(child), self._line(child)))
            elif not child.is_missing and child.type not in ("\n", ";"):
                words.append(self._word(child))
        return sh.Simple(
            words=tuple(words), assignments=tuple(assignments), redirects=tuple(redirects), **at
        )

    def _assignment(self, node: Node) -> sh.Assignment:
        name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        line = self._line(node)
        word = sh.Word("", "", False, line) if value is None else self._word(value)
        if value is not None and value.type == "array":
            word = word.replace(literal=None)
        append = any(child.type == "+=" for child in node.children)
        return sh.Assignment(self._text(name) if name else "", word, append)

    def _if_statement(self, node: Node, at: dict[str, Any]) -> sh.If:
        branches, otherwise = [self._branch(node)], None
        for child in node.children:
            if child.type == "elif_clause":
                branches.append(self._branch(child))
            elif child.type == "else_clause":
                otherwise = self.statements(child)
        return sh.If(branches=tuple(branches), otherwise=otherwise, **at)

    def _branch(self, node: Node) -> sh.Branch:
        parts = [c for c in node.children if c.type not in ("elif_clause", "else_clause")]
        then = next((n for n, c in enumerate(parts) if c.type == "then"), len(parts))
        return sh.Branch(self._sequence(parts[:then]), self._sequence(parts[then:]))

    def _while_statement(self, node: Node, at: dict[str, Any]) -> sh.Loop:
        body = node.child_by_field_name("body")
        kind = "until" if node.children[0].type == "until" else "while"
        condition = self._sequence(c for c in node.children if c.type != "do_group")
        inner = self.statements(body) if body else ()
        return sh.Loop(kind=kind, condition=condition, body=inner, **at)

    def _for(self, node: Node, at: dict[str, Any]) -> sh.Loop:
        variable, body = node.child_by_field_name("variable"), node.child_by_field_name("body")
        kind = "c-for" if node.type.startswith("c_") else node.children[0].type
        items = [] if kind == "c-for" else node.children_by_field_name("value")
        asked = node.child_by_field_name("condition") if kind == "c-for" else None
        return sh.Loop(
            kind=kind,
            condition=(sh.Test(text=self._text(asked), **self._at(asked)),) if asked else (),
            variable=self._text(variable) if variable else "",
            items=tuple(self._word(each) for each in items),
            body=self.statements(body) if body else (),
            **at,
        )

    def _case_statement(self, node: Node, at: dict[str, Any]) -> sh.Case:
        subject = node.child_by_field_name("value")
        return sh.Case(
            subject=self._word(subject) if subject else None,
            choices=tuple(self._choice(c) for c in node.children if c.type == "case_item"),
            **at,
        )

    def _choice(self, node: Node) -> sh.Choice:
        parts = node.children
        start = next((n for n, c in enumerate(parts) if c.type == ")"), 0)
        patterns = (c for c in parts[:start] if c.is_named and c.type != "comment")
        return sh.Choice(tuple(map(self._word, patterns)), self._sequence(parts[start:]))

    def _function(self, node: Node, at: dict[str, Any]) -> sh.Function:
        name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        inner = (self.statement(body),) if body else ()
        if len(inner) == 1 and isinstance(inner[0], sh.Group):
            inner = inner[0].body  # type: ignore[assignment]
        return sh.Function(name=self._text(name) if name else "", body=inner, **at)

    def _word(self, node: Node) -> sh.Word:
        text = self._text(node)
        literal, quoted = unquoted(text)
        if node.type == "brace_expression":
            literal = None
        commands: tuple[sh.Statement, ...] = ()
        if "`" in text or "$(" in text or "<(" in text or ">(" in text:
            commands = self._substituted(node)
        return sh.Word(text, literal, quoted, self._line(node), commands)

    def _substituted(self, top: Node) -> tuple[sh.Statement, ...]:
        found: list[sh.Statement] = []
        left = [top]
        while left:
            node = left.pop()
            if node.type in SUBSTITUTING:
                self._depth += 1
                found.extend(self._sequence(c for c in node.children if c.type not in REDIRECTS))
                self._depth -= 1
            else:
                left.extend(reversed(node.children))
        return tuple(found)

    def _text(self, node: Node) -> str:
        return self._script[node.start_byte : node.end_byte]

    def _line(self, node: Node) -> int:
        return self._first + node.start_point[0]

    def _at(self, node: Node) -> dict[str, Any]:
        first, last = node.start_point, node.end_point
        end = last[0] - (last[1] == 0 and last[0] > first[0])
        place = Place(self._path, self._first + first[0], self._first + end)
        return {"place": place, "column": first[1]}


def _and_or(flat: Sequence[sh.Statement | str], at: dict[str, Any]) -> sh.Statement:
    groups: list[list[sh.Statement | str]] = [[]]
    operators: list[str] = []
    for each in flat:
        if isinstance(each, str) and each in ("&&", "||"):
            operators.append(each)
            groups.append([])
        else:
            groups[-1].append(each)
    parts = tuple(_pipeline(group, at) for group in groups)
    return sh.AndOr(parts=parts, operators=tuple(operators), **at) if operators else parts[0]


def _pipeline(flat: Sequence[sh.Statement | str], at: dict[str, Any]) -> sh.Statement:
    parts = tuple(each for each in flat if not isinstance(each, str))
    negated = flat.count("!") % 2 == 1 if flat else False
    if len(parts) == 1 and not negated:
        return parts[0]
    if not parts:
        return sh.Unknown(**at)
    at = {**at, "place": parts[0].place.replace(end_line=parts[-1].place.last)}
    at["column"] = parts[0].column
    return sh.Pipeline(parts=parts, negated=negated, **at)
