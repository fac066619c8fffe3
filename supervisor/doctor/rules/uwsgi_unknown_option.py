"""A misspelt option in uWSGI's ini, which is silently ignored."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from supervisor.doctor.finding import INFO, LOW, Finding
from supervisor.doctor.knowledge.uwsgi_options import NAMES, PLUGINS, VERSION
from supervisor.doctor.rule import Example, Rule
from supervisor.servers.uwsgi.logic import ENDS, LOGIC

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House
    from supervisor.doctor.reading.ini import Entry
    from supervisor.doctor.reading.source import Source

FIX = "Write it as uWSGI does; `strict = true` makes it refuse what it does not know."
KNOWN: Final = NAMES | frozenset(ENDS) | LOGIC
NAME: Final = re.compile(r"[a-z][a-z0-9_-]{3,}")
MOST: Final = 100  # keys of a file that are looked at
BUILT_WITH: Final = frozenset(  # what such an option begins with is there in other builds of it
    (
        *("route", "router", "final", "error", "response", "static", "cap", "capability", "xml"),
        *(
            "pcre",
            "ssl",
            "https",
            "http2",
            "sni",
            "zeromq",
            "zmq",
            "mongodb",
            "systemd",
            "greenlet",
        ),
        *("symcall", "notfound", "fiber", "rbthreads", "sqlite", "sse", "nagios", "matheval"),
    )
)
SHORT: Final = 8  # letters; of fewer, one mistake at most


def check(house: House) -> Iterator[Finding]:
    """Look at the keys of every [uwsgi] section."""
    sources = tuple(house.of_kind("uwsgi"))
    asked = any("uwsgi.opt" in one.text for one in house.of_kind("python"))
    for source in sources:
        parsed = house.files.ini(source.path, "uwsgi")
        section = parsed.section("uwsgi") if parsed else None
        if section is None or any(one.key == "plugins-dir" for one in section.entries):
            continue  # plugins of its own bring options of their own
        strict = section.get("strict")
        strangers = [one for one in section.entries if one.key not in KNOWN]
        for entry in strangers[:MOST]:
            variable = f"%({entry.key})" in source.text
            if variable or not NAME.fullmatch(entry.key):
                continue
            if meant := _meant(entry):
                yield _finding(entry, meant, strict is not None)
            elif not asked and _strange(entry, sources):
                yield Finding("uwsgi-unknown-option", INFO, entry.place, _why(entry), FIX)


def _strange(entry: Entry, sources: tuple[Source, ...]) -> bool:
    """Tell whether no build of uWSGI knows an option, and no file uses it as a variable."""
    first = re.split("[-_]", entry.key)[0]
    if entry.bare or first in PLUGINS or first in BUILT_WITH:
        return False
    return not any(f"%({entry.key})" in one.text for one in sources)


def _why(entry: Entry) -> str:
    return (
        f"uWSGI {VERSION} has no option `{entry.key}`: unless a plugin or the application asks for"
        " it, nothing happens, and nothing is said."
    )


def _meant(entry: Entry) -> str:
    """Return the only option that is one or two letters away."""
    key = entry.key
    if not NAME.fullmatch(key) or re.split("[-_]", key)[0] in PLUGINS:
        return ""
    if key.replace("_", "-") in KNOWN:
        return key.replace("_", "-")
    most = 1 if len(key) < SHORT else 2
    alike = [one for one in KNOWN if one[0] == key[0] and abs(len(one) - len(key)) <= most]
    near = [(_distance(key, one, most), one) for one in alike]
    best = min((far for far, _ in near), default=most + 1)
    found = [one for far, one in near if far == best <= most]
    return found[0] if len(found) == 1 else ""


def _distance(left: str, right: str, most: int) -> int:
    """Count letters that are added, left out, exchanged or swapped; more than `most`: that + 1."""
    before: list[int] = []
    row = list(range(len(right) + 1))
    for at, letter in enumerate(left, 1):
        older, before, row = before, row, [at]
        for to, other in enumerate(right, 1):
            cost = min(before[to] + 1, row[-1] + 1, before[to - 1] + (letter != other))
            if at > 1 and to > 1 and letter == right[to - 2] and left[at - 2] == other:
                cost = min(cost, older[to - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return row[-1]


def _finding(entry: Entry, meant: str, strict: bool) -> Finding:
    end = "and with `strict` it does not start" if strict else "and says nothing"
    return Finding(
        "uwsgi-unknown-option",
        LOW,
        entry.place,
        f"uWSGI has no option `{entry.key}` {end}; what `{meant}` is there for does not happen.",
        f"Write `{meant}`.",
    )


RULE = Rule(
    id="uwsgi-unknown-option",
    severity=LOW,
    title="uWSGI ignores an option that is misspelt",
    why=(
        "Without `strict` an ini may say anything: uWSGI 2.0.31 takes an unknown key for a variable"
        " and goes on. A misspelt `vacuum` leaves its socket behind; a misspelt `die-on-term` or"
        " hook turns a stop into a reload."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example((("uwsgi.ini", "[uwsgi]\nmaster = 1\nvaccum = true\n"),), at="uwsgi.ini:3"),
        Example((("uwsgi.ini", "[uwsgi]\nmaster = 1\ndie_on_term = 1\n"),), at="uwsgi.ini:3"),
        Example((("uwsgi.ini", "[uwsgi]\nmaster = 1\nharakri = 20\n"),), at="uwsgi.ini:3"),
        Example((("uwsgi.ini", "[uwsgi]\nhook-master-strat = x\n"),), at="uwsgi.ini:2"),
        Example(
            (("uwsgi.ini", "[uwsgi]\nmaster = 1\nprocess = 4\n"),),
            at="uwsgi.ini:3",
            severity=INFO,
        ),
        Example(
            (("uwsgi.ini", "[uwsgi]\ntimeout = 30\ngraceful-timeout = 5\n"),),
            at="uwsgi.ini:2",
            severity=INFO,
        ),
    ),
    good=(
        Example(
            (
                ("uwsgi.ini", "[uwsgi]\nmaster = 1\nvacuum = true\nbase = /app\nini = b.ini\n"),
                ("b.ini", "[uwsgi]\nchdir = %(base)\n"),
            )
        ),
        Example((("uwsgi.ini", "[uwsgi]\nroute-uri = ^/x break:404\nphp-docroot = /x\n"),)),
        Example(
            (
                ("uwsgi.ini", "[uwsgi]\nour-key = 1\n"),
                ("a.py", "import uwsgi\nuwsgi.opt['our-key']\n"),
            )
        ),
        Example((("uwsgi.ini", "[uwsgi]\nprojects = a\nchdir = /%(projects)\n"),)),
        Example((("uwsgi.ini", "[uwsgi]\nif-env = A\nsocket = :1\nendif =\nphp-sett = 1\n"),)),
        Example((("uwsgi.ini", "[uwsgi]\nmaster = 1\n[other]\nvaccum = 1\n"),)),
    ),
)
