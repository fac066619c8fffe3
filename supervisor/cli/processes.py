"""Draws an inspection for a terminal: a tree, ports, memory, and the forecast."""

from __future__ import annotations

import os
import pwd
import shutil
import textwrap
from collections.abc import Iterator
from typing import Final

from supervisor.cli.status import MIB, duration
from supervisor.core.signalnames import name as signal_name
from supervisor.ops.disposition import DEAD, disposition
from supervisor.ops.inspection import Inspection
from supervisor.ops.listener import Listener
from supervisor.ops.masking import masked
from supervisor.ops.memory import Memory
from supervisor.ops.process import Process, Tree, has
from supervisor.ops.programs import main_word, title
from supervisor.ops.reach import reach

WIDEST, NARROWEST = 120, 60
STATES: Final = {"D": "uninterruptible", "T": "stopped", "t": "traced", "Z": "zombie"}


def text(found: Inspection) -> str:
    """Return it as wide as the terminal is."""
    width = min(max(shutil.get_terminal_size((100, 24)).columns, NARROWEST), WIDEST)
    blocks = [_title(found), _tree(found, width)]
    if found.listeners:
        blocks.append("Ports\n" + "\n".join(_port(one, found, width) for one in found.listeners))
    if found.memory:
        blocks.append(_memory(found.memory))
    blocks.append("\n".join(_forecast(found, width)))
    if found.hidden:
        blocks.append("Hidden\n" + "\n".join(_wrapped(one, width) for one in found.hidden))
    return "\n\n".join(blocks)


def _title(found: Inspection) -> str:
    scene = found.scene
    first = scene.tree.first
    name = found.container.name if found.container else f"process {first.pid}"
    image = f" ({found.container.image})" if found.container and found.container.image else ""
    how = f"{signal_name(scene.signal)}, then SIGKILL after {scene.grace_s:g} s"
    return f"{name}{image}: a stop is {how}"


def _tree(found: Inspection, width: int) -> str:
    scene = found.scene
    told = reach(scene)
    both = any(p.inner not in (0, p.pid) for p in scene.tree.processes)
    digits = max(len(str(p.pid)) for p in scene.tree.processes)
    users = max(4, *(len(_user(p.uid)) for p in scene.tree.processes))
    heads = f"  {'pid':>{digits}}" + ("  inside" if both else "") + f"  {'user':<{users}}     age"
    lines = [f"{heads}  told    then     command"]
    for branch, one in _branches(scene.tree):
        inside = f"  {one.inner or '':>6}" if both else ""
        what = disposition(one, scene.signal)
        head = (
            f"  {one.pid:>{digits}}{inside}  {_user(one.uid):<{users}}  {duration(one.age_s):>6}"
            f"  {told[one.pid]:<6}  {what:<7}  {branch}"
        )
        lines.append(_cut(f"{head}{_command(one, what)}", width))
    return "\n".join(lines)


def _branches(tree: Tree) -> Iterator[tuple[str, Process]]:
    """Return everybody with the lines that lead to them."""
    rows = list(tree.walk())
    open_: list[bool] = []
    for at, (depth, one) in enumerate(rows):
        following = (other for other, _ in rows[at + 1 :])
        more = next((other == depth for other in following if other <= depth), False)
        open_ = [*open_[:depth], more]
        lines = "".join("│  " if goes_on else "   " for goes_on in open_[1:depth])
        yield (f"{lines}{'├─ ' if more else '└─ '}" if depth else ""), one


def _command(one: Process, what: str) -> str:
    words = list(masked(one.argv)) or [f"[{one.name}]"]
    script, name = main_word(one.argv), title(one)
    if name != one.program and script in words:  # a program that is a script of Python's
        words = [name, *words[words.index(script) + 1 :]]
    words[0] = words[0].rpartition("/")[2] if " " not in words[0] else words[0]
    shown = " ".join(f"'{w}'" if " " in w and w is not words[0] else w for w in words)
    notes = [STATES[one.state]] if one.state in STATES else []
    if one.state == "D" and one.wchan:
        notes.append(f"in {one.wchan}")
    pending = [signal_name(n) for n in range(1, 65) if has(one.pending, n)]
    if pending and what != DEAD:
        notes.append(f"{', '.join(pending)} pending")
    shown = " ".join(shown.split())
    return f"({', '.join(notes)}) {shown}" if notes else shown


def _port(one: Listener, found: Inspection, width: int) -> str:
    room = f" of {one.backlog}" if one.backlog is not None else ""
    told = f"{one.kind:<4}  {one.address}: {one.queued}{room} queued, {one.connected} connected"
    if one.running:
        told += f", {one.running} in request for up to {duration(one.longest_s)}"
    return _wrapped(f"{told}; {_holders(one, found)}", width, more="        ")


def _holders(one: Listener, found: Inspection) -> str:
    if one.holders is None:
        return "who holds it is hidden"
    names: dict[str, list[str]] = {}
    for process in found.scene.tree.processes:
        if process.pid in one.holders:
            names.setdefault(title(process), []).append(str(process.pid))
    return ", ".join(f"{name} {', '.join(pids)}" for name, pids in names.items()) or "nobody here"


def _memory(one: Memory) -> str:
    limit = "no limit" if one.limit is None else f"of {one.limit / MIB:.1f} MiB"
    used = "?" if one.used is None else f"{one.used / MIB:.1f} MiB"
    kills = "" if one.kills is None else f", {one.kills} killed for want of it"
    most = "" if one.most_tasks is None else f" of {one.most_tasks}"
    tasks = "" if one.tasks is None else f"; {one.tasks}{most} tasks"
    return f"Memory\n  {used}, {limit}{kills}{tasks} (cgroup v{one.version})"


def _forecast(found: Inspection, width: int) -> Iterator[str]:
    one = found.forecast
    yield "Forecast"
    yield _wrapped(one.sentence, width)
    if one.give_or_take_s:
        yield _wrapped(f"Give or take {one.give_or_take_s:.1f} s.", width)
    if one.unsure:
        yield _wrapped(f"Not certain without knowing: {one.unsure}.", width)
    if one.cut:
        names = {p.pid: title(p) for p in found.scene.tree.processes}
        told = ", ".join(f"{names[pid]} {pid}" for pid in one.cut)
        yield _wrapped(f"Killed with PID 1, which does not wait for them: {told}.", width)
    if one.todo:
        yield _wrapped(one.todo, width)


def _wrapped(text_: str, width: int, more: str = "  ") -> str:
    return textwrap.fill(
        text_,
        width,
        initial_indent="  ",
        subsequent_indent=more,
        break_on_hyphens=False,
        break_long_words=False,
    )


def _cut(line: str, width: int) -> str:
    return line if len(line) <= width else f"{line[: width - 1]}…"


def _user(uid: int) -> str:
    """Return a user's name here; it may be another one inside."""
    try:
        return pwd.getpwuid(uid).pw_name[:8] if uid in (0, os.getuid()) else str(uid)
    except KeyError:
        return str(uid)
