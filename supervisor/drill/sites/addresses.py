"""Where a container answers.

Its own address tells refused and lost apart. A published port is Docker's proxy on this machine,
which accepts whatever comes, and drops it when nobody is behind.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from supervisor.errors import UsageError

if TYPE_CHECKING:
    from supervisor.drill.sites.hands import Hands

LOOPBACK: Final = "127.0.0.1"
PROXIED: Final = (
    "the container itself can't be reached, so requests went through its published port, whose"
    " proxy accepts for it: what it refused is counted as lost"
)


def bases(hands: Hands, name: str, port: int | None) -> tuple[str, ...]:
    """Return where a container may answer, the best place first."""
    found = hands.engine.inspect(name)
    settings = found["NetworkSettings"]
    number = _port(found, port, hands.called(name))
    if found["HostConfig"].get("NetworkMode") == "host":
        return (f"http://{LOOPBACK}:{number}",)
    addresses = [settings.get("IPAddress")]
    addresses += [one.get("IPAddress") for one in (settings.get("Networks") or {}).values()]
    local = hands.engine.same_machine(int(found["State"]["Pid"]), found["Id"])
    own = [f"http://{one}:{number}" for one in dict.fromkeys(addresses) if one and local]
    return (*own, *_published(found, number, urlsplit(hands.engine.host).hostname or ""))


def proxied(hands: Hands, name: str, base: str) -> bool:
    """Tell whether a base is a published port and not the container's own address."""
    found = hands.engine.inspect(name)
    ports = (found["NetworkSettings"].get("Ports") or {}).values()
    published = {int(one["HostPort"]) for bound in ports for one in bound or ()}
    addresses = {one.get("IPAddress") for one in found["NetworkSettings"]["Networks"].values()}
    parts = urlsplit(base)
    return parts.port in published and parts.hostname not in addresses


def _published(found: dict[str, Any], number: int, host: str) -> tuple[str, ...]:
    """Return where its port can be reached from outside."""
    given = (found["NetworkSettings"].get("Ports") or {}).get(f"{number}/tcp") or ()
    places = (
        (host or _loopback(one.get("HostIp") or ""), one["HostPort"])
        for one in given
        if ":" not in (one.get("HostIp") or "")
    )
    return tuple(f"http://{where}:{published}" for where, published in places)


def _loopback(given: str) -> str:
    return LOOPBACK if given in ("", "0.0.0.0") else given  # noqa: S104 - asked, not bound


def _port(found: dict[str, Any], port: int | None, called: str) -> int:
    if port:
        return port
    published = found["NetworkSettings"].get("Ports") or {}
    known = numbers({one: 1 for one, bound in published.items() if bound})
    known += numbers(found["Config"].get("ExposedPorts"))
    if not known:
        raise UsageError(
            f"cannot tell where {called} listens: it neither publishes nor exposes a port. Name it:"
            " --port 8000, in a test with_exposed_ports(8000)."
        )
    return known[0]


def numbers(ports: Mapping[str, Any] | None) -> list[int]:
    """Return TCP ports of `8000/tcp`, the lowest first."""
    split = (one.partition("/") for one in ports or ())
    return sorted(int(number) for number, _, kind in split if kind in ("", "tcp"))
