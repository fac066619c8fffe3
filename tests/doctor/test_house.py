"""What files say together: which script, which shell, which settings, how long."""

from __future__ import annotations

import pytest

from supervisor.doctor.commands.wrapping import peel
from supervisor.doctor.house.budget import budget
from supervisor.doctor.house.house import House, house_of
from supervisor.doctor.knowledge import servers, shells
from supervisor.doctor.knowledge.wrappers import EXECS, FORWARDS, GROUP, KILLS, SWALLOWS
from supervisor.doctor.scripts.outcome import outcome_of
from supervisor.doctor.services.program import HANDLES, SCRIPT, SHELL, UNKNOWN
from supervisor.doctor.services.service import IMAGE, KUBERNETES, SUPERVISORD, Service

SLIM = "FROM python:3.11-slim\n"


def image(text: str, **files: str) -> Service:
    """Return the service of one Dockerfile; `start_sh` is start.sh."""
    named = {name.replace("_sh", ".sh"): content for name, content in files.items()}
    (found,) = house_of({"Dockerfile": text, **named}).services
    return found


def links(service: Service) -> list[tuple[str, str]]:
    assert service.chain is not None
    return [(link.name, link.does) for link in service.chain.links]


def of_kind(house: House, kind: str) -> list[Service]:
    return [one for one in house.services if one.kind == kind]


def test_from_the_init_down_to_the_server() -> None:
    """tini, a script that execs its arguments, a shell form that they are, and gosu in it."""
    text = (
        f"{SLIM}WORKDIR /app\nCOPY docker/ /usr/local/bin/\n"
        'ENTRYPOINT ["tini", "--", "entry.sh"]\nCMD gosu app gunicorn x:y\n'
    )
    script = '#!/bin/sh\nif [ -z "$1" ]; then exec other; fi\nexec "$@"\n'
    (found,) = house_of({"Dockerfile": text, "docker/entry.sh": script}).services
    assert links(found) == [
        ("tini", FORWARDS),
        ("entry.sh", EXECS),
        ("sh", SWALLOWS),
        ("gosu", EXECS),
        ("gunicorn", ""),
    ]
    assert found.chain is not None
    assert str(found.chain.main.place) == "Dockerfile:5"
    assert found.chain.blocked is found.chain.links[2]


@pytest.mark.parametrize(
    "base, does",
    [
        ("python:3.11-slim", SWALLOWS),
        ("python:3.11", SWALLOWS),
        ("ubuntu:22.04", SWALLOWS),
        ("python:3.11-alpine", EXECS),
        ("fedora:40", EXECS),
        ("registry.access.redhat.com/ubi9/python-311", EXECS),
        ("registry.access.redhat.com/ubi8/python-39", UNKNOWN),
        ("example.org/own/base:3", UNKNOWN),
    ],
)
def test_the_base_image_decides_about_a_shell_form(base: str, does: str) -> None:
    """Table 1, by family."""
    found = image(f"FROM {base}\nCMD app --port 1\n")
    assert links(found)[0] == ("sh", does)


def test_dockers_rules_for_entrypoint_and_cmd() -> None:
    """A new entrypoint forgets the base's command; one in text form takes no command."""
    assert image('FROM nginx:1.25\nENTRYPOINT ["/x"]\n').argv == ("/x",)
    assert image('FROM nginx:1.25\nCMD ["nginx"]\n').argv == ("/docker-entrypoint.sh", "nginx")
    assert image(f'{SLIM}ENTRYPOINT app\nCMD ["x"]\n').argv == ("/bin/sh", "-c", "app")
    assert image(f'{SLIM}CMD ["x"]\nENTRYPOINT ["app"]\n').argv == ("app", "x")
    own = f'{SLIM.strip()} AS a\nCMD ["x"]\nFROM a\nENTRYPOINT ["app"]\n'
    assert image(own).argv == ("app",)
    assert image("FROM nginx:1.25\n").signal == "SIGQUIT"
    assert image("FROM nginx:1.17\n").signal == "SIGTERM"
    assert image(f"{SLIM}STOPSIGNAL 2\n").signal == "SIGINT"


def test_a_script_in_the_dockerfile() -> None:
    """A here-document is a file, and its lines are the Dockerfile's."""
    text = f'{SLIM}COPY <<EOF /start.sh\n#!/bin/sh\ngunicorn x\nEOF\nCMD ["/start.sh"]\n'
    found = image(text)
    assert links(found) == [("start.sh", SWALLOWS), ("gunicorn", "")]
    assert found.chain is not None
    assert str(found.chain.main.place) == "Dockerfile:4"


def test_what_is_not_in_the_tree_stays_unknown() -> None:
    """No guess about a script that nobody can see, and none about a variable."""
    for said in ('CMD ["/missing.sh"]', 'CMD ["sh", "/missing.sh"]', 'CMD ["sh", "-c", "$RUN"]'):
        found = image(f"{SLIM}{said}\n").chain
        assert found is not None
        assert found.program == ""
        assert not found.sure or found.main.kind == UNKNOWN


