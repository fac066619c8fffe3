"""The resource: create, list and search, read, replace, delete."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, Response, url_for
from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from sample_app.database import database
from sample_app.endpoint import JSON, Answer, endpoint, json_response
from sample_app.idempotency import Created, create_once
from sample_app.models import MAX_ID, Thought, now
from sample_app.problems import Problem
from sample_app.schemas import CreateHeaders, PageQuery, ThoughtIn, ThoughtOut, ThoughtPage

thoughts = Blueprint("thoughts", __name__, url_prefix="/api")
_ONE = f"/thoughts/<int(max={MAX_ID}):thought_id>"


@thoughts.post("/thoughts")
@endpoint(
    Answer(
        HTTPStatus.CREATED,
        "The thought was created, now or by an earlier request with the same key",
        ThoughtOut,
        headers={
            "Location": "The new thought",
            "Idempotency-Replayed": "`true` when an earlier request had created it",
        },
    )
)
def create_thought(body: ThoughtIn, headers: CreateHeaders) -> Response:
    """Create a thought."""

    def create(session: Session) -> Created:
        thought = Thought(text=body.text, author=body.author)
        session.add(thought)
        session.flush()
        location = url_for("thoughts.read_thought", thought_id=thought.id)
        return Created(location, ThoughtOut.model_validate(thought).model_dump_json())

    if headers.idempotency_key is None:
        with database().writing() as session:
            created = create(session)
    else:
        created = create_once(headers.idempotency_key, body, create)
    response = Response(created.body, status=HTTPStatus.CREATED, mimetype=JSON)
    response.headers["Location"] = created.location
    if created.replayed:
        response.headers["Idempotency-Replayed"] = "true"
    return response


@thoughts.get("/thoughts")
@endpoint(
    Answer(
        HTTPStatus.OK,
        "One page, oldest first",
        ThoughtPage,
        headers={"Link": "RFC 8288 links: `first`, and `next` unless this is the last page"},
    )
)
def list_thoughts(query: PageQuery) -> Response:
    """List and search thoughts.

    Following `next` visits each thought exactly once, whatever is created meanwhile.
    """
    wanted = matching(query.q).where(Thought.id > query.after).limit(query.limit + 1)
    with database().reading() as session:
        found = session.scalars(wanted).all()
    page = found[: query.limit]
    links = {"first": _page_url(query, after=0)}
    if len(found) > len(page):
        links["next"] = _page_url(query, after=page[-1].id)
    items = [ThoughtOut.model_validate(thought) for thought in page]
    response = json_response(ThoughtPage(items=items, next=links.get("next")))
    response.headers["Link"] = ", ".join(f'<{url}>; rel="{rel}"' for rel, url in links.items())
    return response


@thoughts.get(_ONE)
@endpoint(Answer(HTTPStatus.OK, "The thought", ThoughtOut))
def read_thought(thought_id: int) -> Response:
    """Read a thought."""
    with database().reading() as session:
        return json_response(ThoughtOut.model_validate(_find(session, thought_id)))


@thoughts.put(_ONE)
@endpoint(Answer(HTTPStatus.OK, "The thought as it is now", ThoughtOut))
def replace_thought(thought_id: int, body: ThoughtIn) -> Response:
    """Replace a thought.

    An author that isn't given becomes the default again.
    """
    with database().writing() as session:
        thought = _find(session, thought_id, lock=True)
        thought.text, thought.author, thought.updated_at = body.text, body.author, now()
    return json_response(ThoughtOut.model_validate(thought))


@thoughts.delete(_ONE)
@endpoint(Answer(HTTPStatus.NO_CONTENT, "The thought is gone"))
def delete_thought(thought_id: int) -> Response:
    """Delete a thought."""
    with database().writing() as session:
        session.delete(_find(session, thought_id, lock=True))
    return Response(status=HTTPStatus.NO_CONTENT)


def matching(q: str | None) -> Select[tuple[Thought]]:
    """Select, in the order of their ids, the thoughts with `q` in their text or author.

    Upper and lower case are the same; on SQLite, for ASCII letters only.
    """
    chosen = select(Thought).order_by(Thought.id)
    if not q:
        return chosen
    has_it = (column.icontains(q, autoescape=True) for column in (Thought.text, Thought.author))
    return chosen.where(or_(*has_it))


def _page_url(query: PageQuery, after: int) -> str:
    asked = query.model_copy(update={"after": after})
    return url_for("thoughts.list_thoughts", **asked.model_dump(exclude_defaults=True))


def _find(session: Session, thought_id: int, *, lock: bool = False) -> Thought:
    thought = session.get(Thought, thought_id, with_for_update=lock)
    if thought is None:
        raise Problem(HTTPStatus.NOT_FOUND, f"There is no thought {thought_id}.")
    return thought
