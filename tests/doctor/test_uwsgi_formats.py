"""uWSGI's YAML, JSON and XML come to the same options as an ini."""

from __future__ import annotations

import pytest

from supervisor.doctor.finding import Skip
from supervisor.doctor.house.house import house_of
from supervisor.doctor.reading import uwsgiformats
from supervisor.doctor.reading.source import Source
from supervisor.doctor.servers.uwsgi import HOOK, Uwsgi

INI = """\
[uwsgi]
master = true
processes = 4
env = A=1
env = B=2
hook-master-start = unix_signal:15 gracefully_kill_them_all
"""
YAML = """\
other: {master: 0}
uwsgi:
  master: true
  processes: 4
  env:
    - A=1
    - B=2
  vacuum:
  hook-master-start: "unix_signal:15 gracefully_kill_them_all"
"""
JSON = """\
{"uwsgi": {
\t"master": false,
\t"master": true, "processes": 4,
\t"env": ["A=1", "B=2"],
\t"hook-master-start": "unix_signal:15 gracefully_kill_them_all"
}}
"""
XML = """\
<?xml version="1.0" encoding="latin-1"?>
<all>
  <uwsgi id="x"><master/><processes>4</processes>
    <env>A=1</env><env>B=2</env>
    <hook-master-start>unix_signal:15 gracefully_kill_them_all</hook-master-start>
  </uwsgi>
  <uwsgi id="y"><processes>8</processes></uwsgi>
</all>
"""


def started(command: str, **files: str) -> Uwsgi:
    """Return what `uwsgi ...` comes to; `a_yaml` is a.yaml."""
    named = {name.replace("_", "."): text for name, text in files.items()}
    docker = f"FROM python:3.11-slim\nWORKDIR /\nCOPY . /\nCMD exec {command}\n"
    (found,) = house_of({"Dockerfile": docker, **named}).uwsgis
    return found


@pytest.mark.parametrize(
    "command, files, line",
    [
        ("uwsgi --ini a.ini", {"a_ini": INI}, 2),
        ("uwsgi --yaml a.yaml", {"a_yaml": YAML}, 3),
        ("uwsgi -y /a.yaml:uwsgi --vacuum", {"a_yaml": YAML}, 3),
        ("uwsgi a.yml", {"a_yml": YAML}, 3),
        ("uwsgi --json=uwsgi.json", {"uwsgi_json": JSON}, 3),
        ("uwsgi -j uwsgi.json", {"uwsgi_json": JSON}, 3),
        ("uwsgi uwsgi.json", {"uwsgi_json": JSON}, 3),
        ("uwsgi -x uwsgi.xml", {"uwsgi_xml": XML}, 3),
        ("uwsgi uwsgi.xml:x", {"uwsgi_xml": XML}, 3),
        ("uwsgi a.ini", {"a_ini": "[uwsgi]\nyaml = %d/a.yaml\n", "a_yaml": YAML}, 3),
        ("uwsgi a.ini", {"a_ini": "[uwsgi]\ninclude=a.yaml\n", "a_yaml": YAML}, 3),
        ("uwsgi a.yaml", {"a_yaml": "uwsgi:\n  ini: b.ini\n", "b_ini": INI}, 2),
        ("uwsgi a.yaml", {"a_yaml": "uwsgi:\n  xml: uwsgi.xml\n", "uwsgi_xml": XML}, 3),
        ("env UWSGI_YAML=/a.yaml uwsgi", {"a_yaml": YAML}, 3),
    ],
)
def test_the_same_options(command: str, files: dict[str, str], line: int) -> None:
    found = started(command, **files)
    if command.startswith("env"):
        docker = "FROM python:3.11\nCOPY . /\nENV UWSGI_YAML=/a.yaml\nCMD exec uwsgi\n"
        (found,) = house_of({"Dockerfile": docker, "a.yaml": YAML}).uwsgis
    assert (found.unread, found.variant) == ("", HOOK)
    assert found.settings is not None
    assert found.settings.get("processes") == "4"
    assert [one.value for one in found.settings.each("env")] == ["A=1", "B=2"]
    assert found.mastered is not None
    assert found.mastered.line == line


def test_the_command_line_counts_before_a_file_that_stands_alone() -> None:
    """As with an ini: options first, then what is left over."""
    found = started("uwsgi a.yaml --processes 2 --master=false", a_yaml=YAML)
    assert found.settings is not None
    assert (found.settings.get("processes"), found.master) == ("4", True)


def test_what_cannot_be_read_is_not_guessed_at() -> None:
    found = started("uwsgi --yaml a.yaml --master", a_yaml="uwsgi:\n- {{ x }}\n")
    assert "a template" in found.unread
    assert found.variant == ""
    assert "not in the tree" in started("uwsgi --json gone.json").unread


@pytest.mark.parametrize("command", ["uwsgi --{0} uwsgi.{0}", "uwsgi uwsgi.{0}", "nginx"])
@pytest.mark.parametrize("form", ["json", "xml", "yaml"])
def test_a_file_that_can_not_be_read_is_told_once(command: str, form: str) -> None:
    path = f"uwsgi.{form}"
    docker = f"FROM python:3.11\nCOPY . /\nCMD exec {command.format(form)}\n"
    text = {"json": '{"uwsgi": {', "xml": "<uwsgi>", "yaml": "uwsgi:\n  a: [\n"}[form]
    house = house_of({"Dockerfile": docker, path: text})
    assert [one.settings for one in house.uwsgis] == [None]
    assert [(one.place.path, one.why[:4]) for one in house.skips] == [(path, "not ")]


def test_values_of_json_are_what_uwsgi_makes_of_them() -> None:
    text = '{"uwsgi": {"a": true, "b": false, "c": null, "d": "true", "e": 7, "f": {"g": 1}}}'
    found = uwsgiformats.parse(Source("a.json", text), "json")
    assert not isinstance(found, Skip)
    assert [(key, value) for key, value, _ in found[0].options] == [
        ("a", "1"), ("b", "0"), ("c", "0"), ("d", "true"), ("e", "7"),
    ]  # fmt: skip


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><uwsgi><master>&b;</master></uwsgi>'


@pytest.mark.parametrize(
    "form, text, why",
    [
        ("xml", BOMB, "entities"),
        ("xml", "<a>" * 200, "deeply"),
        ("xml", "<uwsgi>", "not XML"),
        ("xml", "<uwsgi>" + "<a/>" * 50_001, "more than"),
        ("json", "[" * 100_000, "not JSON"),
        ("json", "{'a': 1}", "not JSON"),
        ("yaml", "uwsgi: [", "not YAML"),
    ],
    ids=range(7),
)
def test_what_is_refused(form: str, text: str, why: str) -> None:
    found = uwsgiformats.parse(Source("a", text), form)
    assert isinstance(found, Skip)
    assert why in found.why
