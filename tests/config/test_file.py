"""A gracekeeper.toml: what it declares, and every mistake with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from supervisor.config.declared import Declared, DeclaredService
from supervisor.config.file import read
from supervisor.config.readiness import Readiness
from supervisor.core.fleet import Need
from supervisor.core.policy import Rung
from supervisor.errors import UsageError
from tests.config.samples import BAD, GOOD


def declared(folder: Path, text: str) -> Declared:
    """Read a text as a file in a folder."""
    file = folder / "gracekeeper.toml"
    file.write_text(text)
    return read(str(file), {"HOME": "/h", "EMPTY": ""})


def mistakes(folder: Path, text: str) -> list[str]:
    """What is wrong with a text, without the file's name: "LINE: ..."."""
    with pytest.raises(UsageError) as error:
        declared(folder, text)
    assert error.value.exit_code == 2
    told = [one for one in str(error.value).splitlines() if not one.startswith("cannot use ")]
    return [one.removeprefix(f"{folder}/gracekeeper.toml:") for one in told]


def test_a_whole_file(tmp_path: Path) -> None:
    """Every key arrives; paths are relative to the file; a last rung is added."""
    (tmp_path / "pw").write_text("hush\n")
    found = declared(tmp_path, GOOD)
    services = {one.name: one for one in found.services}
    assert found.replace(services=()) == Declared(
        f"{tmp_path}/gracekeeper.toml", (), 30.0, 2.0, "child", hurry=False, health=":8081",
        control="none", report=f"{tmp_path}/r.json", log_format="text",
    )  # fmt: skip
    assert services["db"] == DeclaredService(
        "db",
        f"{tmp_path}/gracekeeper.toml:10",
        ("postgres", "-D", "/data dir"),
        user="999:999",
        cwd=f"{tmp_path}/db",
        environment=(("N", "5"), ("CERT_FILE", "/c"), ("PASSWORD", "hush")),
        ready=Readiness("tcp", "127.0.0.1:5432", every_s=0.1, patience_s=2.0),
        stop=(
            Rung("interrupt", signal=2, patience_s=5.0),
            Rung("SIGQUIT to the group", signal=3, target="group"),
            Rung("kill the tree", signal=9, target="tree"),
        ),
        grace_s=20.0,
        secrets=("PASSWORD",),
    )
    assert services["migrate"].command == ("app", "/h", "$x", "a b", "")
    assert services["migrate"].task
    assert services["migrate"].after == (Need("db", "ready"),)
    web = services["web"]
    assert web.after == (Need("migrate", "completed"), Need("db", "ready"))
    assert web.listen == (f"uwsgi={tmp_path}/app.sock", ":8000")
    assert web.ready == Readiness("exec", argv=("test", "-e", "x y"), every_s=0.2)
    assert dict(web.recycle) == {
        "memory": "256MiB", "age": "3600", "jitter": "10%", "requests": 1000, "memory_as": "uss",
    }  # fmt: skip
    assert (web.restart, web.watch_file, web.log) == ("always", f"{tmp_path}/touch", "json")
    assert services["nginx"].after == (Need("web", "started"),)
    assert services["nginx"].ready == Readiness("file", f"{tmp_path}/up")
    assert not services["nginx"].essential


@pytest.mark.parametrize(("text", "told"), BAD, ids=lambda one: one[:60])
def test_a_mistake(tmp_path: Path, text: str, told: str) -> None:
    """One line, with its number."""
    found = mistakes(tmp_path, text)
    assert len(found) == 1
    assert told in found[0]


def test_all_mistakes_at_once(tmp_path: Path) -> None:
    """In the order of their lines, and how many there are."""
    text = "grace = 1\nx = 1\n[services.a]\ncommand = 5\nafter = ['b']\n[services.'b c']\n"
    found = mistakes(tmp_path, text)
    assert [one.partition(":")[0] for one in found] == ["1", "2", "4", "5", "6"]
    with pytest.raises(UsageError, match=r"gracekeeper.toml: it has 5 mistakes\. Correct them:\n"):
        declared(tmp_path, text)


def test_what_follows_from_a_mistake_is_not_told(tmp_path: Path) -> None:
    """A value that nobody understands contradicts nothing."""
    text = (
        "grace = 'long'\n[services.a]\ncommand = 'a'\ntask = 'yes'\ngrace = 20\n"
        "[services.b]\ncommand = '${NO}'\nafter = {a = 'completed'}\nenvironment = {A = '${NO}'}\n"
    )
    assert [one.partition(":")[0] for one in mistakes(tmp_path, text)] == ["1", "4", "7", "9"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"a = 1\na = 2\n", "toml:2: cannot read it as TOML: cannot overwrite a value"),
        (b"a = [\n1,\n", "toml:2: cannot read it as TOML: invalid value."),
        (b"[s]\n[s]\n", "toml:2: cannot read it as TOML: cannot declare ('s',) twice"),
        (b"a = 1\nb = '\xff'\n", "toml:2: cannot read it as UTF-8"),
        (b"a = " + b"[" * 100_000, "nested too deeply"),
    ],
    ids=str,
)
def test_no_toml(tmp_path: Path, content: bytes, told: str) -> None:
    """The line is told, too."""
    (tmp_path / "x.toml").write_bytes(content)
    with pytest.raises(UsageError) as error:
        read(str(tmp_path / "x.toml"), {})
    assert told in str(error.value)


def test_no_file(tmp_path: Path) -> None:
    """Neither a folder, nor nothing."""
    for path, why in ((tmp_path, "Is a directory"), (tmp_path / "x", "No such file or directory")):
        with pytest.raises(UsageError, match=f"cannot read {path}: {why}"):
            read(str(path), {})
