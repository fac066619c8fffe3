"""Files that are for trying things out, where a lost request costs nothing, by their paths."""

from __future__ import annotations

import re
from typing import Final

_WORDS: Final = (
    *("dev", "devel", "development", "local", "test", "tests", "testing", "debug", "ci"),
    *("example", "examples", "sample", "samples", "demo", "demos", "docs", "doc", "e2e"),
    *("fixtures", "devcontainer", "playground", "tutorial"),
)
_TRIAL: Final = re.compile(rf"(?:^|[/._-])({'|'.join(_WORDS)})(?=[/._-]|$)", re.IGNORECASE)


def trial(path: str) -> bool:
    """Tell whether a path says that its file is for development, tests or examples."""
    return _TRIAL.search(path) is not None
