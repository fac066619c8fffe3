"""Why a container ended that nobody had asked to."""

from __future__ import annotations

from re import Pattern

from supervisor.core.signalnames import name
from supervisor.ops.case import Case
from supervisor.ops.causes import words
from supervisor.ops.causes.cause import CERTAIN, LIKELY, POSSIBLE, Cause
from supervisor.ops.causes.reported import of_report
from supervisor.ops.life import NS

LOOP = 2  # restarts that make a loop
REST = "Until then, `docker update --restart=no`."
AT_ONCE_NS = NS  # a signal's default action takes no longer


def cause(case: Case) -> Cause:
    """Return why; of a container that is restarted over and over, that this is a loop."""
    found = _cause(case)
    times = max(case.state.restarts, case.ends - 1)
    if times < LOOP or case.container.policy == "no":
        return found
    given_up = case.state.status == "exited"  # `on-failure:2`, and it was the third time
    return found.replace(
        id="restart-loop",
        sentence=f"It is a restart loop ({case.container.policy}): {times} restarts, each ended by"
        f" itself. {found.sentence}",
        fix=found.fix if given_up else f"{found.fix} {REST}".strip(),
    )


def _cause(case: Case) -> Cause:
    if case.report:
        return of_report(case.report)
    if case.code == 137:
        return killed(case)
    if found := _sent(case):
        return found
    if case.code in (129, 130, 131, 143):
        return _signalled(case)
    return by_code(case)


def by_code(case: Case) -> Cause:
    """Return what its code means for this program, with what its last lines say."""
    for known in (_crash, _shells, _servers, _modulo):
        if found := known(case):
            return found
    return _clean(case) if case.code == 0 else _failed(case)


def _clean(case: Case) -> Cause:
    """Tell of an exit 0."""
    if asked := next(filter(None, _asking(case)), ""):
        return Cause(
            "signalled-from-host",
            f"It ended with 0 just after somebody ran `{asked[:200]}` in it (`docker exec`).",
            "Stop it by `docker stop`, so that everybody knows of it.",
            LIKELY,
        )
    return Cause(
        "ended",
        "It ended by itself, with 0: it had nothing more to do, or went into the background.",
        "Keep the program in the foreground (`daemon off`, no `--daemon`, no `service start`).",
        LIKELY,
    )


def _failed(case: Case) -> Cause:
    """Tell of any other code, by the program or by its last lines."""
    code, log = case.code, words.ending(case)
    line = words.error(log)
    if code == 124 and case.mentions("timeout"):
        sure = CERTAIN if case.program == "timeout" else LIKELY
        told = "timeout(1) ended it: its time was over."
        return Cause("timeout-expired", told, "Give it more.", sure)
    if code == 2 and (told := words.said(log, words.USAGE)):
        told = f"It did not understand its arguments{quoted(case, told)}."
        return Cause("usage", told, "Correct them.", LIKELY)
    if taken := words.said(log, words.IN_USE):
        return Cause(
            "app-error",
            f"It could not listen where it was to, because somebody else does: `{taken[:200]}`.",
            "Stop who listens there (`ss -ltnp`), or choose another port.",
            LIKELY,
        )
    if 128 < code < 128 + 32 and not line:
        return _passed_on(case)
    return Cause(
        "app-error",
        f"It failed by itself, with {code}{quoted(case, line or words.last(case.log))}.",
        "Correct what it says, and read the lines before: `docker logs`.",
        LIKELY if line else POSSIBLE,
    )


def _passed_on(case: Case) -> Cause:
    """Tell of 128 + n that no PID 1 dies of: a shell's word for how what it ran has ended."""
    signal = name(case.code - 128)
    pipe = " A pipe's reader had ended before it (`pipefail`)." if signal == "SIGPIPE" else ""
    return Cause(
        "app-error",
        f"It failed by itself, with {case.code}: {signal} ended what it ran, and it passed that on;"
        f" or the code is its own.{pipe}",
        "Find which process it was, and why: `docker logs`.",
        POSSIBLE,
    )


def _asking(case: Case) -> list[str]:
    """Return what was run in it just before its end and may have ended it; "" for unknown words."""
    told = (one.text for one in case.life.execs)
    return [text for text in told if not text or words.ASKS.search(text)]


def quoted(case: Case, line: str) -> str:
    """Return a line of the log as the end of a sentence, or what is known where there is none."""
    if line:
        return f": `{line[:200]}`"
    if case.silent is None:
        return "; what it said can't be seen"
    return ", and said nothing" if case.silent else ""


def _crash(case: Case) -> Cause | None:
    code, aborted = case.code, words.said(words.ending(case), words.ABORTS)
    if code == 134 or (code == 139 and aborted):
        as_first = " (139, because a PID 1 can't die of SIGABRT)" if code == 139 else ""
        told = f": `{aborted}`" if aborted else ""
        return Cause("aborted", f"It aborted{as_first}{told}.", "Read what it says.", LIKELY)
    if code == 139 and case.life.kills and case.mentions("sh", "bash", "dash"):
        return Cause(
            "segfault",
            "The shell signalled itself until its stack was full: `trap 'kill 0' TERM` calls"
            " itself.",
            "Write `trap 'trap - TERM; kill 0; wait' TERM`, or `exec` the program.",
            LIKELY if "kill 0" in " ".join(case.container.argv) else POSSIBLE,
        )
    if code in (135, 136, 139):
        return Cause(
            "segfault",
            f"It crashed ({name(code - 128)}){_said(case, words.SEGFAULTS)}; of a PID 1, abort()"
            " looks the same."
            * (code == 139)
            or f"It crashed ({name(code - 128)}).",
            "Look for its core or the kernel's log (`dmesg`); Python tells where with"
            " PYTHONFAULTHANDLER=1.",
            LIKELY,
        )
    return None


