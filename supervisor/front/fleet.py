"""From a gracekeeper.toml to the keeper of several services: check and bind, start nothing."""

from __future__ import annotations

import contextlib
import grp
import os
import pwd
import resource
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from supervisor.config.declared import Declared, DeclaredService
from supervisor.config.fleet import FleetPlan, Member
from supervisor.config.plan import Plan
from supervisor.config.readiness import Readiness
from supervisor.core.budget import LEAST_RESERVE_S
from supervisor.core.fleet import Part
from supervisor.errors import GracekeeperError, UsageError
from supervisor.front import prepare
from supervisor.front.duration import seconds
from supervisor.front.options import Options, listening
from supervisor.front.recycling import RecycleOptions
from supervisor.front.table import OPTIONS, Option
from supervisor.front.undo import Undo

CONTAINERS = (  # options of `run` that are the container's, and not one service's
    "grace",
    "drain-delay",
    "hurry",
    "health",
    "control",
    "report",
    "exit-code",
    "log-format",
)
OWN_DESCRIPTORS, DESCRIPTORS_EACH = 24, 5  # two pipes, a pidfd, and two more while it starts
CAP_SETGID, CAP_SETUID = 6, 7  # capabilities(7)
YES, NO = ("1", "true", "yes", "on"), ("0", "false", "no", "off")


def keep(declared: Declared, wishes: Mapping[str, Any] | None = None) -> None:
    """Become the keeper of what is declared; comes back only by an error, and leaves nothing then.

    `wishes` are fields of Options that go before the file's; by default GRACEKEEPER_* variables.
    """
    said = from_environment(os.environ) if wishes is None else wishes
    with Undo() as undo:
        prepare.become_keeper(plan_for(declared.replace(**said), undo))


def from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    """Return what GRACEKEEPER_* variables say of the container; UsageError."""
    wishes: dict[str, Any] = {}
    for option in OPTIONS:
        text = environment.get(option.variable)
        if option.name in CONTAINERS and text:
            wishes[option.target] = _value(option, text)
    return wishes


def _value(option: Option, text: str) -> Any:
    if option.kind == "duration":
        wanted = "a duration (10, 10s, 1m30s)"
        with contextlib.suppress(ValueError):
            return seconds(text)
    elif option.kind == "switch":
        wanted = "yes or no"
        if text.lower() in (*YES, *NO):
            return text.lower() in YES
    else:
        wanted = f"one of {', '.join(option.choices)}"
        if option.kind == "text" or text in option.choices:
            return text
    raise UsageError(
        f"cannot use {text!r} (${option.variable}): it is not {wanted}. Correct it, or unset it."
    )


def plan_for(declared: Declared, undo: Undo) -> FleetPlan:
    """Check everything, bind everything, start nothing; `undo` takes all of it back."""
    base = Options(
        command=(declared.path,),
        grace_s=declared.grace_s,
        drain_delay_s=declared.drain_delay_s,
        exit_code=declared.exit_code,
        hurry=declared.hurry,
        health=declared.health,
        control=declared.control,
        report=declared.report,
        log_format=declared.log_format,
    )
    container = prepare.container(base, undo)
    lasting = [one for one in declared.services if not one.task]
    width = max(len(one.name) for one in declared.services)
    members = tuple(
        _member(one, declared, undo, width, alone=len(lasting) == 1) for one in declared.services
    )
    _check_descriptors(members)
    notes = [f"{one.plan.name}: {note}" for one in members for note in one.plan.notes]
    policy = base.policy(looks=False, ladder=())
    container = container.replace(policy=policy, notes=(*container.notes, *notes))
    return FleetPlan(container, members)


def _check_descriptors(members: tuple[Member, ...]) -> None:
    """Refuse what would stop to work in the midst of it; UsageError."""
    needed = OWN_DESCRIPTORS + sum(DESCRIPTORS_EACH + len(one.plan.descriptors) for one in members)
    limit, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit not in (resource.RLIM_INFINITY, -1) and needed > limit:
        raise UsageError(
            f"cannot keep {len(members)} services with {limit} open files: it takes {needed}."
            " Raise the limit (`ulimit -n`, or `--ulimit nofile=...` of docker run)."
        )


def _member(
    service: DeclaredService, declared: Declared, undo: Undo, width: int, *, alone: bool
) -> Member:
    """Prepare one service; a problem is told with the place in the file."""
    try:
        identity, home = _identity(service)
        with _surroundings(service):
            plan = _plan(service, declared, undo, identity)
    except GracekeeperError as error:
        error.args = (f"{service.where}: {error}",)
        raise
    log = service.log or ("inherit" if alone and not service.task else "prefix")
    plan = plan.replace(
        name=service.name,
        log="" if log == "inherit" else log,
        label=f"{service.name:<{width}} | ",
        user=identity,
        environment=(*home, *service.environment, *plan.environment),
        termination_log="",
        log_format=declared.log_format,
    )
    part = Part(
        service.name,
        service.after,
        task=service.task,
        essential=service.essential,
        start_s=service.start_timeout_s,
        grace_s=service.grace_s,
    )
    return Member(plan, part)


