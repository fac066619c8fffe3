"""From options to the Plan, and from the Plan to the keeper: `run` ends in an exec."""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import ExitStack

from supervisor.config.plan import Plan, encode
from supervisor.errors import CommandError, GracekeeperError, UsageError
from supervisor.front import controlpath, listeners, served, signalmask, uwsgi
from supervisor.front.options import Options
from supervisor.servers.program import LADDER

FORWARDED = (1, 10, 12, 18, 28)  # HUP USR1 USR2 CONT WINCH
# uWSGI would take itself for one that has just been reloaded, and look for its old sockets.
NOT_FOR_UWSGI = ("UWSGI_RELOADS", "UWSGI_ORIGINAL_PROC_NAME")


def keep(options: Options) -> None:
    """Check, bind, and become the keeper; comes back only by an error, and then leaves nothing."""
    with ExitStack() as made:
        become_keeper(plan_for(options, made))


def plan_for(options: Options, made: ExitStack) -> Plan:
    """Check everything, bind everything, start nothing; `made` can unmake what was made."""
    options.check()
    executable = find(options.command[0])
    report = _writable(options.report)
    health = listeners.health(options.health, made).detach() if options.health else -1
    control, path, notes = controlpath.open_(options.control, made)
    if os.getpid() != 1 and not signalmask.adopt_orphans():
        notes += ("orphans can't be adopted: PR_SET_CHILD_SUBREAPER was refused",)
    if is_uwsgi(executable):
        plan = uwsgi.prepare(options, executable, made)
    else:
        options.recycle.refuse_for(options.command[0])
        kind = served.prepare if options.listen else _generic
        plan = kind(options, executable, made)
    _check_restarts(options, plan)
    return plan.replace(
        signal_fd=signalmask.descriptor(),
        health_fd=health,
        control_fd=control,
        control_path=path,
        report=report,
        log_format=options.log_format,
        restart=options.restart,
        watch=os.path.abspath(options.watch_file) if options.watch_file else None,
        start_s=options.start_timeout_s,
        leave_s=options.restart_grace_s,
        notes=(*options.notes, *plan.notes, *notes),
    )


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


def become_keeper(plan: Plan) -> None:
    """Replace this process by the keeper; does not return."""
    import json

    fd = os.memfd_create("gracekeeper-plan")
    os.write(fd, json.dumps(encode(plan)).encode())
    os.lseek(fd, 0, os.SEEK_SET)
    kept = (fd, plan.signal_fd, plan.drain_fd, plan.health_fd, plan.control_fd)
    for number in (*kept, *plan.pass_fds):
        if number >= 0:
            os.set_inheritable(number, True)
    for name in NOT_FOR_UWSGI:
        os.environ.pop(name, None)
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


def find(command: str) -> str:
    """Return the path of a command, as the shell would; CommandError 127 or 126."""
    beside = os.path.dirname(sys.executable)
    path = os.environ.get("PATH", os.defpath)
    found = shutil.which(command, path=path) or shutil.which(command, path=beside)
    if found:
        return found
    there = _unusable(command, path)
    if there:
        raise CommandError(
            f"cannot run {command}: {there} can't be executed. Check its mode, and the mount's.",
            126,
        )
    raise CommandError(
        f"cannot run {command}: there is no such command. Check the name and PATH.", 127
    )


def is_uwsgi(executable: str) -> bool:
    """Tell whether a program is uWSGI, also under the names that distributions give it."""
    return os.path.basename(executable).startswith(("uwsgi-", "uwsgi_")) or (
        os.path.basename(executable) == "uwsgi"
    )


def _unusable(command: str, path: str) -> str:
    """Return where a command is that can't be executed; an empty string when it isn't there."""
    if "/" in command:
        return command if os.path.exists(command) else ""
    places = (os.path.join(folder, command) for folder in path.split(os.pathsep))
    return next((place for place in places if os.path.isfile(place)), "")


def _generic(options: Options, executable: str, _made: ExitStack) -> Plan:
    return Plan(
        argv=options.command,
        executable=executable,
        policy=options.policy(looks=False, ladder=LADDER, forward=FORWARDED),
    )


def _writable(path: str | None) -> str | None:
    """Return where the report goes, absolute; UsageError where none can be written."""
    if path is None:
        return None
    absolute = os.path.abspath(path)
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
