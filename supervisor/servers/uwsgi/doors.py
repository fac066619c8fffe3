"""Doors to be: which addresses uWSGI serves, what is spoken there, and who can bind them."""

from __future__ import annotations

import ipaddress

from supervisor.address import Address, parse
from supervisor.core.record import Record
from supervisor.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from supervisor.servers.uwsgi.settings import Setting, Settings

ROUTERS = ("http", "https", "http-to-https")
SOCKETS = ("http-socket", "http11-socket", "socket", "uwsgi-socket")
PROTOCOLS = {"http": "http-socket", "http-router": "http", "uwsgi": "socket"}
SPOKEN = {"uwsgi-socket": "uwsgi", "https": "tls"}
# Doors that we can't guard: we could neither see their queue nor answer there.
STRANGE = (
    "fastcgi-socket",
    "fastcgi-nph-socket",
    "scgi-socket",
    "scgi-nph-socket",
    "https-socket",
    "suwsgi-socket",
    "ssl-socket",
    "raw-socket",
    "puwsgi-socket",
    "shared-socket",
    "undeferred-shared-socket",
    "https2",
    "fastrouter",
    "rawrouter",
    "sslrouter",
)
# uWSGI binds before it drops its privileges (core/uwsgi.c, uwsgi_start), so that what it binds
# stays root's; the router's sockets are bound later.
LATE_DROPS = ("master-as-root", "drop-after-apps")
LATER_DROPS = (*LATE_DROPS, "drop-after-init")


class DoorSpec(Record):
    """A door to be: its address, uWSGI's option for it, and who binds it."""

    address: Address
    option: str  # one of ROUTERS or SOCKETS
    protocol: str  # what is spoken: "http", "uwsgi" or "tls"
    ours: bool
    shared: bool = False  # ours, and bound by uWSGI too; its own never meets anybody
    backend: bool = False
    where: str = ""
    mode: int | None = None  # of a unix socket's file
    name: str = ""  # a relative path as uWSGI spells it; the address has the whole one
    as_root: bool = False  # bound by uWSGI before it drops its privileges


def configured(settings: Settings) -> list[DoorSpec]:
    """Return the doors of a configuration; UsageError for one that can't be guarded."""
    strange = settings.each(*STRANGE)
    if strange:
        raise UsageError(
            f"cannot guard `{strange[0].key}` ({strange[0].where}): its queue can't be drained from"
            " here. Use `http`, `http-socket`, `http11-socket`, `https` or `socket`."
        )
    found: list[DoorSpec] = []
    for setting in settings.each(*ROUTERS, *SOCKETS):
        spec = _spec(setting, settings)
        twin = next((door for door in found if door.address == spec.address), None)
        if twin is None:
            found.append(spec)
        elif twin.option != spec.option or spec.option in ROUTERS:
            raise _twice(spec.address, setting.where, twin.where)
    return found


def listened(name: str, text: str, others: Sequence[DoorSpec]) -> DoorSpec:
    """Return the door that `--listen [NAME=]ADDR` asks for."""
    if name not in ("", *PROTOCOLS):
        raise UsageError(
            f"cannot listen on {text} with protocol {name!r} (--listen): uWSGI knows"
            f" {', '.join(PROTOCOLS)}. Use one of them."
        )
    address = parse(text, "--listen")
    twin = next((door for door in others if door.address == address), None)
    if twin is not None:
        raise _twice(address, "--listen", twin.where)
    unix = address.family == "unix"
    option = PROTOCOLS[name or ("uwsgi" if unix else "http")]
    spoken = "uwsgi" if option == "socket" else "http"
    return DoorSpec(
        address, option, spoken, ours=True, where="--listen", mode=0o666 if unix else None
    )


def join_chdir(settings: Settings, path: str) -> str:
    """Return a path as it is after `chdir`, which comes before sockets, FIFO and stats are made."""
    folder = settings.get("chdir")
    return path if path.startswith("/") or not folder else f"{folder.rstrip('/')}/{path}"


