"""What uWSGI's stats server says, as part of a Look.

Source: core/master_utils.c, uwsgi_master_generate_stats(). `vars` hold request data, headers and
tokens included: only method and path are ever taken. What begins with "?" or "#" is none of the
path, but gets there where it was quoted, or where a proxy hands over the URI as it came.
"""

from __future__ import annotations

from supervisor.core.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MICRO = 1e-6
LONGEST = 200  # characters of a path; it goes into logs


class Worker(Record):
    """One worker process; `average_s` of a request, `busy` requests that it runs now."""

    id: int
    pid: int
    accepting: bool
    status: str
    requests: int
    respawns: int
    average_s: float
    running: tuple[str, ...]
    busy: int
    since: int = 0  # when the longest of them began, seconds since the epoch; 0 for none


def workers(stats: dict[str, Any]) -> tuple[Worker, ...]:
    """Read the workers that exist; a cheap or dead one has no pid."""
    return tuple(_worker(worker) for worker in stats.get("workers", ()) if worker.get("pid"))


def told(document: dict[str, Any]) -> tuple[Worker, ...] | None:
    """Return the workers that a document tells of; None when it is another program's."""
    try:
        return workers(document)
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def _worker(worker: dict[str, Any]) -> Worker:
    busy = [core for core in worker.get("cores", ()) if core.get("in_request")]
    return Worker(
        id=worker["id"],
        pid=worker["pid"],
        accepting=bool(worker.get("accepting")),
        status=worker.get("status", ""),
        requests=worker.get("requests", 0),
        respawns=worker.get("respawn_count", 0),
        average_s=worker.get("avg_rt", 0) * MICRO,
        running=tuple(request_line(core.get("vars", ())) for core in busy),
        busy=len(busy),
        since=min((core.get("req_info", {}).get("request_start", 0) for core in busy), default=0),
    )


def request_line(variables: tuple[str, ...] | list[str]) -> str:
    """Return "METHOD /path" of a core's CGI variables, and nothing else of them."""
    found = dict(variable.partition("=")[::2] for variable in variables if variable)
    return f"{found.get('REQUEST_METHOD') or '?'} {_shown(found.get('PATH_INFO', '')) or '?'}"


def _shown(path: str) -> str:
    """Return a path, not too long, without query and fragment: they may be secrets."""
    marks = [at + 1 for at in map(path.find, "?#") if at >= 0]
    kept = path[: min((*marks, LONGEST))]
    return kept if kept == path else f"{kept}..."
