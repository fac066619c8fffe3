from __future__ import annotations

import re

from flask.testing import FlaskClient
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from sample_app.database import Database
from sample_app.models import Thought

_SAME_DATABASE = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def _walk(client: FlaskClient, url: str | None) -> list[list[str]]:
    """Follow `next` to the end; check on the way that the Link header says the same."""
    pages = []
    while url is not None:
        response = client.get(url)
        page = response.get_json()
        pages.append([thought["text"] for thought in page["items"]])
        links = re.findall(r'<([^>]*)>; rel="(\w+)"', response.headers["Link"])
        targets = {rel: target for target, rel in links}
        assert targets.get("next") == page["next"]
        assert "after" not in targets["first"]
        url = page["next"]
    return pages


@_SAME_DATABASE
@given(count=st.integers(0, 12), limit=st.integers(1, 6))
@example(count=6, limit=3)
def test_a_walk_visits_each_thought_exactly_once(
    client: FlaskClient, database: Database, count: int, limit: int
) -> None:
    texts = [f"thought {number}" for number in range(count)]
    with database.writing() as session:
        session.execute(delete(Thought))
    for text in texts:
        with database.writing() as session:
            session.add(Thought(text=text, author="ada"))

    pages = _walk(client, f"/api/thoughts?limit={limit}")

    assert [text for page in pages for text in page] == texts
    assert all(len(page) == limit for page in pages[:-1])
    assert len(pages) == max(1, -(-count // limit))


@_SAME_DATABASE
@given(words=st.lists(st.sampled_from(["red & blue", "red", "green"]), max_size=9))
def test_a_walk_keeps_to_what_was_searched(
    client: FlaskClient, database: Database, words: list[str]
) -> None:
    with database.writing() as session:
        session.execute(delete(Thought))
        session.add_all(Thought(text=word, author="ada") for word in words)

    pages = _walk(client, "/api/thoughts?limit=2&q=d+%26+b")

    found = [text for page in pages for text in page]
    assert found == ["red & blue"] * words.count("red & blue")


def test_thoughts_that_come_or_go_during_a_walk_displace_no_other(client: FlaskClient) -> None:
    for number in range(4):
        client.post("/api/thoughts", json={"text": str(number)})
    first = client.get("/api/thoughts?limit=2").get_json()

    client.delete(f"/api/thoughts/{first['items'][0]['id']}")
    client.post("/api/thoughts", json={"text": "4"})

    assert _walk(client, first["next"]) == [["2", "3"], ["4"]]
