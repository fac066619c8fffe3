"""A GracefulContainer is a DockerContainer, with four ways to end it that tell how it went."""

from __future__ import annotations

from pathlib import Path

import pytest
from docker.errors import APIError, NotFound
from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import LogMessageWaitStrategy

from supervisor.drill.sites.place import answers
from supervisor.errors import GracekeeperError, UsageError
from supervisor.testing import GracefulContainer, Load
from supervisor.testing.container import NO_REAPER
from tests.testing.servers import APP_FILES, GUNICORN

pytestmark = pytest.mark.docker

SLOW = Load("/slow", clients=4)
ENDS_ITSELF = """
import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(3))
print("begun", flush=True)
time.sleep(600)
"""


def gunicorn(image: str, **options: object) -> GracefulContainer:
    """As many workers as clients: none of them queues."""
    one = GracefulContainer(image).with_command([*GUNICORN, "-w", "4"]).with_kwargs(**options)
    for path, text in APP_FILES.items():
        one.with_copy_into_container(text, path)
    return one.with_exposed_ports(8000)


def test_what_serves_no_http_waits_as_testcontainers_does(staged_image: str) -> None:
    """Its own wait strategies work; without a port, and without a load, nobody is asked."""
    begun = LogMessageWaitStrategy("begun")
    one = GracefulContainer(staged_image).with_command(["python3", "-c", ENDS_ITSELF])
    with one.waiting_for(begun).with_exposed_ports(5432):
        outcome = one.stop_gracefully(grace=5)
    assert (outcome.exit_code, outcome.loaded, outcome.site) == (3, False, staged_image)
    assert not outcome.clean
    assert outcome.end.log == ("begun",)
    with pytest.raises(NotFound):
        one.get_wrapped_container().reload()


def test_what_does_not_get_ready_says_why(staged_image: str) -> None:
    """And nothing of it stays."""
    one = GracefulContainer(staged_image).with_command(["sh", "-c", "echo no such host; exit 7"])
    told = f"up: {staged_image} ended with 7; it said last: no such host"  # not an id
    with pytest.raises(GracekeeperError, match=told):
        one.with_exposed_ports(8000).__enter__()
    with pytest.raises(NotFound):
        one.get_wrapped_container().reload()


def test_a_container_that_is_restarted_and_recycled_and_killed(staged_image: str) -> None:
    """One after the other; the load goes on through the first two, and finds it where it is."""
    with gunicorn(staged_image).with_ready("/slow") as one:
        restarted = one.restart_gracefully(grace=5, load=SLOW, signal="INT")
        assert answers(one.base())
        recycled = one.recycle(load=SLOW)
        by_name = one.recycle(signal="HUP", within_s=20)
        assert answers(one.base())
        killed = one.kill_at("stopping", load=SLOW)
    assert (restarted.action, restarted.signal) == ("restart", 2)
    assert restarted.tally.after("over").answered >= SLOW.clients
    assert (recycled.exit_code, recycled.lost, recycled.end.wrong) == (None, 0, "")
    assert (by_name.signal, by_name.grace_s, by_name.end.wrong) == (1, 20, "")
    assert (killed.exit_code, killed.clean) == (137, False)
    assert killed.lost > 0


def test_what_can_not_be_done_is_told_in_words_alone(staged_image: str) -> None:
    """The traceback ends in the test: what is below is no one's business who wrote it."""
    one = GracefulContainer(staged_image).with_command(["python3", "-m", "http.server", "8000"])
    with one.with_exposed_ports(8000):
        with pytest.raises(UsageError, match=r'recycle\(signal="HUP"\)') as told:
            one.recycle(Load("/", clients=1))
        assert {Path(frame.path).name for frame in told.traceback} <= {
            "test_container.py",
            "subject.py",
        }
        with pytest.raises(UsageError, match=r"there are serving, .*starting"):
            one.kill_at("launching")


def test_a_reaper_that_can_not_be_pulled_is_told_with_the_way_out(
    staged_image: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error is testcontainers' own, and names neither; others are left as they are."""
    for what, notes in (("testcontainers%2Fryuk", [NO_REAPER]), ("team%2Fapp", [])):

        def refuse(_: object, what: str = what) -> None:
            raise APIError(f"500 for images/create?fromImage={what}")

        monkeypatch.setattr(DockerContainer, "start", refuse)
        with pytest.raises(APIError) as told:
            GracefulContainer(staged_image).start()
        assert getattr(told.value, "__notes__", []) == notes


def test_signal_and_port_are_those_that_are_named(staged_image: str) -> None:
    """A name of signal(7), or a number; and a port that is not the first."""
    with gunicorn(staged_image).with_exposed_ports(9000).with_ready(port=8000) as one:
        for wrong in ("TREM", 99):
            with pytest.raises(UsageError, match=f"cannot send {wrong!r}"):
                one.stop_gracefully(signal=wrong)
        with pytest.raises(UsageError, match="cannot wait -1 s"):
            one.stop_gracefully(grace=-1)
        outcome = one.stop_gracefully(5, "INT", SLOW, port=8000)
        with pytest.raises(GracekeeperError, match="the stop before has ended it"):
            one.stop_gracefully(5)
    assert (outcome.signal, outcome.exit_code) == (2, 0)


def test_where_only_testcontainers_knows_the_way(
    staged_image: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a job that is a container beside this one."""
    monkeypatch.setattr("supervisor.drill.sites.container.bases", lambda *_: ())
    with gunicorn(staged_image) as one:
        where = f"http://{one.get_container_host_ip()}:{one.get_exposed_port(8000)}"
        assert one.base() == where
        assert one.addresses(9) == ()


def test_the_fixture_removes_what_it_started(
    staged_image: str, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also after a failure, and leaves the report of the stop."""
    monkeypatch.setenv("REQUIRE_DOCKER", "1")
    pytester.makepyfile(f"""
        from supervisor.testing import Load
        from tests.testing.test_container import SLOW, gunicorn

        def test_it(graceful_container):
            one = graceful_container(gunicorn({staged_image!r}), ready="/slow")
            print("id", one.get_container_id())
            assert one.stop_gracefully(grace=5, load=SLOW).lost == -1
    """)
    done = pytester.runpytest_inprocess("--gracekeeper-report-dir=made", "-s")
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(["*AssertionError*"])
    assert len(list(pytester.path.joinpath("made").iterdir())) == 2
    name = done.stdout.str().rpartition("\nid ")[2].partition("\n")[0].strip()
    client = GracefulContainer(staged_image).get_docker_client().client
    with pytest.raises(NotFound):
        client.containers.get(name)
    client.close()