def _spec(setting: Setting, settings: Settings) -> DoorSpec:
    text = setting.value.partition(",")[0] if setting.key == "https" else setting.value
    text = text.strip()
    if "*" in text:
        raise UsageError(
            f"cannot listen on {text!r} ({setting.where}): uWSGI takes `*` for the first interface"
            " it finds. Write :PORT for all of them."
        )
    if ":" not in text:
        return _unix_spec(setting, settings, text)
    address = parse(text, setting.where)
    # The names that uWSGI computes for an inherited socket (core/socket.c).
    spelled = f":{address.port}" if address.host == "" else str(address)
    # http11 workers crash on the entry that is left unbound beside ours (proto/http.c, retry[]).
    skipped = setting.key not in (*ROUTERS, "http11-socket") and text == spelled
    skipped = skipped and _is_computed(address.host)
    shared = setting.key in ("http", "http-socket", "socket", "uwsgi-socket") and not skipped
    shared = shared and _is_numeric(address.host)
    return DoorSpec(
        address,
        setting.key,
        _spoken(setting, settings),
        ours=skipped or shared,
        shared=shared,
        where=setting.where,
        as_root=_as_root(setting.key, settings),
    )


def _unix_spec(setting: Setting, settings: Settings, path: str) -> DoorSpec:
    if not path or path.startswith(("@", "\\0")):
        raise UsageError(
            f"cannot guard {setting.key} {path!r} ({setting.where}): a socket without a path can't"
            " be replaced. Give it a path."
        )
    chown = settings.last("chown-socket")
    return DoorSpec(
        parse(f"unix:{join_chdir(settings, path)}", setting.where),
        setting.key,
        _spoken(setting, settings),
        ours=setting.key in ("socket", "uwsgi-socket", "http-socket") and chown is None,
        where=setting.where,
        mode=_mode(settings),
        name="" if path.startswith("/") else path,
        as_root=_as_root(setting.key, settings),
    )


def _spoken(setting: Setting, settings: Settings) -> str:
    if setting.key != "socket":
        return SPOKEN.get(setting.key, "http")
    protocol = settings.get("protocol", "uwsgi")
    if protocol not in ("uwsgi", "http", "http11"):
        raise UsageError(
            f"cannot guard `socket` ({setting.where}) with protocol {protocol!r}: its queue can't"
            " be drained from here. Use uwsgi or http."
        )
    return "uwsgi" if protocol == "uwsgi" else "http"


def _is_computed(host: str) -> bool:
    """Tell whether uWSGI would write a host just so: a canonical address, or none for all."""
    if host in ("", "0.0.0.0"):  # noqa: S104 - compared, not bound
        return not host
    try:
        return str(ipaddress.ip_address(host)) == host
    except ValueError:
        return False


def _is_numeric(host: str) -> bool:
    """Tell whether a host is the same to uWSGI and to us: names may be resolved differently."""
    try:
        ipaddress.ip_address(host or "0.0.0.0")  # noqa: S104 - read, not bound
    except ValueError:
        return False
    return True


def _as_root(option: str, settings: Settings) -> bool:
    if option in ROUTERS:
        return any(settings.flag(key) for key in LATE_DROPS)
    return any(settings.flag(key) for key in LATER_DROPS) or bool(settings.last("chown-socket"))


def _mode(settings: Settings) -> int | None:
    setting = settings.last("chmod-socket")
    if setting is None:
        return None
    value = setting.value
    if value in ("", "1"):
        return 0o666
    if len(value) != 3 or not set(value) <= set("01234567"):
        raise UsageError(
            f"cannot use chmod-socket {value!r} ({setting.where}): it is no mode of three octal"
            " digits. Write e.g. `chmod-socket = 660`."
        )
    return int(value, 8)


def _twice(address: Address, where: str, before: str) -> UsageError:
    return UsageError(
        f"cannot listen on {address} ({where}): {before} has it already. Name it in one place only."
    )
