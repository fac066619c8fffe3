"""The measured tables of the catalogue of shutdown smells, as data; `app` is what serves."""

from __future__ import annotations

BOTH = ("dash", "bash")
KILLED = (4.1, 137, False)
FINISHED = (1.1, 0, True)
CUT = (0.1, 143, False)
LATE = (1.1, 143, True)
TRAP = "trap 'kill $P' TERM; app & P=$!; "


def _row(text: str, *answers: str) -> tuple[str, dict[str, str]]:
    return text, dict(zip(("dash", "bash", "ash", "zsh"), answers, strict=True))


# Does `SHELL -c LINE` end as the program itself: dash, bash 5.1/5.2, busybox ash, zsh.
TABLE_1 = (
    *(
        _row(text, "no", "yes", "yes", "yes")
        for text in (
            *("app", "A=1 app", "app $X", "command app", "cd x && app", "a; app"),
            *("while x; do y; done; app", "set -e; app", "export A=1; app"),
        )
    ),
    *(_row(text, "no", "no", "yes", "yes") for text in ("app >f", "app 2>&1", "app <f", "(app)")),
    *(
        _row(text, "no", "no", "no", "no")
        for text in (
            *("app | tee x", "app || x", "! app", "time app", "eval app", "f() { app; }; f"),
        )
    ),
    _row("trap x TERM; app", "no", "no", "no", "unknown"),
    _row("app\n", "no", "yes", "no", "yes"),
    _row("exec app", "yes", "yes", "yes", "yes"),
    _row("a && exec app", "yes", "yes", "yes", "yes"),
    _row("{ app; }", "no", "no", "unknown", "unknown"),
    _row("if x; then app; fi", "no", "no", "unknown", "unknown"),
)

# A script as PID 1, an application that needs 1 s, a grace of 4 s: seconds, code, finished.
TABLE_2 = tuple(
    (text, kinds, *wanted)
    for text, kinds, wanted in (
        ("app", BOTH, KILLED),
        ("eval app", BOTH, KILLED),
        ("/other.sh; true", BOTH, KILLED),
        ("bash -c 'app; true'", BOTH, KILLED),
        ("(exec app)", BOTH, KILLED),
        ("if false; then exec app; else app; fi", BOTH, KILLED),
        ("exec app & wait", BOTH, KILLED),
        ("set -m; app & fg", BOTH, KILLED),
        ("exec app", BOTH, FINISHED),
        ("exec env A=1 app", BOTH, FINISHED),
        ("exec nohup app", BOTH, FINISHED),
        ("exec timeout 9 app", BOTH, FINISHED),
        ("exec app > >(cat)", ("bash",), FINISHED),
        ("exec app || exit", BOTH, FINISHED),
        (". /start.sh", BOTH, FINISHED),
        ("app | cat", BOTH, KILLED),
        ("exec app | cat", BOTH, KILLED),
        (TRAP + "wait $!", BOTH, CUT),
        ("trap 'kill $P; wait $P' TERM; app & P=$!; wait $P", BOTH, LATE),
        (TRAP + "wait $P; trap - TERM; wait $P; exit $?", BOTH, FINISHED),
        (TRAP + "while kill -0 $P; do wait $P; done", BOTH, FINISHED),
        (TRAP + "wait $P; wait $P", BOTH, FINISHED),
        ("set -e; " + TRAP + "wait $P; wait $P", BOTH, CUT),
        ("trap 'exit 0' TERM; app & wait", BOTH, (0.1, 0, False)),
        ("trap 'kill $(jobs -p)' EXIT; app & wait", ("bash",), CUT),
        ("trap 'kill $P' TERM; app", BOTH, KILLED),
        ("trap 'kill 0' TERM; app & wait", ("bash",), (0.2, 139, False)),
        ("trap 'trap - TERM; kill 0; wait' TERM; app & wait", BOTH, LATE),
        ("trap 'kill -INT $P' TERM; app & P=$!; wait $P; wait $P", BOTH, KILLED),
        ("trap '' TERM; exec app", BOTH, KILLED),
        ("cleanup() { rm -f x; }; trap cleanup TERM EXIT; exec app", BOTH, FINISHED),
        ("app & tail -f /dev/null", BOTH, KILLED),
        ("app & exec sleep infinity", BOTH, KILLED),
        ("app & app & wait -n", ("bash",), KILLED),
        ("while true; do app; done", BOTH, KILLED),
        ("trap 'pkill app' TERM; app & wait", BOTH, CUT),
        ("f() { kill $P; wait; }; trap f SIGTERM; app & P=$!; wait", ("dash",), KILLED),
        ("f() { kill $P; wait; }; trap f SIGTERM; app & P=$!; wait", ("bash", "ash"), LATE),
    )
)
BELOW_INIT = tuple(
    (text, *wanted)
    for text, wanted in (
        ("app", CUT),
        ("trap 'kill $P' TERM; app", KILLED),
        ("app & tail -f /dev/null", CUT),
        ("app & exec sleep infinity", CUT),
        ("while true; do app; done", CUT),
        ("exec app", FINISHED),
    )
)

