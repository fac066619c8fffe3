"""A command as somebody wrote it: in a Dockerfile, in Compose, in a manifest, in a Procfile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from supervisor.core.record import Record

if TYPE_CHECKING:
    from supervisor.doctor.finding import Place

SHELL_FORM: Final = ("/bin/sh", "-c")


class Command(Record):
    """`argv` is what the kernel gets; of a shell form that is its shell and the line.

    `shell_form`  the text form of a Dockerfile
    `text`        its line, `first_line` where that begins
    `places`      of the words of a list in YAML; of a block, where its text begins
    `inherited`   it comes from the base image; `place` is its FROM
    """

    argv: tuple[str, ...]
    place: Place
    shell_form: bool = False
    text: str = ""
    first_line: int = 0
    inherited: bool = False
    json_error: str = ""
    places: tuple[Place, ...] = ()

    def located(self) -> dict[str, Place]:
        """Return where its words are, as far as that is known better than `place`."""
        if self.shell_form and self.first_line:
            return {self.argv[-1]: self.place.replace(line=self.first_line)}
        return dict(zip(self.argv, self.places, strict=False))


def joined(entrypoint: Command | None, cmd: Command | None) -> tuple[str, ...]:
    """Put both together as Docker does: an entrypoint in text form ignores the command."""
    if entrypoint is None or not entrypoint.argv:
        return cmd.argv if cmd else ()
    if entrypoint.shell_form or cmd is None:
        return entrypoint.argv
    return (*entrypoint.argv, *cmd.argv)