def _plan(
    service: DeclaredService, declared: Declared, undo: Undo, identity: tuple[int, ...]
) -> Plan:
    options = Options(
        command=service.command,
        listen=tuple(listening(text) for text in service.listen),
        grace_s=declared.grace_s,
        drain_delay_s=service.drain_delay_s,
        late=service.late,
        hurry=declared.hurry,
        restart=service.restart,
        watch_file=service.watch_file,
        start_timeout_s=service.start_timeout_s,
        restart_grace_s=service.restart_grace_s,
        recycle=RecycleOptions(**dict(service.recycle)) if service.recycle else None,
        identity=identity,
    )
    plan = prepare.service(options, undo)
    policy = plan.policy.replace(
        reserve_s=LEAST_RESERVE_S,  # the container keeps one of its own
        probes=service.ready is not None and not plan.policy.looks,
    )
    if service.stop:
        rungs = service.stop
        policy = policy.replace(
            ladder=rungs, unready_ladder=rungs, forced_ladder=rungs, passes=False
        )
    return plan.replace(
        policy=policy,
        cwd=service.cwd,
        readiness=_readiness(service.ready),
        own_group=True,
        own_session=False,
        hands_terminal=False,
    )


def _readiness(ready: Readiness | None) -> Readiness | None:
    """Find the command of a probe now, so that it is not found missing later."""
    if ready is None or not ready.argv:
        return ready
    return ready.replace(argv=(prepare.find(ready.argv[0]), *ready.argv[1:]))


@contextlib.contextmanager
def _surroundings(service: DeclaredService) -> Iterator[None]:
    """Be where the service will be: commands and configurations are looked for from there."""
    before, here = dict(os.environ), os.open(".", os.O_PATH | os.O_CLOEXEC)
    try:
        os.environ.update(service.environment)
        if service.cwd:
            try:
                os.chdir(service.cwd)
            except OSError as error:
                raise UsageError(
                    f"cannot run {service.name} in {service.cwd}: {error.strerror}. Make the"
                    " folder, or correct `cwd`."
                ) from None
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        os.fchdir(here)
        os.close(here)


def _identity(service: DeclaredService) -> tuple[tuple[int, ...], tuple[tuple[str, str], ...]]:
    """Return uid, gid and groups that a service runs as, and what its environment says of them."""
    if service.user is None:
        return (), ()
    name, _, group = service.user.partition(":")
    try:
        known = pwd.getpwuid(int(name)) if name.isdigit() else pwd.getpwnam(name)
    except KeyError:
        known = None
    if known is None and not name.isdigit():
        raise _no_such(service, "user", name)
    uid = known.pw_uid if known else int(name)
    gid = _gid(service, group) if group else known.pw_gid if known else uid
    if os.getuid() not in (0, uid):
        raise UsageError(
            f"cannot run {service.name} as {service.user}: this is uid {os.getuid()}, and only root"
            " can become another. Leave `user` out, or start as root."
        )
    _check_privilege(service, uid, gid)
    groups = os.getgrouplist(known.pw_name, gid) if known and not group else [gid]
    if known is None:
        return (uid, gid, *groups), ()
    home = (("HOME", known.pw_dir), ("USER", known.pw_name), ("LOGNAME", known.pw_name))
    return (uid, gid, *groups), home


def _check_privilege(service: DeclaredService, uid: int, gid: int) -> None:
    """Refuse what a root without capabilities can't do."""
    lines = Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines()
    has = next((int(line.split()[1], 16) for line in lines if line.startswith("CapEff:")), -1)
    for bit, name, other in (
        (CAP_SETUID, "SETUID", uid != os.getuid()),
        (CAP_SETGID, "SETGID", gid != os.getgid()),
    ):
        if other and not has >> bit & 1:
            raise UsageError(
                f"cannot run {service.name} as {service.user}: this root has no CAP_{name}. Add it"
                " (`--cap-add`), or start the container as that user and leave `user` out."
            )


def _gid(service: DeclaredService, group: str) -> int:
    if group.isdigit():
        return int(group)
    try:
        return grp.getgrnam(group).gr_gid
    except KeyError:
        raise _no_such(service, "group", group) from None


def _no_such(service: DeclaredService, kind: str, name: str) -> UsageError:
    return UsageError(
        f"cannot run {service.name} as {service.user}: there is no {kind} {name!r}. Create it, or"
        " write a number."
    )
