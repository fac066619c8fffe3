"""What is told of a Python program by the modules of the tree that it imports."""

from __future__ import annotations

import time

import pytest

from supervisor.doctor.house.house import House, house_of
from supervisor.doctor.house.pythonmain import PythonMain, python_mains
from supervisor.doctor.reading import kinds
from supervisor.doctor.reading.source import Source
from supervisor.doctor.services.linked import Linked

DOCKERFILE = 'FROM python:3.11-slim\nWORKDIR /app\nCOPY . .\nCMD ["python", "app/main.py"]\n'
LOOP = "import time\n\ndef run():\n    while True:\n        time.sleep(1)\n"
DEADLINE_S = 20.0


def _main(*files: tuple[str, str]) -> PythonMain:
    (found,) = python_mains(house_of({"Dockerfile": DOCKERFILE, **dict(files)}))
    return found


@pytest.mark.parametrize(
    "line, path",
    [
        ("import job", "app/job.py"),
        ("from job import run", "app/job.py"),
        ("from parts.job import run", "app/parts/job.py"),
        ("from parts import job", "app/parts/job.py"),
        ("from app.job import run", "app/job.py"),  # with PYTHONPATH=.
        ("from shared.job import run", "shared/job.py"),
    ],
)
def test_where_a_module_is_found(line: str, path: str) -> None:
    """Beside the program or above, in packages or not; it is no stranger then."""
    main = _main(("app/main.py", f"{line}\nserve()\n"), (path, LOOP))
    assert path in main.modules.own
    assert main.plain


@pytest.mark.parametrize(
    "line, last", [("import job\njob.run()", True), ("import job\njob.stop()", False)]
)
def test_a_loop_in_a_module_counts_where_it_is_called(line: str, last: bool) -> None:
    """Not where its module is imported alone."""
    assert _main(("app/main.py", f"{line}\nserve()\n"), ("app/job.py", LOOP)).lasts is last


@pytest.mark.parametrize(
    "job",
    [
        "import celery\n",
        "import signal\nsignal.signal(signal.SIGTERM, print)\n",
        "def broken(:\n",
    ],
)
def test_what_a_module_may_do_is_not_plain(job: str) -> None:
    """A framework, a handler, and what nobody can read."""
    assert not _main(("app/main.py", "import job\nserve()\n"), ("app/job.py", job)).plain


def test_modules_that_import_each_other() -> None:
    """Each is read once."""
    main = _main(
        ("app/main.py", "import a\nserve()\n"),
        ("app/a.py", "import b, main\n"),
        ("app/b.py", "from a import x\n"),
    )
    assert set(main.modules.own) == {"app/a.py", "app/b.py"}


@pytest.mark.parametrize(
    "text",
    [
        f"import {'.'.join(['a'] * 40_000)}\nserve()\n",
        f"from {'.' * 60_000}a import b\nserve()\n",
        "".join(f"import a{at}\n" for at in range(9_000)) + "serve()\n",
        "import a\nserve()\n" + "def f():\n    a.g()\nf()\n" * 8_000,
    ],
    ids=["deep", "above", "many", "calls"],
)
def test_names_that_somebody_made_up_take_no_time(text: str) -> None:
    """They are bounded."""
    started = time.monotonic()
    mains = list(
        python_mains(house_of({"Dockerfile": DOCKERFILE, "app/main.py": text, "app/a.py": LOOP}))
    )
    assert not any(main.lasts for main in mains)
    assert time.monotonic() - started < DEADLINE_S


