"""Services of Compose files."""

from __future__ import annotations

import posixpath
import re
import shlex
from typing import TYPE_CHECKING, Final

from supervisor.doctor.commands.command import Command
from supervisor.doctor.knowledge import images
from supervisor.doctor.platforms.merging import over
from supervisor.doctor.reading.duration import duration
from supervisor.doctor.services.image import Image, images_of
from supervisor.doctor.services.service import COMPOSE, SWARM, Service

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.reading.yaml import Node
    from supervisor.doctor.services.files import Files

_VARIABLE: Final = re.compile(r"\$\$|\$\{([A-Za-z_]\w*):?-([^}]*)\}")
DEEPEST: Final = 8


def services_of(path: str, top: Node, files: Files) -> Iterator[Service]:
    """Return the services of one document."""
    found = top.get("services")
    nodes = {k: one for k, one in (found.entries() if found else {}).items() if one.kind == "map"}
    ending = {name for one in nodes.values() for name in _awaited(one)}
    for name, node in nodes.items():
        made = _service(path, name, node, top, files)
        yield made.replace(oneshot=True) if name in ending else made


def _awaited(node: Node) -> Iterator[str]:
    """Return the services whose end another one waits for."""
    depends = node.get("depends_on")
    for name, said in depends.entries().items() if depends and depends.kind == "map" else ():
        if _scalar(said.get("condition")) == "service_completed_successfully":
            yield name


def _service(path: str, name: str, node: Node, top: Node, files: Files) -> Service:
    values = effective(path, node, top, files)

    def text(*keys: str) -> str:
        found = values.get(keys[0])
        found = found.get(*keys[1:]) if found and keys[1:] else found
        return interpolated(found.value) if found and found.kind == "scalar" else ""

    image = _image(values, files)
    image_name = text("image") or (image.base if image and not image.final else "")
    entrypoint, cmd = _commands(values, image, image_name)
    grace, signal = values.get("stop_grace_period"), values.get("stop_signal")
    deploy = values.get("deploy")
    init = values.get("init")
    replicas = deploy.get("replicas") if deploy else None
    swarm = deploy is not None and (deploy.get("update_config") or replicas) is not None
    return Service(
        kind=SWARM if swarm else COMPOSE,
        name=name,
        place=node.place if (key := _key(top, name)) is None else key.place,
        image=image,
        image_name=image_name,
        entrypoint=entrypoint,
        cmd=cmd,
        grace_s=duration(interpolated(grace.value)) if grace else None,
        grace_place=grace.place if grace else None,
        stop_signal=interpolated(signal.value) if signal else None,
        stop_signal_place=signal.place if signal else None,
        init=init.flag if init else None,
        ports=tuple(_texts(values.get("ports"))),
        served=bool(values.get("ports") or values.get("expose")),
        restart=text("restart"),
        replicas=replicas.number if replicas else None,
        depends=tuple(_names(values.get("depends_on"))),
        env={**(image.env if image else {}), **_environment(values.get("environment"))},
        healthcheck=values.get("healthcheck"),
        shared_pids=text("pid") != "",
        node=node,
    )


def _key(top: Node, name: str) -> Node | None:
    services = top.get("services")
    return services.key(name) if services else None


def effective(path: str, node: Node, top: Node, files: Files, depth: int = 0) -> dict[str, Node]:
    """Return a service's keys, those that it extends included."""
    own = node.entries()
    extends = own.get("extends")
    if extends is None or depth > DEEPEST:
        return own
    name = extends.value if extends.kind == "scalar" else _scalar(extends.get("service"))
    where = _scalar(extends.get("file")) if extends.kind == "map" else ""
    base, said_in = top, extends.place.path
    if where:
        where = posixpath.normpath(posixpath.join(files.home(said_in), interpolated(where)))
    elif said_in != path:  # a file below this one says it, of a service in it
        where = said_in
    if where:
        documents = files.documents(where)
        if not documents:
            return own
        base = documents[0]
    parent = base.get("services", name)
    if parent is None or parent is node or parent.kind != "map":
        return own
    return over(effective(where or path, parent, base, files, depth + 1), own)


def _image(values: dict[str, Node], files: Files) -> Image | None:
    """Return the image that a service builds; its context counts from the file that says it."""
    build = values.get("build")
    if build is None:
        return None
    is_map = build.kind == "map"
    said = (build.get("context") or build) if is_map else build
    context = interpolated(_scalar(build.get("context")) or "." if is_map else build.value)
    name = interpolated(_scalar(build.get("dockerfile")) if is_map else "")
    folder = posixpath.normpath(posixpath.join(files.home(said.place.path), context))
    where = posixpath.normpath(posixpath.join(folder, name or "Dockerfile"))
    parsed = files.dockerfile(where)
    if parsed is None:
        return None
    folder = "" if folder == "." else folder
    made = files.built.get((where, folder))
    if made is None:
        made = files.built[where, folder] = images_of(where, parsed, folder)
    target = interpolated(_scalar(build.get("target"))) if is_map else ""
    if target:
        return next((one for one in made if one.stage.name.lower() == target.lower()), None)
    return made[-1] if made else None


def _commands(
    values: dict[str, Node], image: Image | None, image_name: str
) -> tuple[Command | None, Command | None]:
    """Return the entrypoint and the command; an entrypoint here resets the image's command."""
    entrypoint, cmd = (image.entrypoint, image.cmd) if image else (None, None)
    if image is None and (known := images.base(image_name)) is not None:
        place = values["image"].place if "image" in values else next(iter(values.values())).place
        if known.entrypoint:
            entrypoint = Command(known.entrypoint, place, inherited=True)
        cmd = Command(known.cmd, place, inherited=True)
    if (said := values.get("entrypoint")) is not None and not said.null:
        entrypoint, cmd = command(said), None
    if (said := values.get("command")) is not None and not said.null:
        cmd = command(said)
    return entrypoint, cmd


def command(node: Node) -> Command:
    """Read a list, or a text that is cut into words; no shell is asked."""
    if node.kind == "list":
        return listed(node).replace(argv=tuple(interpolated(word) for word in node.texts()))
    text = interpolated(node.value)
    try:
        words = shlex.split(text)
    except ValueError:
        words = []
    return Command(tuple(words), node.place, text=text)


def listed(node: Node) -> Command:
    """Read a list of words, each with its place."""
    scalars = [one for one in node.items if one.kind == "scalar"]
    places = [
        one.place.replace(line=one.place.line + 1) if one.style in ("|", ">") else one.place
        for one in scalars
    ]
    return Command(tuple(one.value for one in scalars), node.place, places=tuple(places))


def interpolated(text: str) -> str:
    """Put defaults in (`${NAME:-value}`); `$$` is a dollar; what isn't known stays."""
    return _VARIABLE.sub(lambda match: "$" if match[0] == "$$" else match[2], text)


def _scalar(node: Node | None) -> str:
    return node.value if node is not None and node.kind == "scalar" else ""


def _texts(node: Node | None) -> Iterator[str]:
    for item in node.items if node else ():
        if item.kind == "scalar":
            yield item.value
        elif (target := item.get("target")) is not None:
            yield target.value


def _names(node: Node | None) -> Iterator[str]:
    if node is not None:
        yield from node.entries() if node.kind == "map" else node.texts()


def _environment(node: Node | None) -> dict[str, str]:
    if node is None:
        return {}
    if node.kind == "map":
        items = node.entries().items()
        return {name: interpolated(value.value) for name, value in items if value.kind == "scalar"}
    pairs = (word.partition("=") for word in node.texts() if "=" in word)
    return {name: interpolated(value) for name, _, value in pairs}
