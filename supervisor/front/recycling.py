"""From what people write to a RecyclePolicy; and what uWSGI needs of it in a file system."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, fields

from supervisor.errors import UsageError
from supervisor.front import duration
from supervisor.recycle.policy import BETWEEN, RESTART, RecyclePolicy
from supervisor.servers.uwsgi import recycling as uwsgi
from supervisor.servers.uwsgi.settings import Settings

SIZES = {"": 1, "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
NUMBER = r"(\d+(?:\.\d+)?)"
MODE = 0o644  # read by whomever uWSGI becomes


@dataclass(frozen=True)
class RecycleOptions:
    """The options, as they were written; None where nothing was."""

    memory: str | None = None
    memory_as: str = "pss"
    headroom: str | None = None
    pressure: str | None = None
    age: str | None = None
    jitter: str = "10%"
    requests: int | None = None
    leak: str | None = None
    min_ready: int = 1
    cool_down: str = "30s"
    per_hour: int = 60
    deadline: str = "60s"

    @property
    def asked(self) -> tuple[str, ...]:
        """Return the limits that are on, by their options' names."""
        limits = ("memory", "headroom", "pressure", "age", "requests", "leak")
        return tuple(
            f"--recycle-{field.name}"
            for field in fields(self)
            if field.name in limits and getattr(self, field.name) is not None
        )

    def refuse_for(self, command: str) -> None:
        """Refuse limits for a server whose workers are not known; UsageError."""
        if self.asked:
            raise UsageError(
                f"cannot recycle the workers of {command} ({self.asked[0]}): only uWSGI's are"
                f" known. Leave {' and '.join(self.asked)} out."
            )

    def policy(self, mechanism: str = BETWEEN, why_restart: str = "") -> RecyclePolicy:
        """Return what all that means; UsageError for what means nothing."""
        memory_bytes, memory_share = _amount(self.memory, "--recycle-memory")
        headroom_bytes, headroom_share = _amount(self.headroom, "--recycle-headroom")
        age = None if self.age is None else seconds(self.age, "--recycle-age")
        leak = None if self.leak is None else size(self.leak, "--recycle-leak")
        pressure = _percent(self.pressure, "--recycle-pressure")
        _at_least(1, self.requests, "--recycle-requests")
        _at_least(0, self.min_ready, "--recycle-min-ready")
        _at_least(1, self.per_hour, "--recycle-per-hour")
        if age == 0 or leak == 0:
            name = "--recycle-age" if age == 0 else "--recycle-leak"
            raise UsageError(f"cannot use 0 ({name}): every worker has that. Leave it out.")
        return RecyclePolicy(
            mechanism=mechanism,
            why_restart=why_restart,
            memory_bytes=memory_bytes,
            memory_share=memory_share,
            measure=self.memory_as,
            headroom_bytes=headroom_bytes,
            headroom_share=headroom_share,
            pressure=pressure,
            age_s=age,
            jitter_s=self._jitter(age or 0.0),
            requests=self.requests,
            leak_bytes=leak,
            min_ready=self.min_ready,
            cool_down_s=seconds(self.cool_down, "--recycle-cool-down"),
            per_hour=self.per_hour,
            deadline_s=_positive(seconds(self.deadline, "--recycle-deadline")),
        )

    def _jitter(self, age_s: float) -> float:
        """Return the jitter in seconds; a share is one of the age."""
        name = "--recycle-jitter"
        if self.jitter.strip().endswith("%"):
            return (_percent(self.jitter, name, 0.0) or 0.0) / 100 * age_s
        jitter = seconds(self.jitter, name)
        if age_s and jitter >= age_s:
            raise UsageError(
                f"cannot take up to {self.jitter} off an age of {self.age} ({name}): nothing is"
                " left. Use less."
            )
        return jitter


def for_uwsgi(
    options: RecycleOptions, settings: Settings, directory: str | None, no_restart: str
) -> RecyclePolicy:
    """Return the policy for a uWSGI with these settings; UsageError for what contradicts itself."""
    how, why = uwsgi.mechanism(settings, directory)
    policy = options.policy(how, why)
    if not policy.watches:
        return policy
    if how == RESTART and no_restart:
        raise UsageError(
            f"cannot recycle workers ({options.asked[0]}): {why}, and uWSGI can't be restarted"
            f" beside itself either: {no_restart}. Change that, or leave"
            f" {' and '.join(options.asked)} out."
        )
    if contradiction := policy.impossible(uwsgi.workers(settings)):
        raise UsageError(
            f"cannot recycle any worker ({options.asked[0]}): {contradiction}"
            " (--recycle-min-ready). Start more (`processes`), or say"
            " `--recycle-min-ready 0`: clients wait in the queue while a worker starts."
        )
    return policy


def furnish(directory: str) -> tuple[str, ...]:
    """Write what uWSGI loads into its directory; return the options that make it do so."""
    with open(os.path.join(os.path.dirname(uwsgi.__file__), "in_worker.py"), "rb") as file:
        module = file.read()
    for name, data in (
        (uwsgi.MODULE, module),
        (uwsgi.WISH, b""),
        (uwsgi.INI, os.fsencode(uwsgi.ini(directory))),
    ):
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        with open(os.open(f"{directory}/{name}", flags, MODE), "wb") as file:
            os.fchmod(file.fileno(), MODE)  # whatever the umask
            file.write(data)
    return ("--ini", f"{directory}/{uwsgi.INI}")


def seconds(text: str, name: str) -> float:
    """Read a duration, as all options and files have it: 90, 90s, 1.5h, 1h30m; UsageError."""
    try:
        return duration.seconds(text)
    except ValueError:
        raise UsageError(
            f"cannot read {text!r} as a duration ({name}). Write e.g. 90s, 30m or 1h30m."
        ) from None


def size(text: str, name: str) -> int:
    """Read a size in bytes: 300000, 256MiB, 1.5g; k, m, g are powers of 1,024; UsageError."""
    found = re.fullmatch(rf"{NUMBER}\s*([kmgt]?)(?:i?b)?", text.strip().lower())
    if not found:
        raise UsageError(f"cannot read {text!r} as a size ({name}). Write e.g. 256MiB or 1.5g.")
    return int(float(found[1]) * SIZES[found[2]])


def _amount(text: str | None, name: str) -> tuple[int | None, float | None]:
    """Read a size or a share: (bytes, None) or (None, 0 to 1)."""
    if text is None:
        return None, None
    if text.strip().endswith("%"):
        percent = _percent(text, name)
        return None, None if percent is None else percent / 100
    found = size(text, name)
    if not found:
        raise UsageError(f"cannot use a limit of 0 ({name}): every worker is beyond it. Use more.")
    return found, None


def _percent(text: str | None, name: str, least: float = 1e-9) -> float | None:
    if text is None:
        return None
    found = re.fullmatch(rf"{NUMBER}\s*%?", text.strip())
    number = float(found[1]) if found else -1.0
    if not least <= number <= 100:
        raise UsageError(f"cannot read {text!r} as a share ({name}). Write e.g. 80%.")
    return number


def _at_least(least: int, number: int | None, name: str) -> None:
    if number is not None and number < least:
        raise UsageError(f"cannot use {number} ({name}): it is too little. Use {least} or more.")


def _positive(deadline_s: float) -> float:
    if not deadline_s:
        raise UsageError(
            "cannot wait for 0 s (--recycle-deadline): every worker would be killed at once. Use"
            " more than your longest request takes."
        )
    return deadline_s
