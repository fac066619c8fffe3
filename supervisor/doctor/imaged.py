"""An image or a container as a house: its settings as a Dockerfile, its scripts by their paths.

Scripts come out of the image by a container that is made for that, never started, and removed.
"""

from __future__ import annotations

import json
import posixpath
import re
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

from supervisor.config.secrets import masked
from supervisor.doctor.checkup import Visit
from supervisor.doctor.house.house import House
from supervisor.doctor.reading import kinds
from supervisor.doctor.reading.source import Source, decoded
from supervisor.errors import GracekeeperError
from supervisor.ops.engine import Engine, GoneError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MOST_FILES, MOST_BYTES, ROUNDS = 24, 1 << 20, 4
WHERE: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
RELEASE: Final = "/etc/os-release"
FILE: Final = re.compile(r"(?:^|[=:])(/[\w./+-]+)$")
KNOWN: Final = ("debian", "ubuntu", "alpine", "fedora", "rocky", "centos", "busybox")


class UnreachedError(GracekeeperError):
    """The engine can't be asked, or has nothing of that name."""

    exit_code = 3


class _Shelf(Engine):
    """What an engine has on its shelf: images."""

    def image(self, name: str) -> dict[str, Any]:
        """Return what `docker image inspect` shows."""
        return dict(self._ask(lambda: self._api.inspect_image(name), name))

    @contextmanager
    def made(self, image: str) -> Iterator[str]:
        """Make a container that is never started; it is removed afterwards."""
        made = self._ask(
            lambda: self._api.create_container(image, ["-"], entrypoint=["-"]),
            image,
        )
        name = str(made["Id"])
        try:
            yield name
        finally:
            self._ask(lambda: self._api.remove_container(name, v=True, force=True), name)


def visit(name: str) -> Visit:
    """Look at a container of that name, else at an image; UnreachedError when there is neither."""
    try:
        shelf = _Shelf()
    except GracekeeperError as error:
        raise UnreachedError(f"{error} There is no path {name} either.") from None
    try:
        return Visit(_looked(shelf, name), prefix=name)
    except GracekeeperError as error:
        raise UnreachedError(str(error)) from None
    finally:
        shelf.close()


def _looked(shelf: _Shelf, name: str) -> House:
    try:
        found = shelf.inspect(name)
    except GoneError:
        try:
            image = shelf.image(name)
        except GoneError:
            raise GoneError(
                f"cannot find {name}: it is no path, and the engine at {shelf.host} has neither a"
                " container nor an image of that name. `docker images` lists what it has."
            ) from None
        with shelf.made(str(image["Id"])) as container:
            return _house(shelf, container, image["Config"] or {}, {})
    return _house(shelf, name, found["Config"] or {}, {"name": name, **found["HostConfig"]})


def _house(
    shelf: _Shelf, container: str, config: Mapping[str, Any], host: Mapping[str, Any]
) -> House:
    """Join what the engine says with the files that its chain names, until nothing new is named."""
    files: dict[str, Source] = {}
    asked: set[str] = set()
    base = _base(shelf, container)
    house = House(())
    for _ in range(ROUNDS):
        texts = {"Dockerfile": dockerfile(config, base, sorted(files))}
        if host:
            texts["compose.yaml"] = compose(config, host)
        made = [Source(path, text, kinds.by_name(path)) for path, text in texts.items()]
        house = House([*made, *files.values()])
        wanted = [one for one in _named(house, config) if one not in asked][:MOST_FILES]
        asked |= set(wanted)
        new = {path: one for path in wanted if (one := _file(shelf, container, path))}
        if not new:
            break
        files |= new
    return house


