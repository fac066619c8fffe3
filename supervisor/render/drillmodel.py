"""A drill's document, read into what is drawn of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from supervisor.errors import UsageError
from supervisor.render import model
from supervisor.render.fields import Fields, harmless
from supervisor.render.model import Shutdown

SCHEMA: Final = 1
DESCRIBED: Final = "supervisor/drill/drill.schema.json"
PARTS: Final = ("before", "inside", "later")  # of the moment of asking
FATES: Final = ("lost", "turned_away", "refused", "answered")  # what matters most first
COUNTED: Final = ("answered", "lost", "turned_away", "refused")
NAMES: Final = {
    "lost": "lost",
    "turned_away": "turned away",
    "refused": "refused",
    "answered": "answered",
}


@dataclass(frozen=True)
class Part:
    """What became of the requests of one part of a drill; times to an answer in seconds."""

    name: str
    answered: int
    lost: int
    turned_away: int
    refused: int
    p50: float | None
    p99: float | None

    @property
    def times(self) -> tuple[float | None, float | None]:
        """Return the median time and the 99th percentile."""
        return self.p50, self.p99

    def of(self, fate: str) -> int:
        """Return how many had a fate."""
        return int(getattr(self, fate))


@dataclass(frozen=True)
class Bucket:
    """How many requests ended from one moment to the next, in seconds from the asking."""

    start: float
    end: float
    counts: tuple[int, ...]  # in the order of FATES


@dataclass(frozen=True)
class Loss:
    """A lost request: when it was sent and when it was lost, in seconds from the asking."""

    path: str
    sent: float
    lost: float
    reason: str


@dataclass(frozen=True)
class Trial:
    """One stop under load; `code` None where nothing ended, `grace` where the site decided.

    `told` is what was not right, be it to fail the drill or not.
    """

    ok: bool
    sentence: str
    told: tuple[str, ...]
    action: str
    signal: str
    grace: float | None
    seconds: float
    code: int | None
    killed: bool
    loaded: bool
    whole: Part
    failed: int  # answers that were 5xx
    unsent: int  # due in an open loop, and never sent
    late: int  # or when no client was free
    parts: tuple[Part, ...]
    buckets: tuple[Bucket, ...]
    losses: tuple[Loss, ...]
    phases: tuple[model.Phase, ...]
    cause: str
    fix: str
    log: tuple[str, ...]
    left: tuple[str, ...]
    hidden: tuple[str, ...]
    report: Shutdown | None

    @property
    def killed_at(self) -> float | None:
        """Return when the KILL came, as far as that is known; None for none."""
        if not self.killed:
            return None
        return self.seconds if self.grace is None else min(self.seconds, self.grace)


@dataclass(frozen=True)
class Platform:
    """A platform's grace period, what changes it, and whether the stop fits."""

    name: str
    grace: float
    setting: str
    fits: bool | None  # None: nobody can tell
    tight: bool


@dataclass(frozen=True)
class Missing:
    """How many trials were wanted, and why the next one could not be made."""

    wanted: int
    why: str


@dataclass(frozen=True)
class Drill:
    """All trials of one site; `missing` None when all that were wanted could be made."""

    site: str
    ok: bool
    sentence: str
    trials: tuple[Trial, ...]
    platforms: tuple[Platform, ...]
    missing: Missing | None = None

    @property
    def word(self) -> str:
        """Return the verdict in a word; that some failed is worse than that some are missing."""
        if self.ok:
            return "Passed"
        return "Incomplete" if self.missing and all(one.ok for one in self.trials) else "Failed"

    @property
    def worst(self) -> Trial:
        """Return the trial that tells most: of those that failed the one that lost most."""
        return max(self.trials, key=_telling)


def _telling(one: Trial) -> tuple[bool, int, int, float]:
    return not one.ok, one.whole.lost, len(one.told), one.seconds


