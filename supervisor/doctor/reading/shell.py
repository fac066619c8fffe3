"""Shell scripts, by tree-sitter's grammar of bash.

That grammar takes some liberties, which are put right here: what `&&`, `||`, `|` and `!` hold
together is decided anew (POSIX.1-2017, XCU 2.10), and a redirection belongs to the command before.
"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Final

from supervisor.doctor.finding import Place, Skip
from supervisor.doctor.reading.extra import bash_language, needed
from supervisor.doctor.reading.shellbuilding import Builder, TooDeepError
from supervisor.doctor.reading.shellnodes import Script, Simple, Word

if TYPE_CHECKING:
    from tree_sitter import Node, Tree

# The grammar's scanner asks isdigit(3) about any code point; far beyond ASCII, that is a crash.
STRANGE: Final = re.compile(r"[^\x01-\x7f]")
# `for x do` is POSIX (XCU 2.10.2), which the grammar only knows with a separator.
FOR_DO: Final = re.compile(r"(\bfor[ \t]+\w+)[ \t](do\b)")
# `while ! </dev/tcp/db/5432; do`: a redirection alone, of which the grammar makes a command.
NOT_FROM: Final = re.compile(r"(\b(?:while|until|if)[ \t]+)!(?=[ \t]*<[ \t]*/dev/)")
LARGEST: Final = 256 * 1024  # characters
SHORT: Final = 8 * 1024  # whatever is in it, the grammar needs less than half a second
PATIENCE_S: Final = 2.0  # a hostile script of 150 KB takes the grammar minutes


def parse(text: str, first_line: int = 1, path: str = "") -> Script | Skip:
    """Read a script; `first_line` is where its text begins in the file `path`."""
    if len(text) > LARGEST:
        return Skip(Place(path, first_line), f"a script larger than {LARGEST // 1024} KiB")
    tree = _tree(_mended(text).encode())
    if tree is None:
        return Skip(Place(path, first_line), f"not understood within {PATIENCE_S:g} s")
    builder = Builder(text, first_line, path)
    try:
        body = builder.statements(tree.root_node)
    except TooDeepError:
        return Skip(Place(path, first_line), "commands inside each other too deeply")
    shebang = text.partition("\n")[0][2:].strip() if text.startswith("#!") else ""
    errors = tuple(dict.fromkeys(line + first_line for line in _errors(tree.root_node)))
    return Script(body, tuple(builder.comments), errors, shebang)


def _mended(text: str) -> str:
    """Write what the grammar does not know as it knows it, no longer and no shorter."""
    return NOT_FROM.sub(r"\1 ", FOR_DO.sub(r"\1;\2", STRANGE.sub("x", text)))


def words(text: str) -> tuple[Word, ...] | None:
    """Return the words of one simple command; None if the text is anything else."""
    script = parse(text)
    if isinstance(script, Skip) or script.has_error or len(script.body) != 1:
        return None
    only = script.body[0]
    if not isinstance(only, Simple) or only.background or only.redirects or only.assignments:
        return None
    return only.words


def _tree(raw: bytes) -> Tree | None:
    """Return the grammar's tree; None when it takes too long."""
    parser = needed("tree_sitter").Parser(bash_language())
    tree: Tree | None
    if len(raw) <= SHORT:
        tree = parser.parse(raw)
        return tree
    until = time.monotonic() + PATIENCE_S
    text = memoryview(raw)

    def rest(at: int, _point: object) -> memoryview:
        return text[at:]

    def late(_at: int, _failed: bool) -> bool:
        return time.monotonic() > until

    try:
        tree = parser.parse(rest, progress_callback=late)
    except ValueError:  # what it says when it was told to stop
        return None
    return tree


def _errors(root: Node) -> list[int]:
    """Return the lines, the first being 0, of what the grammar could not place."""
    if not root.has_error:
        return []
    found: list[int] = []
    left = [root]
    while left and len(found) < 100:
        node = left.pop()
        if node.is_error or node.is_missing:
            found.append(node.start_point[0])
        elif node.has_error:
            left.extend(reversed(node.children))
    return found or [0]
