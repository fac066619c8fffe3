"""uWSGI under the keeper, in every way that the README promises."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.runtime.kept import GRACEKEEPER, Kept, serving

Start = Callable[..., Kept]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start keepers that end with the test."""
    with ExitStack() as stack:

        def run(*arguments: str, **environment: str) -> Kept:
            return stack.enter_context(Kept(tmp_path, *GRACEKEEPER, *arguments, **environment))

        yield run


@pytest.fixture
def uwsgi(tmp_path: Path) -> Iterator[Callable[..., tuple[Kept, str]]]:
    """Run the test's app on uWSGI, as `serving` does, until the test ends."""
    with ExitStack() as stack:

        def run(*options: str, **more: Any) -> tuple[Kept, str]:
            return stack.enter_context(serving(tmp_path, *options, **more))

        yield run
