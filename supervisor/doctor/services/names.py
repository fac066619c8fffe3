"""The images of a tree by what they may be called."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from supervisor.doctor.services.image import Image
    from supervisor.doctor.services.service import Service


class Names:
    """Compose says how an image is called that it builds; else its folder's name is a hint."""

    def __init__(self, images: Iterable[Image]) -> None:
        """Sort them."""
        self._built_as: dict[str, Image] = {}
        self._hints: dict[str, list[Image]] = {}
        for image in images:
            for name in _hints(image):
                self._hints.setdefault(name, []).append(image)

    def learn(self, service: Service) -> None:
        """Remember what a service calls the image that it builds."""
        if service.image is not None and service.image_name:
            self._built_as[_untagged(service.image_name)] = service.image

    def image(self, name: str) -> Image | None:
        """Return the image of a name; None if nobody can tell which of several it is."""
        wanted = _untagged(name)
        if wanted in self._built_as:
            return self._built_as[wanted]
        hinted = self._hints.get(wanted.rpartition("/")[2], ())
        return hinted[0] if len(hinted) == 1 else None


def _untagged(name: str) -> str:
    head, slash, last = name.partition("@")[0].rpartition("/")
    return f"{head}{slash}{last.partition(':')[0]}"


def _hints(image: Image) -> set[str]:
    """Return what an image may be called by where its Dockerfile is."""
    folder, name = posixpath.split(image.path)
    ending = (
        name.partition(".")[2] if name.lower().startswith(("dockerfile.", "containerfile.")) else ""
    )
    return {ending, posixpath.basename(folder)} - {"", "docker", "build", "deploy"}
