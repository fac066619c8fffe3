"""Whether a stop signal gets to the program that does the work, and how sure its grace is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from supervisor.doctor.finding import INFO, LOW, ORDER, SEVERITIES
from supervisor.doctor.knowledge.trials import trial
from supervisor.doctor.knowledge.wrappers import EXECS, FORWARDS, GROUP
from supervisor.doctor.services.service import IMAGE

if TYPE_CHECKING:
    from supervisor.doctor.services.service import Service

WHOLE: Final = re.compile(r"\$\w+|\$\{\w+\}")


def hears(service: Service) -> bool:
    """Tell whether its main program gets the stop signal, as it was sent."""
    if service.chain is None:
        return False
    if service.platform.all:
        return True
    return all(link.does in (EXECS, FORWARDS, GROUP) for link in service.chain.links[:-1])


def for_grace(service: Service, severity: str) -> str:
    """Lower the severity of what rests on a grace period that nobody has written down.

    Of an image alone nobody knows what runs it; a program that is not told at all waits for nothing
    until that is mended; and options that are computed may say something else.
    """
    if service.kind == IMAGE or not hears(service) or _computed(service):
        return INFO
    return for_path(service.place.path, severity)


def _computed(service: Service) -> bool:
    """Tell whether its main program gets options that are not known: a variable of them."""
    argv = service.chain.main.argv if service.chain else ()
    pairs = zip(argv[1:], argv, strict=False)
    return any(WHOLE.fullmatch(word) and not before.startswith("-") for word, before in pairs)


def for_path(path: str, severity: str) -> str:
    """Lower the severity of what is for development, tests or examples: it is LOW at most."""
    return SEVERITIES[max(ORDER[severity], ORDER[LOW])] if trial(path) else severity
