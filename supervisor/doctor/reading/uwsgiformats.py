"""uWSGI's configuration as YAML, JSON or XML, as the options that uWSGI makes of it.

After core/yaml.c (with libyaml: without it, lists are not read), core/json.c and core/xmlconf.c.
Keys may come several times, and each of a list's values is an option.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final
from xml.parsers import expat

from supervisor.core.record import Record
from supervisor.doctor.finding import Skip
from supervisor.doctor.reading import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.reading.source import Source

YAML, JSON, XML = FORMATS = ("yaml", "json", "xml")
SUFFIXES: Final = {".yaml": YAML, ".yml": YAML, ".json": JSON, ".js": JSON, ".xml": XML}
OPTIONS: Final = {"yaml": YAML, "yml": YAML, "json": JSON, "js": JSON, "xml": XML, "xmlconfig": XML}
MOST: Final = 50_000  # options
DEEPEST: Final = 100
UWSGI: Final = "uwsgi"
TRUTHS: Final = {"true": "1", "false": "0", "null": "0"}  # of JSON


class Section(Record):
    """What one name stands for: `(key, value, line)` of each option."""

    name: str
    line: int
    options: tuple[tuple[str, str, int], ...]


def format_of(path: str) -> str:
    """Return which format a file has by its name; empty for ini."""
    return next((made for end, made in SUFFIXES.items() if path.endswith(end)), "")


def parse(source: Source, form: str) -> tuple[Section, ...] | Skip:
    """Read a file's sections; the first of several with one name counts."""
    if form == XML:
        return _xml(source)
    if form == JSON:
        try:
            json.loads(source.text)
        except (ValueError, RecursionError) as error:
            return Skip(source.place(getattr(error, "lineno", 1)), "not JSON")
        source = source.replace(text=source.text.replace("\t", " "))  # YAML has them elsewhere
    documents = yaml.parse(source)
    if isinstance(documents, Skip):
        return documents
    found = documents[0].pairs if documents else ()
    return tuple(
        Section(key.value, key.place.line, tuple(_options(value, form)))
        for key, value in found
        if key.kind == "scalar" and value.kind == "map"
    )


def _options(node: yaml.Node, form: str) -> Iterator[tuple[str, str, int]]:
    pairs = node.pairs
    if form == JSON:  # an object has each key once: the last
        pairs = tuple({key.value: (key, value) for key, value in pairs}.values())
    for key, value in pairs:
        for one in value.items if value.kind == "list" else (value,):
            if key.kind != "scalar" or one.kind != "scalar":
                continue
            if form == JSON and not one.style:
                yield key.value, TRUTHS.get(one.value, one.value), one.place.line
            elif not one.null:
                yield key.value, one.value, one.place.line


class _RefusedError(Exception):
    """More than is read."""


class _Elements:
    """Collects the elements inside `<uwsgi>`; what is inside those is a text, or not an option."""

    def __init__(self, parser: Any) -> None:
        self.sections: list[Section] = []
        self._parser = parser
        self._path: list[str] = []
        self._options: list[tuple[str, str, int]] = []
        self._section = ""
        self._line = self._inside = 0  # how deep `<uwsgi>` is; 0: outside
        self._text: list[str] = []
        self._at, self._open = 0, False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._path.append(name)
        depth = len(self._path)
        if depth > DEEPEST:
            raise _RefusedError("elements inside each other too deeply")
        if not self._inside and name == UWSGI and depth <= 2:
            self._inside, self._options = depth, []
            self._section = attributes.get("id", UWSGI)
            self._line = self._parser.CurrentLineNumber
        elif self._inside and depth == self._inside + 1:
            self._text, self._open = [], True
            self._at = self._parser.CurrentLineNumber
        else:
            self._open = False

    def text(self, text: str) -> None:
        if self._open:
            self._text.append(text)

    def end(self, name: str) -> None:
        depth = len(self._path)
        self._path.pop()
        if self._inside and depth == self._inside + 1:
            self._options.append((name, "".join(self._text) or "1", self._at))
            self._open = False
            if len(self._options) > MOST:
                raise _RefusedError(f"more than {MOST} settings")
        elif depth == self._inside:
            self.sections.append(Section(self._section, self._line, tuple(self._options)))
            self._inside = 0

    def refuse(self, *_: Any) -> None:
        raise _RefusedError("it defines entities")


def _xml(source: Source) -> tuple[Section, ...] | Skip:
    parser = expat.ParserCreate("utf-8")
    found = _Elements(parser)
    parser.StartElementHandler, parser.EndElementHandler = found.start, found.end
    parser.CharacterDataHandler, parser.EntityDeclHandler = found.text, found.refuse
    try:
        parser.Parse(source.text.encode("utf-8", "replace"), True)
    except expat.ExpatError as error:
        return Skip(source.place(error.lineno), f"not XML: {expat.ErrorString(error.code)}")
    except _RefusedError as error:
        return Skip(source.place(parser.CurrentLineNumber), str(error))
    first = tuple(one.replace(name=UWSGI) for one in found.sections[:1])
    return (*first, *found.sections)
