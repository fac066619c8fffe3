"""What the user asked for, after click has read it; times in seconds."""

from __future__ import annotations

from supervisor.core.budget import RESERVE_S
from supervisor.core.policy import DEBOUNCE_S, Policy, Rung
from supervisor.core.record import Record
from supervisor.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from supervisor.front.recycling import RecycleOptions

STOPS = (15, 2, 3)  # TERM, INT, QUIT
ENDLESS = float("inf")


def isfinite(seconds: float) -> bool:
    """As math's, which is another library to load."""
    return -ENDLESS < seconds < ENDLESS


class Options(Record):
    """The options of `gracekeeper run`."""

    command: tuple[str, ...]
    listen: tuple[tuple[str, str], ...] = ()
    grace_s: float = 10.0
    drain_delay_s: float = 0.0
    late: str = "answer"
    hurry: bool = True
    health: str | None = None
    control: str | None = None
    report: str | None = None
    exit_code: str = "signal"
    log_format: str = "json"
    restart: str = "never"
    watch_file: str | None = None
    start_timeout_s: float = 60.0
    restart_grace_s: float = 60.0
    rewrite: tuple[str, ...] = ()
    group: bool = False
    stop_signals: str | None = None
    success_codes: str | None = None
    subreaper: bool = True
    parent_death: str | None = None
    recycle: RecycleOptions | None = None  # None: all as by default
    notices_orphans: bool = False  # each that is reaped is worth a line
    identity: tuple[int, ...] = ()  # uid, gid and groups that the command gets; empty: ours
    init: str = ""  # whose place we take: "tini" or "dumb-init"; a plain init has no budget
    notes: tuple[str, ...] = ()  # warnings, for the log

    @classmethod
    def of(cls, wishes: dict[str, Any], command: tuple[str, ...], **more: Any) -> Options:
        """Return what the table's options say; the fields are theirs."""
        fields = {name: value for name, value in wishes.items() if value is not None}
        fields["listen"] = tuple(listening(text) for text in fields.get("listen", ()))
        return cls(command=command, **fields, **more)

    def check(self) -> None:
        """Refuse what can't work; UsageError."""
        if self.init:  # a grammar of its own, and no budget
            return
        if not self.command or not self.command[0]:
            raise UsageError(
                "cannot run nothing: there is no command. Write it after `--`, e.g."
                " `gracekeeper run -- uwsgi --ini app.ini`."
            )
        if not (isfinite(self.grace_s) and self.grace_s > 0):
            raise UsageError(
                f"cannot stop within a grace of {self.grace_s:g} s: it must be a number above 0."
                " Use the grace period of your platform (docker stop: 10, Kubernetes: 30)."
            )
        if not (isfinite(self.drain_delay_s) and self.drain_delay_s >= 0):
            raise UsageError(
                f"cannot wait for a drain delay of {self.drain_delay_s:g} s: it must be a number."
                " Use 0 or more seconds."
            )
        for name, seconds in (
            ("--start-timeout", self.start_timeout_s),
            ("--restart-grace", self.restart_grace_s),
        ):
            if not (isfinite(seconds) and seconds > RESERVE_S):
                raise UsageError(
                    f"cannot restart with {name} {seconds:g}: it must be a number of seconds above"
                    f" {RESERVE_S:g}. Use e.g. 60."
                )
        least = self.drain_delay_s + RESERVE_S
        if self.grace_s <= least:
            raise UsageError(
                f"cannot fit a drain delay of {self.drain_delay_s:g} s and the reserve of"
                f" {RESERVE_S:g} s into a grace of {self.grace_s:g} s: no time is left for"
                f" requests. Give more grace than {least:g} s, here and on the platform."
            )

    def policy(
        self,
        *,
        looks: bool,
        ladder: tuple[Rung, ...],
        unready: tuple[Rung, ...] = (),
        forced: tuple[Rung, ...] = (),
        forward: tuple[int, ...] = (),
        stops: tuple[int, ...] = STOPS,
    ) -> Policy:
        """Join the user's wishes with what the server's driver knows."""
        return Policy(
            grace_s=self.grace_s,
            drain_delay_s=self.drain_delay_s,
            exit_code=self.exit_code,  # type: ignore[arg-type]
            hurry=self.hurry,
            debounce_s=DEBOUNCE_S,
            forward=forward,
            looks=looks,
            ladder=ladder,
            unready_ladder=unready or ladder,
            forced_ladder=forced or ladder,
            **{"stops": stops, **self._passing()},
        )

    def _passing(self) -> dict[str, Any]:
        """Return what was said about signals and codes; most say nothing."""
        if not (self.rewrite or self.stop_signals or self.success_codes):
            return {}
        from supervisor.front import passing

        said: dict[str, Any] = {"rewrite": passing.rewrites(self.rewrite)}
        if self.stop_signals:
            said["stops"] = passing.stops(self.stop_signals)
        if self.success_codes:
            said["success"] = passing.codes(self.success_codes)
        return said


def listening(value: str) -> tuple[str, str]:
    """Split `[NAME=]ADDR`; a path may have an equals sign of its own."""
    name, equals, address = value.partition("=")
    if not equals or name.startswith(("/", "./", "unix:")):
        return "", value
    return name, address
