"""Whatever is in a file: a value or a Skip, never an exception, and not for long."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from supervisor.doctor.finding import Skip
from supervisor.doctor.reading import (
    commandline,
    dockerfile,
    fly,
    ini,
    nginx,
    procfile,
    python,
    shell,
    shellnodes,
    tree,
    uwsgiformats,
    yaml,
)
from supervisor.doctor.reading.source import LARGEST, Source, decoded

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def _shell(source: Source) -> Any:
    found = shell.parse(source.text)
    if not isinstance(found, Skip):
        list(shellnodes.walk(found.body, substituted=True))
    return found


READERS: dict[str, Callable[[Source], Any]] = {
    "dockerfile": dockerfile.parse,
    "shell": _shell,
    "yaml": yaml.parse,
    "uwsgi": ini.parse,
    "supervisord": lambda source: ini.parse(source, "supervisord"),
    "systemd": lambda source: ini.parse(source, "systemd"),
    "nginx": nginx.parse,
    "python": python.parse,
    "procfile": procfile.parse,
    "fly": fly.parse,
    "uwsgi-json": lambda source: uwsgiformats.parse(source, "json"),
    "uwsgi-xml": lambda source: uwsgiformats.parse(source, "xml"),
    "uwsgi-yaml": lambda source: uwsgiformats.parse(source, "yaml"),
    "command": lambda source: (commandline.simple(source.text), commandline.shlexed(source.text)),
}
PIECES = {
    "uwsgi-json": '{|}|[|]|"uwsgi": |"a"|:|,|true|null|1e9|-1|\\n|\\t|"\\u0000"|"\\ud800"',
    "uwsgi-xml": "<uwsgi>|</uwsgi>|<a>|</a>|<a/>|x| id='b'|<!-- |-->|<![CDATA[|]]>|<?xml?>|&lt;|&a;"
    "|<!DOCTYPE a [|<!ENTITY a 'b'>|]>|\n|\x01",
    "uwsgi-yaml": "uwsgi:\n|  a: b\n|  - c\n|  a:\n|[|]|{|}|*a|&a |!reset |\"|'|\t|# x|:",
    "dockerfile": 'FROM |x|RUN |\n|\\\n|<<EOF\n|EOF\n|# escape=`\n|#c\n|["a"]|[|--a=b |ONBUILD |'
    "HEALTHCHECK |CMD |ENV |A=1 |$A|${A:-b}|ARG |`\n|'|\"|\t|COPY |-|as b",
    "shell": "a |&&|\\|\\||;|&|\n|(|)|{ |}|if |then |fi\n|while |do |done\n|case |in |esac|;;|$(|`|"
    "<<E\n|E\n|<<-'E' |>f|2>&1|<(|\"|'|$x|${|f()|!|#c\n|[[ |]]|((|))|\\\n|x=|time |exec |\t",
    "yaml": "a: |- |\n|  |&x |*x|<<: |[|]|{|}|,|\\||>|'|\"|--- |...|\t|? |!t |# c\n|%|x",
    "fly": 'a|.|=|[|]|[[|]]|{|}|"|\'|"""|\n|# c|,|1| |\\|\t|2020-01-01|inf',
    "nginx": "a |;|{|}|'|\"|\\|$|{|# c\n|\n|_by_lua_block |--|\\\\",
    "python": "if |x|:\n|    |def f():\n|while True:\n|lambda: |(|)|=|signal.signal(|import a\n|"
    "\n|\\|'|\"|for |in |__name__|==|\"__main__\"|break\n|raise\n|f'{x}'|,|.a",
}


def texts(name: str) -> st.SearchStrategy[str]:
    pieces = [
        each.replace("\\|", "|") for each in PIECES.get(name, "[|]|=|:|;|\n| |a|\\\n|#").split("|")
    ]
    mixed = st.lists(st.sampled_from(pieces), max_size=40).map("".join)
    return mixed | st.text(max_size=200)


@pytest.mark.parametrize("name", READERS)
def test_any_text_is_read_or_skipped(name: str) -> None:
    @settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(texts(name))
    def run(text: str) -> None:
        READERS[name](Source("a", text))

    run()


@given(st.binary(max_size=300))
def test_any_bytes_are_text_or_skipped(raw: bytes) -> None:
    found = decoded(raw, "a")
    assert isinstance(found, Skip) or "\0" not in found.text


LONG = {
    "one line": "a" * LARGEST,
    "blanks": " " * LARGEST,
    "empty lines": "\n" * LARGEST,
    "short lines": "a\n" * (LARGEST // 2),
    "quotes": "'\"" * (LARGEST // 2),
    "backslashes": "\\" * LARGEST,
    "continued": "a\\\n" * (LARGEST // 3),
    "comments": "#\n" * (LARGEST // 2),
    "brackets": "[" * LARGEST,
    "braces": "{" * LARGEST,
    "parentheses": "(" * LARGEST,
    "dollars": "${" * (LARGEST // 2),
    "settings": "a=b " * (LARGEST // 4),
    "here": "FROM x\nRUN " + "<<A " * (LARGEST // 5),
    "flags": "FROM x\nRUN " + "--a=b " * (LARGEST // 7),
    "dashes": "- " * (LARGEST // 2),
    "keys": "? " * (LARGEST // 2),
    "anchors": "".join(f"- &a{n} x\n" for n in range(60_000)),
    "from": "FROM a as b\n" * (LARGEST // 12),
}


@pytest.mark.parametrize("shape", LONG)
@pytest.mark.parametrize("name", READERS)
def test_the_longest_file_is_over_in_seconds(name: str, shape: str) -> None:
    began = time.process_time()
    READERS[name](Source("a", LONG[shape]))
    assert time.process_time() - began < 8


def test_a_hundred_megabytes_are_not_read(tmp_path: Path) -> None:
    with (tmp_path / "Dockerfile").open("wb") as file:
        file.truncate(100 * 1024 * 1024)
    found = tree.walk(str(tmp_path))
    assert not found.sources
    assert found.skips[0].why == "larger than 1024 KiB"
