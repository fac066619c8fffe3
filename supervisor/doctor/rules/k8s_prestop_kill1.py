"""A preStop hook that tells the server to finish, and does not wait for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supervisor.doctor.commands.shellargv import argv_of
from supervisor.doctor.commands.wrapping import base
from supervisor.doctor.finding import MEDIUM, Finding
from supervisor.doctor.knowledge import images
from supervisor.doctor.reading import shell
from supervisor.doctor.reading.shellnodes import Loop, Script, Simple, walk
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.services.hearing import for_path
from supervisor.doctor.services.service import full_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House
    from supervisor.doctor.services.service import Service

FIX = (
    "Let the hook wait (`sleep 15`, or until the process is gone), or leave it out and let the stop"
    " signal of the image do it (`STOPSIGNAL SIGQUIT` for nginx)."
)
STOPPING = ("SIGTERM", "SIGQUIT", "SIGINT", "SIGWINCH")
SERVERS = ("nginx", "openresty")
WAITS = ("sleep", "wait", "tail", "timeout")


def check(house: House) -> Iterator[Finding]:
    """Look at the last thing that hooks do."""
    for service in house.services:
        hook = service.prestop
        if hook is None or not hook.argv:
            continue
        commands = _commands(hook.argv)
        at, signal = next(
            ((at, sent) for at, words in enumerate(commands) if (sent := _sends(words))), (0, "")
        )
        if not signal or any(base(words[0]) in WAITS for words in commands[at + 1 :]):
            continue
        follows = _follows(service)
        if signal == follows and signal != "SIGTERM":
            continue  # the second of the same changes nothing
        if commands[at][0] in SERVERS and service.chain and service.chain.blocked:
            continue  # the shell in front keeps from it what follows
        told = " ".join(commands[at])
        dropped = (
            "the kernel drops it if PID 1 has no handler, and "
            if commands[at][-1] == "1" and commands[at][0] == "kill"
            else ""
        )
        yield Finding(
            "k8s-prestop-kill1",
            for_path(hook.place.path, MEDIUM),
            hook.place,
            f"`{told}` returns at once: {dropped}{follows} follows immediately"
            f"{_unless(service, signal)}, so that the hook gives no time to what is under way.",
            FIX,
        )


def _commands(argv: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Return what a hook runs, in order; nothing if it loops, or is not understood."""
    if "-c" not in argv[1:3] or not argv[argv.index("-c") + 1 :]:
        return [(base(argv[0]), *argv[1:])]
    script = shell.parse(argv[argv.index("-c") + 1])
    if not isinstance(script, Script) or script.has_error:
        return []
    if any(isinstance(one, Loop) for one in walk(script.body)):
        return []
    found = [argv_of(one).words for one in walk(script.body) if isinstance(one, Simple)]
    return [(base(words[0]), *words[1:]) for words in found if words]


def _sends(words: tuple[str, ...]) -> str:
    """Return the stop signal that a command sends to the main process; empty if none."""
    if words[0] in SERVERS and "-s" in words:
        order = "".join(words[words.index("-s") + 1 :][:1])
        return {"quit": "SIGQUIT", "stop": "SIGTERM"}.get(order, "")
    if words[0] not in ("kill", "pkill", "killall") or words[-1] == words[0]:
        return ""
    if words[0] == "kill" and words[-1] not in ("1", "$(cat /var/run/nginx.pid)"):
        return ""
    options = [word for word in words[1:-1] if word not in ("-s", "--")]
    signal = full_name(options[0].lstrip("-")) if options else "SIGTERM"
    return signal if signal in STOPPING else ""


def _follows(service: Service) -> str:
    """Return the signal that Kubernetes sends after the hook: the image's own."""
    known = images.base(service.image_name) if service.image is None else None
    if known is not None and known.stop_signal:
        return full_name(known.stop_signal)
    return service.signal


def _unless(service: Service, signal: str) -> str:
    """Say what may be true of an image that is not known."""
    known = service.image is not None or images.base(service.image_name) is not None
    sure = known or service.stop_signal or signal == "SIGTERM"
    return "" if sure else f" (if the image has no `STOPSIGNAL {signal}`)"


def _pod(command: str, image: str = "app", own: str = "") -> tuple[tuple[str, str], ...]:
    text = (
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  containers:\n"
        f"    - name: web\n      image: {image}\n{own}      lifecycle:\n        preStop:\n"
        f"          exec:\n            command: {command}\n"
    )
    return (("pod.yaml", text),)


SHELL = "[sh, -c, 'envsubst </in >/out && nginx -g \"daemon off;\"']"

RULE = Rule(
    id="k8s-prestop-kill1",
    severity=MEDIUM,
    title="The preStop hook sends a signal and does not wait",
    why=(
        "The stop signal comes as soon as the preStop hook returns. `nginx -s quit` or `kill 1`"
        " return at once, so SIGTERM follows within milliseconds and cuts what was to be finished;"
        " and `kill 1` from inside is dropped by the kernel if PID 1 has no handler for it."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example(_pod("[sh, -c, kill 1]"), at="pod.yaml:12"),
        Example(_pod("[/usr/sbin/nginx, -s, quit]", "openresty"), at="pod.yaml:12"),
        Example(_pod("[sh, -c, 'sleep 5; nginx -s quit']", "nginx:1.18"), at="pod.yaml:12"),
        Example(_pod("[kill, -QUIT, '1']"), at="pod.yaml:12"),
    ),
    good=(
        Example(_pod("[sh, -c, 'nginx -s quit; sleep 20']")),
        Example(_pod("[sh, -c, 'nginx -s quit; while pgrep nginx; do sleep 1; done']")),
        Example(_pod("[nginx, -s, quit]", "nginx:1.27")),  # QUIT follows, once more
        Example(_pod("[sh, -c, 'kill -HUP 1']")),
        Example(_pod("[nginx, -s, quit]", "nginx:1.15", f"      command: {SHELL}\n")),
        Example(_pod("[sleep, '5']")),
        Example(_pod("[sh, -c, 'kill -9 4711']")),
    ),
    evidence=("kubernetes/ingress-nginx#8650",),
)