def read(document: Any, where: str) -> Drill:
    """Read a drill's document; UsageError says which field is not what it has to be."""
    top = Fields(document, where, schema=DESCRIBED)
    if top.number("schema") != SCHEMA:
        raise UsageError(
            f"cannot read the drill in {where}: it is of another version. Take a gracekeeper"
            " that wrote it."
        )
    verdict = top.inner("verdict")
    trials = tuple(_trial(one, where) for one in top.each("trials"))
    if not trials:
        raise top.wrong("trials", "a list of trials")
    platforms = tuple(
        Platform(
            one.text("name"),
            one.number("grace_s"),
            one.text("setting"),
            one.truth("fits") if one.has("fits") else None,
            one.truth("tight"),
        )
        for one in top.each("platforms")
    )
    missing = top.inner("incomplete") if top.has("incomplete") else None
    return Drill(
        top.text("site"),
        verdict.truth("ok"),
        verdict.text("sentence"),
        trials,
        platforms,
        Missing(_count(missing, "wanted"), missing.text("why")) if missing else None,
    )


def _trial(one: Fields, where: str) -> Trial:
    verdict, requests = one.inner("verdict"), one.inner("requests")
    cause = one.inner("cause") if one.has("cause") else None
    parts = requests.inner("parts")
    report = model.read(one.inner("report").value, where) if one.has("report") else None
    action = one.text("action")
    return Trial(
        ok=verdict.truth("ok"),
        sentence=verdict.text("sentence"),
        told=tuple(x.text("sentence") for k in ("complaints", "remarks") for x in verdict.each(k)),
        action=action,
        signal=one.text("signal"),
        grace=None if action == "kill" else one.maybe("grace_s"),  # nobody is waited for
        seconds=one.number("seconds"),
        code=one.count("exit_code"),
        killed=one.truth("killed"),
        loaded=requests.truth("loaded"),
        whole=_part("all", requests),
        failed=_failed(requests.inner("statuses")),
        unsent=requests.count("unsent") or 0,
        late=requests.count("late") or 0,
        parts=tuple(_part(name, parts.inner(name)) for name in PARTS if parts.has(name)),
        buckets=tuple(_bucket(x) for x in one.each("buckets")),
        losses=tuple(_loss(x) for x in one.each("lost")),
        phases=_phases(one, report),
        cause=cause.text("sentence") if cause else "",
        fix=cause.text("fix") if cause else "",
        log=_lines(one, "log"),
        left=_lines(one, "left"),
        hidden=_lines(one, "hidden"),
        report=report,
    )


def _phases(one: Fields, report: Shutdown | None) -> tuple[model.Phase, ...]:
    """Take the phases as they were seen from outside, or the keeper's, who knows more."""
    seen = tuple(
        model.Phase(x.text("name"), x.number("start_s"), x.number("end_s"))
        for x in one.each("phases")
    )
    kept = tuple(phase for phase in report.phases if phase.end > 0) if report else ()
    return max(seen, kept, key=len)


def _part(name: str, one: Fields) -> Part:
    answered, lost, away, refused = (_count(one, fate) for fate in COUNTED)
    return Part(name, answered, lost, away, refused, one.maybe("p50_s"), one.maybe("p99_s"))


def _bucket(one: Fields) -> Bucket:
    counts = tuple(_count(one, fate) for fate in FATES)
    return Bucket(one.number("from_s"), one.number("to_s"), counts)


def _loss(one: Fields) -> Loss:
    lost = one.number("lost_s")
    sent = one.maybe("sent_s")
    return Loss(one.text("path"), lost if sent is None else sent, lost, one.text("reason"))


def _count(one: Fields, name: str) -> int:
    found = one.count(name)
    if found is None:
        raise one.wrong(name, "a number")
    return found


def _failed(statuses: Fields) -> int:
    """Count the answers that were errors of the server's."""
    return sum(_count(statuses, name) for name in statuses.value if name[:1] == "5")


def _lines(one: Fields, name: str) -> tuple[str, ...]:
    found = one.items(name)
    if not all(isinstance(line, str) for line in found):
        raise one.wrong(name, "a list of texts")
    return tuple(harmless(line.expandtabs()) for line in found)
