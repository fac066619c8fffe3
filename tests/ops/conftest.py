"""The image of tests/ops/Dockerfile, built once per session."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.images.conftest import built
from tests.ops.staged import IMAGE


@pytest.fixture(scope="session")
def staged_image() -> Iterator[str]:
    """Every kind of PID 1."""
    yield from built(IMAGE, "tests/ops/Dockerfile")
