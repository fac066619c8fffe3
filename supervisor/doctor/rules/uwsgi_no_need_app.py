"""A uWSGI that runs on without its application."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from supervisor.doctor.finding import INFO, LOW, Edit, Finding
from supervisor.doctor.house.granting import after
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.services.hearing import for_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.finding import Place
    from supervisor.doctor.house.house import House

FIX = "Add `need-app = true`."
APPS: Final = ("module", "wsgi-file", "file", "mount")


def check(house: House) -> Iterator[Finding]:
    """Look at uWSGIs that load an application when they start."""
    for uwsgi in house.uwsgis:
        settings = uwsgi.settings
        if settings is None or settings.last("need-app") or settings.last("emperor"):
            continue
        key = next((one for one in APPS if settings.last(one)), "")
        if not key:
            continue
        place = uwsgi.where(key)
        yield Finding(
            "uwsgi-no-need-app",
            INFO if uwsgi.service is None else for_path((place or uwsgi.place).path, LOW),
            place or uwsgi.place,
            "If the application can't be imported, uWSGI stays up without it and answers every"
            " request with an error, so a broken release replaces a good one.",
            FIX,
            _edits(house, uwsgi.editable(key)),
        )


def _edits(house: House, place: Place | None) -> tuple[Edit, ...]:
    return after(house, place, "need-app = true") if place else ()


RULE = Rule(
    id="uwsgi-no-need-app",
    severity=LOW,
    title="uWSGI starts without its application",
    why=(
        "Without `need-app` a failing import is a line in the log: the container is up, and every"
        " request gets an error. With it uWSGI ends with exit code 22 (measured), and the platform"
        " keeps the old release."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example(
            (
                ("Dockerfile", 'FROM python:3.11\nCOPY u.ini /\nCMD ["uwsgi", "/u.ini"]\n'),
                ("u.ini", "[uwsgi]\nmodule = app\nmaster = true\n"),
            ),
            at="u.ini:2",
            fixed="[uwsgi]\nmodule = app\nneed-app = true\nmaster = true\n",
        ),
        Example((("uwsgi.ini", "[uwsgi]\nwsgi-file = app.py\n"),), at="uwsgi.ini:2", severity=INFO),
        Example(
            (("uwsgi.json", '{"uwsgi": {\n"module": "app"}}\n'),),
            at="uwsgi.json:2",
            severity=INFO,
            by_hand=True,
        ),
    ),
    good=(
        Example((("uwsgi.json", '{"uwsgi": {"module": "app", "need-app": true}}\n'),)),
        Example((("uwsgi.ini", "[uwsgi]\nmodule = app\nneed-app = true\n"),)),
        Example((("uwsgi.ini", "[uwsgi]\nmodule = app\nneed-app\n"),)),
        Example((("uwsgi.ini", "[uwsgi]\nemperor = /etc/vassals\n"),)),
    ),
)
