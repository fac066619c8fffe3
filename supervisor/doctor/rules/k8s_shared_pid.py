"""A pod whose containers share their processes, so that nobody of it is PID 1."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supervisor.doctor.finding import INFO, Finding
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.services.service import KUBERNETES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House

FIX = (
    "Expect it: a program without a handler ends at SIGTERM here; give tini `-s`, or leave it out."
)


def check(house: House) -> Iterator[Finding]:
    """Look at pods."""
    for service in house.services:
        said = service.pod.get("shareProcessNamespace") if service.pod else None
        if service.kind != KUBERNETES or said is None or not service.shared_pids:
            continue
        init = service.chain.init if service.chain else None
        effect = (
            f"{init.name} is not PID 1 and reaps nobody unless it is told to (`tini -s`)"
            if init is not None
            else "a program without a handler for SIGTERM ends at once, and what it does is cut"
        )
        yield Finding(
            "k8s-shared-pid",
            INFO,
            said.place,
            f"PID 1 of this pod is `pause`: {effect}.",
            FIX,
        )


def _pod(spec: str, container: str = "") -> tuple[tuple[str, str], ...]:
    text = (
        f"apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n{spec}  containers:\n"
        f"    - name: web\n      image: app\n{container}"
    )
    return (("pod.yaml", text),)


RULE = Rule(
    id="k8s-shared-pid",
    severity=INFO,
    title="Containers share their processes: PID 1 is pause",
    why=(
        "With shareProcessNamespace nobody of the pod is PID 1, and the kernel's default actions"
        " apply again: a program without a handler ends at SIGTERM at once instead of not at all,"
        " and an init warns that it is not PID 1."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example(_pod("  shareProcessNamespace: true\n"), at="pod.yaml:6"),
        Example(
            _pod("  shareProcessNamespace: true\n", "      command: [tini, --, app]\n"),
            at="pod.yaml:6",
        ),
    ),
    good=(Example(_pod("  shareProcessNamespace: false\n")), Example(_pod(""))),
)
