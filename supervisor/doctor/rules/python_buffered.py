"""Python keeps its last lines of output in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supervisor.doctor.commands.wrapping import base, program_of
from supervisor.doctor.finding import INFO, Edit, Finding
from supervisor.doctor.house.pythonmain import python_mains
from supervisor.doctor.knowledge import images
from supervisor.doctor.knowledge.servers import graceful
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.services.program import PROGRAM

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House
    from supervisor.doctor.house.pythonmain import PythonMain
    from supervisor.doctor.services.program import Chain
    from supervisor.doctor.services.service import Service

NAME = "PYTHONUNBUFFERED"
FIX = f"Set `{NAME}=1`, or start it with `python -u`."
PRINTS = ("print", "stdout", "write(")
ELSEWHERE = ("env_file", "envFrom")


def check(house: House) -> Iterator[Finding]:
    """Look at Python programs in images whose environment is known."""
    silent = {id(one.service) for one in python_mains(house) if _silent(one, house)}
    for service in house.services:
        chain = service.chain
        if chain is None or service.oneshot or chain.main.kind != PROGRAM or not _plain(chain):
            continue
        if not _known(service) or _said(service, chain) or id(service) in silent:
            continue
        yield Finding(
            "python-buffered",
            INFO,
            chain.main.place,
            "What it prints waits in a buffer of 8 KiB: when it is killed, the last lines, which"
            " would say why, are lost.",
            FIX,
            _edits(service, chain, house),
        )


def _silent(main: PythonMain, house: House) -> bool:
    """Tell whether nothing of it goes to stdout: stderr, where `logging` writes, has no buffer."""
    if not main.plain:
        return False
    found = (house.files.get(path) for path in (main.source.path, *main.modules.own))
    return not any(word in one.text for one in found if one for word in PRINTS)


def _plain(chain: Chain) -> bool:
    """Tell whether the program is `python`, with a script or module of somebody, and without -u."""
    argv = chain.main.argv
    if not base(argv[0]).startswith(("python", "pypy")):
        return False
    options = []
    for word in argv[1:]:
        if not word.startswith("-") or word in ("-m", "-c"):
            break
        options.append(word)
    unbuffered = any("u" in word for word in options if not word.startswith("--"))
    name, _ = program_of(argv)
    return not unbuffered and not graceful(name) and name not in ("python", "python3", "")


def _known(service: Service) -> bool:
    """Tell whether all of the environment is in the tree."""
    if service.node is not None and any(service.node.get(key) for key in ELSEWHERE):
        return False
    image = service.image.base if service.image else service.image_name
    return bool(images.base(image))


def _said(service: Service, chain: Chain) -> bool:
    image = service.image.env if service.image else {}
    if service.env.get(NAME) or (NAME not in service.env and image.get(NAME)):
        return True
    return any(NAME in link.source.text for link in chain.links if link.source)


def _edits(service: Service, chain: Chain, house: House) -> tuple[Edit, ...]:
    """Set it before the command, where a Dockerfile has that."""
    place = chain.main.place
    if service.image is None or place.path != service.image.path:
        return ()
    line = house.line(place)
    if not line.startswith(("CMD", "ENTRYPOINT")):
        return ()
    return (Edit(place.replace(end_line=0), f"ENV {NAME}=1\n{line}"),)


RULE = Rule(
    id="python-buffered",
    severity=INFO,
    title="Python's output is buffered",
    why=(
        "Into a pipe, which a container's log is, Python writes whole blocks of 8 KiB. After"
        " SIGKILL the last lines are missing, and with them the reason. Any value of"
        " PYTHONUNBUFFERED that is not empty helps, even `0`."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example(
            (("Dockerfile", 'FROM python:3.11\nCMD ["python", "app.py"]\n'),),
            at="Dockerfile:2",
            fixed='FROM python:3.11\nENV PYTHONUNBUFFERED=1\nCMD ["python", "app.py"]\n',
        ),
        Example(
            (
                (
                    "Dockerfile",
                    'FROM python:3.11\nENTRYPOINT ["python"]\nCMD ["manage.py", "runserver"]\n',
                ),
            ),
            at="Dockerfile:2",
        ),
    ),
    good=(
        Example(
            (
                ("Dockerfile", 'FROM python:3.11\nCOPY app.py /\nCMD ["python", "/app.py"]\n'),
                (
                    "app.py",
                    "import logging, time\nwhile True:\n    logging.info('x')\n    time.sleep(1)\n",
                ),
            )
        ),
        Example((("Dockerfile", 'FROM python:3.11\nCMD ["python", "-u", "app.py"]\n'),)),
        Example((("Dockerfile", "FROM python:3.11\nENV PYTHONUNBUFFERED 0\nCMD python app.py\n"),)),
        Example((("Dockerfile", 'FROM corp/python\nCMD ["python", "app.py"]\n'),)),
        Example((("Dockerfile", 'FROM python:3.11\nCMD ["gunicorn", "app"]\n'),)),
    ),
)
