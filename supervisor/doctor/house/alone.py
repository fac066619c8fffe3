"""Programs that are PID 1 themselves, with nobody in front of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supervisor.doctor.services.program import PROGRAM

if TYPE_CHECKING:
    from supervisor.doctor.services.program import Link
    from supervisor.doctor.services.service import Service


def alone(service: Service) -> Link | None:
    """Return the program that surely is PID 1; None behind an init, a shell or a stranger."""
    chain = service.chain
    if chain is None or not service.pid1 or service.init or service.oneshot:
        return None
    if chain.processes != (chain.main,) or chain.main.kind != PROGRAM or not chain.sure:
        return None
    return chain.main
