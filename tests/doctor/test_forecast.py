"""What a stop would do: paths, seconds, whole projects, and what stays unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from supervisor.doctor.forecast.ending import ending, worst_s
from supervisor.doctor.forecast.forecast import forecasts
from supervisor.doctor.forecast.project import projects
from supervisor.doctor.forecast.sentences import HOW
from supervisor.doctor.house.house import house_of
from supervisor.doctor.output.forecast import told
from supervisor.doctor.services.service import KINDS
from tests.rules.sources import files, imports

if TYPE_CHECKING:
    from supervisor.doctor.forecast.forecast import Forecast

PACKAGE = "supervisor.doctor.forecast"
ORDER = (
    *("step", "stop", "fate", "programs", "path", "forecast"),
    *("ending", "project", "sentences", "document"),
)
SLIM = "FROM python:3.11-slim\n"
GUNICORN = '["gunicorn", "app:app"]'
UWSGI = '["uwsgi", "--http-socket", ":80", "--wsgi-file", "app.py"'
HOOK = ', "--hook-master-start", "unix_signal:15 gracefully_kill_them_all"'


def found(**files: str) -> tuple[Forecast, ...]:
    """Return those of files; `x_yaml` is x.yaml."""
    named = {name.replace("_", ".", 1): text for name, text in files.items()}
    return forecasts(house_of(named))


def of_image(cmd: str, *lines: str, **files: str) -> Forecast:
    copies = "".join(f"COPY {name.replace('_', '.')} /\n" for name in files)
    extra = "".join(f"{line}\n" for line in lines)
    (one,) = found(Dockerfile=f"{SLIM}{copies}{extra}CMD {cmd}\n", **files)
    return one


def drawn(*all_of_them: Forecast) -> list[str]:
    console = Console(width=120, file=None, color_system=None)
    with console.capture() as caught:
        for line in told(all_of_them):
            console.print(line, soft_wrap=True, highlight=False)
    return caught.get().splitlines()


def test_the_path_is_drawn_process_by_process() -> None:
    """A service, its script, what hears nothing, and what it costs."""
    files = {
        "Dockerfile": f"{SLIM}COPY start.sh /\nCMD /start.sh\n",
        "start.sh": "#!/bin/sh\nset -e\nnginx &\ngunicorn app:app\n",
        "compose.yaml": "services:\n  web:\n    build: .\n",
    }
    assert drawn(*forecasts(house_of(files))) == [
        "web (compose.yaml:2)  docker compose stop: SIGTERM, 10 s",
        "  1 sh -c (dash)        Dockerfile:3  does not pass SIGTERM on",
        "  └ start.sh (dash)     Dockerfile:3  never hears of it",
        "    └ gunicorn app:app  start.sh:4    never hears of it",
        "→ killed after 10 s, exit 137",
        "  it goes on for 10 s; requests that run then are lost",
        "",
    ]


def test_what_runs_beside_the_path_is_drawn_too() -> None:
    """It gets nothing from this script, and nobody says more of it."""
    script = "#!/bin/sh\ntrap 'kill $P; wait $P' TERM\nnginx &\ngunicorn app:app & P=$!\nwait $P\n"
    lines = drawn(of_image('["/start.sh"]', start_sh=script))
    assert lines[1:4] == [
        "  1 start.sh (dash)   Dockerfile:3  its trap passes SIGTERM on and waits",
        "  ├ gunicorn app:app  start.sh:4    finishes its requests and ends",
        "  └ nginx             start.sh:3    runs beside it",
    ]


@pytest.mark.parametrize(
    "cmd, signal",
    [
        (f"{UWSGI}]", "SIGQUIT"),
        (f"{UWSGI}]", "SIGINT"),
        ('["celery", "-A", "x", "worker"]', "SIGQUIT"),
    ],
)
def test_what_was_not_measured_is_marked(cmd: str, signal: str) -> None:
    """The answer is a guess, and says so."""
    one = of_image(cmd, f"STOPSIGNAL {signal}")
    assert "was not measured" in one.unsure[0]
    assert "? unsure: " in "\n".join(drawn(one))


@pytest.mark.parametrize(
    "cmd, why",
    [
        ('["/opt/thing"]', "nobody has measured what `thing` does at SIGTERM"),
        ('["/entry.sh"]', "`entry.sh` is not followed"),
        ('["uwsgi", "--ini", "/elsewhere.ini"]', "not all of them are in the tree"),
    ],
)
def test_what_nobody_can_tell_stays_unknown(cmd: str, why: str) -> None:
    """Not a guess: but the grace period bounds it."""
    one = of_image(cmd)
    assert ending(one, 1) is None
    (line,) = [line for line in drawn(one) if line.startswith("→ unknown, because ")]
    assert why in line
    assert "10 s at most" in line


def test_a_stranger_behind_a_deaf_shell_is_told_all_the_same() -> None:
    """What it does at SIGTERM does not matter: it never hears of it."""
    one = of_image('["sh", "-c", "/opt/thing; true"]')
    assert worst_s(one) == 10
    assert not one.unsure


@pytest.mark.parametrize(
    "body, code",
    [
        ("import time\nwhile True:\n    time.sleep(1)\n", 137),
        ("import time, signal\nwhile True:\n    time.sleep(1)\n", None),
        ("import time, framework\nframework.serve()\n", None),
        ("import os, importlib\nimportlib.import_module(os.environ['APP']).serve()\n", None),
        ("exec(open('serve.py').read())\n", None),
    ],
)
def test_a_python_program_without_a_handler(body: str, code: int | None) -> None:
    """As PID 1 it is deaf; what imports others may have a handler from them."""
    end = ending(of_image('["python", "main.py"]', "WORKDIR /", main_py=body), 1)
    assert (end.code if end else None) == code


def test_a_command_in_a_fifo_is_graceful_where_the_trap_waits() -> None:
    """The classic script with one `wait` loses all; one that waits in its trap loses nothing."""
    start = 'trap "echo q > /tmp/fifo{}" TERM\n'
    rest = "uwsgi --master --http-socket :80 --wsgi-file app.py &\nwait $!\n"
    once = of_image('["/start.sh"]', start_sh=f"#!/bin/bash\n{start.format('')}{rest}")
    waits = of_image('["/start.sh"]', start_sh=f"#!/bin/bash\n{start.format('; wait')}{rest}")
    ends = [ending(one, 2) for one in (once, waits)]
    assert [(end.code, end.request) for end in ends if end] == [(143, "cut"), (143, "kept")]


def test_the_prestop_hook_uses_the_grace_up() -> None:
    """It comes first, requests are served in it, and what is left is the drain's."""
    text = (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n"
        "  terminationGracePeriodSeconds: %d\n  containers:\n"
        f"  - name: a\n    image: x\n    command: {GUNICORN}\n"
        "    lifecycle: {preStop: {exec: {command: %s}}}\n"
    )
    (some,) = found(pod_yaml=text % (30, "[sleep, '20']"))
    (none,) = found(pod_yaml=text % (30, "[sleep, '30']"))
    (odd,) = found(pod_yaml=text % (30, "[wait-for-it, x]"))
    ends = [ending(some, needs) for needs in (5, 25, 35)]
    assert [(end.seconds, end.code, end.request) for end in ends if end] == [
        (20.3, 0, "kept"),
        (25.3, 0, "kept"),
        (30, 137, "cut"),
    ]
    assert worst_s(none) == 32
    assert worst_s(odd) is None
    assert odd.unsure


