"""What fails of one file is told with its name, and leaves the others alone; tests see it raise."""

from __future__ import annotations

from typing import Any, NoReturn

import pytest

from supervisor.doctor import checkup
from supervisor.doctor.examine import examined
from supervisor.doctor.finding import LOW, Place, Skip
from supervisor.doctor.forecast import forecast
from supervisor.doctor.house import guard, house, uwsgis
from supervisor.doctor.house.house import House
from supervisor.doctor.output.forecast import told
from supervisor.doctor.platforms import composing, flying, orchestrating, supervising
from supervisor.doctor.platforms.including import Projects
from supervisor.doctor.reading import dockerfile, kinds, procfile, yaml
from supervisor.doctor.reading.source import Source
from supervisor.doctor.rule import Rule
from supervisor.doctor.servers import uwsgi
from supervisor.doctor.services.files import Files
from supervisor.doctor.settings import Settings
from tests.doctor import fuzzing

SUPERVISED = 'FROM debian\nCOPY s.conf /\nCMD ["supervisord", "-c", "/s.conf"]\n'
FILES = {
    "Dockerfile": 'FROM python:3.11-slim\nCMD ["gunicorn", "a:a"]\n',
    "b/Dockerfile": SUPERVISED,
    "b/s.conf": "[supervisord]\nnodaemon=true\n[program:a]\ncommand=nginx\n",
    "c/s.conf": "[supervisord]\nnodaemon=true\n[program:b]\ncommand=nginx\n",
    "compose.yaml": "services:\n  web: {image: a, command: [uwsgi, --ini, a.ini]}\n",
    "k8s/pod.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n"
    "spec:\n  containers: [{name: pod, image: a, command: [nginx]}]\n",
    "Procfile": "web: gunicorn a:a\n",
    "fly.toml": 'app = "fly"\n[build]\ndockerfile = "Dockerfile"\n',
}
KINDS = {
    path: kinds.by_text(path, text) if (kind := kinds.by_name(path)) == kinds.UNKNOWN else kind
    for path, text in FILES.items()
}


def built(*, guarded: bool) -> House:
    return House([Source(path, text, KINDS[path]) for path, text in FILES.items()], guarded=guarded)


def failing(*_: Any, **__: Any) -> NoReturn:
    raise ValueError(f"bad\n{'x' * 1000}")


def failed(skips: tuple[Skip, ...]) -> set[str]:
    found = [one for one in skips if " failed: ValueError: bad xxx" in one.why]
    assert all(len(one.why) < 300 and "\n" not in one.why for one in found)
    return {one.place.path for one in found}


PARTS = [
    (dockerfile, "parse", {"Dockerfile", "b/Dockerfile", "fly.toml"}),
    (yaml, "parse", {"compose.yaml", "k8s/pod.yaml"}),
    (house, "images_of", {"Dockerfile", "b/Dockerfile"}),
    (composing, "services_of", {"compose.yaml"}),
    (orchestrating, "services_of", {"k8s/pod.yaml"}),
    (orchestrating, "text", {"k8s/pod.yaml"}),
    (procfile, "parse", {"Procfile"}),
    (flying, "services_of", {"fly.toml"}),
    (supervising, "of_file", {"b/Dockerfile", "b/s.conf", "c/s.conf"}),
    (supervising, "services_of", {"b/s.conf", "c/s.conf"}),
    (supervising, "supervised", {"b/Dockerfile"}),
    (house, "follow", {*FILES}),
    (house, "hears", {"fly.toml"}),
]


@pytest.mark.parametrize("module, name, paths", PARTS, ids=lambda one: getattr(one, "__name__", ""))
def test_a_part_that_fails_is_a_skip_and_the_rest_is_made(
    module: Any, name: str, paths: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, name, failing)
    found = built(guarded=True)
    assert failed(found.skips) == paths
    assert found.services
    with pytest.raises(ValueError, match="bad"):
        built(guarded=False)


def test_compose_files_that_can_not_be_joined_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def some(files: Files, paths: list[str]) -> Projects:
        return failing() if paths else Projects(files, paths)

    monkeypatch.setattr(house, "Projects", some)
    assert failed(built(guarded=True).skips) == {"compose.yaml"}


