"""The order of a trial: load, order in the middle, and nobody who is under way is forgotten."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from supervisor.drill import trial as module
from supervisor.drill.client import Client
from supervisor.drill.outcome import ASKED, OVER, End
from supervisor.drill.site import Order
from supervisor.drill.traffic import Load
from supervisor.drill.trial import Middle, Progress, trial
from supervisor.errors import GracekeeperError, UsageError
from tests.drill.scripted import DEADLINE_S, OK_CLOSE, Peer, Scripted
from tests.drill.tls import TRUST, https, secure

CLIENTS = 4


class Acted:
    """A site without anything behind it but a server in this process."""

    name = "acted"

    def __init__(self, url: str, act: Callable[[], object] = lambda: None) -> None:
        self.url, self._act = url, act
        self.end = End(143, 0.1, signal=15, grace_s=10.0)
        self.said: list[str] = []

    def up(self) -> None:
        self.said.append("up")

    def base(self) -> str:
        return self.url

    def take(self, order: Order) -> End:
        self.said.append(order.action)
        self._act()
        return self.end

    def log(self) -> tuple[str, ...]:
        return ()

    def down(self) -> None:
        self.said.append("down")


def ours() -> list[str]:
    """Threads that a trial has left."""
    return [one.name for one in threading.enumerate() if one.name.startswith("drill")]


def answer(peer: Peer) -> None:
    with contextlib.suppress(ConnectionError):  # a load that is interrupted waits for nobody
        peer.read_head()
        peer.send(OK_CLOSE)


@pytest.fixture
def server() -> Iterator[Scripted]:
    with Scripted.tcp(answer) as one:
        yield one


def test_those_inside_are_awaited_after_the_end() -> None:
    """All clients are inside when it is asked, and answered only after it is over."""
    over = threading.Event()
    counted = iter(range(10_000))

    def script(peer: Peer) -> None:
        peer.read_head()
        if next(counted) >= 2 * CLIENTS:  # the first ones make the baseline
            assert over.wait(10)
        peer.send(OK_CLOSE)

    with Scripted.tcp(script) as server:
        site = Acted(server.url)
        site.end = End(None, 0.1)
        site._act = lambda: threading.Timer(0.2, over.set).start()
        found = trial(site, Order(), Load("/x", clients=CLIENTS))
    assert site.said == ["up", "stop"]
    assert found.tally.in_flight(ASKED).answered == CLIENTS
    assert found.tally.before(ASKED).answered >= CLIENTS
    assert (found.site, found.action, found.loaded) == ("acted", "stop", True)


def test_the_site_knows_best_when_it_was_asked_and_when_that_was_done(server: Scripted) -> None:
    """What it does before and after, as looking around, is no part of the order."""
    site = Acted(server.url)
    looked = threading.Event()

    def take_long() -> None:
        began = time.monotonic()
        assert not looked.wait(0.2)
        site.end = replace(site.end, asked_at=began + 0.1, over_at=began + 0.15)

    site._act = take_long
    found = trial(site, Order(), Load("/", clients=CLIENTS))
    assert found.tally.marks == {ASKED: site.end.asked_at, OVER: site.end.over_at}


def test_the_load_ends_with_a_stop(server: Scripted) -> None:
    site = Acted(server.url, server.refuse)
    found = trial(site, Order(), Load("/", clients=CLIENTS))
    assert (found.signal, found.grace_s, found.exit_code) == (15, 10.0, 143)
    assert not ours()


def test_who_has_ended_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither an answer nor, where the address is gone, a handshake comes any more."""
    monkeypatch.setattr(module, "LAST_ANSWER_S", 0.2)
    monkeypatch.setattr(module, "WARM_UP_S", 0.2)
    with Scripted.tcp(Peer.await_close) as server:
        began = time.monotonic()
        found = trial(Acted(server.url), Order(), Load("/", clients=CLIENTS))
    assert time.monotonic() - began < DEADLINE_S
    told = {"no answer when the load was over, before headers": CLIENTS}
    assert (dict(found.tally.reasons()), found.lost) == (told, CLIENTS)


def test_a_restart_is_over_when_everybody_was_answered_again(server: Scripted) -> None:
    found = trial(Acted(server.url), Order("restart"), Load("/", clients=CLIENTS))
    after = {one.client for one in found.tally.after("over").results}
    assert len(after) == CLIENTS


def test_what_moved_is_not_waited_for(server: Scripted) -> None:
    site = Acted(server.url)

    def move() -> None:
        site.url = "http://127.0.0.1:1"

    site._act = move
    found = trial(site, Order("restart"), Load(f"{server.url}/", clients=CLIENTS))
    assert found.end.hidden == ("what came after the restart: it answers at another address now",)


@pytest.mark.parametrize("at", [Middle(answered=30), Middle(seconds=0.3)])
def test_the_middle_is_where_it_was_said_to_be(server: Scripted, at: Middle) -> None:
    began = time.monotonic()
    found = trial(Acted(server.url), Order(), Load("/", clients=1), at=at)
    asked = found.tally.marks[ASKED]
    assert found.tally.before(ASKED).answered >= (at.answered or 1)
    assert asked - began >= (at.seconds or 0.0)


