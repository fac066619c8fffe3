"""Lives told event by event, with the journal that a keeper would have written."""

from __future__ import annotations

from typing import Any

from supervisor.core.actions import Action, Finish
from supervisor.core.events import (
    Asked,
    Booted,
    DoorClosed,
    DoorShut,
    Emptied,
    Event,
    Exited,
    Looked,
    Spawned,
    Tick,
)
from supervisor.core.looks import Look
from supervisor.core.machine import step
from supervisor.core.phases import DONE
from supervisor.core.policy import Policy, Rung
from supervisor.core.state import deadline, initial
from supervisor.report.build import build
from supervisor.report.walk import walk
from supervisor.servers.uwsgi import ladder

UWSGI = Policy(
    grace_s=5.0,
    looks=True,
    ladder=ladder.DRAINED,
    unready_ladder=ladder.NEVER_READY,
    forced_ladder=ladder.OUT_OF_TIME,
)
GENERIC = Policy(
    grace_s=5.0,
    ladder=(Rung("terminate", signal=15), Rung("kill", signal=9, target="tree")),
)
FINISHING = GENERIC.replace(looks=True, finishes=True, unready_ladder=GENERIC.ladder)
NAMES = {2: "SIGINT", 15: "SIGTERM"}
START, WALL = 1000.0, 1_700_000_000.0


def idle(requests: int = 0) -> Look:
    """Nobody inside."""
    return Look(ready=True, in_request=0, requests=requests)


def busy(*running: str, requests: int = 0) -> Look:
    """Some requests run."""
    return Look(
        ready=True,
        in_request=len(running),
        serving=len(running),
        running=running,
        requests=requests,
    )


class Life:
    """One life so far."""

    def __init__(self, policy: Policy = UWSGI) -> None:
        self.policy, self.state, self.now = policy, initial(policy), START
        self.entries: list[tuple[float, Event, tuple[Action, ...]]] = []
        self.code = -1

    def tell(self, *events: Event, after_s: float = 0.0) -> Life:
        """Let things happen, the first of them after a while."""
        self.now += after_s
        for event in events:
            self.state, actions = step(self.state, event, self.now)
            self.entries.append((self.now, event, actions))
            self.code = next((a.code for a in actions if isinstance(a, Finish)), self.code)
        return self

    def look(self, *looks: Look) -> Life:
        """Answer the next looks that are asked for."""
        for look in looks:
            self.wait().tell(Looked(look))
        return self

    def wait(self) -> Life:
        """Let time pass until the state wants a tick."""
        return self.tell(Tick(), after_s=max(0.0, deadline(self.state) - self.now))

    def wait_for(self, phase: str, look: Look | None = None) -> Life:
        """Let time pass until a phase is reached; every look on the way shows the same."""
        while self.state.phase != phase:
            self.wait()
            if look is not None and self.state.phase != phase:
                self.tell(Looked(look))
        return self

    def serve(self) -> Life:
        """Start and become ready."""
        self.tell(Booted(), Spawned(7))
        return self.look(idle()) if self.policy.looks else self

    def ask(self, signal: int = 15, after_s: float = 10.0) -> Life:
        """Ask for a stop, as Docker does."""
        return self.tell(Asked(signal), after_s=after_s)

    def shut(self, how: str = "steered") -> Life:
        """Serve, be asked, shut the door."""
        return self.serve().ask().tell(DoorShut(how))

    def end(self, status: int = 0, turned_away: int = 0, after_s: float = 0.1) -> Life:
        """The main process ends, and so does the rest."""
        self.tell(Exited(7, status), after_s=after_s)
        return self.tell(Emptied(), DoorClosed(turned_away))

    def report(self, cluster: str | None = None, **processes: Any) -> dict[str, Any]:
        """The report line's content."""
        assert self.state.phase == DONE, self.state.phase
        asked = self.state.asked
        told = build(
            walk(self.policy, self.entries),
            self.code,
            processes=[process(START, **processes)],
            sender="",
            signal=NAMES[asked.signal] if asked else None,
            ended=self.now,
            wall=WALL,
            cluster=cluster,
        )
        return {"event": "report", **told}


def process(started: float, **changes: Any) -> dict[str, Any]:
    """What the runtime tells of one process."""
    return {
        "pid": 7,
        "role": "main",
        "name": "uwsgi",
        "started": started,
        "asked": [],
        "ended": started + 10,
        "how": "exit 0",
        **changes,
    }
