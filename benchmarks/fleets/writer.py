"""A service that writes numbered lines of 80 bytes, then waits for its end.

`python -I -S writer.py LETTER COUNT block|line DONE`: in blocks of 8 KiB, which tear lines as
buffered programs do, or with a write for each line. The file DONE says that all were written.
"""

import os
import signal
import sys

_BLOCK = 8192
_AT_ONCE = 8192  # lines made before they are written: 80 blocks of 8 KiB, and nothing left over
_REST = b" " + b"x" * 68 + b"\n"


def main(letter: str, count: str, way: str, done: str) -> None:
    """Write, say so, wait."""
    head = letter.encode()
    for begin in range(0, int(count), _AT_ONCE):
        numbers = range(begin, min(begin + _AT_ONCE, int(count)))
        lines = [head + b"%09d" % number + _REST for number in numbers]
        if way == "line":
            for line in lines:
                _write(line)
        else:
            block = b"".join(lines)
            for at in range(0, len(block), _BLOCK):
                _write(block[at : at + _BLOCK])
    os.close(os.open(done, os.O_CREAT | os.O_WRONLY))
    signal.pause()


def _write(data: bytes) -> None:
    while data:
        data = data[os.write(1, data) :]


main(*sys.argv[1:])
