"""A machine that exists as data: files, environment, names."""

from __future__ import annotations

import errno
import os
import posixpath
from collections.abc import Mapping

from supervisor.servers.uwsgi import settings
from supervisor.servers.uwsgi.settings import Settings


class Place:
    """Surroundings for reading a configuration; `links` maps a path to what it leads to."""

    def __init__(
        self,
        files: Mapping[str, str] | None = None,
        environment: Mapping[str, str] | None = None,
        links: Mapping[str, str] | None = None,
    ) -> None:
        self.files = dict(files or {})
        self.environment: Mapping[str, str] = dict(environment or {})
        self.links = dict(links or {})
        self.cwd = "/srv"
        self.hostname = "box"

    def read(self, path: str) -> str:
        try:
            return self.files[self.real(path)]
        except KeyError:
            raise OSError(errno.ENOENT, os.strerror(errno.ENOENT)) from None

    def kind(self, path: str) -> str:
        full = posixpath.join(self.cwd, path)
        if full in self.links:
            return "link"
        if full in self.files:
            return "file"
        return "dir" if any(name.startswith(f"{full}/") for name in self.files) else ""

    def real(self, path: str) -> str:
        full = posixpath.normpath(posixpath.join(self.cwd, path))
        return self.links.get(full, full)


def read(
    *arguments: str,
    environment: Mapping[str, str] | None = None,
    links: Mapping[str, str] | None = None,
    **files: str,
) -> Settings:
    """Read `uwsgi ARGUMENTS`; `app="..."` is the text of /srv/app.ini."""
    known = {f"/srv/{name}.ini": text for name, text in files.items()}
    return settings.read(("uwsgi", *arguments), Place(known, environment, links))


def ini(*lines: str) -> str:
    """The text of an ini file with one section."""
    return "\n".join(("[uwsgi]", *lines, ""))
