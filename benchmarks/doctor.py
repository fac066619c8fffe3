"""How long `gracekeeper doctor` takes on a tree of thousands of files, and how much memory.

`make bench-doctor`: projects with a Dockerfile, an entrypoint, settings of servers, Compose and
Kubernetes are generated, and for each of them modules of Python that only have to be told apart.
The command itself is run, on one core, from start to exit. Memory is the process's peak.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

MOST_S = 10.0
PROJECT = {
    "Dockerfile": (
        "FROM python:3.11-slim\nWORKDIR /app\nCOPY . .\nEXPOSE 8000\n"
        'ENTRYPOINT ["/app/docker-entrypoint.sh"]\nCMD ["uwsgi", "--ini", "uwsgi.ini"]\n'
    ),
    "docker-entrypoint.sh": (
        "#!/bin/sh\nset -e\nif [ \"$1\" = 'uwsgi' ]; then\n  python manage.py migrate\nfi\n"
        'trap "kill -TERM $child" TERM\n"$@" &\nchild=$!\nwait $child\n'
    ),
    "uwsgi.ini": "[uwsgi]\nmaster = true\nhttp = :8000\nmodule = app:app\nprocesses = 4\n",
    "gunicorn.conf.py": "bind = ':8000'\nworkers = 4\ngraceful_timeout = 60\n",
    "supervisord.conf": (
        "[supervisord]\nnodaemon=true\n[program:web]\ncommand=gunicorn app:app\nstopwaitsecs=30\n"
    ),
    "nginx.conf": "events {}\nhttp { server { listen 80; location / { proxy_pass http://w; } } }\n",
    "compose.yaml": "services:\n  web:\n    build: .\n    ports: ['80:8000']\n    init: true\n",
    "deploy.yaml": (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n"
        "    spec:\n      terminationGracePeriodSeconds: 20\n      containers:\n"
        "      - {name: web, image: web, command: [sh, -c, 'gunicorn app:app']}\n"
    ),
    "Procfile": "web: gunicorn app:app\nworker: celery -A app worker\n",
    "main.py": "import signal\n\ndef stop(*_):\n    raise SystemExit\n\nsignal.signal(15, stop)\n",
}
MODULE = "def view(request):\n    return {'method': request.method, 'number': 17}\n" * 40


def tree(root: Path, files: int) -> int:
    """Write projects until there are so many files; return how many of them are modules."""
    written = modules = 0
    while written < files:
        folder = root / f"service{written // 50}"
        folder.mkdir(parents=True)
        for name, text in list(PROJECT.items())[: files - written]:
            (folder / name).write_text(text, encoding="utf-8")
            written += 1
        for number in range(min(40, files - written)):
            (folder / f"module{number}.py").write_text(MODULE, encoding="utf-8")
            written, modules = written + 1, modules + 1
    return modules


def measured(root: Path) -> tuple[float, float, dict[str, int]]:
    """Run the command once; return seconds, MiB and its counts."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    command = [str(Path(sys.executable).with_name("gracekeeper")), "doctor", str(root), "--json"]
    begin = perf_counter()
    done = subprocess.run(command, capture_output=True, check=False)
    seconds = perf_counter() - begin
    if done.returncode not in (0, 1):
        raise SystemExit(done.stderr.decode(errors="replace"))
    told = json.loads(done.stdout)
    counts = {"files": told["files"], "services": told["services"], **told["counts"]}
    return seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024, counts


def main() -> int:
    """Print what was measured; 1 when it took too long."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=5000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        modules = tree(Path(folder), asked.files)
        seconds, mib, counts = measured(Path(folder))
    told = ", ".join(f"{number} {name}" for name, number in counts.items())
    print(f"{asked.files} files, {modules} of them modules: {seconds:.1f} s, {mib:.0f} MiB; {told}")
    return int(asked.files <= 5000 and seconds > MOST_S)


if __name__ == "__main__":
    sys.exit(main())
