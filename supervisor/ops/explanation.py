"""An answer as JSON's own types (explanation.schema.json), and back."""

from __future__ import annotations

from typing import Any, Final

from supervisor.errors import UsageError
from supervisor.ops import codes, ownreport
from supervisor.ops.case import Case, from_json, to_json
from supervisor.ops.causes.cause import Cause
from supervisor.ops.causes.decide import cause
from supervisor.ops.causes.reported import of_report
from supervisor.ops.document import document
from supervisor.ops.kinds import fits

EVENT: Final = "explanation"
SCHEMA: Final = 1
NO_ENDS: Final = ("running", "not-started")


def of_code(code: int) -> dict[str, Any]:
    """Explain a number: what it can mean, and that it decides nothing."""
    return _answer("code", str(code), code, None)


def of_document(found: dict[str, Any], where: str) -> dict[str, Any]:
    """Explain a report by what it counted."""
    ownreport.check(found, where)
    try:
        return _answer("report", where, int(found["exit_code"]), of_report(found))
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError(
            f"cannot explain the report in {where}: {error} is missing or not what a report has"
            " there. Take the line as gracekeeper wrote it."
        ) from None


def of_case(case: Case) -> dict[str, Any]:
    """Explain a container's end by what was found out about it."""
    found = cause(case)
    answer = _answer("container", case.container.name, case.code, found)
    ended = found.id not in NO_ENDS and not case.vanished
    return {
        **answer,
        "code": case.code if ended else None,
        "meanings": answer["meanings"] if ended else [],
        "hidden": list(case.hidden),
        "case": to_json(case),
        "report": document(case, found) if ended else None,
    }


def again(answer: dict[str, Any], where: str) -> dict[str, Any]:
    """Decide anew what an answer was made from, as a newer version may know better."""
    try:
        if answer["case"] is None:
            return _as_it_was(answer)
        case = from_json(answer["case"])
    except KeyError as error:
        raise _not_ours(where, f"{error} is missing") from None
    except TypeError as error:
        raise _not_ours(where, str(error)) from None
    if not fits(case, Case):
        raise _not_ours(where, "its case is not what an answer has there")
    if case.report is not None:
        ownreport.check(case.report, where)
    return of_case(case)


def _as_it_was(answer: dict[str, Any]) -> dict[str, Any]:
    """Return the answer about a number, or a report, which is not in it."""
    subject, told = answer["subject"], answer["cause"]
    found = None if told is None else Cause(**{**told, "facts": tuple(told["facts"])})
    code = answer["code"]
    if not all((fits(found, Cause | None), fits(subject, dict[str, str]), fits(code, int))):
        raise TypeError("its cause, code or subject is not what an answer has there")
    return _answer(subject["kind"], subject["name"], code, found)


def _not_ours(where: str, why: str) -> UsageError:
    return UsageError(f"cannot explain {where}: {why}. Take the line as gracekeeper wrote it.")


def _answer(kind: str, name: str, code: int, found: Cause | None) -> dict[str, Any]:
    return {
        "event": EVENT,
        "schema": SCHEMA,
        "subject": {"kind": kind, "name": name},
        "code": code,
        "cause": to_json(found) if found else None,
        "meanings": [{"meaning": meaning, "tell": tell} for meaning, tell in codes.meanings(code)],
        "hidden": [],
        "case": None,
        "report": None,
    }
