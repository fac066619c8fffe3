"""A command written as one string: split into words as a shell would, and never given to one."""

from __future__ import annotations

import re
import shlex

from supervisor.config.mistakes import UnfitError

# Quotes and what they hold; then what only a shell would understand.
PIECE = re.compile(
    r"""'[^']*'|\\.|"(?:\\.|[^"\\])*"|(?P<operator>&&|\|\||\$\(|[|&;<>()`]+)""", re.DOTALL
)
IN_QUOTES = re.compile(r"\$\(|`")
ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
TODO = 'Write a list of words, or give it to a shell: ["sh", "-c", \'...\']'


def split(text: str) -> list[str]:
    """Return the words of a command; UnfitError for what only a shell could do."""
    for piece in PIECE.finditer(text):
        quoted = IN_QUOTES.search(piece[0]) if piece[0].startswith('"') else None
        operator = piece["operator"] or (quoted and quoted[0])
        if operator:
            raise UnfitError(f"there is no shell that would understand {operator}", TODO)
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise UnfitError(
            f"its words can't be told apart: {str(error).lower()}", "Close what is open"
        ) from None
    if words and ASSIGNMENT.match(words[0]):
        raise UnfitError(
            "there is no shell that would set a variable first", "Write it under `environment`"
        )
    return words
