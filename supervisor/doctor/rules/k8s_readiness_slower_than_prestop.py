"""A hook that makes the pod unready, and ends before anybody has asked often enough."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from supervisor.doctor.commands.shellargv import argv_of
from supervisor.doctor.finding import LOW, Finding
from supervisor.doctor.reading import shell
from supervisor.doctor.reading.shellnodes import Script, Simple, walk
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.services.hearing import for_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House
    from supervisor.doctor.reading.yaml import Node

FIX = "Let the hook sleep for longer than periodSeconds x failureThreshold, or ask more often."
PERIOD_S: Final = 10.0
FAILURES: Final = 3.0
TELLING: Final = re.compile(
    r"health|ready|shutdown|drain|maintenance|fail"
    r"|(?:^|[^a-z])(?:down|offline|disabled?|stop|stopping|terminating|alive|live)(?![a-z])",
    re.IGNORECASE,
)


def check(house: House) -> Iterator[Finding]:
    """Look at hooks that do something so that the probe fails, and sleep."""
    for service in house.services:
        hook, probe = service.prestop, dict(service.probes).get("readinessProbe")
        if hook is None or probe is None or not hook.sleeps_s or not _spoils(hook.argv):
            continue
        needs = _number(probe, "periodSeconds", PERIOD_S) * _number(
            probe, "failureThreshold", FAILURES
        )
        if needs > hook.sleeps_s:
            yield Finding(
                "k8s-readiness-slower-than-prestop",
                for_path(hook.place.path, LOW),
                hook.place,
                f"The readinessProbe takes {needs:g} s to fail, the hook only {hook.sleeps_s:g} s:"
                " whoever goes by readiness still sends requests when SIGTERM comes.",
                FIX,
                (),
                (f"{probe.place}: {needs:g} s until it has failed",),
            )


def _number(probe: Node, key: str, default: float) -> float:
    found = probe.get(key)
    return default if found is None or not found.number else found.number


def _spoils(argv: tuple[str, ...]) -> bool:
    """Tell whether a hook makes a probe fail: by a file that it makes or removes, or a request."""
    if "-c" not in argv[1:3] or not argv[argv.index("-c") + 1 :]:
        return False
    script = shell.parse(argv[argv.index("-c") + 1])
    if not isinstance(script, Script) or script.has_error:
        return False
    for one in walk(script.body):
        words = argv_of(one).words if isinstance(one, Simple) else ()
        said = words[:1] and words[0] in ("touch", "rm", "mv", "curl", "wget")
        if said and any(TELLING.search(word[:500]) for word in words[1:]):
            return True
    return False


def _pod(hook: str, probe: str = "") -> tuple[tuple[str, str], ...]:
    text = (
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  containers:\n"
        f"    - name: web\n      image: app\n      readinessProbe:\n"
        f"        exec: {{command: [cat, /tmp/ready]}}\n{probe}"
        f"      lifecycle:\n        preStop:\n          exec:\n            command: {hook}\n"
    )
    return (("pod.yaml", text),)


HOOK = "[sh, -c, 'rm /tmp/ready; sleep 15']"

RULE = Rule(
    id="k8s-readiness-slower-than-prestop",
    severity=LOW,
    title="The readinessProbe fails later than the preStop hook ends",
    why=(
        "A hook that makes the readinessProbe fail counts on somebody asking: it is asked each"
        " periodSeconds (10 s), and has failed after failureThreshold times (3). A hook that is"
        " over before that has changed nothing for who goes by readiness, a load balancer for one."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example(_pod(HOOK), at="pod.yaml:14"),
        Example(_pod(HOOK, "        periodSeconds: 20\n"), at="pod.yaml:15"),
        Example(_pod("[sh, -c, 'touch /tmp/down; sleep 9']"), at="pod.yaml:14"),
    ),
    good=(
        Example(_pod(HOOK, "        periodSeconds: 5\n        failureThreshold: 2\n")),
        Example(_pod("[sh, -c, 'rm /tmp/ready; sleep 40']")),
        Example(_pod("[sh, -c, 'curl localhost/delivery; sleep 5']")),
        Example(_pod("[sh, -c, 'sleep 5']")),  # counts on the endpoints alone
    ),
)
