"""What goes over the wire for thoughts, in and out."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from sample_app.models import MAX_ID

_EXAMPLE = "Somebody should finish what was started."


def _refuse_nul(value: str) -> str:
    # PostgreSQL can't store it (https://www.postgresql.org/docs/current/datatype-character.html).
    if "\0" in value:
        message = "must not contain the NUL character"
        raise ValueError(message)
    return value


_Line = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_refuse_nul)]


class ThoughtIn(BaseModel):
    """A thought as a client writes it."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[_Line, Field(min_length=1, max_length=2000, examples=[_EXAMPLE])]
    author: Annotated[_Line, Field(min_length=1, max_length=80)] = "anonymous"


class ThoughtOut(BaseModel):
    """A thought as it is kept."""

    model_config = ConfigDict(from_attributes=True)

    id: int = Field(examples=[1])
    author: str
    text: str = Field(examples=[_EXAMPLE])
    created_at: datetime
    updated_at: datetime


class ThoughtPage(BaseModel):
    """Some thoughts, and where to read on."""

    items: list[ThoughtOut]
    next: str | None = Field(description="The next page; null on the last one")


class Search(BaseModel):
    """Which thoughts are meant."""

    model_config = ConfigDict(extra="forbid")

    q: Annotated[
        _Line | None,
        Field(max_length=200, description="Only thoughts with this in their text or author"),
    ] = None


class PageQuery(Search):
    """Which thoughts, and which part of them."""

    after: Annotated[
        int, Field(ge=0, le=MAX_ID, description="Only thoughts with a greater id: the cursor")
    ] = 0
    limit: Annotated[int, Field(ge=1, le=100, description="At most so many")] = 20


class CreateHeaders(BaseModel):
    """The headers that creating a thought heeds."""

    idempotency_key: Annotated[
        str | None,
        Field(
            alias="Idempotency-Key",
            min_length=1,
            max_length=255,
            pattern=r"^[\x21-\x7e]+$",
            description="Send the same key to repeat a request safely: it is remembered for "
            "24 hours, and the first answer is given again",
        ),
    ] = None
