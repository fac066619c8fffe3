"""Services of Compose over each other, as Compose merges them (docs.docker.com, Merge)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from supervisor.doctor.reading.yaml import Node

if TYPE_CHECKING:
    from collections.abc import Mapping

REPLACED: Final = ("command", "entrypoint", "test")  # lists that are not appended to each other
NAMED: Final = ("environment", "depends_on", "labels", "networks", "sysctls", "extra_hosts")
RESET, OVERRIDE = TAGS = ("!reset", "!override")


def over(under: Mapping[str, Node], own: Mapping[str, Node]) -> dict[str, Node]:
    """Return a map's entries with those of another below them."""
    found = dict(under)
    for name, value in own.items():
        if value.tag == RESET:
            found.pop(name, None)
        elif name in found:
            found[name] = _merged(name, found[name], value)
        else:
            found[name] = value
    return found


def laid(under: Node, own: Node) -> Node:
    """Return a map over another one: what it says itself keeps its place."""
    pairs = []
    for name, value in over(under.entries(), own.entries()).items():
        key = own.key(name) or under.key(name) or Node("scalar", value.place, name)
        pairs.append((key, value))
    return own.replace(pairs=tuple(pairs))


def _merged(name: str, under: Node, own: Node) -> Node:
    if own.null:
        return under
    if own.tag == OVERRIDE or name in REPLACED:
        return own
    if name == "build":
        under, own = _context(under), _context(own)
    elif name in NAMED:
        under, own = _by_name(under), _by_name(own)
    if under.kind == own.kind == "map":
        return laid(under, own)
    if under.kind == own.kind == "list":
        taken = {_target(one) for one in own.items} - {""} if name == "volumes" else set()
        kept = [one for one in under.items if not taken or _target(one) not in taken]
        return own.replace(items=(*kept, *own.items))
    return own


def _context(node: Node) -> Node:
    """Return `build: .` as the map that it is short for."""
    if node.kind != "scalar":
        return node
    return Node("map", node.place, pairs=((Node("scalar", node.place, "context"), node),))


def _by_name(node: Node) -> Node:
    """Return a list of `NAME=value` or `NAME` as the map that it is short for."""
    if node.kind != "list":
        return node
    pairs = []
    for one in node.items:
        if one.kind == "scalar":
            name, equals, value = one.value.partition("=")
            told = Node("scalar", one.place, value, "'" if equals else "")
            pairs.append((Node("scalar", one.place, name), told))
    return Node("map", node.place, pairs=tuple(pairs))


def _target(volume: Node) -> str:
    """Return where something is mounted; by that Compose tells volumes apart."""
    if volume.kind == "map":
        found = volume.get("target")
        return found.value if found is not None else ""
    parts = volume.value.split(":")
    return parts[1] if len(parts) > 1 else parts[0]
