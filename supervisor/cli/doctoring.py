"""Runs a checkup: what was asked for, what the settings say, how it is told."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from supervisor.cli import doctortelling
from supervisor.doctor import baseline, checkup, explaining, patching, settings
from supervisor.doctor.examine import all_rules
from supervisor.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supervisor.doctor.checkup import Checkup, Item, Visit
    from supervisor.doctor.finding import Skip
    from supervisor.doctor.rule import Rule
    from supervisor.doctor.settings import Settings

FOUND, NOTHING_READ = 1, 3
FORECAST_FORMS = ("text", "json")
LONGEST = 200  # characters of a name that is wrong
IMAGE = re.compile(
    r"[a-zA-Z0-9][\w.:/@-]{0,254}"
)  # or a container; a path that is wrong is none of them


@dataclass(frozen=True)
class Wish:
    """What the command line says."""

    form: str = "text"
    as_json: bool = False
    fail_on: str | None = None
    min_severity: str | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    baseline: str | None = None
    write_baseline: bool = False
    fix: bool = False
    write: bool = False
    forecast: bool = False
    explain: str | None = None
    as_list: bool = False

    @property
    def told_as(self) -> str:
        """Return the form; --json wins."""
        return "json" if self.as_json else self.form


def run(targets: tuple[str, ...], wish: Wish) -> int:
    """Look, tell, and return the exit code."""
    if wish.as_list or wish.explain is not None:
        return _explained(wish)
    wanted = _settings(targets, wish)
    _refuse(targets, wish, wanted)
    with doctortelling.Patience("looking at the files"):
        visits = list(_visits(targets or (".",), wanted))
        found = checkup.check(visits, _chosen(wanted), wanted)
    if wish.write_baseline:
        baseline.write(found.items, wanted.baseline)
        click.echo(f"{wanted.baseline} knows all {len(found.items)} now.")
        return 0
    if wanted.baseline:
        found = baseline.without(found, wanted.baseline)
    if wish.fix:
        found = _fixed(found, wish)
    elif wish.forecast:
        doctortelling.forecast(visits, found.skips, wish.told_as)
        if failing := _failing(found, wanted):
            doctortelling.failing(failing, wanted.fail_on)
    else:
        doctortelling.tell(found, wish.told_as)
    return _code(found, wanted)


def _code(found: Checkup, wanted: Settings) -> int:
    if not found.files:
        return NOTHING_READ
    return FOUND if _failing(found, wanted) else 0


def _failing(found: Checkup, wanted: Settings) -> int:
    return sum(wanted.fails(one.finding.severity) for one in found.items)


def _fixed(found: Checkup, wish: Wish) -> Checkup:
    """Show the fixes, or apply them; return what is left."""
    made, skips = patching.patches(found.items)
    if not wish.write:
        doctortelling.diffs(made, skips)
        return found
    unwritten = list(patching.apply(made))
    skips += unwritten
    failed = {skip.place.path for skip in unwritten}
    done = [one for one in made if one.path not in failed]
    left = [item for item in found.items if not _is_fixed(item, {one.path for one in done}, skips)]
    doctortelling.written(done, skips, len(found.items) - len(left))
    return found.replace(items=tuple(left))


def _is_fixed(item: Item, done: set[str], skips: list[Skip]) -> bool:
    edits = item.finding.edits
    waits = any(skip.place == item.finding.place and item.finding.id in skip.why for skip in skips)
    return bool(edits) and not waits and {edit.place.path for edit in edits} <= done


def _explained(wish: Wish) -> int:
    rules = {rule.id: rule for rule in all_rules()}
    if wish.explain is None:
        doctortelling.listed(tuple(rules.values()))
        return 0
    pages = explaining.comment_pages()
    if wish.explain not in rules | pages:
        raise UsageError(_of("--explain", settings.unknown([wish.explain], rules)))
    told = pages.get(wish.explain) or explaining.page(rules[wish.explain])
    doctortelling.page(told)
    return 0


def _visits(targets: tuple[str, ...], wanted: Settings) -> Iterator[Visit]:
    paths = [one for one in targets if _there(one)]
    yield from checkup.visits(paths, wanted)
    if names := [one for one in targets if not _there(one)]:
        from supervisor.doctor import imaged

        for name in names:
            yield imaged.visit(name)


def _there(target: str) -> bool:
    try:
        return Path(target).exists()
    except OSError:  # too long a name
        return False


def _refuse(targets: tuple[str, ...], wish: Wish, wanted: Settings) -> None:
    """Raise UsageError for what does not go together, and for what can't be there."""
    for target in targets:
        if not _there(target) and not IMAGE.fullmatch(target):
            raise UsageError(
                f"cannot look at {target[:LONGEST]}: there is no such path. Name a folder, a"
                " file, an image or a container."
            )
    if wish.write and not wish.fix:
        raise UsageError("cannot --write alone: it is not said what. Add --fix.")
    _refuse_forecast(wish)
    if wish.write_baseline and not wanted.baseline:
        raise UsageError(
            "cannot --write-baseline: it is not said where. Add --baseline FILE, or `baseline` to"
            " the settings."
        )


def _refuse_forecast(wish: Wish) -> None:
    """Raise UsageError for what a forecast is not told as, or together with."""
    if not wish.forecast:
        return
    if wish.told_as not in FORECAST_FORMS:
        raise UsageError(
            f"cannot --forecast as {wish.form}: that form is for findings. Use text or json."
        )
    for option, given in (("--fix", wish.fix), ("--write-baseline", wish.write_baseline)):
        if given:
            raise UsageError(
                f"cannot --forecast and {option}: one would not be done. Ask for one after the"
                " other."
            )


def _settings(targets: tuple[str, ...], wish: Wish) -> Settings:
    """Join the project's settings and the command line, which wins."""
    known = [rule.id for rule in all_rules()]
    paths = [Path(one) for one in targets if _there(one)]
    first = paths[0] if paths else Path()
    found = settings.nearest(str(first if first.is_dir() else first.parent), known)
    for option, given in (("--select", wish.select), ("--ignore", wish.ignore)):
        if why := settings.unknown(given, known):
            raise UsageError(_of(option, why))
    return found.replace(
        select=wish.select or found.select,
        ignore=(*found.ignore, *wish.ignore),
        fail_on=wish.fail_on or found.fail_on,
        min_severity=wish.min_severity or found.min_severity,
        baseline=wish.baseline or found.baseline,
    )


def _of(option: str, why: str) -> str:
    return why.replace("cannot use ", f"cannot use {option} ", 1)


def _chosen(wanted: Settings) -> tuple[Rule, ...]:
    return tuple(
        rule
        for rule in all_rules()
        if (not wanted.select or rule.id in wanted.select) and rule.id not in wanted.ignore
    )
