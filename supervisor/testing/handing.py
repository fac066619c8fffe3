"""What can be said of a `Program`: its words, and what it answers when doors are handed to it."""

from __future__ import annotations

import re
from math import ceil
from typing import TYPE_CHECKING

from supervisor.address import Address
from supervisor.core.policy import Policy
from supervisor.core.record import Record
from supervisor.errors import UsageError
from supervisor.servers import programs
from supervisor.servers.program import Listening

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from supervisor.servers.program import Handover, Program

    Pair = tuple[str, str]

KEEPER = 1
FDS = (7, 8)
HUP = 1
MORE_S = 20.0
TINY_S = 0.3


class Hand(Record):
    """A program, what the user wrote for it, and the seconds between a signal and the KILL."""

    program: Program
    arguments: tuple[str, ...]
    environment: tuple[tuple[str, str], ...]
    budget_s: float

    def __call__(self, doors: Sequence[Listening]) -> Handover:
        """Hand doors over; UsageError where the program takes no such door."""
        words = self.program.words(self.arguments, self.environment)
        return self.program.hand(words, doors, self.budget_s, KEEPER)


def policy_of(
    program: Program,
    arguments: Sequence[str] = (),
    environment: Sequence[tuple[str, str]] = (),
    *,
    grace_s: float = 10.0,
    drain_delay_s: float = 0.0,
) -> Policy:
    """Return the Policy that `gracekeeper --listen ADDR -- PROGRAM ARGUMENTS` has; seconds."""
    policy = Policy(grace_s, drain_delay_s)
    hand = Hand(program, tuple(arguments), tuple(environment), budget_of(policy))
    handed = hand(doors_of(program)[0])
    # What can be restarted is, at SIGHUP; else the program may know the signal itself.
    keeps = handed.no_restart or program.binds
    return policy.replace(
        looks=True,
        ladder=program.ladder,
        unready_ladder=program.ladder,
        forced_ladder=program.ladder,
        forward=tuple(one for one in handed.forward if keeps or one != HUP),
        finishes=handed.finishes,
    )


def budget_of(policy: Policy) -> float:
    """Return the seconds between a signal and the first KILL, as `hand` gets them."""
    return policy.grace_s - policy.drain_delay_s - policy.reserve_s


def doors_of(program: Program) -> list[list[Listening]]:
    """Return the doors that a program may have to serve."""
    addresses = (
        Address("inet", "", 8001),
        Address("inet6", "::1", 8002),
        Address("unix", path="/run/made-up.sock"),
    )
    first, second = (-1, -1) if program.binds else FDS
    doors = [[Listening(address, first)] for address in addresses]
    if program.several:
        doors.append([Listening(addresses[0], first), Listening(addresses[1], second)])
    return doors


def faults(hand: Hand) -> Iterator[str]:
    """Yield what is wrong with a program, each as one sentence."""
    yield from _word_faults(hand.program)
    taken = 0
    for doors in doors_of(hand.program):
        where = ", ".join(str(door.address) for door in doors)
        try:
            handed, again = hand(doors), hand(doors)
        except UsageError:
            continue  # such a door it does not take, and says so
        taken += 1
        if handed != again:
            yield f"hand({where}) answers differently when it is asked twice"
        for fault in (
            *_option_faults(handed, doors, binds=hand.program.binds),
            *_user_faults(hand, handed, doors),
            *_time_faults(hand, doors),
        ):
            yield f"hand({where}): {fault}"
    if not taken:
        yield "hand takes no door at all"


def pairs(options: Sequence[str]) -> list[Pair]:
    """Return options with their values, "" for those without."""
    found: list[Pair] = []
    for word in options:
        name, _, value = word.partition("=") if word.startswith("-") else ("", "", word)
        if name:
            found.append((name, value))
        elif found and not found[-1][1]:
            found[-1] = (found[-1][0], value)
        else:
            found.append(("", value))
    return found


def _word_faults(program: Program) -> Iterator[str]:
    names = (program.name, *program.other_names)
    others = {
        name
        for one in programs.known()
        if one.hand is not program.hand  # or it is a variant of the same
        for name in (one.name, *one.other_names)
    }
    for name in names:
        if not name or "/" in name or names.count(name) > 1 or name in others:
            yield f"its name {name!r} is empty, a path, or not its alone"
    options = [one.option for one in program.contradictions]
    for one in program.contradictions:
        if not one.option.startswith("-") or options.count(one.option) > 1:
            yield f"the contradiction {one.option!r} is no option, or stands there twice"
        if not (one.why and one.todo) or one.why.endswith(".") or one.todo.endswith("."):
            yield f"the contradiction {one.option} needs a why and a todo, without a full stop"
        if len(one.letter) > 1:
            yield f"the contradiction {one.option} has a letter of {len(one.letter)}"


def _option_faults(handed: Handover, doors: Sequence[Listening], *, binds: bool) -> Iterator[str]:
    """Every door is named, and nothing is said twice."""
    found = pairs(handed.options)
    for name, value in found:
        if found.count((name, value)) > 1 or sum(one == name for one, _ in found) > len(doors):
            yield f"the option {name or value} is given more than once"
    variables = [name for name, _ in handed.environment]
    if len(set(variables)) < len(variables):
        yield f"a variable is set more than once: {', '.join(variables)}"
    text = " ".join((*handed.options, *(value for _, value in handed.environment)))
    for door in doors:
        number = str(door.address.port) if binds else str(door.fd)
        sought = door.address.path if binds and door.address.path else number
        if not re.search(rf"(?<!\d){re.escape(sought)}(?!\d)", text):
            yield f"neither its options nor its variables name the door {sought}"


def _user_faults(hand: Hand, handed: Handover, doors: Sequence[Listening]) -> Iterator[str]:
    """What the user may write, the user has written."""
    for name, value in dict(pairs(handed.options)).items():
        written = (*hand.arguments, *((name, value) if value else (name,)))
        try:
            again = hand.replace(arguments=written)(doors)
        except UsageError:
            continue  # it is refused, and the user told why
        if name in dict(pairs(again.options)):
            yield f"{name} is added although the user has written it. Leave it, or refuse it"


def _time_faults(hand: Hand, doors: Sequence[Listening]) -> Iterator[str]:
    """Find options that follow the budget: they are times, and have to fit."""
    more, tiny = (
        dict(pairs(hand.replace(budget_s=budget_s)(doors).options))
        for budget_s in (hand.budget_s + MORE_S, TINY_S)
    )
    found = pairs(hand(doors).options)
    for name, value in found:
        several = sum(one == name for one, _ in found) > 1  # one for each door
        if several or more.get(name, value) == value:
            continue
        for text, budget_s in ((value, hand.budget_s), (more[name], hand.budget_s + MORE_S)):
            try:
                seconds = float(text)
            except ValueError:
                yield f"{name} {text} follows the budget and is no number of seconds"
                continue
            if not budget_s / 2 <= seconds <= ceil(budget_s):
                yield f"{name} {text} does not fit the {budget_s:g} s before the first KILL"
        if tiny.get(name, "") in ("0", "0.0") or tiny.get(name, "").startswith("-"):
            yield f"{name} {tiny[name]} for a budget of {TINY_S:g} s: that often means for ever"
