"""The report of a database: what was rolled back, and whether the next start has to recover."""

from __future__ import annotations

import pytest

from supervisor.core.events import Asked, Exited
from supervisor.core.fleet import Fleet, Part
from supervisor.core.looks import Look
from supervisor.core.policy import Policy
from supervisor.report.fleet import verdict
from supervisor.servers.postgres import ladder
from tests.report.lives import Life

POSTGRES = Policy(
    grace_s=5.0,
    looks=True,
    ladder=ladder.LADDER,
    unready_ladder=ladder.LADDER,
    forced_ladder=ladder.OUT_OF_TIME,
    shut_signal=ladder.SHUT,
    quiesce_s=2.0,
)
EMPTY = Look(ready=True, in_request=0, requests=None)
OPEN = EMPTY.replace(serving=1, in_request=1, running=("app shop COMMIT",))
RECOVERS = " The database was not shut down (its state is 'in production'): its next start recovers"


def quiet() -> Life:
    """Idle clients only."""
    return Life(POSTGRES).shut("none").look(EMPTY, EMPTY, EMPTY).end()


def nobody() -> Life:
    """Without any client it ends at the signal that shuts its door."""
    return Life(POSTGRES).shut("none").look(EMPTY).end(after_s=0.01)


def too_long() -> Life:
    """A transaction stays open."""
    return Life(POSTGRES).shut("none").wait_for("stopping", OPEN).end()


def hurried() -> Life:
    """The wait is skipped by a second signal."""
    return Life(POSTGRES).shut("none").look(*[OPEN] * 70).tell(Asked(15)).end()


def died() -> Life:
    """Out of memory, while somebody was waited for."""
    return Life(POSTGRES).shut("none").look(OPEN).end(-9, after_s=0.01)


@pytest.mark.parametrize(
    ("life", "cluster", "lost", "cut", "verdict"),
    [
        (quiet(), "shut down", 0, None,
         "SIGTERM was answered in 0.1 s: no request was lost. Exit 143."),
        (nobody(), "shut down in recovery", 0, None,
         "SIGTERM was answered in 0.0 s: no request was lost. Exit 143."),
        (too_long(), "shut down", 1, "delay-over",
         "The drain delay of 2 s was over: 1 transaction still ran (app shop COMMIT), and was"
         " rolled back. Give more of it, or make them shorter. Exit 143."),
        (hurried(), "shut down", 1, "hurried",
         "Hurried: 1 request still ran (app shop COMMIT) when a second signal came, and was cut."
         " Exit 143."),
        (died(), "in production", 1, "died",
         "The service died while it was stopping, by SIGKILL: 1 request still ran (app shop"
         " COMMIT). Its own last lines or the kernel's (out of memory?) say why."
         f"{RECOVERS} it. Exit 143."),
    ],
    ids=["quiet", "nobody", "too-long", "hurried", "died"],
)  # fmt: skip
def test_what_it_says(
    life: Life, cluster: str, lost: int | None, cut: str | None, verdict: str
) -> None:
    """Transactions are rolled back, not lost in silence; a cluster is clean or it is not."""
    report = life.report(cluster)
    assert report["service"]["cluster"] == cluster
    assert (report["requests"]["lost"], report["requests"]["cut"]) == (lost, cut)
    assert report["requests"]["served"] is None
    assert report["budget"]["drain_delay_s"] == 2.0
    assert report["verdict"] == verdict


def test_the_signal_that_shuts_the_door_cuts_nobody() -> None:
    """It goes to the main process while transactions run, and lets them run on."""
    life = Life(POSTGRES).shut("none").look(OPEN, EMPTY, EMPTY, EMPTY)
    assert life.tell(Exited(7, 0)).end().report("shut down")["requests"]["lost"] == 0


def test_among_other_services_it_is_told_as_well() -> None:
    """A cluster that needs a recovery is news even where nobody was cut."""
    reports = {"db": quiet().report("in production"), "app": quiet().report()}
    parts = {name: Part(name) for name in reports}
    told = verdict(Fleet(parts, {}, asked=True), reports, 143, "SIGTERM", 0.1)
    assert told == (
        "SIGTERM was answered in 0.1 s. db: SIGTERM was answered in 0.1 s: no request was lost."
        f"{RECOVERS} it. Exit 143."
    )
