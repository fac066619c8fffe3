"""Files as uWSGI opens them: what is no ini is written down as one, with the lines it comes from.

So what `servers/uwsgi` knows of conditions, placeholders and order counts for all of them.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Final

from supervisor.doctor.finding import Skip
from supervisor.doctor.reading.uwsgiformats import OPTIONS, format_of
from supervisor.servers.uwsgi import commandline
from supervisor.servers.uwsgi.logic import ENDS, LOGIC
from supervisor.servers.uwsgi.reading import SETS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from supervisor.doctor.reading.source import Source
    from supervisor.doctor.servers.uwsgi import Around
    from supervisor.doctor.services.files import Files

# What loads another file, in an ini: `yaml = x`, and `include = x.yaml`.
_LOADS: Final = re.compile(
    rf"^([ \t]*)(?:{'|'.join(OPTIONS)}|include)([ \t]*=[ \t]*)([^ \t\r\n]+)[ \t\r]*$", re.MULTILINE
)
CERTAIN: Final = ("if-opt", "if-not-opt", "if-reload", "if-not-reload")  # as the files tell them
_NO_KEY: Final = re.compile(r"^[\[;#]|[=\r\n]|^$")


class Inside:
    """What uWSGI would see: files of the image, as far as the tree has them."""

    def __init__(
        self, files: Files, around: Around | None, cwd: str, env: Mapping[str, str]
    ) -> None:
        """Nothing was read yet."""
        self.files, self.around, self.cwd = files, around, cwd
        self.hostname = ""
        self.found: dict[str, Source] = {}
        self.forms: dict[str, str] = {}  # of files whose names don't tell
        self.lines: dict[str, tuple[int, ...]] = {}  # of those, by the lines of the ini made of it
        self.lenient = False
        self.environment: Mapping[str, str] = {
            self._variable(name, text): text for name, text in env.items()
        }

    def read(self, path: str) -> str:
        """Return a file's text, as ini."""
        known = self.found.get(path)
        source = known or (self.around.file(path) if self.around else None)
        if source is None and self.lenient:
            return ""
        if source is None:
            raise OSError(0, "it is not in the tree")
        self.found[path] = source
        form = self.forms.get(path) or format_of(path)
        if not form:
            return _LOADS.sub(self._load, source.text)
        return self._made(path, source, form)

    def conditional(self) -> Iterator[str]:
        """Return the options below `if-env`, `if-exists` and their like, in all that was read."""
        for path in tuple(self.found):
            below = False
            for line in self.read(path).splitlines():
                key, _, value = (part.strip() for part in line.partition("="))
                if key in ENDS or key.startswith("["):
                    below = False
                elif key in LOGIC and key.startswith("if") and key not in CERTAIN:
                    below = True
                elif below:
                    yield value.partition("=")[0].strip() if key in SETS else key

    def kind(self, path: str) -> str:
        """Tell whether there is a file."""
        return "file" if self.around and self.around.file(path) else ""

    def real(self, path: str) -> str:
        """Return a path from the root."""
        return posixpath.normpath(posixpath.join(self.cwd, path))

    def taken(self, argv: tuple[str, ...]) -> tuple[str, ...]:
        """Return a command line on which files of other formats are `--ini`, in uWSGI's order."""
        options, rest = commandline.split(argv[1:])
        if not any(name in OPTIONS for name, _ in options) and not any(map(format_of, rest)):
            return argv
        made = [argv[0]]
        for name, value in options:
            known = self._named(value, OPTIONS[name]) if name in OPTIONS else None
            made.append(f"--ini={value}" if known else f"--{name}={value}")
        made += [f"--ini={word}" for word in rest]  # uWSGI loads these after all options
        return tuple(made)

    def _variable(self, name: str, value: str) -> str:
        """Return `UWSGI_INI` for `UWSGI_YAML` and its like."""
        key = name[6:].lower().replace("_", "-")
        if name.startswith("UWSGI_") and key in OPTIONS and self._named(value, OPTIONS[key]):
            return "UWSGI_INI"
        return name

    def _named(self, value: str, form: str) -> bool:
        """Remember which format a file has, whatever it is called."""
        path = value.rpartition(":")[0] or value
        self.forms[path] = form
        return bool(path)

    def _load(self, line: re.Match[str]) -> str:
        """Write `yaml = x` as `ini = x`; an `include` of an ini stays."""
        key = line[0].strip().partition("=")[0].strip()
        if key == "include" and not format_of(line[3]):
            return line[0]
        if key != "include":
            self._named(line[3], OPTIONS[key])
        return f"{line[1]}ini{line[2]}{line[3]}"

    def _made(self, path: str, source: Source, form: str) -> str:
        sections = self.files.uwsgi(source, form)
        if isinstance(sections, Skip):
            raise OSError(0, f"{sections.why} (line {sections.place.line})")
        out, lines, told = [], [], set()
        for section in sections:
            if section.name in told:
                continue
            told.add(section.name)
            out.append(f"[{section.name.strip()}]".replace("\n", " "))
            lines.append(section.line)
            for key, value, line in section.options:
                if not _NO_KEY.search(key):
                    joined = value.replace("\n", " ").replace("\r", " ")
                    out.append(_LOADS.sub(self._load, f"{key} = {joined}"))
                    lines.append(line)
        self.lines[path] = tuple(lines)
        return "\n".join(out)
