"""A kubelet that gives pods no time when its node is shut down."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supervisor.doctor.finding import INFO, Finding
from supervisor.doctor.platforms.orchestrating import text
from supervisor.doctor.reading.duration import duration
from supervisor.doctor.rule import Example, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House

FIX = (
    "Set shutdownGracePeriod above the grace periods of the pods, with"
    " shutdownGracePeriodCriticalPods as the last part of it."
)


def check(house: House) -> Iterator[Finding]:
    """Look at configurations of the kubelet."""
    for node in house.manifests:
        if text(node, "kind") != "KubeletConfiguration":
            continue
        if not text(node, "apiVersion").startswith("kubelet.config.k8s.io/"):
            continue
        if node.get("shutdownGracePeriodByPodPriority") is not None:
            continue
        said = node.get("shutdownGracePeriod")
        whole = duration(said.value) if said is not None else 0.0
        critical = duration(text(node, "shutdownGracePeriodCriticalPods") or "0")
        if whole is None or critical is None or whole > critical:
            continue
        why = (
            f"All {whole:g} s of shutdownGracePeriod are for critical pods: all others"
            if whole
            else "Without shutdownGracePeriod, pods"
        )
        key = node.key("kind")
        yield Finding(
            "k8s-node-shutdown",
            INFO,
            said.place if said is not None else key.place if key is not None else node.place,
            f"{why} are killed when their node is shut down or rebooted, whatever their own grace"
            " periods are.",
            FIX,
        )


def _kubelet(more: str, kind: str = "KubeletConfiguration") -> tuple[tuple[str, str], ...]:
    return (("kubelet.yaml", f"apiVersion: kubelet.config.k8s.io/v1beta1\nkind: {kind}\n{more}"),)


RULE = Rule(
    id="k8s-node-shutdown",
    severity=INFO,
    title="The kubelet gives pods no time when its node is shut down",
    why=(
        "The kubelet's shutdownGracePeriod is 0 if nobody says otherwise: when a node is shut down"
        " or rebooted, systemd ends the containers with everything else, and neither preStop hooks"
        " nor grace periods are kept."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example(_kubelet("maxPods: 50\n"), at="kubelet.yaml:2"),
        Example(_kubelet("shutdownGracePeriod: 0s\n"), at="kubelet.yaml:3"),
        Example(
            _kubelet("shutdownGracePeriod: 30s\nshutdownGracePeriodCriticalPods: 30s\n"),
            at="kubelet.yaml:3",
        ),
    ),
    good=(
        Example(_kubelet("shutdownGracePeriod: 60s\nshutdownGracePeriodCriticalPods: 10s\n")),
        Example(_kubelet("shutdownGracePeriodByPodPriority: [{priority: 0}]\n")),
        Example(_kubelet("", "Other")),
    ),
)
