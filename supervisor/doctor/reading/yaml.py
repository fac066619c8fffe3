"""YAML as nodes with lines: every key is kept, also the second of two that are the same.

The tree is made from libyaml's events, one by one, so that nothing is built before it is counted.
An alias is its anchor's node itself. What it would come to when written out is counted as well: a
"billion laughs" is refused, and whoever walks the nodes needs no bound.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from supervisor.core.record import Record
from supervisor.doctor.finding import Place, Skip
from supervisor.doctor.reading.extra import needed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.reading.source import Source

MOST_NODES: Final = 200_000  # of a file, aliases written out
DEEPEST: Final = 100
_UNRENDERED: Final = "what it makes isn't known before it is rendered"  # `{{ x }}` is a map of maps
TAGS: Final = ("!reset", "!override")
NULLS: Final = ("", "~", "null", "Null", "NULL")
TRUE: Final = ("true", "yes", "on", "y")  # YAML 1.1, as Compose and Kubernetes read it
FALSE: Final = ("false", "no", "off", "n")


class Node(Record):
    """A value: `kind` is `map`, `list` or `scalar`.

    `value`  a scalar's text, without quotes
    `style`  of a scalar: empty, `'`, `"`, `|` or `>`; of the others `{` when they are on one line
    `pairs`  of a map; keys are nodes, too
    `tag`    what Compose knows beside YAML's own: `!reset`, `!override`
    """

    kind: str
    place: Place
    value: str = ""
    style: str = ""
    pairs: tuple[tuple[Node, Node], ...] = ()
    items: tuple[Node, ...] = ()
    depth: int = 1
    size: int = 1
    tag: str = ""

    def get(self, *path: str | int) -> Node | None:
        """Return what is at a path of keys and positions; None if there is nothing."""
        node: Node | None = self
        for step in path:
            if node is None:
                return None
            if isinstance(step, int):
                node = node.items[step] if -len(node.items) <= step < len(node.items) else None
            else:
                node = node.entries().get(step)
        return node

    def key(self, name: str) -> Node | None:
        """Return the key itself, for its place: the last of several."""
        kept: tuple[object, dict[str, Node]] | None = self.__dict__.get("_keys")
        if kept is None or kept[0] is not self.pairs:  # a copy with other pairs has others
            found = {key.value: key for key, _ in self.pairs}
            kept = self.__dict__["_keys"] = (self.pairs, found)
        return kept[1].get(name)

    def entries(self) -> dict[str, Node]:
        """Return a map's values by key, what `<<` merges in included; the last of two counts.

        It is made once: nobody may change it.
        """
        kept: tuple[object, dict[str, Node]] | None = self.__dict__.get("_entries")
        if kept is None or kept[0] is not self.pairs:  # a copy with other pairs has others
            kept = self.__dict__["_entries"] = (self.pairs, self._merged())
        return kept[1]

    def _merged(self) -> dict[str, Node]:
        found: dict[str, Node] = {}
        for key, value in self.pairs:
            if key.kind == "scalar" and not (key.value == "<<" and key.style == ""):
                found[key.value] = value
        for key, value in self.pairs:
            if key.value == "<<" and key.style == "":
                for merged in value.items or (value,):
                    found = {**merged.entries(), **found}
        return found

    def texts(self) -> tuple[str, ...]:
        """Return a list's scalars; of a scalar itself."""
        if self.kind == "scalar":
            return () if self.null else (self.value,)
        return tuple(each.value for each in self.items if each.kind == "scalar")

    @property
    def null(self) -> bool:
        """Tell whether it is nothing: an empty value, `~` or `null`."""
        return self.kind == "scalar" and self.style == "" and self.value in NULLS

    @property
    def flag(self) -> bool | None:
        """Return a yes or a no; None for anything else."""
        if self.kind != "scalar" or self.style:
            return None
        lower = self.value.lower()
        return True if lower in TRUE else False if lower in FALSE else None

    @property
    def number(self) -> float | None:
        """Return a decimal number; None for anything else."""
        if self.kind != "scalar" or self.style or len(self.value) > 40:
            return None
        try:
            found = float(self.value) if self.value[-1:].isdigit() else math.inf
        except ValueError:
            return None
        return found if math.isfinite(found) else None


