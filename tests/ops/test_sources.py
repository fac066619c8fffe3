"""How long an end takes, as far as a program's source tells."""

from __future__ import annotations

import pytest

from tests.ops.crew import INT, TERM, foretold, process


@pytest.mark.parametrize(
    ("rest", "call", "seconds", "doubt"),
    [
        ("try:\n    serve()\nfinally:\n    time.sleep(2)", "sys.exit(0)", 2, True),
        ("atexit.register(flush)", "sys.exit(0)", 0, True),
        ("atexit.register(flush)", "os._exit(0)", 0, False),
        ("serve()", "sys.exit(0)", 0, False),
    ],
)
def test_an_orderly_exit_takes_its_time(rest: str, call: str, seconds: int, doubt: bool) -> None:
    """What runs at the end of a Python program can take as long as it likes."""
    text = f"signal.signal(signal.SIGTERM, lambda *_: {call})\n{rest}"
    found = foretold(process(1, "python3", "a.py", caught=TERM | INT, text=text))
    assert (round(found.seconds), found.code) == (seconds, 0)
    assert ("`finally` and atexit" in found.unsure) == doubt


@pytest.mark.parametrize(
    ("body", "seconds", "unsure"),
    [
        ("process.exit(3)", 0.08, False),
        ("setTimeout(() => process.exit(3), 800)", 0.88, False),
        ("setTimeout(() => { process.exit(3); }, 1500)", 1.58, False),
        ("setTimeout(() => process.exit(3), WAIT)", 0.08, True),
        ("server.close(() => process.exit(3))", 0.08, False),
        ("db.end().then(() => process.exit(3))", 0.08, True),
        ("{ await drain(); process.exit(3) }", 0.08, True),
    ],
)
def test_what_a_listener_of_node_waits_for(body: str, seconds: float, unsure: bool) -> None:
    """How long is told where it is written down; a server that nobody is connected to closes."""
    text = f"process.on('SIGTERM', async () => {body}); setInterval(f, 5000)"
    found = foretold(process(1, "node", "a.js", caught=1 << 14, text=text))
    assert (found.code, bool(found.unsure)) == (3, unsure)
    assert found.seconds == pytest.approx(seconds)
    assert found.timed != unsure
