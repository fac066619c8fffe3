"""What variables are worth where a command uses them: in all ways that a script may have gone."""

from __future__ import annotations

import pytest

from supervisor.doctor.house.house import house_of
from supervisor.doctor.scripts.shellwalk import facts_of

KNOWN = {"FROM_ENV": "--env", "EMPTY": ""}


def run(text: str) -> list[str]:
    """Return the words of all that `text` runs in the shell's place."""
    script = house_of({"a.sh": text}).files.script("a.sh")
    assert script is not None
    return [" ".join(one.argv) for one in facts_of(script, None, KNOWN).runs]


@pytest.mark.parametrize(
    "text, words",
    [
        ("O='--a --b'\nexec app $O\n", ["app --a --b"]),
        ("O='--a'\nO=\"$O --b\"\nO+=' --c'\nexec app ${O}\n", ["app --a --b --c"]),
        ("P=--a\nexec app $P/x\n", ["app --a/x"]),
        ("A=(--a 'b c')\nA+=(--d)\nexec app \"${A[@]}\"\n", ["app --a b c --d"]),
        ("A=(\n  --a # why\n  --b\n)\nexec app ${A[*]}\n", ["app --a --b"]),
        ("exec app ${O:---a --b}\n", ["app --a --b"]),
        ("exec app ${EMPTY:-x}${FROM_ENV:+ -y} $FROM_ENV\n", ["app x -y --env"]),
        (': "${O:=--a}"\nexec app $O\n', ["app --a"]),
        ('O="$O --a"\nexec app $O\n', ["app $O --a"]),
        ("O+=' --a'\nexec app $O\n", ["app ${O} --a"]),
        ("export O='--a' P\nexec app $O $P\n", ["app --a $P"]),
        ('f() {\n  local O="$1"\n  exec app $O "$@"\n}\nf x y\n', ["app x x y"]),
        ('f() {\n  exec "$@"\n}\nf app "$@"\n', ["app $@"]),
        ('set -- app --a\nset -- x "$@"\nshift\nexec "$@"\n', ["app --a"]),
        ("C='app --a'\neval \"exec $C\"\n", ["app --a"]),
        ("(O=--a)\nO=--b | cat\nexec app $O\n", ["app $O"]),
        ('if [ -z "$O" ]; then\n  O=--a\nfi\nexec app $O\n', ["app --a"]),
        ('[ -n "$O" ] || O=--a\nexec app $O\n', ["app --a"]),
        ("if x; then\n  O=--a\nelse\n  O=--b\nfi\nexec app $O\n", ["app --a", "app --b"]),
        ("[ x ] && O=--a\nexec app $O\n", ["app $O", "app --a"]),
        ("case x in\n  a) O=--a ;;\n  *) O=--b ;;\nesac\nexec app $O\n", ["app --a", "app --b"]),
        ("for x in y; do\n  O=--a\ndone\nexec app $O\n", ["app $O", "app --a"]),
        (
            "O=x\n" + '[ x ] && O="$O y"\n' * 4 + "exec app $O\n",
            ["app x", "app x y", "app x y y y", "app x y y y y"],
        ),
        # What only a run tells stays as it is written.
        ("O=$(cat x)\nP=$!\nexec app $O $P $Q\n", ["app $O $P $Q"]),
        ("O=--a\nread -r O\nexec app $O\n", ["app $O"]),
        ("O=--a sh -c x\nexec app $O\n", ["app $O"]),
        ('eval "$(x)"\nexec app\n', ["app"]),
        ('declare -A M=([a]=b)\nexec app "${M[@]}"\n', ["app ${M[@]}"]),
        ("O='a\n'\nexec app \"$O$(x)\"\n", ["app $O$(x)"]),
    ],
)
def test_what_a_command_gets(text: str, words: list[str]) -> None:
    assert run(text) == words


def test_a_value_that_doubles_is_given_up() -> None:
    assert run("O=xxxxxxxx\n" + 'O="$O$O"\n' * 40 + "exec app $O\n")[0].startswith("app")
    many = "".join(f"A{at}=x\n" for at in range(300))
    assert run(many + "exec app $A1 $A299\n") == ["app x $A299"]
