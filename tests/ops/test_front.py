"""Whether there was a shell at all is seen, or read from its script; else nobody is blamed."""

from __future__ import annotations

import base64
import io
import json
import tarfile
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from supervisor.ops import explanation
from supervisor.ops.causes import front
from supervisor.ops.causes.decide import cause
from supervisor.ops.engine import Engine
from supervisor.ops.gathering import _places, gather
from tests.ops.answering import ID, Answers, answer, answering, ok
from tests.ops.made import die, ended, kill, stopped
from tests.ops.test_causes import ANSWER, RECORDED


@pytest.mark.parametrize(
    ("text", "given", "stays"),
    [
        ('set -e\nexec "$@"', ("app",), False),
        ('exec "$@" >/dev/null 2>&1  # at last\n', ("app",), False),
        ('exec gosu app "$@"', ("app",), False),
        ("set -e\nA=1 B=2 exec app", (), False),
        ('exec "$@"', ("sh", "-c", "app; true"), True),
        ('exec "$@"', ("/run.sh",), None),
        ("exec /run.sh", (), None),
        ("exec > log\npython app.py", (), True),
        ("# then exec app\nwait", (), True),
        ('if [ "$1" = x ]; then\n  exec a\nfi\nb', (), None),
        ('case "$1" in\n  a) exec a ;;\n  *) b ;;\nesac', (), None),
        ('main() {\n  exec "$@"\n}\nmain "$@"', ("app",), None),
        ("migrate && \\\n  exec app", (), False),
        ("", ("app",), None),
    ],
)
def test_a_script_in_front(text: str, given: tuple[str, ...], stays: bool | None) -> None:
    """What its last line says, where it can be read; else both are told, and of nobody else."""
    told = {
        True: ("shell-kept-signal", "shell-cut-children", "likely"),
        False: ("grace-over", "stopped", "possible"),
        None: ("grace-over", "stopped", "possible"),
    }[stays]
    for argv in (("/entry.sh", *given), ("sh", "-e", "/entry.sh", *given)):
        late = ended(kill(5, 15), kill(7, 9), die(7.1), stopped(7.2), argv=argv)
        quick = ended(kill(5, 15), die(5.1, 143), stopped(5.2), code=143, argv=argv)
        late, quick = (one.replace(script=front.gist(text)) for one in (late, quick))
        assert front.script(late) == "/entry.sh"
        assert front.shell(late) is stays
        assert (cause(late).id, cause(quick).id, cause(late).confidence) == told
        for one in (late, quick):
            assert (" (`exec`), and " in cause(one).sentence) == (stays is None)
            again = explanation.of_case(one)
            ANSWER.validate(again)
            assert explanation.again(again, "it") == again


@pytest.mark.parametrize(
    ("argv", "stays"),
    [
        (("sh", "-c", 'exec "$@"', "sh", "app", "x"), False),
        (("sh", "-c", "a; b"), True),
        (("bash", "-c", "a; b"), None),
        (("bash", "-c", "trap : TERM; b"), True),
        (("bash", "-c", "a | b"), True),
        (("bash", "-c", "a; wait"), True),
        (("busybox", "sh", "-c", "a; b"), True),
        (("sh",), True),
        (("app", "run.sh"), False),
    ],
)
def test_a_command_line_in_front(argv: tuple[str, ...], stays: bool | None) -> None:
    """`exec` is looked for where it counts, and bash becomes its last command."""
    assert front.shell(ended(argv=argv)) is stays


def test_a_script_below_an_init() -> None:
    """What it becomes is no shell, and that was seen or is written."""
    argv = ("tini", "--", "/entry.sh", "app")
    case = ended(kill(5, 15), die(5.1, 143), stopped(5.2), code=143, argv=argv)
    assert (front.script(case), front.in_front(case)) == ("/entry.sh", None)
    assert cause(case.replace(script="wait")).id == "shell-cut-children"
    assert cause(case.replace(script='exec "$@"')).id == "no-handler"
    told = next(case for one, _, case in RECORDED if one.name == "init, no handler")
    seen = told.replace(container=told.container.replace(argv=argv))
    assert (cause(seen).id, front.in_front(seen)) == ("no-handler", False)


class Stopped(Answers):
    """An engine with a container that was a script once, in one place."""

    def __init__(self, place: str, kind: bytes, content: bytes, **config: object) -> None:
        super().__init__()
        self.place, self.entry, self.asked = place, tarfile.TarInfo("entry.sh"), list[str]()
        self.entry.type, self.entry.size, self.content = kind, len(content), content
        for path in ("/containers/web/json", f"/containers/{ID}/json"):
            made = self.by_path[path]
            assert isinstance(made, bytes)
            told = json.loads(made.partition(b"\r\n\r\n")[2])
            told |= {"Path": "entry.sh", "Args": ["app"]}
            told["Config"] |= config
            self.by_path[path] = ok(told)

    def to(self, request: str) -> bytes | Iterable[bytes]:
        """Return the archive of the one place, in docker cp's way."""
        url = urlsplit(request.split(" ")[1])
        if not url.path.endswith("/archive"):
            return super().to(request)
        self.asked.append(parse_qs(url.query)["path"][0])
        if self.asked[-1] != self.place:
            return answer(b'{"message": "none"}', "404 Not Found")
        text = io.BytesIO()
        with tarfile.open(fileobj=text, mode="w") as archive:
            archive.addfile(self.entry, io.BytesIO(self.content))
        about = base64.b64encode(b'{"name": "entry.sh", "size": 1, "linkTarget": ""}')
        found = answer(text.getvalue())
        return found.replace(b"\r\n", b"\r\nX-Docker-Container-Path-Stat: " + about + b"\r\n", 1)


@pytest.mark.parametrize(
    ("kind", "content", "script"),
    [
        (tarfile.REGTYPE, b'# exec\nset -e\nexec "$@"\n', 'exec "$@"'),
        (tarfile.REGTYPE, b"\xff\nwait", "wait"),
        (tarfile.REGTYPE, b"x" * (1 << 17), ""),
        (tarfile.DIRTYPE, b"", ""),
    ],
)
def test_the_script_of_one_that_has_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: bytes, content: bytes, script: str
) -> None:
    """It is looked for where PATH says; whatever is no small file is left alone."""
    answers = Stopped("/opt/entry.sh", kind, content, Env=["A=b", "PATH=/bin:/opt"])
    with answering(tmp_path / "engine", answers) as host:
        monkeypatch.setenv("DOCKER_HOST", host)
        engine = Engine()
        assert gather(engine, "web").script == script
        engine.close()
    assert answers.asked == ["/bin/entry.sh", "/opt/entry.sh"]


def test_a_script_of_a_folder() -> None:
    """The container's own folder is where its paths begin, and where a shell looks first."""
    config = {"WorkingDir": "/srv/app/", "Env": None}
    assert _places("./x.sh", config, called=True) == ["/srv/app/x.sh"]
    assert _places("/x.sh", config, called=True) == ["/x.sh"]
    assert _places("x.sh", config, called=False)[:2] == ["/srv/app/x.sh", "/usr/local/sbin/x.sh"]
    assert _places("x.sh", {}, called=True)[0] == "/usr/local/sbin/x.sh"
