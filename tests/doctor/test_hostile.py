"""Trees that mean harm: the command ends soon, small, with findings and skips, and runs nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from supervisor.doctor import baseline, settings
from supervisor.doctor.checkup import Checkup
from supervisor.doctor.reading.source import LARGEST
from supervisor.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.process

FOUND: Final = "FROM python:3.11-slim\nCMD gunicorn app:app\n"
RUN: Final = """
import resource, sys
resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
from supervisor.cli.app import gracekeeper
try:
    gracekeeper(["doctor", "--format", "json", "--fail-on", "never", *sys.argv[1:]])
finally:
    status = open("/proc/self/status").read()
    sys.stderr.write("KiB " + status.partition("VmHWM:")[2].split()[0] + "\\n")
    used = resource.getrusage(resource.RUSAGE_SELF)
    sys.stderr.write(f"S {used.ru_utime + used.ru_stime}\\n")
"""
MOST_MIB: Final = 600
LONGEST_S: Final = 20.0


class Told:
    """What the command said of a tree, and what it took."""

    def __init__(self, tree: Path) -> None:
        """Run it, in a process of its own."""
        done = subprocess.run(
            [sys.executable, "-c", RUN, str(tree)],
            capture_output=True,
            timeout=90,
            check=False,
            cwd=Path(__file__).parents[2],
        )
        errors = done.stderr.decode()
        assert "Traceback" not in errors, errors[-3000:]
        assert done.returncode in (0, 3), errors[-3000:]
        said: dict[str, Any] = json.loads(done.stdout)
        self.findings = said["findings"]
        self.skips = {(one["path"], one["why"]) for one in said["skips"]}
        assert not [why for _, why in self.skips if " failed: " in why]
        *_, size, seconds = errors.splitlines()
        assert int(size.split()[1]) < MOST_MIB * 1024, size
        assert float(seconds.split()[1]) < LONGEST_S, seconds

    def whys(self, name: str) -> list[str]:
        """Return why a file was skipped."""
        return [why for path, why in self.skips if path.endswith(name)]

    def ids(self, name: str) -> set[str]:
        """Return what was found in a file."""
        return {one["id"] for one in self.findings if one["path"].endswith(name)}


def test_links_devices_and_pipes_lead_nowhere(tmp_path: Path) -> None:
    tree, outside = tmp_path / "tree", tmp_path / "outside"
    (tree / "a").mkdir(parents=True)
    outside.mkdir()
    for folder in (tree / "a", outside):
        (folder / "Dockerfile").write_text(FOUND)
    (tree / "a/up").symlink_to("..")
    (tree / "self").symlink_to("self")
    (tree / "folder").symlink_to(outside)
    (tree / "Dockerfile").symlink_to(outside / "Dockerfile")
    (tree / "Dockerfile.passwd").symlink_to("/etc/passwd")
    os.mkfifo(tree / "start.sh")
    os.mkfifo(tree / "gracekeeper.toml")
    told = Told(tree)
    assert {one["path"].rpartition("tree/")[2] for one in told.findings} == {"a/Dockerfile"}
    assert told.whys("tree/Dockerfile") == ["a link that leads out of the tree"]
    assert told.whys("Dockerfile.passwd") == ["a link that leads out of the tree"]
    assert told.whys("start.sh") == ["not a file"]


def test_settings_are_the_trees_own_and_not_endless(tmp_path: Path) -> None:
    outside, tree = tmp_path / "other.toml", tmp_path / "tree"
    tree.mkdir()
    outside.write_text("[doctor]\nexclude = ['*']\n")
    (tree / "gracekeeper.toml").symlink_to(outside)
    assert settings.nearest(str(tree), ()) == settings.Settings()
    (tree / "gracekeeper.toml").unlink()
    with (tree / "gracekeeper.toml").open("wb") as file:
        file.truncate(100 * 1024 * 1024)  # without a byte on the disk
    with pytest.raises(UsageError, match=r"cannot read .*larger than 1024 KiB"):
        settings.nearest(str(tree), ())
    for deep in ("a." * 30_000 + "b = 1", "a = " + "[" * 30_000):
        (tree / "pyproject.toml").write_text(deep)
        with pytest.raises(UsageError, match=r"cannot read .*nested too deeply"):
            settings.read(str(tree / "pyproject.toml"), ())
    for endless in ("/dev/zero", str(tree / "gracekeeper.toml")):
        with pytest.raises(UsageError, match=r"cannot use the baseline .*: it is none"):
            baseline.without(Checkup(()), endless)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_what_may_not_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").touch(0)
    (tmp_path / "folder").mkdir(0)
    told = Told(tmp_path)
    assert told.whys("Dockerfile") == told.whys("folder") == ["cannot be read: Permission denied"]


def test_bytes_that_are_no_text_are_told_and_other_encodings_read(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile.bin").write_bytes(bytes(range(256)) * 40)
    (tmp_path / "Dockerfile.nul").write_bytes(b"FROM a\0b\n")
    (tmp_path / "Dockerfile.utf16").write_bytes(FOUND.encode("utf-16"))
    (tmp_path / "Dockerfile.half16").write_bytes(FOUND.encode("utf-16")[:-1])
    (tmp_path / "Dockerfile.latin").write_bytes(b"# \xe9\xff\n" + FOUND.encode())
    name = os.fsencode(tmp_path) + b"/Dockerfile.\xff\n\x1b[2J"
    Path(os.fsdecode(name)).write_text(FOUND)
    told = Told(tmp_path)
    for ending in ("bin", "nul", "half16"):
        assert told.whys(f".{ending}") == ["not text"]
    assert "shell-form" in told.ids(".utf16") & told.ids(".latin") & told.ids("[2J")


def test_a_hundred_megabytes_are_refused_unread(tmp_path: Path) -> None:
    names = ("Dockerfile", "main.py", "start.sh", "compose.yml", "uwsgi.ini", "nginx.conf")
    for name in names:
        with (tmp_path / name).open("wb") as file:
            file.write(b"#!/bin/sh\n")
            file.truncate(100 * 1024 * 1024)
    told = Told(tmp_path)
    for name in names[:4]:
        assert told.whys(name) == [f"larger than {LARGEST // 1024} KiB"]


def test_nothing_in_the_tree_is_imported_or_run(tmp_path: Path) -> None:
    """By the command itself, in the tree: what Python would find there, and what is found."""
    names = ("sitecustomize", "usercustomize", "conftest", "yaml", "tree_sitter", "click", "json")
    tell = "open('told', 'w').close()\n"
    for name in (*names, "gunicorn.conf", "main", "supervisor"):
        (tmp_path / f"{name}.py").write_text(f"{tell}import signal\nwhile True: pass\n")
    (tmp_path / "Dockerfile").write_text(FOUND + 'CMD ["python", "main.py"]\n')
    (tmp_path / "start.sh").write_text("#!/bin/sh\ntouch told\n")
    (tmp_path / "start.sh").chmod(0o755)
    (tmp_path / "compose.yml").write_text(
        "services:\n  a:\n    image: !!python/object/apply:os.system ['touch told']\n"
    )
    command = Path(sys.executable).parent / "gracekeeper"
    done = subprocess.run(
        [command, "doctor"], cwd=tmp_path, capture_output=True, timeout=60, check=False
    )
    assert done.returncode in (0, 1), done.stderr.decode()
    assert not (tmp_path / "told").exists()
    assert not list(tmp_path.rglob("*.pyc"))


def _bomb() -> str:
    rows = [f"b{n}: &b{n} [{', '.join([f'*b{n - 1}'] * 9)}]" for n in range(1, 12)]
    return "\n".join(["services:", "b0: &b0 [x]", *rows, ""])


def _calls(width: int) -> str:
    """Return functions that call each other many times over."""
    steps = [f"f{n}() {{ {f'f{n + 1}; ' * width}}}" for n in range(9)]
    return "\n".join(["#!/bin/sh", *steps, "f9() { kill -0 1; }", "trap f0 TERM", "f0", ""])


DEEP: Final = 10_000
PID1: Final = 'FROM debian:12\nCOPY start.sh /\nENTRYPOINT ["/start.sh"]\n'
BAD: Final[dict[str, Callable[[], dict[str, str]]]] = {
    "a bomb of aliases": lambda: {"compose.yml": _bomb()},
    "merges of merges": lambda: {
        "compose.yml": "services:\n"
        + "x0: &x0 {a: 1}\n"
        + "".join(f"x{n}: &x{n} {{<<: [*x{n - 1}, *x{n - 1}]}}\n" for n in range(1, 40))
    },
    "deep YAML": lambda: {"compose.yml": "services: " + "[" * DEEP + "]" * DEEP},
    "deep YAML, by indents": lambda: {
        "compose.yml": "services:\n" + "".join(f"{' ' * n}a:\n" for n in range(1, 1400))
    },
    "deep JSON": lambda: {
        "package.json": "[" * DEEP + "]" * DEEP,
        "Dockerfile": "FROM a\nCMD " + "[" * DEEP + "]" * DEEP + "\nENTRYPOINT " + '{"a":' * DEEP,
    },
    "deep TOML": lambda: {
        "fly.toml": "a = " + "[" * DEEP + "]" * DEEP,
        "a/fly.toml": "a." * DEEP + "b = 1",
    },
    "deep shell": lambda: {
        "Dockerfile": PID1 + "RUN " + "(" * DEEP,
        "start.sh": "#!/bin/sh\n" + "(" * DEEP + "a" + ")" * DEEP,
        "if.sh": "if a; then " * DEEP + "fi " * DEEP,
        "dollar.sh": "a $(" * DEEP + ")" * DEEP,
    },
    "deep Python": lambda: {
        "main.py": "signal = " + "(" * DEEP + ")" * DEEP,
        "minus.py": "signal = " + "-" * DEEP + "1",
        "dots.py": "signal" + ".a" * DEEP,
        "plus.py": "signal = 1" + " + 1" * DEEP,
    },
    "deep nginx": lambda: {"nginx.conf": "http {" * DEEP + "}" * DEEP},
    "shells in shells": lambda: {
        "Dockerfile": "FROM debian:12\nCMD " + "sh -c exec env sudo -u x nohup " * 2000,
        "start.sh": "#!/bin/sh\n. ./start.sh\n./start.sh\nexec ./start.sh\n",
        "Procfile": "web: ./start.sh\nworker: bash -c \"bash -c 'bash start.sh'\"\n",
    },
    "calls of calls": lambda: {"Dockerfile": PID1, "start.sh": _calls(9)},
    "5,000 services": lambda: {
        "compose.yml": "services:\n"
        + "".join(f"  s{n}:\n    image: i{n}\n    command: sh -c 'a; b'\n" for n in range(5000))
    },
    "5,000 services of one image": lambda: {
        "Dockerfile": PID1,
        "start.sh": "#!/bin/sh\nset -e\nmigrate\ngunicorn a:a\n",
        "compose.yml": "services:\n"
        + "".join(f"  s{n}:\n    build: .\n    depends_on: [s{n - 1}]\n" for n in range(5000)),
    },
    "a huge uwsgi.ini": lambda: {
        "uwsgi.ini": "[uwsgi]\nmaster = true\n" + "ini = uwsgi.ini\nvacuum = 1\n" * 30_000,
        "Dockerfile": 'FROM a\nCOPY uwsgi.ini /\nCMD ["uwsgi", "--ini", "/uwsgi.ini"]\n',
    },
    "a huge supervisord.conf": lambda: {
        "supervisord.conf": "[supervisord]\n[include]\nfiles = *.conf\n"
        + "".join(f"[program:p{n}]\ncommand=sh -c a\n" for n in range(20_000)),
        "Dockerfile": 'FROM a\nCOPY supervisord.conf /etc/\nCMD ["supervisord"]\n',
    },
    "a huge Dockerfile": lambda: {
        "Dockerfile": "FROM a\n" + "COPY a /b/\nENV A=$A$A\nENV B=x\nRUN a && b\n" * 2500
    },
    "variables that double": lambda: {
        "Dockerfile": "FROM a\nENV A=xx\n" + "ENV A=$A$A\n" * 60 + "CMD $A\n",
        "start.sh": "#!/bin/sh\nA=xx\n" + "A=$A$A\n" * 60 + "exec $A\n",
    },
    "stages of stages": lambda: {
        "Dockerfile": "FROM a AS s0\nENV A=b\n"
        + "".join(f"FROM s{n - 1} AS s{n}\nCOPY --from=s0 a b\n" for n in range(1, 2000))
    },
    "many manifests": lambda: {
        "a.yaml": "---\n".join(
            f"apiVersion: v1\nkind: {kind}\nmetadata: {{name: a{n}}}\n"
            f"spec: {{selector: {{matchLabels: {{a: b}}}}, template: {{metadata:"
            f" {{labels: {{a: b}}}}, spec: {{containers: [{{name: c, image: i}}]}}}}}}\n"
            for n in range(1200)
            for kind in ("Deployment", "Service")
        )
    },
    "a long script": lambda: {
        "Dockerfile": PID1,
        "start.sh": "#!/bin/sh\n"
        + "python manage.py migrate &\ngunicorn a:a\nwait\ntrap 'kill 1' TERM\n" * 2500,
    },
    "functions in a loop": lambda: {
        "Dockerfile": PID1,
        "start.sh": "#!/bin/sh\nf() {\n" + "g\n" * 800 + "}\ng() {\n" + "f\n" * 800 + "}\n"
        "while true; do\nf\nsleep 1\ndone\n",
    },
    "a case of many ways": lambda: {
        "Dockerfile": PID1,
        "start.sh": "#!/bin/sh\ncase $1 in\n"
        + "".join(f'{at}) O="$O {at}" ;;\n' for at in range(3000))
        + "esac\nexec uwsgi $O\n",
    },
    "scripts that call each other": lambda: {
        "Dockerfile": PID1,
        "start.sh": "#!/bin/sh\n" + "./b.sh\n./c.sh\n" * 200 + "exec gunicorn a\n",
        "b.sh": "#!/bin/sh\n" + "./c.sh\n./start.sh\n" * 200,
        "c.sh": "#!/bin/sh\n" + "./b.sh\n./start.sh\n" * 200,
    },
    "pools of php-fpm and services": lambda: {
        "compose.yml": "services:\n"
        + "".join(f"  a{i}:\n    image: app\n    command: a b\n" for i in range(3000)),
        **{
            f"{i}/www.conf": "[www]\npm = static\n" + "request_terminate_timeout = 90\n[b]\n" * 20
            for i in range(300)
        },
    },
    "a Makefile and a workflow": lambda: {
        "Makefile": "a:\n" + "\tdocker kill x\n" * 20_000,
        ".github/workflows/a.yml": "jobs:\n  a:\n    steps:\n"
        + "    - run: docker kill x\n" * 5000,
    },
}


@pytest.mark.parametrize("name", BAD)
def test_it_ends(tmp_path: Path, name: str) -> None:
    for path, text in BAD[name]().items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    Told(tmp_path)