def test_supervisord_stops_its_programs_in_order() -> None:
    """One group after another; a shell below it dies at once, and its child is cut."""
    conf = (
        "[supervisord]\nnodaemon=true\n"
        "[program:web]\ncommand=gunicorn app:app\nstopwaitsecs=4\npriority=1\n"
        "[program:proxy]\ncommand=sh -c 'nginx; true'\npriority=9\n"
    )
    one = of_image('["supervisord", "-c", "/supervisord.conf"]', supervisord_conf=conf)
    assert [each.service.name for group in one.programs for each in group] == ["proxy", "web"]
    ends = [ending(one, needs) for needs in (0, 2, 8)]
    assert [round(end.seconds, 1) for end in ends if end] == [0.6, 2.3, 4.3]
    assert {end.code for end in ends if end} == {0}
    lines = drawn(one)
    assert lines[2].startswith("  ├ proxy: sh -c (dash)")
    assert "  proxy: requests that run are lost" in lines


def test_compose_stops_who_needs_others_first() -> None:
    """Reverse depends_on; what is independent goes at the same time."""
    services = (
        f"services:\n  db: {{image: redis}}\n  web:\n    image: x\n    command: {GUNICORN}\n"
        "    depends_on: [db]\n  idle: {image: redis, command: [sleep, infinity]}\n"
    )
    (project,) = projects(found(compose_yaml=services))
    assert project.waves == (("web", "idle"), ("db",))
    assert project.least_s == 10
    assert project.most_s == pytest.approx(10.3)


