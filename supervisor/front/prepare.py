"""From options to the Plan, and from the Plan to the keeper: `run` ends in an exec."""

from __future__ import annotations

import os
import sys

from supervisor.config import plan as planned
from supervisor.config.plan import Plan
from supervisor.core.policy import Policy
from supervisor.errors import CommandError, GracekeeperError, UsageError
from supervisor.front import controlpath, signalmask
from supervisor.front.controlpath import absolute_path
from supervisor.front.options import Options
from supervisor.front.undo import Undo
from supervisor.servers import generic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from supervisor.config.fleet import FleetPlan

# uWSGI would take itself for one that has just been reloaded, and look for its old sockets.
NOT_FOR_UWSGI = ("UWSGI_RELOADS", "UWSGI_ORIGINAL_PROC_NAME")
# tini keeps TTIN and TTOU to itself.
NOT_STOPPING = tuple(number for number in generic.FORWARDED if number not in (21, 22))
# Loaded, these cost the keeper more than a second start; only an exec gives their memory back.
HEAVY = frozenset(("click", "ctypes", "dataclasses", "enum", "json", "re", "socket", "typing"))


def keep(options: Options) -> None:
    """Check, bind, and become the keeper; comes back only by an error, and then leaves nothing."""
    with Undo() as undo:
        become_keeper(plan_for(options, undo))


def plan_for(options: Options, undo: Undo) -> Plan:
    """Check everything, bind everything, start nothing; `undo` takes all of it back."""
    options.check()
    executable = _executable(options)
    around = container(options, undo)
    plan = _service(options, executable, undo)
    _check_restarts(options, plan)
    return _timed(options, plan).replace(
        signal_fd=around.signal_fd,
        health_fd=around.health_fd,
        control_fd=around.control_fd,
        control_path=around.control_path,
        report=around.report,
        log_format=options.log_format,
        notes=(*options.notes, *plan.notes, *around.notes),
    )


def service(options: Options, undo: Undo) -> Plan:
    """Prepare one of several services: what is the container's is not its."""
    options.check()
    plan = _service(options, _executable(options), undo)
    _check_restarts(options, plan)
    return _timed(options, plan)


def container(options: Options, undo: Undo) -> Plan:
    """Return a Plan of what is the container's alone: sockets, report, log."""
    options.check()
    report = _writable(options.report)
    health = _health(options.health, undo) if options.health else -1
    control, path, notes = controlpath.open_(options.control, undo)
    held, adopts = signalmask.from_launcher()
    return Plan(
        argv=(),
        executable="",
        policy=Policy(options.grace_s),
        signal_fd=held if held >= 0 else signalmask.descriptor(),
        health_fd=health,
        control_fd=control,
        control_path=path,
        report=report,
        log_format=options.log_format,
        notes=(*notes, *_family(options, adopts=adopts)),
    )


def _timed(options: Options, plan: Plan) -> Plan:
    """Add what is said of starts and restarts."""
    return plan.replace(
        restart=options.restart,
        watch=absolute_path(options.watch_file, "--watch-file") if options.watch_file else None,
        start_s=options.start_timeout_s,
        leave_s=options.restart_grace_s,
    )


def _executable(options: Options) -> str:
    try:
        return find(options.command[0])
    except CommandError as error:
        if not options.init:
            raise
        from supervisor.front import dropin

        raise dropin.cannot_run(options, error) from None


def _health(text: str, undo: Undo) -> int:
    from supervisor.front import listeners

    return listeners.health(text, undo).detach()


def _service(options: Options, executable: str, undo: Undo) -> Plan:
    """Return what is to be kept, by what it is."""
    if (options.rewrite or options.group) and (is_uwsgi(executable) or options.listen):
        raise UsageError(
            f"cannot rewrite signals for {options.command[0]}, nor send them to its group: what it"
            " understands is known here, and what its workers do at a signal cuts requests. Leave"
            " `--rewrite` and `--group` out."
        )
    if is_uwsgi(executable) and not options.init:
        from supervisor.front import uwsgi

        return uwsgi.prepare(options, executable, undo)
    if options.recycle:
        options.recycle.refuse_for(options.command[0])
    if options.listen:
        from supervisor.front import served

        return served.prepare(options, executable, undo)
    if os.path.basename(executable) in ("postgres", "postmaster") and not options.init:
        from supervisor.front import postgres

        if plan := postgres.prepare(options, executable):
            return plan
    return _generic(options, executable)


def _family(options: Options, *, adopts: bool) -> tuple[str, ...]:
    """Settle what becomes of orphans, and of us when our parent ends; return warnings."""
    notes: tuple[str, ...] = ()
    if os.getpid() != 1 and (options.subreaper or not options.init):
        if adopts != options.subreaper and not signalmask.adopt_orphans(adopt=options.subreaper):
            notes = ("PR_SET_CHILD_SUBREAPER was refused",)
            adopts = not options.subreaper
        else:
            adopts = options.subreaper
        if not adopts:
            notes += ("orphans won't be reaped: this is not PID 1, and no subreaper",)
    if options.parent_death:
        from supervisor.front.passing import any_signal

        if not signalmask.hear_of_parent(any_signal(options.parent_death, "--parent-death")):
            notes += ("our parent's end won't be heard: PR_SET_PDEATHSIG was refused",)
    return notes


