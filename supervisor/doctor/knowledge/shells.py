"""Which /bin/sh an image has, and whether `sh -c LINE` ends as the program itself.

Sources: `becomes` is measured (table 1 of the catalogue: dash 0.5.11/12, bash 5.1/5.2, busybox
1.35, zsh 5.9, each as PID 1); the families are what the images on Docker Hub, quay.io and
registry.access.redhat.com are built from. bash before 5.1 was not measured.
"""

from __future__ import annotations

import re
from typing import Final

from supervisor.core.record import Record

DASH, BASH, OLD_BASH, ASH, ZSH, NONE, UNKNOWN = SHELLS = (
    "dash",
    "bash",
    "bash4",
    "ash",
    "zsh",
    "none",
    "unknown",
)
YES, NO, MAYBE = "yes", "no", "unknown"
NAMES: Final = ("sh", "bash", "dash", "ash", "zsh", "ksh", "mksh", "busybox")
"""What a shell is called; fish, csh and PowerShell are others and stay unknown."""

# The shapes of a line, as table 1 has them.
SIMPLE, LAST, REDIRECTED, SUBSHELL, NEVER, AFTER_TRAP, NEWLINE, EXEC, COMPOUND = SHAPES = (
    *("simple", "last", "redirected", "subshell", "never"),
    *("after-trap", "newline", "exec", "compound"),
)
BECOMES: Final[dict[str, dict[str, str]]] = {
    DASH: {**dict.fromkeys(SHAPES, NO), EXEC: YES},
    BASH: {**dict.fromkeys(SHAPES, NO), SIMPLE: YES, LAST: YES, NEWLINE: YES, EXEC: YES},
    OLD_BASH: {**dict.fromkeys(SHAPES, NO), SIMPLE: MAYBE, LAST: MAYBE, NEWLINE: MAYBE, EXEC: YES},
    ASH: {
        **dict.fromkeys(SHAPES, NO),
        **dict.fromkeys((SIMPLE, LAST, REDIRECTED, SUBSHELL, EXEC), YES),
        COMPOUND: MAYBE,
    },
    ZSH: {
        **dict.fromkeys((SIMPLE, LAST, REDIRECTED, SUBSHELL, NEWLINE, EXEC), YES),
        **dict.fromkeys((NEVER,), NO),
        **dict.fromkeys((AFTER_TRAP, COMPOUND), MAYBE),
    },
    NONE: dict.fromkeys(SHAPES, MAYBE),
    UNKNOWN: {**dict.fromkeys(SHAPES, MAYBE), NEVER: NO, AFTER_TRAP: NO, EXEC: YES},
}


class Family(Record):
    """What an image is built from: its shell behind /bin/sh, and where that was learnt."""

    name: str
    sh: str
    certain: bool = True


_BY_TAG: Final = (
    (r"distroless|(^|[-/])scratch$", "none", NONE),
    (r"alpine|busybox|wolfi", "alpine", ASH),
    (r"ubi8|rhel8|centos:?8|centos7|centos:?7|el7|el8|amazonlinux:?2$", "redhat", OLD_BASH),
    (r"ubi|rhel|fedora|centos|rocky|alma|amazonlinux|oraclelinux|suse", "redhat", BASH),
    (
        r"slim|trixie|bookworm|bullseye|buster|stretch|jessie|noble|jammy|focal|bionic|xenial"
        r"|debian|ubuntu",
        "debian",
        DASH,
    ),
)
# Official images whose plain tags are Debian's or Ubuntu's.
_DEBIAN_NAMES: Final = """
    debian ubuntu buildpack-deps python node ruby golang rust perl php pypy httpd nginx
    postgres redis mariadb mongo rabbitmq tomcat jetty memcached wordpress nextcloud haproxy
    cassandra gcc eclipse-temurin maven gradle elixir erlang haskell r-base julia openresty
    sentry
    """
_DEBIANS: Final = frozenset(_DEBIAN_NAMES.split())
_DEBIAN_VENDORS: Final = (
    "tiangolo/",
    "continuumio/",
    "nvidia/cuda",
    "pytorch/",
    "tensorflow/",
    "mambaorg/",
    "jupyter/",
    "apache/airflow",
    "apache/superset",
    "phusion/",
    "postgis/",
    "timescale/",
    "selenium/",
    "condaforge/miniforge",
    "mcr.microsoft.com/playwright",
    "mcr.microsoft.com/devcontainers/python",
)
_ALPINE_VENDORS: Final = ("traefik", "docker", "caddy", "registry", "adminer", "linuxserver/")


def family(image: str) -> Family:
    """Return what an image reference is built from; unknown for a name or tag that hides it."""
    ref = image.partition("@")[0].lower()
    if not ref or "$" in ref:
        return Family("unknown", UNKNOWN, certain=False)
    path, name, tag = _parts(ref)
    if path == "scratch":
        return Family("scratch", NONE)
    whole = f"{path}:{tag}"
    for pattern, found, shell in _BY_TAG:
        if re.search(pattern, whole):
            return Family(found, _aged(found, shell, name, tag))
    if path.startswith(("cgr.dev/", "gcr.io/distroless")):
        return Family("none", NONE, certain="dev" not in tag)
    official = "/" not in path or path.startswith(("library/", "docker.io/library/"))
    if (official and name in _DEBIANS) or path.startswith(_DEBIAN_VENDORS):
        return Family("debian", DASH)
    if (official and name in _ALPINE_VENDORS) or path.startswith("linuxserver/"):
        return Family("alpine", ASH)
    return Family("unknown", UNKNOWN, certain=False)


def _aged(found: str, shell: str, name: str, tag: str) -> str:
    """Return the shell of a Red Hat's release: 8 and before have bash 4."""
    release = re.match(r"(\d{1,4})", tag)
    old = name in ("centos", "rockylinux", "almalinux", "oraclelinux", "rocky") and release
    if found == "redhat" and old and int(release[1]) < 9:  # type: ignore[index]
        return OLD_BASH
    return OLD_BASH if name == "amazonlinux" and tag in ("1", "2") else shell


def _parts(ref: str) -> tuple[str, str, str]:
    """Return an image's path without its registry's port, its last name, and its tag."""
    head, slash, last = ref.rpartition("/")
    name, _, tag = last.partition(":")
    return f"{head}{slash}{name}", name, tag


def of_name(program: str, sh: str) -> str:
    """Return which shell a command is, where /bin/sh is `sh`; bash is taken for a new one."""
    base = program.rpartition("/")[2]
    if base == "sh":
        return sh
    if base == "bash":
        return OLD_BASH if sh == OLD_BASH else BASH
    if base in ("ash", "busybox"):
        return ASH
    return {"dash": DASH, "zsh": ZSH}.get(base, UNKNOWN)