def test_signals_of_well_known_images_count() -> None:
    """nginx's image stops with SIGQUIT, which is graceful."""
    (one,) = found(compose_yaml="services:\n  web: {image: 'nginx:1.27'}\n")
    end = ending(one, 2)
    assert one.service.signal == "SIGQUIT"
    assert end is not None
    assert end.request == "kept"


def test_the_keeper_itself() -> None:
    """`run` stops what it runs as that needs it; `hold` is gone once the program is there."""
    run = of_image('["gracekeeper", "run", "--listen", ":80", "--", "nginx", "-c", "/n.conf"]')
    hold = of_image('["gracekeeper", "hold", "gunicorn", "app:app"]')
    end = ending(run, 2)
    assert end is not None
    assert (end.code, end.request) == (143, "kept")
    assert [step.title for step in (*run.steps, *hold.steps)] == [
        "gracekeeper run --listen :80 -- nginx -c /n…",
        "gunicorn app:app",
    ]


def test_the_keeper_ends_in_time() -> None:
    """It gives up its requests before the platform kills it, unless its own grace is longer."""
    for words, seconds, code in (
        ("", 9.3, 143),
        ('"--grace", "5s", ', 4.3, 143),
        ('"--grace=30", ', 10.0, 137),
    ):
        one = of_image(f'["gracekeeper", "run", {words}"--", "uwsgi", "--master"]')
        end = ending(one, 100)
        assert end is not None
        assert (round(end.seconds, 1), end.code, end.request) == (seconds, code, "cut"), words
    for words in ('"--grace", "$X", ', '"--config", "/a.toml"'):
        assert of_image(f'["gracekeeper", "run", {words}]'.replace(", ]", "]")).fate.unsure


def test_who_goes_to_the_background_is_not_stopped() -> None:
    """The container ends as it starts, so no stop is foretold."""
    for command in (
        '["uwsgi", "--master", "--daemonize", "/l"]',
        '["gunicorn", "--daemon", "a:b"]',
    ):
        one = of_image(command)
        assert ending(one, 1) is None
        assert any("goes to the background" in line for line in drawn(one))


def test_every_platform_has_a_word_for_what_stops_it() -> None:
    """Else a service of a new kind has no forecast."""
    assert HOW.keys() == set(KINDS)
    (one,) = found(fly_toml='app = "a"\n[processes]\nweb = "gunicorn a:a"\n')
    assert drawn(one)[0] == "web (fly.toml:3)  fly deploy: SIGINT, 5 s"


def test_imports_of_the_package_point_one_way() -> None:
    """A module knows those before it alone."""
    paths = {path.stem: path for path in files(PACKAGE.replace(".", "/"))}
    assert paths.keys() == {"__init__", *ORDER}
    for at, name in enumerate(ORDER):
        names = (one.name for one in imports(paths[name]))
        known = {one.rpartition(".")[2] for one in names if one.startswith(f"{PACKAGE}.")}
        assert known <= set(ORDER[:at]), name