_KEPT, _HANGS = (1.1, 0, "kept", True), (6.1, 137, "kept", True)
_SAID, _HEARD = (1.1, 0, "kept", False), (6.1, 137, "kept", False)
# A wrapper as PID 1, words between bars, a grace of 6 s: seconds, code, request, measured.
TABLE_3 = tuple(
    ("|".join(line.split(" ")).replace("APP", "gunicorn|app:app").replace("~", " "), *wanted)
    for line, wanted in (
        *(
            (line, _KEPT)
            for line in (
                *("poetry run APP", "pipenv run APP", "dotenv run APP", "ddtrace-run APP"),
                *("newrelic-admin run-program APP", "opentelemetry-instrument APP"),
                *("env A=1 APP", "nice APP", "stdbuf -oL APP", "gosu app APP"),
                *("setpriv --reuid 1 APP", "chpst -u app APP", "setuidgid app APP", "nohup APP"),
                *("su-exec app APP", "s6-setuidgid app APP", "wait-for-it.sh db:1 -- APP"),
                *("chamber exec x -- APP", "uv run APP", "timeout 99 APP", "sudo APP"),
                *("tini -- APP", "catatonit -- APP", "dumb-init APP"),
            )
        ),
        ("make serve", (1.1, 2, "kept", False)),
        ("honcho start", (1.1, 143, "kept", False)),
        ("circusd circus.ini", _SAID),
        *(
            (line, _HANGS)
            for line in (
                *("hatch run APP", "xvfb-run APP", "unbuffer APP", "flock /x APP"),
                *("setsid -w APP", "xargs APP", "find . -exec APP ;", "strace APP"),
            )
        ),
        ("invoke serve", _HEARD),
        ("su app -c exec~gunicorn~app:app", (2, 143, "kept", True)),
        ("runuser app -c exec~gunicorn~app:app", (2, 143, "kept", True)),
        ("runuser -u app -- APP", (2, 143, "kept", True)),
    )
)
_MORE = (
    ("conda run APP", _HEARD),
    ("script -c exec~gunicorn~app:app /dev/null", (2, 0, "kept", True)),
    ("watchmedo auto-restart APP", (0.5, None, "500", True)),
    ("watchfiles gunicorn~app:app", (0.5, None, "500", True)),
    ("npm start", (0.1, 1, "cut", True)),
    ("npm run good", (1.1, None, "kept", True)),
)
TABLE_3 += tuple(
    ("|".join(line.split(" ")).replace("APP", "gunicorn|app:app").replace("~", " "), *wanted)
    for line, wanted in _MORE
)

