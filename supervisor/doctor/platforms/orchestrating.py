"""Services of Kubernetes manifests: one per container of a workload."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from supervisor.core.record import Record
from supervisor.doctor.commands.command import Command
from supervisor.doctor.commands.role import seconds
from supervisor.doctor.knowledge import images
from supervisor.doctor.platforms.composing import listed
from supervisor.doctor.reading import shell
from supervisor.doctor.reading.shellnodes import Script, Simple, walk
from supervisor.doctor.services.service import KUBERNETES, Prestop, Service

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from supervisor.doctor.reading.yaml import Node
    from supervisor.doctor.services.image import Image

Selectors = frozenset[frozenset[tuple[str, str]]]
GRACE: Final = "terminationGracePeriodSeconds"
PODS: Final[dict[str, tuple[str, ...]]] = {
    "Deployment": ("spec", "template"),
    "StatefulSet": ("spec", "template"),
    "DaemonSet": ("spec", "template"),
    "ReplicaSet": ("spec", "template"),
    "ReplicationController": ("spec", "template"),
    "DeploymentConfig": ("spec", "template"),  # of OpenShift
    "Rollout": ("spec", "template"),  # of Argo
    "Job": ("spec", "template"),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
    "Pod": (),
}
PROBES: Final = ("readinessProbe", "livenessProbe", "startupProbe")


class Others(Record):
    """What other manifests say of a workload.

    `selectors`  of all Services, each once
    `graces`     the shortest grace period that a patch sets, by kind and name
    """

    selectors: Selectors = frozenset()
    graces: dict[tuple[str, str], Node] = {}  # noqa: RUF012 - a record's default is never changed


def parts(node: Node) -> tuple[Node, ...]:
    """Return a document, or what is in it: of a List, also of one kind, and of OpenShift's."""
    kind = text(node, "kind")
    inside = node.get("items" if kind.endswith("List") else "objects")
    listed = kind == "Template" or kind.endswith("List")
    return inside.items if listed and inside is not None else (node,)


def workload(node: Node) -> tuple[str, ...] | None:
    """Return where a manifest has its pod; None if it is none."""
    kind, version = node.get("kind"), node.get("apiVersion")
    return PODS.get(kind.value) if kind is not None and version is not None else None


def services_of(
    node: Node, others: Others, image_of: Callable[[str], Image | None]
) -> Iterator[Service]:
    """Return the containers of a workload."""
    where = workload(node)
    if where is None:
        return
    template = node.get(*where) if where else node
    pod = template.get("spec") if template else None
    containers = pod.get("containers") if pod else None
    if template is None or pod is None or containers is None:
        return
    kind, name = text(node, "kind"), text(node, "metadata", "name")
    selected = _selected(template, others.selectors)
    patched = others.graces.get((kind, name)) if pod.get(GRACE) is None else None
    for at, container in enumerate(containers.items):
        if container.kind == "map":
            one = _container(container, pod, image_of, served=selected)
            if patched is not None:
                one = one.replace(grace_s=patched.number, grace_place=patched.place)
            own = text(container, "name") or str(at)
            replicas = node.get("spec", "replicas")
            yield one.replace(
                name=f"{name}/{own}" if name else own,
                workload=kind,
                oneshot=kind in ("Job", "CronJob"),
                replicas=replicas.number if replicas else None,
            )


def _container(
    node: Node, pod: Node, image_of: Callable[[str], Image | None], *, served: bool
) -> Service:
    image_name = text(node, "image")
    image = image_of(image_name)
    grace = pod.get(GRACE)
    ports = node.get("ports")
    entrypoint, cmd = _commands(node, image, image_name)
    shared = pod.get("shareProcessNamespace")
    return Service(
        kind=KUBERNETES,
        name="",
        place=node.place,
        image=image,
        image_name=image_name,
        entrypoint=entrypoint,
        cmd=cmd,
        grace_s=grace.number if grace else None,
        grace_place=grace.place if grace else None,
        prestop=_prestop(node.get("lifecycle", "preStop")),
        probes=tuple((name, probe) for name in PROBES if (probe := node.get(name)) is not None),
        ports=tuple(text(one, "containerPort") for one in ports.items) if ports else (),
        served=served and ports is not None,
        env={**(image.env if image else {}), **_environment(node.get("env"))},
        shared_pids=bool(shared and shared.flag),
        node=node,
        pod=pod,
    )


