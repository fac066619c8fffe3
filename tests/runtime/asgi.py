"""The ASGI application that the tests run: a route that takes `s` seconds and answers `bytes`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs

Message = dict[str, Any]


async def application(
    scope: Message,
    receive: Callable[[], Awaitable[Message]],
    send: Callable[[Message], Awaitable[None]],
) -> None:
    if scope["type"] == "lifespan":
        for step in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{step}.complete"})
        print("lifespan ended", flush=True)
        return
    query = {key: values[0] for key, values in parse_qs(scope["query_string"].decode()).items()}
    loop = asyncio.get_running_loop()
    over = loop.create_future()
    loop.call_later(float(query.get("s", "0")), over.set_result, None)
    await over
    size = int(query.get("bytes", "3"))
    headers = [(b"content-length", str(size).encode()), (b"content-type", b"text/plain")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"x" * size})