_UWSGI = "uwsgi|--wsgi-file|app.py|--http-socket|:80"
_MASTER = f"{_UWSGI}|--master"
_HOOK = "--hook-master-start|unix_signal:15 gracefully_kill_them_all"
_WAITS, _DROPS = (2.0, 0, "kept"), (0.3, 0, "cut")
_SERVES, _IDLES = (6.2, 137, "kept"), (6.2, 137, "")
# A server as PID 1, one request of 2 s, a grace of 6 s: signal, seconds, code, request.
TABLE_4 = (
    ("gunicorn|app:app", "SIGTERM", *_WAITS),
    ("gunicorn|-k|gthread|app:app", "SIGTERM", *_WAITS),
    ("gunicorn|-k|gevent|app:app", "SIGTERM", *_WAITS),
    ("uvicorn|app:app", "SIGTERM", *_WAITS),
    ("uvicorn|app:app|--workers|2", "SIGTERM", *_WAITS),
    ("uvicorn|app:app|--reload", "SIGTERM", *_WAITS),
    ("hypercorn|app:app", "SIGTERM", *_WAITS),
    ("granian|app:app", "SIGTERM", *_WAITS),
    ("gunicorn|app:app", "SIGINT", 0.5, 0, "500"),
    ("gunicorn|app:app", "SIGQUIT", 0.5, 0, "500"),
    ("gunicorn|--graceful-timeout|1|app:app", "SIGTERM", 1.3, 0, "cut"),
    ("uvicorn|app:app", "SIGQUIT", *_SERVES),
    ("daphne|app:app", "SIGTERM", *_DROPS),
    ("python|manage.py|runserver", "SIGTERM", *_DROPS),
    ("flask|run|--debug", "SIGTERM", *_DROPS),
    ("nginx|-g|daemon off;", "SIGTERM", *_DROPS),
    ("flask|run", "SIGTERM", *_SERVES),
    ("python|manage.py|runserver|--noreload", "SIGTERM", *_SERVES),
    ("python|-m|http.server", "SIGTERM", *_SERVES),
    ("waitress-serve|app:app", "SIGTERM", *_SERVES),
    (_UWSGI, "SIGTERM", 0.3, 30, "cut"),
    (_UWSGI.replace("http-socket", "http"), "SIGTERM", 0.3, 30, "cut"),
    (_UWSGI.replace("http-socket", "socket"), "SIGTERM", 0.3, 30, "cut"),
    (_MASTER, "SIGTERM", 6.3, 137, "cut"),
    (f"{_MASTER}|--die-on-term", "SIGTERM", *_DROPS),
    (_MASTER, "SIGINT", *_DROPS),
    (_MASTER, "SIGQUIT", *_DROPS),
    (f"{_MASTER}|{_HOOK}", "SIGTERM", *_WAITS),
    (f"{_MASTER}|{_HOOK}".replace("http-socket", "http"), "SIGTERM", *_WAITS),
    (f"{_MASTER}|{_HOOK}|--lazy-apps", "SIGTERM", *_WAITS),
    (f"{_MASTER}|{_HOOK}|--threads|4", "SIGTERM", *_WAITS),
    (f"{_MASTER}|{_HOOK}|--die-on-term", "SIGTERM", *_WAITS),
    (f"{_MASTER}|{_HOOK}|--die-on-term".replace("http-socket", "http"), "SIGTERM", *_WAITS),
    (f"{_UWSGI}|{_HOOK}", "SIGTERM", 0.3, 30, "cut"),
    ("nginx|-g|daemon off;", "SIGQUIT", *_WAITS),
    ("sleep|infinity", "SIGTERM", *_IDLES),
    ("tail|-f|/dev/null", "SIGTERM", *_IDLES),
    ("cron|-f", "SIGTERM", *_IDLES),
    ("busybox|crond|-f", "SIGTERM", *_IDLES),
    ("crond|-f", "SIGTERM", *_IDLES),
    ("redis-server", "SIGTERM", 0.3, 0, ""),
    ("celery|-A|app|beat", "SIGTERM", 0.3, 0, ""),
    ("supervisord|-n", "SIGTERM", 0.3, 0, ""),
)

# An init that signals the whole group: code, request, whether it hangs.
GROUPED = (
    (f"dumb-init|{_MASTER}|{_HOOK}", 0, "cut", False),
    (f"tini|-g|--|{_MASTER}|{_HOOK}", 0, "cut", False),
    (f"tini|--|{_MASTER}|{_HOOK}", 0, "kept", False),
    (f"dumb-init|-c|{_MASTER}|{_HOOK}", 0, "kept", False),
    ("dumb-init|celery|-A|x|worker", 137, "cut", True),
    ("tini|--|celery|-A|x|worker", 0, "kept", False),
    ("dumb-init|gunicorn|app:app", 0, "kept", False),
    ("dumb-init|uvicorn|app:app", 0, "kept", False),
)

_IMAGE = 'FROM python:3.11-slim\nCMD ["gunicorn", "app:app"]\n'
_SERVICE = "services:\n  web:\n    build: .\n"
PLATFORMS = (
    ({"Dockerfile": _IMAGE}, 10, "SIGTERM"),
    ({"Dockerfile": _IMAGE, "compose.yaml": _SERVICE}, 10, "SIGTERM"),
    (
        {"Dockerfile": _IMAGE, "compose.yaml": f"{_SERVICE}    deploy: {{replicas: 2}}\n"},
        10,
        "SIGTERM",
    ),
    (
        {
            "pod.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n"
            '  - {name: web, image: x, command: ["gunicorn", "app:app"]}\n'
        },
        30,
        "SIGTERM",
    ),
    ({"Procfile": "web: gunicorn app:app\n"}, 30, "SIGTERM"),
    ({"supervisord.conf": "[program:web]\ncommand=gunicorn app:app\n"}, 10, "SIGTERM"),
)
