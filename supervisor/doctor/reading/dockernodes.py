"""What a Dockerfile consists of, as records; dockerfile.py makes them."""

from __future__ import annotations

from supervisor.core.record import Record
from supervisor.doctor.finding import Place


class Heredoc(Record):
    """A here-document of an instruction; `line`: its first; `expanded`: its mark has no quotes."""

    name: str
    text: str
    line: int
    expanded: bool = True


class Instruction(Record):
    """One instruction.

    `text`        what follows name and flags: continued lines joined, comments out
    `script`      the same for a shell, with its lines as they are in the file from `script_line` on
    `form`        `exec` for a JSON array of strings, else `shell`
    `argv`        of the exec form
    `pairs`       of ENV, ARG and LABEL; values as written, with quotes; None for `ARG NAME`
    `json_error`  why a text that begins with `[` is no such array; Docker gives it to a shell
    `inner`       of ONBUILD: what is run later; of HEALTHCHECK: its CMD
    """

    name: str
    place: Place
    text: str = ""
    script: str = ""
    script_line: int = 1
    form: str = "shell"
    argv: tuple[str, ...] = ()
    flags: tuple[tuple[str, str], ...] = ()
    pairs: tuple[tuple[str, str | None], ...] = ()
    heredocs: tuple[Heredoc, ...] = ()
    json_error: str = ""
    inner: Instruction | None = None

    def flag(self, name: str) -> str:
        """Return a flag's value; empty without it."""
        return next((value for key, value in self.flags if key == name), "")

    @property
    def words(self) -> tuple[str, ...]:
        """Return the array, or the text cut at blanks as for COPY, EXPOSE and VOLUME."""
        return self.argv if self.form == "exec" else tuple(self.text.split())


class Stage(Record):
    """One FROM and what follows it.

    `base`      with the defaults of ARG put in; an argument without one stays `$NAME`
    `parent`    the number of the earlier stage that it is built on, else None
    `onbuild`   what runs when another image is built on it
    """

    number: int
    name: str
    base: str
    written: str
    place: Place
    platform: str = ""
    parent: int | None = None
    instructions: tuple[Instruction, ...] = ()
    onbuild: tuple[Instruction, ...] = ()

    def last(self, name: str) -> Instruction | None:
        """Return the one of several that counts."""
        return next((each for each in reversed(self.instructions) if each.name == name), None)


class Dockerfile(Record):
    """A whole file; `args`: global ones with their defaults, None for those without."""

    stages: tuple[Stage, ...]
    args: dict[str, str | None] = {}  # noqa: RUF012 - a record's default is never changed
    escape: str = "\\"
    comments: tuple[tuple[int, str], ...] = ()

    def stage(self, name: str) -> Stage | None:
        """Return a stage by its name or number, as `COPY --from` and `--target` do."""
        for each in reversed(self.stages):
            if name.lower() == each.name.lower() or name == str(each.number):
                return each
        return None