def test_what_is_only_made_for_rules_is_guarded_too(monkeypatch: pytest.MonkeyPatch) -> None:
    found = built(guarded=True)
    monkeypatch.setattr(house, "server_of", failing)
    monkeypatch.setattr(uwsgis, "uwsgis", failing)
    assert (found.servers, found.uwsgis) == ((), ())
    assert {"", "b/Dockerfile", "compose.yaml"} <= failed(found.skips)


def test_a_uwsgi_that_fails_is_told_by_its_file_and_the_others_stand(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    script = "#!/bin/sh\nif [ $A ]; then uwsgi --ini {0}; fi\nexec uwsgi --ini {1}\n"
    files = {
        "compose.yaml": "services:\n  a: {image: a, command: [uwsgi, --http, bad]}\n"
        "  b: {image: a, command: [uwsgi, --http, good]}\n",
        "one/Dockerfile": 'FROM a\nCOPY one.sh /\nCMD ["/one.sh"]\n',
        "one/one.sh": script.format("bad.ini", "good.ini"),
        "two/Dockerfile": 'FROM a\nCOPY two.sh /\nCMD ["/two.sh"]\n',
        "two/two.sh": script.format("fair.ini", "good.ini"),
        "uwsgi-bad.ini": "[uwsgi]\nhttp = bad\n",
        "uwsgi-good.ini": "[uwsgi]\nhttp = good\n",
    }
    read, of_file = uwsgi.of_command, uwsgi.of_file

    def command(service: Any, argv: Any, *rest: Any) -> Any:
        return failing() if {"bad", "bad.ini"} & {*argv} else read(service, argv, *rest)

    def alone(source: Source, *rest: Any) -> Any:
        return failing() if "bad" in source.path else of_file(source, *rest)

    monkeypatch.setattr(uwsgis, "of_command", command)
    monkeypatch.setattr(uwsgis, "of_file", alone)
    sources = [Source(path, text, kinds.by_name(path)) for path, text in files.items()]
    sources = [
        one.replace(kind=kinds.by_text(one.path, one.text)) if one.kind == kinds.UNKNOWN else one
        for one in sources
    ]
    found = House(sources)
    assert {one.place.path for one in found.uwsgis} == {
        "compose.yaml", "one/one.sh", "two/two.sh", "uwsgi-good.ini",
    }  # fmt: skip
    assert failed(found.skips) == {"compose.yaml", "one/Dockerfile", "uwsgi-bad.ini"}


def test_comments_that_fail_are_told_with_the_findings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkup, "ignores_of", failing)
    seen = checkup.check([checkup.Visit(built(guarded=True))], (), Settings())
    assert failed(seen.skips) == FILES.keys()


def test_a_forecast_that_fails_is_unknown_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forecast, "Path", failing)
    found = forecast.forecasts(built(guarded=True))
    assert len(found) == 5
    assert all(one.unsure[0].startswith("forecasting its stop failed: ValueE") for one in found)
    assert "→ unknown, because forecasting its stop failed" in "".join(map(str, told(found)))


def test_a_rule_that_fails_is_a_skip_and_keeps_what_it_has_found() -> None:
    rule = Rule("a-rule", LOW, "t", "w", "f", failing, (), ())
    (skip,) = examined(built(guarded=True), [rule]).skips
    assert (skip.place, skip.why[:35]) == (Place(""), "the rule a-rule failed: ValueError:")


def test_fuzzing_sees_what_is_guarded(monkeypatch: pytest.MonkeyPatch) -> None:
    tree = {path: text.encode() for path, text in FILES.items()}
    fuzzing.look(tree)
    for module, name, _ in PARTS:
        with monkeypatch.context() as patched:
            patched.setattr(module, name, failing)
            with pytest.raises((ValueError, AssertionError), match="bad"):
                fuzzing.look(tree)


def test_what_was_made_before_a_failure_is_kept() -> None:
    def two_of_three() -> Any:
        yield 1
        yield 2
        failing()

    one = guard.Guard()
    assert one.each("counting", Place("a"), two_of_three) == [1, 2]
    assert one.one("counting", Place("a"), 0, failing) == 0
    assert len(one.skips) == 2
