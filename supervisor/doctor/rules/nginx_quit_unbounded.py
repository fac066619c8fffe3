"""nginx that waits for its WebSockets for ever."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Final

from supervisor.doctor.finding import LOW, Finding
from supervisor.doctor.house.waiting import until
from supervisor.doctor.reading.nginx import walk
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.services.hearing import for_path, hears

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.finding import Place
    from supervisor.doctor.house.house import House
    from supervisor.doctor.reading.source import Source
    from supervisor.doctor.services.service import Service

FIX = "Set `worker_shutdown_timeout` in its main context, some seconds below the grace period."
WHERE: Final = ("", "conf.d", "http.d", "templates", "sites-enabled", "sites-available")


def check(house: House) -> Iterator[Finding]:
    """Look at nginx that is stopped by QUIT and passes WebSockets on."""
    for server in house.servers:
        service = server.service
        if server.name != "nginx" or service.signal != "SIGQUIT" or not hears(service):
            continue
        given = server.get("g") or ""
        read = tuple(_read(house, service))
        if "worker_shutdown_timeout" in given or any(_bounded(house, one) for one in read):
            continue
        found = next((place for one in read if (place := _upgrades(house, one))), None)
        if found is None:
            continue
        yield Finding(
            "nginx-quit-unbounded",
            for_path(found.path, LOW),
            found,
            "At SIGQUIT nginx waits without a limit for WebSockets that pass through here: one"
            f" that stays open keeps it {until(service.grace)}.",
            FIX,
            (),
            (f"{server.place}: runs it",),
        )


def _read(house: House, service: Service) -> Iterator[Source]:
    """Return the nginx files of the tree that are in the service's /etc/nginx."""
    around = house.around(service)
    for source in house.of_kind("nginx"):
        name = posixpath.basename(source.path)
        names = {name, "nginx.conf", "default.conf", "default.conf.template"}
        for inside in (
            posixpath.join("/etc/nginx", one, other) for one in WHERE for other in names
        ):
            if around.file(inside) == source:
                yield source
                break


def _bounded(house: House, source: Source) -> bool:
    return any(
        one.name == "worker_shutdown_timeout" for one in walk(house.files.nginx(source.path))
    )


def _upgrades(house: House, source: Source) -> Place | None:
    """Return where WebSockets are passed on."""
    for one in walk(house.files.nginx(source.path)):
        if one.name == "proxy_set_header" and [arg.lower() for arg in one.args[:1]] == ["upgrade"]:
            return one.place
    return None


UPGRADE = (
    "server {\n  location /ws {\n    proxy_pass http://app;\n    proxy_http_version 1.1;\n"
    "    proxy_set_header Upgrade $http_upgrade;\n  }\n}\n"
)
DOCKERFILE = (
    "FROM nginx:1.25\nCOPY site.conf /etc/nginx/conf.d/default.conf\n"
    'CMD ["nginx", "-g", "daemon off;"]\n'
)

RULE = Rule(
    id="nginx-quit-unbounded",
    severity=LOW,
    title="nginx's graceful stop waits for WebSockets without a limit",
    why=(
        "SIGQUIT lets nginx finish what is open. A WebSocket is open for as long as both sides"
        " like, so without `worker_shutdown_timeout` the stop lasts the whole grace period and ends"
        " with KILL, and with it whatever else was still under way."
    ),
    fix=FIX,
    check=check,
    bad=(Example((("Dockerfile", DOCKERFILE), ("site.conf", UPGRADE)), at="site.conf:5"),),
    good=(
        Example(
            (
                (
                    "Dockerfile",
                    "FROM nginx:1.25\nCOPY site.conf /etc/nginx/conf.d/default.conf\n"
                    'CMD ["nginx", "-g", "daemon off; worker_shutdown_timeout 8s;"]\n',
                ),
                ("site.conf", UPGRADE),
            )
        ),
        Example((("Dockerfile", f"{DOCKERFILE}STOPSIGNAL SIGTERM\n"), ("site.conf", UPGRADE))),
        Example(
            (
                ("Dockerfile", DOCKERFILE),
                ("site.conf", "server {\n  location / {\n    proxy_pass http://app;\n  }\n}\n"),
            )
        ),
        Example((("site.conf", UPGRADE),)),
    ),
    evidence=("nginx/kubernetes-ingress#157",),
)
