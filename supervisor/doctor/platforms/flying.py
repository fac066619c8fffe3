"""Services of Fly.io: one for each process group of a fly.toml.

Whatever the image says, Fly sends SIGINT and waits for 5 s, unless the file says otherwise. Its own
init is PID 1 (fly.io/docs/app-guides/multiple-processes).
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Any, Final

from supervisor.doctor.commands.command import Command
from supervisor.doctor.finding import Place
from supervisor.doctor.knowledge import images
from supervisor.doctor.reading.commandline import shlexed
from supervisor.doctor.reading.duration import duration
from supervisor.doctor.services.image import Image, images_of
from supervisor.doctor.services.service import FLY, Service

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.reading.fly import Fly
    from supervisor.doctor.services.files import Files

APP: Final = "app"  # the group that there is when none is named
MOST: Final = 100  # groups of one file


def services_of(found: Fly, files: Files) -> Iterator[Service]:
    """Return the process groups of one file."""
    image = _image(found, files)
    image_name = found.text("build", "image") or (image.base if image else "")
    groups = {name: said for name, said in found.table("processes").items() if _command(said)}
    first = found.place("app") or Place(found.path)
    for name, said in list(groups.items())[:MOST] or [(APP, None)]:
        place = (found.place("processes", name) or first) if said is not None else first
        entrypoint, cmd = _commands(found, image, image_name, place)
        if said is not None:
            cmd = Command(_command(said), place)
        yield _service(found, name, place).replace(
            image=image,
            image_name=image_name,
            entrypoint=entrypoint,
            cmd=cmd,
            env={**(image.env if image else {}), **_texts(found.table("env"))},
        )


def _service(found: Fly, name: str, place: Place) -> Service:
    """Return what the file says of all groups: how they are stopped, and whether it serves."""
    grace = _seconds(found.get("kill_timeout"))
    signal = found.text("kill_signal")
    ports = tuple(_ports(found, name))
    return Service(
        kind=FLY,
        name=name,
        place=place,
        grace_s=grace,
        grace_place=found.place("kill_timeout") if grace is not None else None,
        stop_signal=signal or None,
        stop_signal_place=found.place("kill_signal") if signal else None,
        ports=ports,
        served=bool(ports),
    )


def _seconds(said: Any) -> float | None:
    """Return a time-out, a number of seconds or a duration; none of 0 s is known to Fly."""
    if isinstance(said, bool) or not isinstance(said, int | float | str):
        return None
    return (duration(str(said)) or None) if len(str(said)) < 20 else None


def _ports(found: Fly, name: str) -> Iterator[str]:
    services = found.get("services")
    several = services if isinstance(services, list) else []
    for one in (found.get("http_service"), *several[:MOST]):
        if not isinstance(one, dict):
            continue
        groups = one.get("processes")
        if not isinstance(groups, list) or not groups or name in groups:
            port = one.get("internal_port", 8080)
            yield str(port) if isinstance(port, int) and 0 < port < 65536 else "8080"


def _image(found: Fly, files: Files) -> Image | None:
    """Return the image that is built here; its context is the folder of the file."""
    if found.get("build", "image") or found.get("build", "builder"):
        return None
    folder = posixpath.dirname(found.path)
    name = found.text("build", "dockerfile") or "Dockerfile"
    where = posixpath.normpath(posixpath.join(folder, name))
    parsed = files.dockerfile(where)
    if parsed is None:
        return None
    made = files.built.get((where, folder))
    if made is None:
        made = files.built[where, folder] = images_of(where, parsed, folder)
    target = found.text("build", "build-target")
    if target:
        return next((one for one in made if one.stage.name.lower() == target.lower()), None)
    return made[-1] if made else None


def _commands(
    found: Fly, image: Image | None, image_name: str, place: Place
) -> tuple[Command | None, Command | None]:
    """Return the image's entrypoint and command, or what `[experimental]` puts in their place."""
    entrypoint, cmd = (image.entrypoint, image.cmd) if image else (None, None)
    if image is None and (known := images.base(image_name)) is not None:
        entrypoint = Command(known.entrypoint, place, inherited=True)
        cmd = Command(known.cmd, place, inherited=True)
    said = {key: _command(found.get("experimental", key)) for key in ("exec", "entrypoint", "cmd")}
    where = {key: found.place("experimental", key) or place for key in said}
    if said["exec"]:
        return Command(said["exec"], where["exec"]), None
    if said["entrypoint"]:
        entrypoint = Command(said["entrypoint"], where["entrypoint"])
    return entrypoint, Command(said["cmd"], where["cmd"]) if said["cmd"] else cmd


def _command(said: Any) -> tuple[str, ...]:
    """Return words; of a text as a shell would cut it, though no shell is asked."""
    if isinstance(said, str):
        return shlexed(said) or ()
    return tuple(one for one in said if isinstance(one, str)) if isinstance(said, list) else ()


def _texts(table: dict[str, Any]) -> dict[str, str]:
    return {name: value for name, value in table.items() if isinstance(value, str)}
