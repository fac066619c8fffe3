"""Whole lives in memory: every policy with every made-up server, from polite to deaf."""

from __future__ import annotations

import pytest

from supervisor.core.policy import Policy
from supervisor.core.replay import first_divergence
from supervisor.testing import gallery, play
from supervisor.testing.driver import broken_by
from supervisor.testing.server import Manners
from tests.core.policies import EVERY, PASSING, SELF_SHUTTING

LIVES = [policy for policy in EVERY if policy.stops]


def manners(policy: Policy) -> Manners:
    """What the words of a policy's ladder mean to its server."""
    if policy is SELF_SHUTTING:
        return Manners(drains=(), shuts=(15,))
    if policy is PASSING:
        return Manners(drains=(3,))
    return Manners(drains=("q",)) if policy.forced_ladder and not policy.finishes else Manners()


@pytest.mark.parametrize("policy", LIVES, ids=range(len(LIVES)))
def test_who_ends_in_time_loses_nobody_and_everybody_ends(policy: Policy) -> None:
    """The laws hold at every step and of the whole, and the journal replays."""
    cases = gallery(policy, manners(policy))
    assert len(cases) > 20
    for case in cases:
        tale = play(policy, case.server, case.scene)
        assert list(broken_by(tale, case)) == [], "\n".join((str(case), *tale.told()))
        assert first_divergence(policy, tale.journal) is None
