"""Idempotency-Key: however often a request is sent, its work is done once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus

from pydantic import BaseModel
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from sample_app.database import database
from sample_app.models import RememberedAnswer, now
from sample_app.problems import Problem

RETENTION = timedelta(hours=24)
_FORGET_AT_ONCE = 100


@dataclass(frozen=True)
class Created:
    """The answer to a request that created something."""

    location: str
    body: str
    replayed: bool = False


def create_once(key: str, asked: BaseModel, create: Callable[[Session], Created]) -> Created:
    """Create and remember the answer, or give the remembered answer again.

    `create` and the memory of it are one transaction: of concurrent duplicates the primary key
    lets one through, and the others get its answer. Raises Problem 422 when the key came
    before with another body.
    """
    fingerprint = hashlib.sha256(asked.model_dump_json().encode()).hexdigest()
    try:
        with database().writing() as session:
            _forget_old(session)
            created = create(session)
            session.add(
                RememberedAnswer(
                    key=key,
                    fingerprint=fingerprint,
                    location=created.location,
                    body=created.body,
                )
            )
    except IntegrityError:
        return _replay(key, fingerprint)
    return created


def _replay(key: str, fingerprint: str) -> Created:
    with database().reading() as session:
        first = session.get_one(RememberedAnswer, key)
    if first.fingerprint != fingerprint:
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "This Idempotency-Key was used before with another body. Use a new key.",
            kind="urn:problem:idempotency-key-reused",
            title="Idempotency-Key reused",
        )
    return Created(first.location, first.body, replayed=True)


def _forget_old(session: Session) -> None:
    # SKIP LOCKED: two requests that tidy up at once must not wait for each other.
    old = (
        select(RememberedAnswer.key)
        .where(RememberedAnswer.created_at < now() - RETENTION)
        .limit(_FORGET_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    session.execute(delete(RememberedAnswer).where(RememberedAnswer.key.in_(old)))
