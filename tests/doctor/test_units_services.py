"""Units of systemd: what they run, and when that is judged."""

from __future__ import annotations

from math import inf

import pytest

from supervisor.doctor.examine import examined
from supervisor.doctor.forecast import document
from supervisor.doctor.forecast.forecast import forecasts
from supervisor.doctor.forecast.sentences import asked, how, lost
from supervisor.doctor.house.house import house_of
from supervisor.doctor.services.service import SYSTEMD, Service


def services(unit: str, **files: str) -> list[Service]:
    named = {"deploy/a.service": f"[Unit]\nAfter=x\n[Service]\n{unit}", **files}
    return [one for one in house_of(named).services if one.kind == SYSTEMD]


def test_what_a_unit_says() -> None:
    (found,) = services(
        'Environment="A=1 2" B=3\nExecStart=-/v/bin/gunicorn \\\n  -w 4 a:b\nKillSignal=INT\n'
        "KillMode=mixed\nTimeoutStopSec=1min 30s\n"
    )
    assert (found.signal, found.grace, found.pid1) == ("SIGINT", 90, False)
    assert found.argv == ("/v/bin/gunicorn", "-w", "4", "a:b")
    assert (found.platform.all, found.env) == (False, {"A": "1 2", "B": "3"})
    assert (str(found.place), str(found.stop_signal_place)) == (
        "deploy/a.service:5", "deploy/a.service:7",
    )  # fmt: skip


def test_what_drop_ins_add() -> None:
    """In the order of their names; an empty ExecStart forgets the one before."""
    (found,) = services(
        "ExecStart=gunicorn a:b\nTimeoutStopSec=5\n",
        **{
            "deploy/a.service.d/10-time.conf": "[Service]\nTimeoutStopSec=600\n",
            "deploy/a.service.d/20-app.conf": "[Service]\nExecStart=\nExecStart=uvicorn c:d\n",
            "deploy/b.service.d/30.conf": "[Service]\nTimeoutStopSec=7\n",
        },
    )
    assert (found.grace, str(found.grace_place)) == (600, "deploy/a.service.d/10-time.conf:2")
    assert found.argv == ("uvicorn", "c:d")


def test_what_nobody_says() -> None:
    """All processes are told, by SIGTERM, and KILL comes after 90 s."""
    (found,) = services("ExecStart=uvicorn a:b\n")
    assert (found.signal, found.grace, found.platform.all) == ("SIGTERM", 90, True)


@pytest.mark.parametrize(
    "unit",
    [
        "Type=forking\nExecStart=gunicorn -D a:b\n",
        "Type=oneshot\nExecStart=celery -A a call b\n",
        "ExecStart=gunicorn a:b\nExecStop=/bin/kill -s QUIT $MAINPID\n",
        "ExecStart=gunicorn a:b\nKillMode=none\n",
        "ExecStart=gunicorn a:b\nExecStart=\nExecStart=/bin/app\n",
        "ExecStart=gunicorn 'a:b\n",
        "ExecStart=%h/bin/gunicorn a:b\n",
        "ExecStart=/usr/bin/docker run a gunicorn a:b\n",
        "ExecStart=\n",
    ],
)
def test_what_is_not_judged(unit: str) -> None:
    """Somebody else says how it is stopped, or it is no server that is known."""
    assert services(unit) == []


def test_where_its_files_are() -> None:
    """By their names: where the unit is installed to, nobody knows."""
    files = {"conf/u.ini": "[uwsgi]\nmaster = true\nmodule = a\n"}
    unit = "ExecStart=/srv/venv/bin/uwsgi --ini /etc/uwsgi/u.ini\nKillMode=mixed\n"
    found = examined(house_of({"a.service": f"[Service]\n{unit}", **files})).findings
    assert "uwsgi-sigterm-reload conf/u.ini:2" in [f"{one.id} {one.place}" for one in found]


def test_a_unit_is_no_container() -> None:
    """Nothing is said of PID 1, of images and of shells there."""
    unit = "[Service]\nExecStart=/bin/bash -c 'exec gunicorn --graceful-timeout 20 a:b'\n"
    assert examined(house_of({"a.service": unit})).findings == ()


@pytest.mark.parametrize("said", ["TimeoutStopSec=0", "TimeoutSec=infinity", "SendSIGKILL=no"])
def test_nobody_kills_where_nobody_waits_for_an_end(said: str) -> None:
    """No text has a number for it, and the forecast neither an end nor a code of one."""
    files = {"u.ini": "[uwsgi]\nmaster = true\nmodule = a\n"}
    unit = f"[Service]\nExecStart=uwsgi --ini /etc/u.ini\nKillMode=mixed\n{said}\n"
    house = house_of({"a.service": unit, **files})
    found = examined(house).findings
    texts = [text for one in found for text in (one.why, *one.facts)]
    assert any("killed by nobody" in text for text in texts)
    (forecast,) = forecasts(house)
    assert forecast.grace_s == inf
    texts += [asked(forecast), how(forecast), *lost(forecast)]
    assert not [text for text in texts if " inf" in text or "e+0" in text or "137" in text]
    (said_so,) = document.data([forecast])["services"]
    assert (said_so["grace_s"], said_so["busy"]) == (None, {"seconds": None, "exit_code": None})


def test_requests_are_waited_for_where_nobody_kills() -> None:
    house = house_of({"a.service": "[Service]\nExecStart=uvicorn a:b\nTimeoutStopSec=0\n"})
    (forecast,) = forecasts(house)
    assert how(forecast).endswith("nobody kills it before")
    assert not [text for text in lost(forecast) if "inf" in text]


def test_what_a_template_fills_in_is_not_judged() -> None:
    assert services("ExecStart=gunicorn a:b\nTimeoutStopSec=@TIME@\n") == []


def test_a_unit_has_no_image() -> None:
    unit = "[Service]\nExecStart=/bin/sh -c 'gunicorn a:b'\nKillMode=process\n"
    (forecast,) = forecasts(house_of({"a.service": unit}))
    assert "of the host" in how(forecast)
