"""Tells whether the engine that testcontainers would use answers."""

from __future__ import annotations

import gc
import warnings


def why_none() -> str:
    """Return why there is none; empty when it answers."""
    try:
        from testcontainers.core.docker_client import DockerClient
    except ImportError:
        return "testcontainers is not installed. Do `pip install gracekeeper[testing]`."
    with warnings.catch_warnings():
        # The SDK forgets to close the socket that it could not connect.
        warnings.simplefilter("ignore", ResourceWarning)
        why = ""
        try:
            client = DockerClient(timeout=10).client
            try:
                client.ping()
            finally:
                client.close()
        except Exception as error:  # the SDK, requests and urllib3 have one each
            todo = "Start it, or set DOCKER_HOST to where it is."
            why = f"no Docker Engine answers: {_root(error)}. {todo}"
        gc.collect()
    return why


def _root(error: BaseException) -> str:
    """Return what began it, in the kernel's words if it was a call's."""
    while inner := error.__cause__ or error.__context__:
        error = inner
    return str((error.strerror if isinstance(error, OSError) else "") or error)