def test_compose_over_an_image() -> None:
    """Its own command, init, signal and grace; variables with defaults; an override file."""
    base = (
        "services:\n  web:\n    build: {context: ., target: web}\n    init: true\n"
        "    stop_grace_period: 1m30s\n    stop_signal: SIGINT\n"
        "    command: gunicorn app -w ${WORKERS:-4}\n"
    )
    over = "services:\n  web:\n    stop_grace_period: 5s\n"
    docker = f"{SLIM.strip()} AS web\nENV A=1\nFROM web AS test\nCMD pytest\n"
    files = {"Dockerfile": docker, "compose.yml": base, "compose.override.yml": over}
    found = of_kind(house_of(files), "compose")
    assert sorted(one.grace for one in found) == [5, 90]
    one = max(found, key=lambda each: each.grace)
    assert (one.signal, one.env["A"]) == ("SIGINT", "1")
    assert links(one) == [("docker-init", FORWARDS), ("gunicorn", "")]
    assert one.argv[-1] == "4"


def test_a_workload_of_kubernetes() -> None:
    """Its command replaces the entrypoint; a Service makes it served; the hook sleeps."""
    pod = (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n"
        "    metadata: {labels: {app: web}}\n    spec:\n"
        "      terminationGracePeriodSeconds: 45\n      containers:\n      - name: app\n"
        "        image: example.org/web:1\n        ports: [{containerPort: 80}]\n"
        "        command:\n        - sh\n        - -c\n        - |\n          migrate\n"
        "          exec gunicorn --graceful-timeout 40 app\n"
        "        lifecycle: {preStop: {exec: {command: [sh, -c, sleep 10]}}}\n"
        "---\napiVersion: v1\nkind: Service\nspec: {selector: {app: web}}\n"
    )
    house = house_of({"web/Dockerfile": SLIM, "k8s/web.yaml": pod})
    (one,) = of_kind(house, KUBERNETES)
    assert (one.served, one.grace, one.sh) == (True, 45, shells.DASH)
    assert links(one) == [("sh", EXECS), ("gunicorn", "")]
    assert one.chain is not None
    assert str(one.chain.main.place) == "k8s/web.yaml:18"
    found = budget(house, one)
    assert (found.needs_s, found.over_s, found.whole) == (51, 6, True)


def test_programs_of_supervisord_are_services() -> None:
    """What stops them is supervisord; groups end one after another."""
    conf = (
        "[supervisord]\nnodaemon=true\n"
        "[program:web]\ncommand=gunicorn app\npriority=1\nstopwaitsecs=40\n"
        "[program:nginx]\ncommand=nginx -g 'daemon off;'\nstopsignal=QUIT\n"
    )
    docker = f'{SLIM}COPY s.conf /etc/supervisord.conf\nCMD ["supervisord"]\n'
    house = house_of({"Dockerfile": docker, "s.conf": conf})
    web, nginx = of_kind(house, SUPERVISORD)
    assert (web.grace, web.signal, nginx.grace, nginx.signal) == (40, "SIGTERM", 10, "SIGQUIT")
    (one,) = of_kind(house, IMAGE)
    assert web.parent is one
    assert (budget(house, one).needs_s, budget(house, one).over_s) == (51, 41)


def test_settings_of_uwsgi_and_gunicorn() -> None:
    """Arguments, variables and files together; the stronger one counts."""
    docker = f'{SLIM}WORKDIR /a\nCOPY . .\nENV UWSGI_DIE_ON_TERM=1\nCMD ["uwsgi", "a.ini"]\n'
    house = house_of({"Dockerfile": docker, "a.ini": "[uwsgi]\nmaster = true\n"})
    (uwsgi,) = house.uwsgis
    assert uwsgi.variant == "uwsgi:die-on-term"
    assert str(uwsgi.where("master")) == "a.ini:2"
    conf = "graceful_timeout = 7\ntimeout = 3\nif __name__ == '__main__':\n    pass\n"
    docker = (
        f"{SLIM}WORKDIR /a\nCOPY . .\nENV GUNICORN_CMD_ARGS='--graceful-timeout 8'\n"
        'CMD ["gunicorn", "-t", "4", "a:b"]\n'
    )
    (gunicorn,) = house_of({"Dockerfile": docker, "gunicorn.conf.py": conf}).servers
    assert (gunicorn.graceful_s, gunicorn.get("timeout")) == (8, "4")


def test_a_trap_that_passes_it_on() -> None:
    """It handles the signal; whether well is told by its outcome."""
    script = "#!/bin/sh\ntrap 'kill $P; wait' TERM\ngunicorn x &\nP=$!\nwait $P\n"
    found = image(f'{SLIM}COPY start.sh /\nCMD ["/start.sh"]\n', start_sh=script)
    assert links(found) == [("start.sh", HANDLES), ("gunicorn", "")]
    assert found.chain is not None
    assert not found.chain.all(SHELL)
    assert [
        trap.signals for one in found.chain.all(SCRIPT) if one.facts for trap in one.facts.traps
    ]


