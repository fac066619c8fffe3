"""An init over a shell that does not pass the stop on: a slow stop becomes a silent loss."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supervisor.doctor.commands.role import ENDS, role
from supervisor.doctor.finding import HIGH, Finding, Place
from supervisor.doctor.house.standing import named
from supervisor.doctor.knowledge.wrappers import FORWARDS, SWALLOWS
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.services.hearing import for_path
from supervisor.doctor.services.program import SCRIPT, SHELL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House
    from supervisor.doctor.services.program import Chain, Link
    from supervisor.doctor.services.service import Service

FIX = "Write `exec` before the program in the script; then the init's signal gets to it."


def check(house: House) -> Iterator[Finding]:
    """Look at services with an init that tells its own child alone."""
    for service in house.services:
        chain = service.chain
        if chain is None or chain.init is None or chain.init.does != FORWARDS:
            continue
        shell = _shell(chain)
        if shell is None or service.oneshot or service.platform.all:
            continue
        below = chain.links[chain.links.index(shell) + 1]
        if below.run is None or role(below.argv) == ENDS:
            continue
        place = _place(service, chain.init)
        yield Finding(
            "init-masks-wrapper",
            for_path(place.path, HIGH),
            place,
            f"`{chain.init.name}` tells the shell, which ends at once, and not"
            f" `{_name(chain, below)}`: the container is gone in 0.1 s with exit code 143, and all"
            " that was under way is cut.",
            FIX,
            (),
            (f"{below.place}: started without `exec`",),
        )


def _name(chain: Chain, below: Link) -> str:
    """Return the program behind what the shell starts."""
    return chain.program or (named(below.run) if below.run else below.name)


def _shell(chain: Chain) -> Link | None:
    """Return the first process below the init, if it is a shell without a trap."""
    left = chain.started_by_init[:1]
    ends = [one for one in left if one.kind in (SHELL, SCRIPT) and one.does == SWALLOWS]
    return ends[0] if ends and ends[0] is not chain.main else None


def _place(service: Service, init: Link) -> Place:
    key = service.node.key("init") if service.node and init.name == "docker-init" else None
    return key.place if key else init.place


def _files(text: str, script: str) -> tuple[tuple[str, str], ...]:
    return (("Dockerfile", f"FROM debian:12\nCOPY s.sh /\n{text}\n"), ("s.sh", script))


RULE = Rule(
    id="init-masks-wrapper",
    severity=HIGH,
    title="An init hides that a script does not exec its program",
    why=(
        "Without an init a shell is PID 1 and ignores SIGTERM: the stop is slow, and somebody"
        " looks. tini, catatonit or `init: true` in front of it make it quick: the shell is an"
        " ordinary process and dies, the init ends with it, and the kernel kills the program, which"
        " was never told. Measured: 4.1 s and 137 became 0.1 s and 143, and the work was cut."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example(
            _files('ENTRYPOINT ["tini", "--", "/s.sh"]', "#!/bin/bash\n./migrate\ngunicorn app\n"),
            at="Dockerfile:3",
        ),
        Example(
            _files('CMD ["tini", "--", "sh", "-c", "./migrate && gunicorn app"]', ""),
            at="Dockerfile:3",
        ),
        Example(
            (
                *_files('CMD ["/s.sh"]', "#!/bin/sh\ngunicorn app | tee log\n"),
                ("compose.yml", "services:\n  a:\n    build: .\n    init: true\n"),
            ),
            at="compose.yml:4",
        ),
    ),
    good=(
        Example(_files('ENTRYPOINT ["tini", "--", "/s.sh"]\nCMD ["a"]', '#!/bin/sh\nexec "$@"\n')),
        Example(_files('CMD ["tini", "--", "gunicorn", "app"]', "")),
        Example(_files('CMD ["/s.sh"]', "#!/bin/sh\nexec tini -- gunicorn app\n")),
        Example(_files('CMD ["/s.sh"]', "#!/bin/sh\ntini -- gunicorn app\n")),
        Example(_files('CMD ["dumb-init", "/s.sh"]', "#!/bin/sh\ngunicorn app\n")),
        Example(
            _files(
                'CMD ["tini", "/s.sh"]',
                "#!/bin/bash\nstop() { kill $P; wait $P; }\ntrap stop TERM\nuwsgi &\nP=$!\nwait\n",
            )
        ),
    ),
    evidence=("https://github.com/krallin/tini#process-group-killing",),
)
