"""The slow operation: all thoughts in one download."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from http import HTTPStatus
from typing import Annotated

from flask import Blueprint, Response
from pydantic import Field
from sqlalchemy.orm import Session

from sample_app.database import database
from sample_app.endpoint import Answer, endpoint
from sample_app.pace import Pace
from sample_app.schemas import Search, ThoughtOut
from sample_app.thoughts import matching

NDJSON = "application/x-ndjson"
_CHUNK_BYTES = 64 * 1024
_RECORD_BYTES = 1024
_ROWS_AT_ONCE = 500

export = Blueprint("export", __name__, url_prefix="/api")


class ExportQuery(Search):
    """Which thoughts, how slowly, and how much besides."""

    pace_s: Annotated[
        float,
        Field(
            ge=0,
            le=30,
            allow_inf_nan=False,
            description="Spread the download over so many seconds; the worker is busy that long",
        ),
    ] = 0
    pad_bytes: Annotated[
        int,
        Field(
            ge=0,
            le=64 * 1024 * 1024,
            description=f"Add so many bytes of padding, in records of {_RECORD_BYTES} bytes",
        ),
    ] = 0


@export.get("/export")
@endpoint(
    Answer(
        HTTPStatus.OK,
        'One JSON object per line: a thought, or `{"padding": "..."}`',
        media_type=NDJSON,
        headers={
            "Content-Length": "The exact size: a download that was cut short can be told",
            "Repr-Digest": "RFC 9530: the SHA-256 of the whole download",
        },
    )
)
def export_thoughts(query: ExportQuery) -> Response:
    """Export all thoughts.

    One snapshot is read twice: to measure and digest it, then to stream it. `pace_s` and
    `pad_bytes` make it as slow and as large as a rehearsal needs.
    """
    with ExitStack() as stack:
        session = stack.enter_context(database().reading())
        pace = Pace(query.pace_s)
        size, digest = _measure(_chunks(_lines(session, query)))
        body = pace.spread(_chunks(_lines(session, query)), size)
        response = Response(body, mimetype=NDJSON)
        response.content_length = size
        response.headers["Repr-Digest"] = f"sha-256=:{base64.b64encode(digest).decode()}:"
        response.headers["Content-Disposition"] = 'attachment; filename="thoughts.ndjson"'
        # The snapshot is needed as long as the body, and no longer: also when the client leaves.
        response.call_on_close(stack.pop_all().close)
    return response


def _lines(session: Session, query: ExportQuery) -> Iterator[bytes]:
    options = {"yield_per": _ROWS_AT_ONCE}
    for thought in session.scalars(matching(query.q), execution_options=options):
        yield ThoughtOut.model_validate(thought).model_dump_json().encode() + b"\n"
    empty = b'{"padding":""}\n'
    record = empty.replace(b'""', b'"' + b"." * (_RECORD_BYTES - len(empty)) + b'"')
    for _ in range(-(-query.pad_bytes // _RECORD_BYTES)):
        yield record


def _chunks(lines: Iterable[bytes]) -> Iterator[bytes]:
    chunk = bytearray()
    for line in lines:
        chunk += line
        if len(chunk) >= _CHUNK_BYTES:
            yield bytes(chunk)
            chunk.clear()
    if chunk:
        yield bytes(chunk)


def _measure(chunks: Iterable[bytes]) -> tuple[int, bytes]:
    size, digest = 0, hashlib.sha256()
    for chunk in chunks:
        size += len(chunk)
        digest.update(chunk)
    return size, digest.digest()
