"""A preStop hook that the image has no program for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supervisor.doctor.commands.shellargv import argv_of
from supervisor.doctor.commands.wrapping import base
from supervisor.doctor.finding import HIGH, MEDIUM, Finding
from supervisor.doctor.house.longwork import image_of
from supervisor.doctor.knowledge import shells, workloads
from supervisor.doctor.reading import shell
from supervisor.doctor.reading.shellnodes import Script, Simple, walk
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.services.hearing import for_path
from supervisor.doctor.services.service import KUBERNETES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House
    from supervisor.doctor.services.image import Image
    from supervisor.doctor.services.service import Service

FIX = "Use `preStop: {sleep: {seconds: N}}`, which needs nothing in the image, or install it."
TOOLS = frozenset(
    ("sh", "bash", "ash", "sleep", "kill", "killall", "pkill", "curl", "wget", "touch", "cat", "nc")
)
SLIM = ("nginx", "debian", "httpd")  # and every tag with `slim` in it


def check(house: House) -> Iterator[Finding]:
    """Look at what hooks call, and at what images are known not to have."""
    hooked = [(one, hook) for one in house.services if (hook := one.prestop) and hook.argv]
    stranger, likely = _made_here(house) if hooked else ("", None)
    for service, hook in hooked:
        made = service.image or (likely if service.image_name == stranger else None)
        image = made.base if made else service.image_name
        missing = next((n for n in _called(hook.argv) if _lacks(service, image, n)), None)
        if missing is None:
            continue
        ends = (
            "the hook fails at once (FailedPreStopHook)"
            if missing == base(hook.argv[0])
            else "the hook goes on without it"
        )
        yield Finding(
            "k8s-prestop-missing-binary",
            for_path(hook.place.path, HIGH if made is service.image else MEDIUM),
            hook.place,
            f"There is no `{missing}` in {image}: {ends}, SIGTERM follows, and what it should have"
            " waited for is cut.",
            FIX,
        )


def _made_here(house: House) -> tuple[str, Image | None]:
    """Return what Deployments call the tree's image, and it: the tree makes one, and names one."""
    if len(house.images) != 1:
        return "", None
    strangers = {
        one.image_name
        for one in house.services
        if one.kind == KUBERNETES and one.image is None and not _public(one.image_name)
    }
    if len(strangers) != 1 or shells.family(house.images[0].base).sh != shells.NONE:
        return "", None
    return strangers.pop(), house.images[0]


def _public(image: str) -> bool:
    """Tell whether it is known what an image is, or that it is somebody else's."""
    known = shells.family(image).certain or bool(workloads.SHELLLESS.match(image))
    return known or workloads.short(image) in workloads.BACKENDS | workloads.OUTLETS


def _called(argv: tuple[str, ...]) -> tuple[str, ...]:
    """Return the programs that a hook runs, a shell first."""
    first = base(argv[0])
    if "-c" not in argv[1:3] or not argv[argv.index("-c") + 1 :]:
        return (first,)
    script = shell.parse(argv[argv.index("-c") + 1])
    if not isinstance(script, Script) or script.has_error:
        return (first,)
    called = [argv_of(one).words for one in walk(script.body) if isinstance(one, Simple)]
    return (first, *(base(words[0]) for words in called if words))


def _lacks(service: Service, image: str, name: str) -> bool:
    """Tell whether an image is known not to have a program; one that is put in is had."""
    if not image or "$" in image or _brings(service, name):
        return False
    reference = image.partition("@")[0].lower()
    tag = reference.rpartition("/")[2].partition(":")[2]
    path = reference[: len(reference) - len(tag) - 1] if tag else reference
    family = shells.family(image)
    bare = workloads.SHELLLESS.fullmatch(path) and not workloads.WITH_SHELL.search(tag)
    if family.sh == shells.NONE or bare:
        return name in TOOLS and "debug" not in tag
    short = image_of(service)
    plain = short in ("nginx", "alpine", "python", "node", "nginx-unprivileged")
    if family.name == "alpine":
        return plain and name in workloads.NOT_IN_ALPINE - ({"curl"} if "nginx" in short else set())
    if name == "curl":
        return family.name == "debian" and "slim" in tag and short in ("python", "debian")
    slim = "slim" in tag or short in SLIM
    return slim and family.name == "debian" and name in workloads.NOT_IN_SLIM