TABLE_3 = (
    ("poetry run app", EXECS),
    ("pipenv run app", EXECS),
    ("dotenv run -- app", EXECS),
    ("ddtrace-run app", EXECS),
    ("newrelic-admin run-program app", EXECS),
    ("opentelemetry-instrument --service_name x app", EXECS),
    ("env A=1 app", EXECS),
    ("nice -n 5 app", EXECS),
    ("stdbuf -o L app", EXECS),
    ("gosu user app", EXECS),
    ("setpriv --reuid 1 --clear-groups app", EXECS),
    ("chpst -u user app", EXECS),
    ("nohup app", EXECS),
    ("uv run --no-sync app", FORWARDS),
    ("timeout -k 3 9 app", FORWARDS),
    ("sudo -u user app", FORWARDS),
    ("tini -- app", FORWARDS),
    ("tini -g -- app", GROUP),
    ("catatonit app", FORWARDS),
    ("dumb-init app", GROUP),
    ("dumb-init -c app", FORWARDS),
    ("hatch run app", SWALLOWS),
    ("conda run -n env app", SWALLOWS),
    ("xvfb-run -a app", SWALLOWS),
    ("unbuffer app", SWALLOWS),
    ("flock /lock app", SWALLOWS),
    ("setsid -w app", SWALLOWS),
    ("setsid app", EXECS),
    ("xargs -n 1 app", SWALLOWS),
    ("strace -f app", SWALLOWS),
    ("runuser -u user -- app", KILLS),
)


@pytest.mark.parametrize("line, does", TABLE_3)
def test_a_wrapper(line: str, does: str) -> None:
    """Table 3: what it does with the signal, and what it runs."""
    found = peel(tuple(line.split()))
    assert found is not None
    assert (found.does, found.inner) == (does, ("app",))


def test_a_wrapper_that_gives_a_line_to_a_shell() -> None:
    """su -c."""
    found = peel(("su", "-s", "/bin/sh", "user", "-c", "exec app"))
    assert found is not None
    assert (found.does, found.line) == (KILLS, "exec app")
    assert peel(("poetry", "install")) is None


TABLE_4 = (
    *(
        (name, "SIGTERM", servers.DRAINS, servers.KEPT, 0)
        for name in ("gunicorn", "uvicorn", "hypercorn", "granian", "uwsgi:hook")
    ),
    ("gunicorn", "SIGINT", servers.NOW, servers.ERROR, 0),
    ("gunicorn", "SIGQUIT", servers.NOW, servers.ERROR, 0),
    ("uvicorn", "SIGQUIT", servers.HANGS, servers.KEPT, 137),
    *(
        (name, "SIGTERM", servers.NOW, servers.CUT, 0)
        for name in ("daphne", "runserver", "flask:debug", "nginx", "uwsgi:die-on-term")
    ),
    *(
        (name, "SIGTERM", servers.HANGS, servers.KEPT, 137)
        for name in ("flask", "runserver:noreload", "http.server", "waitress")
    ),
    ("uwsgi:no-master", "SIGTERM", servers.NOW, servers.CUT, 30),
    ("uwsgi:reload", "SIGTERM", servers.HANGS, servers.CUT, 137),
    ("uwsgi:reload", "SIGINT", servers.NOW, servers.CUT, 0),
    ("nginx", "SIGQUIT", servers.DRAINS, servers.KEPT, 0),
    ("idle", "SIGTERM", servers.HANGS, "", 137),
    ("supervisord", "SIGTERM", servers.NOW, "", 0),
    ("celery:beat", "SIGTERM", servers.NOW, "", 0),
    ("redis-server", "SIGTERM", servers.NOW, "", 0),
)


@pytest.mark.parametrize("variant, signal, ends, request_, code", TABLE_4)
def test_a_server(variant: str, signal: str, ends: str, request_: str, code: int) -> None:
    """Table 4: how it ends, what becomes of its request, and its code."""
    found = servers.reaction(variant, signal)
    assert found is not None
    assert (found.ends, found.request, found.code) == (ends, request_, code)


def test_searches_are_bounded() -> None:
    """Stages that copy from each other, functions and files that call each other, and many."""
    stages = "".join(
        f"FROM a AS s{at}\n" + f"COPY --from=s{at - 1} /x.sh /x.sh\n" * 3 for at in range(1, 100)
    )
    script = "#!/bin/sh\nf() { f; g; f; }\ng() { f; g; }\ntrap f TERM\nf &\nf\n. /x.sh\nx.sh\n"
    copied = f'FROM a AS s0\nCOPY x /x.sh\n{stages}CMD ["/x.sh"]\n'
    assert len(house_of({"Dockerfile": copied, "x/y": ""}).services) == 1
    plain = f'{SLIM}COPY x.sh /\nCMD ["/x.sh"]\n'
    (found,) = house_of({"Dockerfile": plain, "x.sh": script}).services
    assert found.chain is not None
    for link in found.chain.all(SCRIPT):
        assert link.facts is not None
        assert outcome_of(link.facts, shells.DASH).ends
    many = "services:\n" + "".join(f"  s{at}: {{image: x}}\n" for at in range(5000))
    house = house_of({"compose.yml": many})
    assert len(house.services) == 4000
    assert "5000" in house.skips[0].why
