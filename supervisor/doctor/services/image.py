"""One image: what its Dockerfile's stage says, with what it inherits."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Final

from supervisor.core.record import Record
from supervisor.doctor.commands.command import SHELL_FORM, Command, joined
from supervisor.doctor.finding import Place
from supervisor.doctor.knowledge import images, shells
from supervisor.doctor.reading.substitution import substituted

if TYPE_CHECKING:
    from supervisor.doctor.reading.dockernodes import Dockerfile, Instruction, Stage

OFF: Final = "NONE"


class Copied(Record):
    """A COPY or ADD: `source` in the tree (or in `stage`) becomes `target` in the image."""

    source: str
    target: str
    place: Place
    stage: str = ""
    text: str | None = None  # of a here-document
    first_line: int = 0


class Image(Record):
    """What `docker run` of it begins with.

    `path`         its Dockerfile; `stage`: which of it, `final`: the last
    `base`         the image that its first stage is built on; `family`: with which shell
    `known_base`   what that brings, if it is a well-known one
    `entrypoint`, `cmd`  None if nothing is said and the base is a stranger, too
    `stop_signal`  empty: SIGTERM, as far as it is known
    `context`      the folder that COPY takes its files from
    """

    path: str
    stage: Stage
    place: Place
    base: str
    base_place: Place
    family: shells.Family
    final: bool = True
    known_base: images.Base | None = None
    entrypoint: Command | None = None
    cmd: Command | None = None
    shell: tuple[str, ...] = SHELL_FORM
    stop_signal: str = ""
    stop_signal_place: Place | None = None
    user: str = ""
    workdir: str = "/"
    env: dict[str, str] = {}  # noqa: RUF012 - a record's default is never changed
    ports: tuple[str, ...] = ()
    healthcheck: Instruction | None = None
    copies: tuple[Copied, ...] = ()
    context: str = ""

    @property
    def argv(self) -> tuple[str, ...]:
        """Return what runs as PID 1 with its arguments; empty if nobody can tell."""
        return joined(self.entrypoint, self.cmd)

    @property
    def sh(self) -> str:
        """Return which shell /bin/sh is."""
        return self.family.sh


def images_of(path: str, parsed: Dockerfile, context: str | None = None) -> tuple[Image, ...]:
    """Return every stage as an image, the final one last."""
    folder = posixpath.dirname(path) if context is None else context
    made: list[Image] = []
    for stage in parsed.stages:
        parent = made[stage.parent] if stage.parent is not None else None
        begun = _begun(path, stage, parent, folder)
        made.append(_built(begun, parsed.escape))
    if made:
        made[-1] = made[-1].replace(final=True)
    return tuple(made)


def _begun(path: str, stage: Stage, parent: Image | None, context: str) -> Image:
    """Return what a stage begins with."""
    if parent is not None:
        cmd = parent.cmd.replace(inherited=True) if parent.cmd else None
        return parent.replace(stage=stage, place=stage.place, final=False, cmd=cmd)
    known = images.base(stage.base)
    entrypoint = cmd = None
    if known is not None:
        if known.entrypoint:
            entrypoint = Command(known.entrypoint, stage.place, inherited=True)
        cmd = Command(known.cmd, stage.place, inherited=True)
    return Image(
        path=path,
        stage=stage,
        place=stage.place,
        base=stage.base,
        base_place=stage.place,
        family=shells.family(stage.base),
        final=False,
        known_base=known,
        entrypoint=entrypoint,
        cmd=cmd,
        stop_signal=known.stop_signal if known else "",
        context=context,
    )


def _built(image: Image, escape: str) -> Image:
    """Do what the instructions say, one by one."""
    values: dict[str, str | None] = dict(image.env)
    for one in image.stage.instructions:
        if one.name == "ARG":
            for key, value in one.pairs:
                if value is not None:
                    values.setdefault(key, substituted(value, values, escape))
        elif one.name == "ENV":
            env = {k: substituted(v or "", values, escape) for k, v in one.pairs}
            values.update(env)
            image = image.replace(env={**image.env, **env})
        else:
            image = _changed(image, one, values, escape)
    return image


def _changed(image: Image, one: Instruction, values: dict[str, str | None], escape: str) -> Image:
    """Return an image after one instruction."""
    match one.name:
        case "CMD":
            return image.replace(cmd=_command(one, image.shell))
        case "ENTRYPOINT":
            entrypoint = _command(one, image.shell)
            cmd = None if image.cmd and image.cmd.inherited else image.cmd
            return image.replace(entrypoint=entrypoint, cmd=cmd)
        case "SHELL" if one.form == "exec":
            return image.replace(shell=one.argv)
        case "STOPSIGNAL":
            signal = substituted(one.text.strip(), values, escape)
            return image.replace(stop_signal=signal, stop_signal_place=one.place)
        case "USER":
            return image.replace(user=substituted(one.text.strip(), values, escape))
        case "WORKDIR":
            said = substituted(one.text.strip(), values, escape)
            return image.replace(workdir=posixpath.normpath(posixpath.join(image.workdir, said)))
        case "HEALTHCHECK":
            off = one.text.strip().upper() == OFF
            return image.replace(healthcheck=None if off else one)
        case "EXPOSE":
            ports = tuple(substituted(w, values, escape) for w in one.words)
            return image.replace(ports=(*image.ports, *ports))
        case "COPY" | "ADD":
            return image.replace(copies=(*image.copies, *_copied(image, one, values, escape)))
    return image


def _command(one: Instruction, shell: tuple[str, ...]) -> Command:
    if one.form == "exec":
        return Command(one.argv, one.place, text=one.text, first_line=one.script_line)
    text = one.script or one.text
    if not text.strip():
        return Command((), one.place)
    argv = (*shell, text)
    return Command(argv, one.place, True, text, one.script_line, json_error=one.json_error)


def _copied(
    image: Image, one: Instruction, values: dict[str, str | None], escape: str
) -> tuple[Copied, ...]:
    words = [substituted(word, values, escape) for word in one.words]
    if len(words) < 2:
        return ()
    *sources, target = words
    folder = target.endswith(("/", "/.")) or target in (".", "..") or len(sources) > 1
    where = posixpath.normpath(posixpath.join(image.workdir, target))
    bodies = {f"<<{h.name}": h for h in one.heredocs}
    found = []
    for source in sources:
        heredoc = bodies.get(source.replace("-", "", 1) if source[2:3] == "-" else source)
        name = heredoc.name if heredoc else posixpath.basename(source.rstrip("/"))
        whole = posixpath.normpath(source.rstrip("/") or "/")
        at = posixpath.join(where, name) if folder else where
        found.append(
            Copied(
                whole.lstrip("/") if not one.flag("from") else whole,
                at,
                one.place,
                one.flag("from"),
                heredoc.text if heredoc else None,
                heredoc.line if heredoc else 0,
            )
        )
        if folder and not heredoc:  # what was a folder is emptied into the target
            found.append(found[-1].replace(target=where))
    return tuple(found)
