"""A Dockerfile's instructions are BuildKit's, and their lines the file's."""

from __future__ import annotations

from supervisor.doctor.finding import Skip
from supervisor.doctor.reading import dockerfile, shell
from supervisor.doctor.reading.dockernodes import Dockerfile, Instruction
from supervisor.doctor.reading.shellnodes import walk
from supervisor.doctor.reading.source import Source
from supervisor.doctor.reading.substitution import substituted

FILE = """\
# escape=\\
ARG PY=3.11 TAG
FROM --platform=$BUILDPLATFORM python:${PY}-slim AS build
RUN --mount=type=cache,target=/x \\
    pip install a && \\
    # in between
    pip install \\

    b
ENV A=1 B="x y" C=d\\ e
ENV OLD the rest
ONBUILD RUN foo
from build
COPY --from=build ["a b", "/c"]
COPY <<EOF /entry.sh
exec "$@"
EOF
HEALTHCHECK --interval=5s \\
  CMD curl x
ENTRYPOINT ['bad']
CMD ["a", 1]
cmd [ "gunicorn" , "x" ]
"""


def read(text: str) -> Dockerfile:
    found = dockerfile.parse(Source("Dockerfile", text))
    assert isinstance(found, Dockerfile)
    return found


def last(text: str) -> Instruction:
    return read(f"FROM x\n{text}").stages[-1].instructions[-1]


def test_stages_know_their_base_and_their_parent() -> None:
    build, final = read(FILE).stages
    assert (build.base, build.name, build.platform) == (
        "python:3.11-slim",
        "build",
        "$BUILDPLATFORM",
    )
    assert (final.base, final.parent, build.parent) == ("build", 0, None)
    assert [each.name for each in build.onbuild] == ["RUN"]
    assert read(FILE).args == {"PY": "3.11", "TAG": None}


def test_continued_lines_are_joined_and_counted() -> None:
    run = read(FILE).stages[0].instructions[0]
    assert run.text.split() == ["pip", "install", "a", "&&", "pip", "install", "b"]
    assert (run.place.line, run.place.last, run.script_line) == (4, 9, 5)
    assert run.flag("mount") == "type=cache,target=/x"
    script = shell.parse(run.script, run.script_line)
    assert not isinstance(script, Skip)
    assert [each.place.line for each in walk(script.body)] == [5, 5, 7]


def test_forms_are_told_apart() -> None:
    entrypoint, wrong, right = read(FILE).stages[1].instructions[-3:]
    assert entrypoint.form == "shell"
    assert entrypoint.json_error.startswith("not JSON")
    assert wrong.json_error == "not an array of strings"
    assert (right.form, right.argv, right.place.line) == ("exec", ("gunicorn", "x"), 22)


def test_here_documents_and_health_checks() -> None:
    copy = next(each for each in read(FILE).stages[1].instructions if each.heredocs)
    assert (copy.heredocs[0].text, copy.heredocs[0].line) == ('exec "$@"\n', 16)
    assert copy.place.last == 17
    health = read(FILE).stages[1].last("HEALTHCHECK")
    assert health is not None
    assert health.inner is not None
    assert (health.inner.text, health.inner.script_line) == ("curl x", 19)
    assert not last('RUN cat <<EOF\nCMD ["a"]').heredocs  # no end: it swallows nothing


def test_pairs_are_as_written() -> None:
    new, old = read(FILE).stages[0].instructions[1:3]
    assert new.pairs == (("A", "1"), ("B", '"x y"'), ("C", "d\\ e"))
    assert old.pairs == (("OLD", "the rest"),)


def test_another_escape() -> None:
    found = read("# escape=`\nFROM x\nRUN a `\n  b\nCMD c\\\nUSER d\n")
    assert [each.text for each in found.stages[0].instructions] == ["a   b", "c\\", "d"]


def test_continuations_of_nothing() -> None:
    assert [each.text for each in read("\\\nFROM x\nRUN a\n\\\n  \\").stages[0].instructions] == [
        "a"
    ]


def test_variables() -> None:
    values = {"A": "1", "E": "", "N": None}
    assert substituted("$A-${A}-${E:-x}-${E-x}-${N:-y}-${A:+z}", values) == "1-1-x--y-z"
    assert substituted("'$A' \"$A b\" \\$A ${U} $U", values) == "$A 1 b $A ${U} $U"


def test_without_from_it_is_none() -> None:
    assert isinstance(dockerfile.parse(Source("Dockerfile", "hello\n")), Skip)
