"""What a container's exit code means for its program, with what its last lines say."""

from __future__ import annotations

from re import Pattern

from supervisor.core.signalnames import name
from supervisor.ops.case import Case
from supervisor.ops.causes import words
from supervisor.ops.causes.cause import CERTAIN, LIKELY, POSSIBLE, Cause
from supervisor.ops.causes.front import in_front, wrapped

_READ = "Read its last lines: `docker logs`."


def by_code(case: Case) -> Cause:
    """Return what its code means for this program, with what its last lines say."""
    for known in (_crash, _shells, _servers, _modulo):
        if found := known(case):
            return found
    return _clean(case) if case.code == 0 else _failed(case)


def _clean(case: Case) -> Cause:
    """Tell of an exit 0."""
    if asked := next(filter(None, asking(case)), ""):
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


def quoted(case: Case, line: str) -> str:
    """Return a line of the log as the end of a sentence, or what is known where there is none."""
    if line:
        return f": `{line[:200]}`"
    if case.silent is None:
        return "; what it said can't be seen"
    return ", and said nothing" if case.silent else ""


def _crash(case: Case) -> Cause | None:
    code, aborted = case.code, words.said(words.ending(case), words.ABORTS)
    first = not (case.report or in_front(case) or wrapped(case))
    if code == 134 or (code == 139 and aborted):
        as_first = " (139, because a PID 1 can't die of SIGABRT)" if code == 139 and first else ""
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
            f"It crashed ({name(code - 128)}){_said(case, words.SEGFAULTS)}"
            f"{'; of a PID 1, abort() looks the same' * (code == 139 and first)}.",
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


def asking(case: Case) -> list[str]:
    """Return what was run in it just before its end and may have ended it; "" for unknown words."""
    told = (one.text for one in case.life.execs)
    return [text for text in told if not text or words.ASKS.search(text)]


def _said(case: Case, what: Pattern[str]) -> str:
    line = words.said(words.ending(case), what)
    return f": `{line}`" if line else ""


def _last(case: Case) -> str:
    return quoted(case, words.last(case.log))