def _check_restarts(options: Options, plan: Plan) -> None:
    """Refuse what would silently never happen; UsageError."""
    if options.watch_file and plan.no_restart:
        raise UsageError(
            f"cannot restart when {options.watch_file} changes (--watch-file): {plan.no_restart}."
            " Leave it out."
        )
    if options.restart != "never" and plan.doors and plan.no_restart:
        raise UsageError(
            f"cannot start the service anew (--restart {options.restart}): {plan.no_restart}."
            " Leave it out: the platform restarts the container."
        )


def become_keeper(plan: Plan | FleetPlan) -> None:
    """Be the keeper from now on: as we are, if we have stayed lean, else anew by exec."""
    for name in NOT_FOR_UWSGI:
        os.environ.pop(name, None)
    if sys.flags.isolated and sys.flags.no_site and HEAVY.isdisjoint(sys.modules):
        from supervisor.runtime import boot

        boot.run(plan)
    _exec(plan)


def _exec(plan: Plan | FleetPlan) -> None:
    """Replace this process by one that finds the plan behind a descriptor."""
    import json

    fd = os.memfd_create("gracekeeper-plan")
    with open(fd, "w", encoding="utf-8", closefd=False) as file:
        json.dump(_encoded(plan), file)
    os.lseek(fd, 0, os.SEEK_SET)
    for number in (fd, *plan.descriptors):
        os.set_inheritable(number, True)
    boot = os.path.join(os.path.dirname(os.path.dirname(__file__)), "runtime", "boot.py")
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:  # closed before we came
            stream.flush()
    try:
        os.execv(sys.executable, [sys.executable, "-I", "-S", boot, str(fd)])  # noqa: S606 - no shell
    except OSError as error:
        raise GracekeeperError(
            f"cannot become the keeper: {sys.executable or 'no Python'}: {error.strerror}."
            " Install gracekeeper with an interpreter that this user can run."
        ) from None


def _encoded(plan: Plan | FleetPlan) -> dict[str, Any]:
    if isinstance(plan, Plan):
        return planned.encode(plan)  # type: ignore[no-any-return]
    from supervisor.config import fleet

    return fleet.encode(plan)


def find(command: str) -> str:
    """Return the path of a command, as the shell would; CommandError 127 or 126."""
    path = os.environ.get("PATH", os.defpath)
    beside = os.path.dirname(sys.executable)
    places = [command] if "/" in command else _places(command, f"{path}{os.pathsep}{beside}")
    places = places if command else []
    for place in places:
        if os.path.isfile(place) and os.access(place, os.X_OK):
            return place
    there = next((place for place in places if os.path.exists(place)), "")
    if there:
        raise CommandError(
            f"cannot run {command}: {there} can't be executed. Check its mode, and the mount's.",
            126,
        )
    raise CommandError(
        f"cannot run {command}: there is no such command. Check the name and PATH.", 127
    )


def _places(command: str, path: str) -> list[str]:
    return [os.path.join(folder, command) for folder in path.split(os.pathsep)]


def is_uwsgi(executable: str) -> bool:
    """Tell whether a program is uWSGI, also under the names that distributions give it."""
    return os.path.basename(executable).startswith(("uwsgi-", "uwsgi_")) or (
        os.path.basename(executable) == "uwsgi"
    )


def _generic(options: Options, executable: str) -> Plan:
    policy = options.policy(
        looks=False,
        ladder=generic.LADDER,
        forward=generic.FORWARDED if options.init != "tini" else NOT_STOPPING,
        stops=() if options.init else generic.STOPS,
    )
    return Plan(
        argv=options.command,
        executable=executable,
        policy=policy.replace(passes=True, group=options.group, awaits=not options.init),
        own_group=options.group or options.init != "dumb-init",
        own_session=options.init == "dumb-init" and options.group,
        hands_terminal=options.group or options.init != "dumb-init",
        follows_stops=options.init == "dumb-init",
        verbose=bool(options.init),
        notices_orphans=options.notices_orphans,
        termination_log="" if options.init else "/dev/termination-log",
    )


def _writable(path: str | None) -> str | None:
    """Return where the report goes, absolute; UsageError where none can be written."""
    if path is None:
        return None
    absolute = absolute_path(path, "--report")
    folder = os.path.dirname(absolute)
    if os.path.isdir(absolute):
        why = "it is a directory"
    elif os.path.exists(absolute):
        why = "" if os.access(absolute, os.W_OK) else f"uid {os.getuid()} may not write it"
    elif not os.path.isdir(folder):
        why = f"{folder} is no directory"
    else:
        may = os.access(folder, os.W_OK | os.X_OK)
        why = "" if may else f"uid {os.getuid()} may not write in {folder}"
    if why:
        raise UsageError(f"cannot write a report to {path} (--report): {why}. Choose another path.")
    return absolute
