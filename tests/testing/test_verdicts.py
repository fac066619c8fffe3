"""Well-known servers, stopped in the middle of a load: each gets the verdict that it deserves."""

from __future__ import annotations

import pytest

from supervisor.drill.outcome import ASKED
from supervisor.testing import GracefulContainer, Load, assert_graceful
from tests.testing.servers import SERVERS, Server

pytestmark = pytest.mark.docker

CLIENTS = 8
GRACE_S, TOO_SHORT_S = 3, 1  # whoever is killed at its end is killed sooner


@pytest.mark.parametrize("server", SERVERS, ids=lambda server: server.name)
def test_the_verdict(staged_image: str, server: Server) -> None:
    """Exit code, killed or not, lost or not, and why; and the story says so."""
    one = GracefulContainer(staged_image).with_command(list(server.command))
    one.with_kwargs(**server.options)
    for path, text in server.files.items():
        one.with_copy_into_container(text, path, mode=0o755)
    load = Load(server.path, clients=CLIENTS)
    grace_s = TOO_SHORT_S if server.killed else GRACE_S
    with one.with_exposed_ports(8000):
        outcome = one.stop_gracefully(grace_s, server.signal, load)
    assert (outcome.exit_code, outcome.end.killed) == (server.code, server.killed)
    assert outcome.end.cause
    assert outcome.end.cause.id == server.cause
    assert outcome.refused > 0
    inside = outcome.tally.in_flight(ASKED)
    assert inside.lost + inside.answered >= CLIENTS - 1
    if server.lost is None:  # two workers have two; the others are in the queue
        assert inside.answered >= 2
    else:
        assert (outcome.lost > 0) is server.lost
    if server.killed:
        assert grace_s <= outcome.seconds < grace_s + 2
    else:
        assert outcome.seconds < GRACE_S
    if outcome.clean:
        assert assert_graceful(outcome) is outcome
    else:
        with pytest.raises(AssertionError, match=server.says):
            assert_graceful(outcome)


def test_the_sample_app_loses_nothing(app_image: str) -> None:
    """143, in time, and everybody who was inside was answered."""
    one = GracefulContainer(app_image).with_ready("/readyz", port=8081)
    load = Load("/api/export?pace_s=0.1", clients=CLIENTS)
    with one.with_exposed_ports(8000):
        outcome = assert_graceful(one, grace=10, seconds=9, exit_code=143, load=load)
    assert outcome.lost == 0
    assert outcome.tally.in_flight(ASKED).answered >= CLIENTS - 1
    assert outcome.turned_away + outcome.refused > 0
