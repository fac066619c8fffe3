"""Reading as uWSGI reads: options one by one, some of which bring others (core/config.c).

Three things happen to a value. `%x` is replaced in the text of a whole file before it is parsed;
`$(NAME)`, `@(file)` and `%(option)` are replaced when everything has been read, and only in options
that did not act at once: `ini`, `listen` and their like are taken as they stand.
"""

from __future__ import annotations

from supervisor.errors import UsageError
from supervisor.servers.uwsgi import substitution
from supervisor.servers.uwsgi.logic import ENDS, LOGIC, Condition

TYPE_CHECKING = False
if TYPE_CHECKING:
    from supervisor.servers.uwsgi.surroundings import Surroundings


SETS = ("set", "set-placeholder", "set-ph")
OTHER_FORMATS = (
    *("xml", "xmlconfig", "yaml", "yml", "json", "js"),
    *("ldap", "sqlite", "sqlite3", "config", "config-py"),
)
OTHER_SUFFIXES = (".xml", ".yaml", ".yml", ".json", ".js", ".py", ".lua")
# Of those that act at once, the ones whose values could matter to us.
AT_ONCE = frozenset((*SETS, *LOGIC, *ENDS, "ini", "include", "ini-paste", "ini-paste-logged"))
AT_ONCE |= {"listen", "strict", "umask", "plugin", "plugins", "immediate-uid", "immediate-gid"}
DEEPEST = 10


class Entry:
    """One option, while it may still change."""

    def __init__(self, key: str, value: str, where: str, *, done: bool) -> None:
        """Write it down as it was written; `done` when nothing is replaced in it any more."""
        self.key, self.value, self.where, self.done = key, value, where, done


class Reading:
    """Collects options in the order in which uWSGI would apply them."""

    def __init__(self, around: Surroundings) -> None:
        """Nothing was read yet."""
        self.entries: list[Entry] = []
        self.missing: list[str] = []
        self._around = around
        self._condition: Condition | None = None
        self._first: dict[str, str] | None = None  # magic variables of the first file
        self._file = ""
        self._depth = 0

    def take(self, key: str, value: str, where: str) -> None:
        """Take one option in; inside `if-...` or `for` none or many times."""
        if key in ENDS:
            self._condition = None
        if self._condition is None:
            self._add(key, value, where)
            return
        for item in self._condition.items(key, where, self._around, self.value_of):
            self._add(key, value.replace("%(_)", item), where)

    def load(self, name: str, where: str) -> None:
        """Load a file by its ending (core/uwsgi.c, uwsgi_opt_load)."""
        if name.endswith(OTHER_SUFFIXES):
            raise _unseen(name, where)
        # Only a file that was named by `ini` lends its magic variables to others.
        lent, self._first = self._first, self._first or {}
        self._ini(name, where)
        self._first = lent

    def finish(self) -> None:
        """Replace what is replaced at the end, then load what is inherited."""
        around = self._around
        for symbol, lookup in (
            ("$", around.environment.get),
            ("@", self._content),
            ("%", lambda key: substitution.reference(key, self.value_of)),
        ):
            for entry in self.entries:
                if not entry.done:
                    entry.value = substitution.expand(entry.value, symbol, lookup, entry.where)
        for entry in self.entries:  # grows while it is walked
            if entry.key == "inherit":
                self.load(entry.value, entry.where)

    def value_of(self, key: str) -> str | None:
        """Return the first value of an option (core/utils.c, uwsgi_get_exported_opt)."""
        return next((entry.value for entry in self.entries if entry.key == key), None)

    def _add(self, key: str, value: str, where: str) -> None:
        if key in OTHER_FORMATS:
            raise _unseen(key, where)
        if key in SETS:
            name, equals, value = value.partition("=")
            if not equals:
                raise UsageError(
                    f"cannot read `{key} = {name}` ({where}): uWSGI wants NAME=VALUE. Correct it."
                )
            self._add(name, value, where)
            return
        self.entries.append(Entry(key, value, where, done=key in AT_ONCE))
        if key in ("ini", "ini-paste", "ini-paste-logged"):
            self._ini(value, where)
        elif key == "include":
            self.load(value, where)
        elif key in LOGIC:
            if self._condition is not None:
                raise UsageError(
                    f"cannot read `{key}` ({where}): uWSGI has no conditions inside conditions."
                    " Write `endif` or `endfor` before it."
                )
            self._condition = Condition(key, value, where)

    def _ini(self, name: str, where: str) -> None:
        if "://" in name or name in ("", "-"):
            raise _unseen(name or "nothing", where)
        path, colon, section = name.rpartition(":")
        path, section = (path or self._file, section) if colon else (name, "")
        section = section or "uwsgi"
        text = self._text(path, where)
        magic = substitution.magic(path, section if colon else "", self._around, self._first)
        self._first = magic if self._first is None else self._first
        self._file = path
        self._depth += 1
        self._section(substitution.magic_sub(text, magic), path, section)
        self._depth -= 1

    def _section(self, text: str, path: str, wanted: str) -> None:
        section, seen = "", False
        for number, line in enumerate(text.split("\n"), 1):
            stripped = line.strip(" \t\r")
            if stripped.startswith("["):
                section = stripped[1:-1]
            elif stripped and stripped[0] not in ";#" and section == wanted:
                seen = True
                key, _, value = stripped.partition("=")
                self.take(key.rstrip(" \t\r"), value.lstrip(" \t\r"), f"{path}:{number}")
        if not seen:
            self.missing.append(f"[{wanted}] in {path}")

    def _text(self, path: str, where: str) -> str:
        if self._depth >= DEEPEST:
            raise UsageError(
                f"cannot read {path} ({where}): files include each other. Break the circle."
            )
        try:
            return self._around.read(path)
        except OSError as error:
            raise UsageError(
                f"cannot read {path} ({where}): {error.strerror}."
                " Name uWSGI's ini file, and let this user read it."
            ) from None

    def _content(self, path: str) -> str | None:
        """Return what `@(path)` stands for (core/utils.c, uwsgi_at_file_read)."""
        try:
            return self._around.read(path).removesuffix("\n")
        except OSError:
            return None


def _unseen(what: str, where: str) -> UsageError:
    return UsageError(
        f"cannot see what uWSGI reads by {what!r} ({where}): only ini files are understood."
        " Write the configuration as ini, or as options on the command line."
    )
