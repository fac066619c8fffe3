"""An init that signals everybody, but waits for the shell alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supervisor.doctor.commands.role import ENDS, role
from supervisor.doctor.finding import MEDIUM, Finding
from supervisor.doctor.house.standing import named
from supervisor.doctor.knowledge.wrappers import GROUP, SWALLOWS
from supervisor.doctor.rule import Example, Rule
from supervisor.doctor.services.hearing import for_path
from supervisor.doctor.services.program import SCRIPT, SHELL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.house.house import House
    from supervisor.doctor.services.program import Chain, Link

FIX = "Write `exec` before the program, so that the init waits for it, and not for a shell."


def check(house: House) -> Iterator[Finding]:
    """Look at services whose init signals its whole process group."""
    for service in house.services:
        chain = service.chain
        if chain is None or chain.init is None or chain.init.does != GROUP or service.oneshot:
            continue
        below = _below(chain)
        if below is None or below.run is None or role(below.argv) == ENDS:
            continue
        yield Finding(
            "init-no-wait",
            for_path(chain.init.place.path, MEDIUM),
            chain.init.place,
            f"At SIGTERM the shell between `{chain.init.name}` and"
            f" `{chain.program or named(below.run)}` ends at once, and the init with it:"
            " what the program has begun to finish is cut, with exit"
            " code 143.",
            FIX,
            (),
            (f"{below.place}: started without `exec`",),
        )


def _below(chain: Chain) -> Link | None:
    """Return what a shell without a trap starts, if the init has started that shell."""
    left = chain.started_by_init[:1]
    if not left or left[0].kind not in (SHELL, SCRIPT) or left[0].does != SWALLOWS:
        return None
    at = chain.links.index(left[0])
    return chain.links[at + 1] if chain.links[at + 1 :] else None


def _files(text: str, script: str = "") -> tuple[tuple[str, str], ...]:
    return (("Dockerfile", f"FROM debian:12\nCOPY s.sh /\n{text}\n"), ("s.sh", script))


RULE = Rule(
    id="init-no-wait",
    severity=MEDIUM,
    title="The init waits for a shell, not for the program",
    why=(
        "dumb-init, and `tini -g`, send SIGTERM to all processes of their group, and end as soon as"
        " their own child has ended. If that is a shell without a trap, it dies at once: measured,"
        " dumb-init was gone after 3 ms with exit code 143, while the program, which had been told,"
        " needed another second. In a container the kernel kills it then."
    ),
    fix=FIX,
    check=check,
    bad=(
        Example(
            _files('CMD ["dumb-init", "/s.sh"]', "#!/bin/sh\n./x\ngunicorn app\n"),
            at="Dockerfile:3",
        ),
        Example(
            _files(
                'ENTRYPOINT ["/usr/bin/dumb-init", "--"]\nCMD ["sh", "-c", "./x && gunicorn a"]'
            ),
            at="Dockerfile:3",
        ),
        Example(
            _files('CMD ["tini", "-g", "--", "/s.sh"]', "#!/bin/sh\nuwsgi\n"), at="Dockerfile:3"
        ),
    ),
    good=(
        Example(_files('CMD ["dumb-init", "/s.sh"]', "#!/bin/sh\n./x\nexec gunicorn app\n")),
        Example(_files('CMD ["dumb-init", "gunicorn", "app"]')),
        Example(_files('CMD ["dumb-init", "bash", "-c", "./x && gunicorn a"]')),
        Example(
            _files('CMD ["dumb-init", "/s.sh"]', "#!/bin/bash\ntrap 'wait' TERM\nuwsgi &\nwait\n")
        ),
    ),
    evidence=("Yelp/dumb-init#212",),
)