def _shells(case: Case) -> Cause | None:
    if case.code == 127:
        return Cause(
            "not-found",
            f"A shell, or a wrapper, did not find what it was to run"
            f"{_said(case, words.NOT_FOUND)}.",
            "Correct the command or PATH, or install it in the image.",
            _borne_out(case, words.NOT_FOUND),
        )
    if case.code == 126:
        return Cause(
            "not-executable",
            f"A shell, or a wrapper, could not execute what it found{_said(case, words.DENIED)}.",
            "Do `chmod +x` in the image; look at the file's first line and its architecture.",
            _borne_out(case, words.DENIED),
        )
    return None


def _servers(case: Case) -> Cause | None:
    code, log = case.code, words.ending(case)
    if code == 0:
        return None  # whatever it once could not do
    if case.mentions("uwsgi") and (code == 22 or words.said(log, words.NO_APP)):
        return Cause(
            "no-app",
            f"uWSGI was to have an application (need-app), and could not load it"
            f"{quoted(case, words.error(log))}.",
            "Correct the import; `--need-app` is right to end here.",
            _borne_out(case, words.NO_APP, 22),
        )
    if code == 30 and case.mentions("uwsgi"):
        told = "uWSGI without a master got a signal."
        return Cause("no-master", told, "Add `master = true`.", LIKELY)
    serves = case.mentions("gunicorn", "uvicorn", "fastapi")
    if serves and (code == 3 or words.said(log, words.BOOT)):
        return Cause(
            "boot-failed",
            f"No worker could start: the application can't be imported, or its address is taken"
            f"{quoted(case, words.error(log))}.",
            "Correct the import; `--preload` shows it before the workers.",
            _borne_out(case, words.BOOT, 3),
        )
    if case.mentions("gunicorn") and (code == 4 or words.said(log, words.LOAD)):
        return Cause(
            "load-failed",
            f"gunicorn could not load the application{quoted(case, words.error(log))}.",
            "Correct MODULE:VARIABLE.",
            _borne_out(case, words.LOAD, 4),
        )
    return None


def _borne_out(case: Case, what: Pattern[str], code: int | None = None) -> str:
    """Tell how sure it is: a code alone may be anybody's, and so may a line of the log."""
    same = code is None or case.code == code
    return CERTAIN if same and words.said(words.ending(case), what) else LIKELY


def _modulo(case: Case) -> Cause | None:
    """Tell codes below zero, which the kernel cuts to a byte: 256 - n."""
    number = 256 - case.code
    if not 1 <= number <= 31:
        return None
    if number == 1:
        why = "It ended with -1, which is 255 to the kernel: `sys.exit(-1)`, or a failure that"
        return Cause("module-code", f"{why} it had no code for{_last(case)}.", _READ, POSSIBLE)
    return Cause(
        "module-code",
        f"A wrapper passed on -{number}, which is {case.code} to the kernel: what it ran was ended"
        f" by {name(number)} (Popen.returncode).",
        "Let the wrapper exit with 128 + n, or `exec` the program.",
        LIKELY,
    )


_OWN = (
    "Or nobody did, and {code} is its own code (`exit {code}`), or one that it passed on from what"
    " it ran."
)
_READ = "Read its last lines: `docker logs`."


def killed(case: Case) -> Cause:
    """Return who killed it, when that was not the engine."""
    if line := words.said(words.ending(case), words.KILLS):
        return Cause(
            "child-killed",
            "A process that it runs was killed, and PID 1 passed that on as its own code:"
            f" `{line}`.",
            "Find who kills: the kernel for memory (`dmesg`), a watchdog, `kill -9`.",
            LIKELY,
        )
    sent = " and ".join(dict.fromkeys(name(one.signal) for one in case.life.kills))
    told = f"had sent {sent}, but no KILL" if sent else "sent no signal"
    own = "" if sent else f" {_OWN.format(code=case.code)}"
    return Cause(
        "killed-from-host",
        f"Somebody on the host killed PID 1 (`kill -9`), or the kernel did: the engine {told},"
        f" and it told of no lack of memory at that time.{own}",
        "Look who may signal it on the host: `dmesg`, systemd-oomd, a node's shutdown, people.",
        LIKELY if sent else POSSIBLE,
    )


def _sent(case: Case) -> Cause | None:
    """Tell of a signal that is no request to stop, and that ended it all the same."""
    life, number = case.life, case.code - 128
    last = next((one for one in reversed(life.kills) if one.signal == number), None)
    if not last or not life.died or life.died.at - last.at >= AT_ONCE_NS:
        return None
    return Cause(
        "killed-by-request",
        f"Somebody asked the engine to send it {name(number)} (`docker kill -s`), and that ended it"
        " at once, so whatever ran was cut.",
        "Use `docker stop` to stop it; else let it handle that signal.",
        LIKELY,
    )


def _signalled(case: Case) -> Cause:
    signal, inside = name(case.code - 128), bool(_asking(case))
    who = (
        "a `docker exec` that ran just before (`kill 1`)"
        if inside
        else "somebody on the host, or inside (`docker exec`, an own `kill`)"
    )
    own = "" if inside else f" {_OWN.format(code=case.code)}"
    return Cause(
        "signalled-from-host",
        f"{signal} ended it, and the engine had not sent that just before: {who} did.{own}",
        "Stop it by `docker stop`, so that everybody knows of it.",
        LIKELY if inside else POSSIBLE,
    )


def _said(case: Case, what: Pattern[str]) -> str:
    line = words.said(words.ending(case), what)
    return f": `{line}`" if line else ""


def _last(case: Case) -> str:
    return quoted(case, words.last(case.log))