def _commands(
    node: Node, image: Image | None, image_name: str
) -> tuple[Command | None, Command | None]:
    """`command` is the entrypoint, and resets the image's command; `args` is the command."""
    entrypoint, cmd = (image.entrypoint, image.cmd) if image else (None, None)
    if image is None and (known := images.base(image_name)) is not None:
        entrypoint = Command(known.entrypoint, node.place, inherited=True)
        cmd = Command(known.cmd, node.place, inherited=True)
    if (said := node.get("command")) is not None and said.items:
        entrypoint, cmd = listed(said), None
    if (said := node.get("args")) is not None and said.items:
        cmd = listed(said)
    return entrypoint, cmd


def _prestop(node: Node | None) -> Prestop | None:
    if node is None or node.kind != "map":
        return None
    if (slept := node.get("sleep", "seconds")) is not None:
        return Prestop(node.place, sleeps_s=slept.number)
    if (said := node.get("exec", "command")) is not None:
        argv = said.texts()
        return Prestop(said.place, argv, _sleeps(argv))
    return Prestop(node.place, http=node.get("httpGet") is not None)


def _sleeps(argv: tuple[str, ...]) -> float | None:
    """Return how long a hook sleeps; a loop has no known length."""
    if argv[:1] and argv[0].rpartition("/")[2] == "sleep" and argv[1:]:
        return seconds(argv[1])
    if "-c" not in argv[:3] or not argv[argv.index("-c") + 1 :]:
        return None
    script = shell.parse(argv[argv.index("-c") + 1])
    if not isinstance(script, Script) or script.has_error:
        return None
    found = [one for one in walk(script.body) if not isinstance(one, Simple)]
    if any(type(one).__name__ == "Loop" for one in found):
        return None
    named = [one.argv for one in walk(script.body) if isinstance(one, Simple)]
    slept = [words[1] for words in named if words[:1] == ("sleep",) and len(words) > 1]
    return None if None in slept else sum(seconds(word or "") for word in slept)


def others_of(manifests: Iterable[Node]) -> Others:
    """Look at what Services select their pods by, and at the grace periods that patches set."""
    selectors: set[frozenset[tuple[str, str]]] = set()
    graces: dict[tuple[str, str], Node] = {}
    for one in manifests:
        if text(one, "kind") == "Service" and (selector := one.get("spec", "selector")):
            selectors.add(frozenset((k, v.value) for k, v in selector.entries().items()))
        elif (where := workload(one)) is not None:
            said = one.get(*where, "spec", GRACE)
            key = text(one, "kind"), text(one, "metadata", "name")
            shorter = said is not None and _less(said, graces.get(key))
            if said is not None and shorter and not _whole(one.get(*where, "spec", "containers")):
                graces[key] = said
    return Others(frozenset(selectors - {frozenset()}), graces)


def _less(said: Node, known: Node | None) -> bool:
    if said.number is None:
        return False
    return known is None or known.number is None or said.number < known.number


def _whole(containers: Node | None) -> bool:
    """Tell whether these are containers, and not patches of some."""
    return containers is not None and any(text(one, "image") for one in containers.items)


def _selected(template: Node, selectors: Selectors) -> bool:
    """Tell whether a Service selects the pod by its labels."""
    labels = template.get("metadata", "labels")
    own = {(key, value.value) for key, value in labels.entries().items()} if labels else set()
    return any(wanted <= own for wanted in selectors)


def text(node: Node, *path: str) -> str:
    """Return the scalar at a path; empty if there is none."""
    found = node.get(*path)
    return found.value if found is not None and found.kind == "scalar" else ""


def _environment(node: Node | None) -> dict[str, str]:
    pairs = ((text(one, "name"), one.get("value")) for one in (node.items if node else ()))
    return {name: value.value for name, value in pairs if name and value is not None}