def _brings(service: Service, name: str) -> bool:
    """Tell whether the image's own Dockerfile may put a program in."""
    if service.image is None:
        return False
    words = (name, workloads.PACKAGES.get(name, name), "busybox")
    return any(
        word in one.text or word in (one.script or "")
        for one in service.image.stage.instructions
        for word in words
        if one.name in ("RUN", "COPY", "ADD")
    )


def _pod(image: str, command: str) -> tuple[str, str]:
    text = (
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  containers:\n"
        f"    - name: web\n      image: {image}\n      lifecycle:\n        preStop:\n"
        f"          exec:\n            command: {command}\n"
    )
    return ("pod.yaml", text)


SLEEP = "[sh, -c, sleep 5]"
KILLALL = "[/bin/sh, -c, nginx -s quit; while killall -0 nginx; do sleep 1; done]"

RULE = Rule(
    id="k8s-prestop-missing-binary",
    severity=HIGH,
    title="The preStop hook needs a program that the image does not have",
    why=(
        "A hook that cannot be run counts as failed: Kubernetes goes on to SIGTERM at once, and"
        " only an event (FailedPreStopHook) tells of it, 299 of them in one test run of fission."
        " Distroless images and those from scratch have neither sh nor sleep."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example((_pod("gcr.io/distroless/base-debian12", SLEEP),), at="pod.yaml:12"),
        Example((_pod("coredns/coredns:1.11.1", "[sleep, '5']"),), at="pod.yaml:12"),
        Example((_pod("nginx", KILLALL),), at="pod.yaml:12"),
        Example((_pod("python:3.12-alpine", "[bash, -c, sleep 5]"),), at="pod.yaml:12"),
        Example(
            (
                _pod("x/web", SLEEP),
                ("web/Dockerfile", 'FROM scratch\nCOPY app /app\nENTRYPOINT ["/app"]\n'),
            ),
            at="pod.yaml:12",
        ),
        Example((_pod("python:3.12-slim", "[curl, localhost/drain]"),), at="pod.yaml:12"),
        Example((_pod("fluent/fluent-bit:2.2", SLEEP),), at="pod.yaml:12"),
        Example(
            (
                _pod("ghcr.io/acme/shop:1.0", SLEEP),
                ("Dockerfile", 'FROM scratch\nCOPY app /app\nENTRYPOINT ["/app"]\n'),
            ),
            at="pod.yaml:12",
            severity=MEDIUM,
        ),
    ),
    good=(
        Example((_pod("nats:2.10-alpine", SLEEP),)),
        Example((_pod("nginx:1.27", "[curl, localhost/drain]"),)),
        Example(
            (
                _pod("ghcr.io/acme/shop:1.0", SLEEP),
                ("Dockerfile", 'FROM scratch\nENTRYPOINT ["/app"]\n'),
                ("web/Dockerfile", 'FROM python\nENTRYPOINT ["/app"]\n'),
            )
        ),
        Example(
            (
                _pod("bitnami/redis:7", SLEEP),
                ("Dockerfile", 'FROM scratch\nENTRYPOINT ["/app"]\n'),
            )
        ),
        Example((_pod("gcr.io/distroless/base:debug", SLEEP),)),
        Example((_pod("nginx:1.27", SLEEP),)),
        Example((_pod("nginx:1.27-alpine", KILLALL),)),  # busybox has it
        Example((_pod("registry.example/app", KILLALL),)),
        Example(
            (
                _pod("x/web", KILLALL),
                ("web/Dockerfile", "FROM nginx\nRUN apt-get install -y psmisc\n"),
            )
        ),
    ),
    evidence=("linkerd/linkerd2#6723", "coredns/helm#43", "fission/fission#3468"),
)