def test_long_names_are_looked_for_as_far_as_there_are_folders(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = "".join(f"import m{at}{'.part' * 19}\n" for at in range(450))
    names = [f"x{at}" for at in range(20)]
    files = {f"a/b/c/{name}.py": text for name in names}
    files["a/b/c/main.py"] = "".join(f"import {name}\n" for name in names) + "serve()\n"
    files["other/job.py"] = LOOP
    files["Dockerfile"] = DOCKERFILE.replace("app/main.py", "a/b/c/main.py")
    sources = [Source(path, each, kinds.by_name(path)) for path, each in files.items()]
    house = House(sources, links={"link": "other"}, guarded=False)
    looked = []
    get = Linked.get

    def counted(files: Linked, path: str) -> Source | None:
        looked.append(path)
        return get(files, path)

    monkeypatch.setattr(Linked, "get", counted)
    (main,) = python_mains(house)
    assert len(main.modules.own) == 20
    assert main.modules.whole
    assert len(looked) < 10_000


def test_modules_are_found_where_links_lead() -> None:
    files = {
        "Dockerfile": DOCKERFILE,
        "app/main.py": "import lib.parts.job\nserve()\n",
        "other/parts/job.py": LOOP,
    }
    sources = [Source(path, each, kinds.by_name(path)) for path, each in files.items()]
    (main,) = python_mains(House(sources, links={"app/lib": "other"}, guarded=False))
    assert list(main.modules.own) == ["app/lib/parts/job.py"]


def test_a_program_is_not_known_whose_modules_are_looked_for_too_often() -> None:
    text = "".join(f"import m{at}\n" for at in range(450))
    several = [(f"app/p{at}/a.py", text) for at in range(60)]
    main = "".join(f"import p{at}.a\n" for at in range(60)) + "serve()\n"
    assert not _main(("app/main.py", main), *several).modules.whole
    assert _main(("app/main.py", main), *several[:5]).modules.whole


@pytest.mark.parametrize(
    "text",
    [
        "import importlib, os\napp = importlib.import_module(os.environ['APP'])\n",
        "from importlib import import_module\nimport_module('a')\n",
        "import os\n__import__(os.environ['APP'])\n",
        "import os\nexec(open('job.py').read())\n",
        "import importlib.util\nspec.loader.exec_module(it)\n",
        "import signal\nsignal.sigwait([15])\n",
    ],
)
def test_what_only_the_running_program_knows_is_not_plain(text: str) -> None:
    """Modules by their names, text that is run, and signals that are waited for."""
    assert not _main(("app/main.py", f"{text}serve()\n")).plain
    job = ("app/job.py", text)
    assert not _main(("app/main.py", "import job\nserve()\n"), job).plain


def test_what_python_runs_before_a_program_is_not_plain() -> None:
    """A sitecustomize.py may set a handler for all of them."""
    program = ("app/main.py", f"{LOOP}run()\nserve()\n")
    assert _main(program).plain
    assert not _main(program, ("lib/sitecustomize.py", "import job\n")).plain


@pytest.mark.parametrize(
    "body, lasts",
    [
        ("    while True:\n        work()\n", True),
        ("    while True:\n        yield 1\n", False),
        ("    while True:\n        yield from it\n", False),
        ("    while True:\n        os.execv(a, b)\n", False),
        ("    while True:\n        os._exit(1)\n", False),
        ("    while True:\n        sys.exit()\n", False),
        (
            "    try:\n        while True:\n            next(it)\n"
            "    except StopIteration:\n        return\n",
            False,
        ),
        (
            "    try:\n        while True:\n            work()\n"
            "    except (KeyboardInterrupt, SystemExit):\n        return\n",
            True,
        ),
        (
            "    while True:\n        try:\n            work()\n"
            "        except KeyboardInterrupt:\n            sys.exit(0)\n",
            True,
        ),
        ("    while True:\n        try:\n            work()\n        except: pass\n", True),
        ("    while True:\n        try:\n            work()\n        except: break\n", False),
    ],
)
def test_which_loops_last(body: str, lasts: bool) -> None:
    """Not those that yield, become another program, or are ended by what they raise."""
    text = f"import os, sys\n\ndef run():\n{body}\nrun()\nserve()\n"
    assert _main(("app/main.py", text)).lasts is lasts


@pytest.mark.parametrize(
    "text, hears",
    [
        ("signal.signal(signal.SIGINT, print)\n", False),
        ("signal.signal(signal.SIGTERM, print)\n", True),
        ("signal.signal(config.SIG, print)\n", True),
        ("signal.signal(config.SIGNAL, print)\n", True),
        ("for one in (signal.SIGINT, 15):\n    signal.signal(one, print)\n", True),
        ("for one in (signal.SIGINT, signal.SIGHUP):\n    signal.signal(one, print)\n", False),
        (
            "for s in (signal.SIGTERM,):\n    signal.signal(s, print)\n"
            "for s in (signal.SIGHUP,):\n    signal.signal(s, print)\n",
            True,
        ),
    ],
)
def test_a_signal_that_nobody_knows_may_be_sigterm(text: str, hears: bool) -> None:
    """Only the names that signals have count as known."""
    main = _main(("app/main.py", f"import signal\n{text}serve()\n"))
    assert bool(main.handlers()) is hears