def parse(source: Source) -> tuple[Node, ...] | Skip:
    """Return a file's documents, those without content left out."""
    yaml = needed("yaml")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    composer = _Composer(source.path)
    try:
        for event in yaml.parse(source.text, Loader=loader):
            composer.take(event)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        why = getattr(error, "problem", None) or getattr(error, "reason", None) or "invalid"
        return Skip(Place(source.path, mark.line + 1 if mark else 1), f"not YAML: {why}")
    except (UnicodeError, RecursionError):
        return Skip(Place(source.path), "not YAML: its characters can't be read")
    except _RefusedError as error:
        return Skip(Place(source.path, error.line), str(error))
    return tuple(composer.documents)


class _RefusedError(Exception):
    def __init__(self, why: str, line: int) -> None:
        super().__init__(why)
        self.line = line


class _Open:
    """A map or a list whose end has not come."""

    def __init__(self, kind: str, event: Any) -> None:
        self.kind, self.anchor, self.line = kind, event.anchor, event.start_mark.line + 1
        self.flow = bool(event.flow_style)
        self.tag = _tag(event)
        self.nodes: list[Node] = []


class _Composer:
    """Makes documents of events; _RefusedError beyond the bounds."""

    def __init__(self, path: str) -> None:
        self.documents: list[Node] = []
        self._path = path
        self._open: list[_Open] = []
        self._anchors: dict[str, Node] = {}

    def take(self, event: Any) -> None:
        kind = type(event).__name__
        line = event.start_mark.line + 1
        if kind == "DocumentStartEvent":
            self._anchors = {}
        elif kind in ("MappingStartEvent", "SequenceStartEvent"):
            if len(self._open) >= DEEPEST:
                raise _RefusedError("values inside each other too deeply", line)
            self._open.append(_Open("map" if kind[0] == "M" else "list", event))
        elif kind in ("MappingEndEvent", "SequenceEndEvent"):
            self._add(*self._closed(event))
        elif kind == "ScalarEvent":
            place = Place(self._path, line, _last_line(event))
            style = event.style or ""
            self._add(Node("scalar", place, event.value, style, tag=_tag(event)), event.anchor)
        elif kind == "AliasEvent":
            known = self._anchors.get(event.anchor)
            if known is None:  # also one that means what it stands in
                raise _RefusedError(f"not YAML: found undefined alias {event.anchor!r}", line)
            self._add(known, None)

    def _closed(self, event: Any) -> tuple[Node, str | None]:
        done = self._open.pop()
        nodes = done.nodes
        last = max((each.place.last for each in nodes), default=done.line)
        node = Node(
            done.kind,
            Place(self._path, done.line, event.end_mark.line + 1 if done.flow else last),
            style="{" if done.flow else "",
            pairs=tuple(zip(nodes[::2], nodes[1::2], strict=True)) if done.kind == "map" else (),
            items=tuple(nodes) if done.kind == "list" else (),
            depth=1 + max((each.depth for each in nodes), default=0),
            size=1 + sum(each.size for each in nodes),
            tag=done.tag,
        )
        if done.flow and any(key.kind == "map" for key, _ in node.pairs):
            raise _RefusedError(f"a template: {_UNRENDERED}", done.line)
        if node.size > MOST_NODES or node.depth > DEEPEST:
            raise _RefusedError("too many values when its aliases are written out", done.line)
        return node, done.anchor

    def _add(self, node: Node, anchor: str | None) -> None:
        if anchor:
            self._anchors[anchor] = node
        if self._open:
            self._open[-1].nodes.append(node)
            if len(self._open[-1].nodes) > MOST_NODES:
                raise _RefusedError("too many values", node.place.line)
        elif not node.null:
            self.documents.append(node)


def _tag(event: Any) -> str:
    return event.tag if event.tag in TAGS else ""


def _last_line(event: Any) -> int:
    """Return the last line of a scalar: a block's end mark is where the next thing begins."""
    end = event.end_mark
    first = int(event.start_mark.line) + 1
    last = int(end.line) + (1 if end.column else 0)
    return max(first, last)


def walk(node: Node) -> Iterator[Node]:
    """Return a node and all inside it, keys too; an anchor's as often as it is used."""
    left = [node]
    while left:
        each = left.pop()
        yield each
        left.extend(reversed(each.items))
        for key, value in reversed(each.pairs):
            left.extend((value, key))
