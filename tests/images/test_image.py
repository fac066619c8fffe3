"""What the image is made of, and how it runs when nothing happens."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from docker import DockerClient

from tests.images.sample import HEALTH_PORT, PYTHON, Sample
from tests.images.watch import Watch

pytestmark = pytest.mark.docker


@pytest.fixture(scope="module")
def sample(app_image: str) -> Iterator[Sample]:
    with Sample(app_image) as running:
        yield running


def test_no_shell_is_configured(engine: DockerClient, app_image: str) -> None:
    """Entrypoint and health check are in exec form, and Docker's default stop signal stays."""
    config = engine.images.get(app_image).attrs["Config"]
    assert config["Entrypoint"][:3] == ["/opt/venv/bin/gracekeeper", "hold", PYTHON]
    assert config["Healthcheck"]["Test"][:2] == ["CMD", PYTHON]
    assert not config.get("StopSignal")
    assert config["User"] == "10001:10001"


def test_pid_1_is_the_keeper(sample: Sample) -> None:
    """PID 1 is Python itself, and no shell stands between it and the workers."""
    code, out = sample.run(
        PYTHON,
        "-c",
        "import glob, json; print(json.dumps({p.split('/')[2]: open(p, 'rb').read().decode()"
        ".split(chr(0)) for p in glob.glob('/proc/[0-9]*/cmdline')}))",
    )
    assert code == 0, out
    commands = json.loads(out)
    assert "python" in commands["1"][0]
    assert not [c for c in commands.values() if c[0].rsplit("/", 1)[-1] in {"sh", "bash", "dash"}]


@pytest.mark.parametrize("tool", ["gcc", "cc", "strip", "make"])
def test_what_compiles_stays_behind(sample: Sample, tool: str) -> None:
    """The compiler was needed in the first stage only."""
    code, out = sample.run(PYTHON, "-c", f"import shutil; print(shutil.which({tool!r}))")
    assert (code, out.strip()) == (0, "None")


def test_the_venv_cannot_install(sample: Sample) -> None:
    """pip belongs to the build."""
    code, out = sample.run(PYTHON, "-I", "-m", "pip", "--version")
    assert code == 1
    assert "No module named pip" in out


def test_everything_is_compiled(sample: Sample) -> None:
    """Nothing can be written on a read-only root, so each start would compile again."""
    script = (
        "import pathlib, sys, importlib.util as u; "
        "venv = [p for p in sys.path if p.startswith('/opt/venv/')]; "
        "roots = ['/opt/code', '/opt/uwsgi', *venv]; "
        "print([str(f) for r in roots for f in pathlib.Path(r).rglob('*.py') "
        "if not pathlib.Path(u.cache_from_source(str(f))).exists()])"
    )
    code, out = sample.run(PYTHON, "-c", script)
    assert (code, out.strip()) == (0, "[]")


def test_health_check_follows_readiness(sample: Sample) -> None:
    """The command that Docker runs says yes, and no where nobody listens."""
    command = [PYTHON, "-I", "-S", "/opt/uwsgi/healthcheck.py"]
    assert sample.run(*command) == (0, "HTTP/1.1 200 OK\n")
    code, out = sample.run("env", "GRACEKEEPER_HEALTH=127.0.0.1:9", *command)
    assert code == 1, out


def test_health_check_without_health_port_asks_the_app(sample: Sample) -> None:
    """Where the keeper's endpoints are switched off, the app's own tells."""
    command = [PYTHON, "-I", "-S", "/opt/uwsgi/healthcheck.py"]
    code, out = sample.run("env", "GRACEKEEPER_HEALTH=", *command)
    assert (code, out.split()[1]) == (0, "200")


def test_idle_stop_is_quick_and_says_143(app_image: str) -> None:
    """With nothing to wait for, `docker stop` needs no grace, and alive ends with ready."""
    with Sample(app_image) as sample:
        with Watch(sample.host, sample.port(HEALTH_PORT), "/livez") as alive:
            ending = sample.stop(timeout_s=10)
        assert ending.code == 143, ending.told_log()
        assert ending.report["exit_code"] == 143
        assert alive.statuses() == {200}


@pytest.mark.parametrize("attempt", range(3))
def test_stop_in_the_first_instant(app_image: str, attempt: int) -> None:
    """A signal that comes before Python can handle one is kept, not lost."""
    with Sample(app_image, ready=None) as sample:
        sample.wait_for_block()
        ending = sample.stop(timeout_s=8)
    assert ending.code == 143, ending.told_log()


@pytest.mark.parametrize(
    ("command", "code"), [([], 2), (["/nowhere"], 127), (["/opt"], 126), (["true"], 0)]
)
def test_hold_signals_becomes_its_command(sample: Sample, command: list[str], code: int) -> None:
    """It ends as its command does, or says why there is none."""
    assert sample.run("/opt/venv/bin/gracekeeper", "hold", *command)[0] == code


def test_interrupt_is_130(app_image: str) -> None:
    """The exit code tells which signal it was."""
    with Sample(app_image) as sample:
        ending = sample.end("SIGINT")
        assert ending.code == 130, ending.told_log()