def test_the_middle_may_be_its_begin(server: Scripted) -> None:
    """That is as soon as anybody has asked: what comes before is not under load."""
    tally = trial(Acted(server.url), Order(), Load("/", clients=1), at=Middle(seconds=0.0)).tally
    assert tally.before(ASKED).answered + tally.in_flight(ASKED).accepted >= 1


@pytest.mark.parametrize("phase", ["", "starting"])
def test_without_a_load(server: Scripted, phase: str) -> None:
    """Nobody can be inside of what has not started, so a load is not sent then."""
    load = Load("/") if phase else None
    found = trial(Acted(server.url), Order("kill", phase=phase), load)
    assert (found.loaded, len(found.tally.results), found.tally.marks) == (False, 0, {})


def test_nobody_answers(server: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WARM_UP_S", 0.3)
    site = Acted(server.url)
    server.refuse()
    with pytest.raises(GracekeeperError, match=r"none of \d+ requests was answered .*ECONNREFUSED"):
        trial(site, Order(), Load("/", clients=CLIENTS))
    assert site.said == ["up"]


def test_answers_are_waited_for_as_long_as_they_come() -> None:
    """Each within the deadline, all of them not; when they cease, it says how many there were."""
    left = iter(range(10))

    def script(peer: Peer) -> None:
        peer.read_head()
        if next(left, None) is None:
            return peer.await_close()
        threading.Event().wait(0.1)
        return peer.send(OK_CLOSE)

    with Scripted.tcp(script) as server:
        load = Load("/", clients=1, deadline_s=0.25, connect_deadline_s=0.25)
        site = Acted(server.url)
        found = trial(site, Order(), load, at=Middle(answered=9))
        assert found.tally.before(ASKED).answered >= 9
        left = iter(range(2))
        with pytest.raises(GracekeeperError, match=r"only [12] of 9 requests to acted"):
            trial(site, Order(), load, at=Middle(answered=9))
    assert not ours()


@pytest.mark.parametrize(
    ("middle", "error", "told"),
    [
        (Middle(), OSError(24, "cannot connect: EMFILE. Raise `ulimit -n`."), "EMFILE"),
        (Middle(seconds=0.5), TimeoutError("the load has not ended"), "has not ended"),
    ],
)
def test_a_load_that_can_not_go_on_is_no_bug(
    server: Scripted, monkeypatch: pytest.MonkeyPatch, middle: Middle, error: OSError, told: str
) -> None:
    """Nobody is stopped for nothing, and the words are the load's."""

    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(Client, "perform", fail)
    site = Acted(server.url)
    with pytest.raises(GracekeeperError, match=rf"cannot load acted: .*{told}[^.]*") as raised:
        trial(site, Order(), Load("/", clients=CLIENTS), at=middle)
    assert not str(raised.value).endswith("..")
    assert site.said == ["up"]
    assert not ours()


def test_a_place_that_is_none() -> None:
    with pytest.raises(UsageError, match="cannot load acted"):
        trial(Acted("ftp://127.0.0.1"), Order(), Load("/"))


def test_a_failed_order_ends_the_load(server: Scripted) -> None:
    def fail() -> None:
        raise GracekeeperError("cannot stop it: no.")

    with pytest.raises(GracekeeperError, match="cannot stop it"):
        trial(Acted(server.url, fail), Order(), Load("/", clients=CLIENTS), progress=print)
    assert not ours()


def test_who_interrupts_does_not_wait_for_answers() -> None:
    """Ctrl-C while everybody is inside of something long."""

    def interrupt() -> None:
        raise KeyboardInterrupt

    with Scripted.tcp(lambda peer: peer.await_close()) as server:
        began = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            trial(Acted(server.url, interrupt), Order(), Load("/"), at=Middle(seconds=0.1))
    assert time.monotonic() - began < 5
    assert not ours()


def test_progress_is_told_while_the_order_is_carried_out(server: Scripted) -> None:
    told: list[Progress] = []
    heard = threading.Event()

    def tell(one: Progress) -> None:
        told.append(one)
        if one.part == "ordered":
            heard.set()

    site = Acted(server.url, lambda: heard.wait(10))
    trial(site, Order(), Load("/", clients=1), progress=tell)
    assert heard.is_set()
    assert told[-1].answered >= 1
    assert [one.seconds for one in told] == sorted(one.seconds for one in told)


@pytest.mark.parametrize("secured", [False, True])
def test_it_says_whether_https_was_spoken(secured: bool) -> None:
    """By that those in a queue are told from those at work."""

    def script(peer: Peer) -> None:
        with contextlib.suppress(OSError):
            answer(secure(peer) if secured else peer)

    with Scripted.tcp(script) as server:
        site = Acted(https(server.url) if secured else server.url)
        found = trial(site, Order(), Load("/x", clients=CLIENTS, trust=TRUST))
    assert found.secure is secured
