"""Whatever is done to the rules' examples, nobody raises; `make fuzz-doctor` looks for longer."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.doctor import fuzzing

EXAMPLES = 400
LONG = "9" * 5000
PID1 = 'FROM debian:12\nCOPY start.sh /\nENTRYPOINT ["/start.sh"]\n'
MANIFEST = """apiVersion: v1
kind: Pod
metadata: {{name: a}}
spec:
  terminationGracePeriodSeconds: {grace}
  containers:
    - {{name: a, image: a, command: [gunicorn, --graceful-timeout, "{said}", "a:a"],
       lifecycle: {{preStop: {{exec: {{command: [sleep, "{said}"]}}}}}}}}
"""


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(st.binary(min_size=8, max_size=120))
def test_a_tree_that_was_cut_up_is_looked_at(raw: bytes) -> None:
    fuzzing.look(fuzzing.tree(raw))


@pytest.mark.parametrize("number", [LONG, "²", "1e999", "-1e999", "nan", "inf", "infinity", "-0"])
def test_a_number_may_be_anything(number: str) -> None:
    files = {
        "Dockerfile": f"{PID1}STOPSIGNAL {number}\n",
        "Dockerfile.a": f"FROM centos:{number}\nCMD sleep {number}\n",
        "Dockerfile.b": f"FROM nginx:{number}.{number}\nSTOPSIGNAL RTMIN+{number}\n",
        "Dockerfile.c": f'FROM php:{number}\nCMD ["timeout", "-k", "{number}", "{number}", "a"]\n',
        "start.sh": f"#!/bin/sh\ntrap 'sleep {number}; kill -{number} $!; exit {number}' TERM"
        f" {number}\na >&{number} &\nwait\nexit {number}\n",
        "compose.yml": f"services:\n  a:\n    build: .\n    stop_grace_period: {number}\n"
        f"    stop_signal: {number}\n    deploy: {{replicas: {number}}}\n",
        "pod.yaml": MANIFEST.format(grace=number, said=number),
        "other.yaml": MANIFEST.format(grace=10, said=number),
        "uwsgi.ini": f"[uwsgi]\nmaster = 1\nharakiri = {number}\nworker-reload-mercy = {number}\n"
        f"hook-master-start = unix_signal:{number} gracefully_kill_them_all\n",
        "supervisord.conf": f"[supervisord]\n[program:a]\ncommand=a\nstopwaitsecs={number}\n"
        f"priority={number}\nstopsignal={number}\n",
        "nginx.conf": f"worker_shutdown_timeout {number};\nevents {{}}\n",
        "gunicorn.conf.py": f"graceful_timeout = {number}\n",
        "Procfile": f"web: gunicorn --graceful-timeout {number} a:a\n",
    }
    fuzzing.look({path: text.encode() for path, text in files.items()})


@pytest.mark.parametrize("leaf", ["kill -0 1", "sleep 1", "wait", "exec a", ""])
def test_functions_that_call_each_other_often_are_not_all_followed(leaf: str) -> None:
    steps = "".join(f"f{n}() {{ {f'f{n + 1}; ' * 40}}}\n" for n in range(9))
    script = f"#!/bin/sh\n{steps}f9() {{ {leaf}\n}}\ntrap f0 TERM\nf0\nexec gunicorn a:a\n"
    files = {"Dockerfile": PID1, "start.sh": script}
    fuzzing.look({path: text.encode() for path, text in files.items()})


def test_variables_that_double_end_somewhere() -> None:
    text = "FROM a\nENV A=xx\n" + "ENV A=$A$A\n" * 60 + "WORKDIR $A\nCMD $A\n"
    fuzzing.look({"Dockerfile": text.encode()})
