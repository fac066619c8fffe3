"""From checked values to the records that the front works with."""

from __future__ import annotations

from pathlib import Path as File
from typing import Any

from supervisor.config import meaning, secrets
from supervisor.config.declared import Declared, DeclaredService
from supervisor.config.kinds import split_listen
from supervisor.config.mistakes import Mistakes, UnfitError, shown
from supervisor.config.readiness import EXEC_EVERY_S, KINDS, Readiness
from supervisor.config.shape import SERVICES
from supervisor.config.shaping import Values
from supervisor.core.fleet import Need
from supervisor.core.policy import Rung
from supervisor.core.signalnames import name as signal_name

KILL = 9
KILL_THE_TREE = Rung("kill the tree", signal=KILL, target="tree")
VERBS = {15: "terminate", 2: "interrupt", KILL: "kill"}
# Keys that are called otherwise among the records; the others keep their names.
FIELDS = {
    "grace": "grace_s",
    "drain_delay": "drain_delay_s",
    "start_timeout": "start_timeout_s",
    "restart_grace": "restart_grace_s",
}
PLAIN = ("command", "task", "user", "late", "restart", "essential", "log")


def declared(file: str, top: Values, services: dict[str, Values], mistakes: Mistakes) -> Declared:
    """Return what a file declares; a secret that can't be read is a mistake like any other."""
    folder = File(file).absolute().parent
    made = tuple(_service(name, folder, services, mistakes) for name in services)
    more = {FIELDS.get(key, key): value for key, value in top.items()}
    if "report" in more:
        more["report"] = _absolute(folder, more["report"])
    if more.get("control", "none") != "none":
        more["control"] = _absolute(folder, more["control"])
    if "health" in more:
        more["health"] = _address(folder, more["health"])
    return Declared(path=file, services=made, **more)


def _service(
    name: str, folder: File, services: dict[str, Values], mistakes: Mistakes
) -> DeclaredService:
    values = services[name]
    fields: dict[str, Any] = {key: values[key] for key in PLAIN if key in values}
    fields |= {field: values[key] for key, field in FIELDS.items() if key in values}
    fields |= {k: _absolute(folder, values[k]) for k in ("cwd", "watch_file") if k in values}
    environment, hidden = _environment(name, folder, values, mistakes)
    after = values.get("after", {}).items()
    return DeclaredService(
        **{"command": (), **fields},
        name=name,
        where=mistakes.where((SERVICES, name)),
        after=tuple(Need(one, meaning.condition(one, said, services)) for one, said in after),
        environment=tuple(environment.items()),
        secrets=tuple(hidden),
        listen=tuple(_address(folder, one) for one in values.get("listen", ())),
        ready=_readiness(folder, values["ready"]) if "ready" in values else None,
        stop=_ladder(values.get("stop", ())),
        recycle=tuple(values.get("recycle", {}).items()),
    )


def _environment(
    service: str, folder: File, values: Values, mistakes: Mistakes
) -> tuple[dict[str, str], list[str]]:
    """Return a service's variables, and the names of those that came from files."""
    variables: dict[str, str] = dict(values.get("environment", {}))
    hidden = []
    for variable, name in secrets.named(variables, values.get("verbatim", ())).items():
        path = (SERVICES, service, "environment", variable)
        file = variables.pop(variable)
        if name in variables:
            both = UnfitError(f"{name} is given, too", "Leave one of both out")
            mistakes.add(path, both.told(shown(path)))
            continue
        try:
            variables[name] = secrets.read(folder / file, name)
            hidden.append(name)
        except UnfitError as error:
            mistakes.add(path, error.told(shown(path)))
    return variables, hidden


def _ladder(rungs: Any) -> tuple[Rung, ...]:
    """Return the rungs, and a KILL of everybody at the end."""
    ladder = tuple(
        Rung(
            _called(rung.get("signal", KILL), rung.get("target", "main")),
            signal=rung.get("signal", KILL),
            target=rung.get("target", "main"),
            patience_s=rung.get("patience"),
        )
        for rung in rungs
    )
    if not ladder or (ladder[-1].kills and ladder[-1].target == "tree"):
        return ladder
    return (*ladder, KILL_THE_TREE)


def _called(signal: int, target: str) -> str:
    whom = "" if target == "main" else f" the {target}"
    if signal in VERBS:
        return VERBS[signal] + whom
    return signal_name(signal) + (f" to{whom}" if whom else "")


def _readiness(folder: File, values: Values) -> Readiness:
    kind = next((one for one in KINDS if one in values), KINDS[0])
    value = values.get(kind, "")
    is_path = kind in ("socket", "file") or (kind == "stats" and ":" not in value)
    every_s = values.get("every", EXEC_EVERY_S if kind == "exec" else None)
    times = {"every_s": every_s, "patience_s": values.get("timeout")}
    return Readiness(
        kind,
        "" if kind in ("exec", "notify") else _absolute(folder, value) if is_path else value,
        value if kind == "exec" else (),
        **{field: value for field, value in times.items() if value is not None},
    )


def _absolute(folder: File, path: str) -> str:
    """Return a path that is right wherever we are: a file's own are relative to its folder."""
    return str(folder / path)


def _address(folder: File, address: str) -> str:
    """Return an address to listen on, with an absolute path if it is one."""
    name, bare = split_listen(address)
    path = bare.removeprefix("unix:")
    if path == bare and not path.startswith(("/", "./")):
        return address
    return name + _absolute(folder, path)