def dockerfile(config: Mapping[str, Any], base: str, files: list[str]) -> str:
    """Return a Dockerfile that would make an image with these settings."""
    lines = [f"FROM {base}"]
    environment = dict(str(one).partition("=")[::2] for one in config.get("Env") or ())
    for name, value in masked(environment, ()).items():  # these lines may be shown
        quoted = json.dumps(value, ensure_ascii=False).replace("$", "\\$")
        lines.append(f"ENV {name}={quoted}")
    if folder := config.get("WorkingDir"):
        lines.append(f"WORKDIR {folder}")
    lines += [f"COPY {path.lstrip('/')} {path}" for path in files]
    if user := config.get("User"):
        lines.append(f"USER {user}")
    lines += [f"EXPOSE {port}" for port in config.get("ExposedPorts") or ()]
    if signal := config.get("StopSignal"):
        lines.append(f"STOPSIGNAL {signal}")
    for name, key in (("ENTRYPOINT", "Entrypoint"), ("CMD", "Cmd")):
        if words := config.get(key):
            lines.append(f"{name} {json.dumps([str(word) for word in words])}")
    return "\n".join(" ".join(line.splitlines()) for line in lines) + "\n"


def compose(config: Mapping[str, Any], host: Mapping[str, Any]) -> str:
    """Return how a container is run, as Compose would have it."""
    service: dict[str, Any] = {"build": "."}
    if host.get("Init"):
        service["init"] = True
    if grace := config.get("StopTimeout"):
        service["stop_grace_period"] = f"{grace}s"
    restart = (host.get("RestartPolicy") or {}).get("Name")
    if restart and restart != "no":
        service["restart"] = restart
    ports = [str(port).partition("/")[0] for port in host.get("PortBindings") or ()]
    if ports:
        service["ports"] = ports
    lines = ["services:", f"  {json.dumps(str(host['name']))}:"]
    return "\n".join([*lines, *(f"    {k}: {json.dumps(v)}" for k, v in service.items())]) + "\n"


def _base(shelf: _Shelf, container: str) -> str:
    """Name the distribution, which says what its /bin/sh is; `scratch` if nobody knows."""
    text = ""
    for path in (RELEASE, "/usr/lib/os-release"):
        with suppress(GracekeeperError):
            text = shelf.file(container, path, MOST_BYTES).decode(errors="replace")
            break
    told = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    name, version = (told.get(key, "").strip("\"'") for key in ("ID", "VERSION_ID"))
    if name not in KNOWN or not re.fullmatch(r"[\w.-]*", version):
        return "scratch"
    return f"{name}:{version}" if version else name


def _named(house: House, config: Mapping[str, Any]) -> list[str]:
    """Return the paths that the main program's chain names, as far as they may be files."""
    folder = str(config.get("WorkingDir") or "/")
    search = dict(str(one).partition("=")[::2] for one in config.get("Env") or ()).get("PATH")
    found: dict[str, None] = {}
    for service in house.services:
        links = service.chain.links if service.chain else ()
        for argv in (service.argv, *(link.argv for link in links)):
            for at, word in enumerate(argv):
                for path in _paths(word, folder, (search or WHERE) if at == 0 else ""):
                    found[path] = None
    return list(found)


def _paths(word: str, folder: str, search: str) -> Iterator[str]:
    if match := FILE.search(word):
        yield posixpath.normpath(match[1])
    elif re.fullmatch(r"[\w.+-]+(/[\w.+-]+)*", word):
        if "." in word or "/" in word:
            yield posixpath.normpath(posixpath.join(folder, word))
        if search and "/" not in word:
            yield from (posixpath.join(one, word) for one in search.split(":") if one)


def _file(shelf: _Shelf, container: str, path: str) -> Source | None:
    """Read a script or a settings file; None for programs and for what is not there."""
    try:
        raw = shelf.file(container, path, MOST_BYTES)
    except GracekeeperError:
        return None
    read = decoded(raw, path.lstrip("/"))
    if not isinstance(read, Source):
        return None
    kind = kinds.by_name(read.path)
    if kind in (kinds.UNKNOWN, kinds.UNWANTED):
        kind = kinds.by_text(read.path, read.text)
    return None if kind == kinds.UNWANTED else read.replace(kind=kind, executable=True)
