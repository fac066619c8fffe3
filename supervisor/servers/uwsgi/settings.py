"""uWSGI's effective options: environment, command line and ini files, in uWSGI's own order.

The last one wins for a scalar, lists accumulate (core/config.c). Only ini is read: a supervisor
that guesses at an address it can't see would lose requests there. Files and everything else of the
machine are read through `Surroundings`, so that all this is tested as data.
"""

from __future__ import annotations

from supervisor.core.record import Record
from supervisor.servers.uwsgi import commandline
from supervisor.servers.uwsgi.reading import Reading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from supervisor.servers.uwsgi.surroundings import Surroundings

ALIASES = {
    "workers": "processes",
    "daemonize2": "daemonize",
    "chmod": "chmod-socket",
    "chown": "chown-socket",
    "wsgi": "module",
    "httprouter": "http",
    "stats-server": "stats",
    "socket-protocol": "protocol",
    "immediate-uid": "uid",
    "immediate-gid": "gid",
}
FALSE = ("false", "off", "no", "0")
# What uWSGI does not take for an option (core/utils.c, parse_sys_envs).
NOT_OPTIONS = (
    "UWSGI_RELOADS",
    "UWSGI_VASSALS_DIR",
    "UWSGI_EMPEROR_FD",
    "UWSGI_BROODLORD_NUM",
    "UWSGI_EMPEROR_FD_CONFIG",
    "UWSGI_EMPEROR_PROXY",
    "UWSGI_JAIL_PID",
    "UWSGI_ORIGINAL_PROC_NAME",
)


class Setting(Record):
    """One option as it was written, and where: "file:line", "command line" or "$VARIABLE"."""

    key: str
    value: str
    where: str


class Settings(Record):
    """All options in the order in which uWSGI takes them."""

    all: tuple[Setting, ...]
    missing: tuple[str, ...] = ()  # sections that were asked for and are not there

    def last(self, key: str) -> Setting | None:
        """Return the option that wins, None when it isn't set."""
        return next((s for s in reversed(self.all) if s.key == key), None)

    def first(self, key: str) -> Setting | None:
        """Return the first of a list, None when it is empty."""
        return next((s for s in self.all if s.key == key), None)

    def get(self, key: str, default: str = "") -> str:
        """Return the winning value."""
        setting = self.last(key)
        return setting.value if setting else default

    def each(self, *keys: str) -> tuple[Setting, ...]:
        """Return every occurrence of list options."""
        return tuple(s for s in self.all if s.key in keys)

    def flag(self, key: str) -> bool:
        """Tell whether a boolean is on, by uWSGI's own rule (core/uwsgi.c, uwsgi_opt_true)."""
        setting = self.last(key)
        return setting is not None and setting.value.lower() not in FALSE


def read(argv: Sequence[str], around: Surroundings) -> Settings:
    """Read all options of `uwsgi ARGV...`; UsageError for what can't be read."""
    reading = Reading(around)
    for name, value in around.environment.items():
        if name.startswith("UWSGI_") and name not in NOT_OPTIONS:
            reading.take(name[6:].lower().replace("_", "-"), value, f"${name}")
    options, rest = commandline.split(argv[1:])
    for name, value in options:
        reading.take(name, value, "command line")
    for word in rest:
        if not word.startswith("["):
            reading.load(word, "command line")
    reading.finish()
    found = (Setting(ALIASES.get(e.key, e.key), e.value, e.where) for e in reading.entries)
    return Settings(tuple(found), tuple(reading.missing))
