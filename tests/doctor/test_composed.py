"""Several Compose files that are read together: overrides, what is included, what is extended."""

from __future__ import annotations

import time

from supervisor.doctor.examine import all_rules, examined
from supervisor.doctor.house.house import House, house_of
from supervisor.doctor.services.service import COMPOSE, Service

SLIM = "FROM python:3.11-slim\n"


def at(house: House, path: str) -> Service:
    """Return the Compose service that is said in a file."""
    (found,) = (one for one in house.services if one.kind == COMPOSE and one.place.path == path)
    return found


def test_an_override_is_merged_as_compose_merges_it() -> None:
    """Maps and lists grow, commands don't; both spellings of the environment; the four names."""
    base = (
        "services:\n  web:\n    build: ./web\n    environment: [A=1, B=2, C]\n"
        "    command: [gunicorn, a]\n    ports: ['80:80']\n    depends_on: [db]\n"
        "    volumes: ['./run.sh:/run.sh', './x:/y']\n    stop_grace_period: 30s\n"
    )
    over = (
        "services:\n  web:\n    build: {target: prod}\n    environment: {B: 3, D: 4}\n"
        "    command: [uvicorn, b]\n    ports: ['81:81']\n    volumes: ['./z:/y']\n"
        "    depends_on: {cache: {condition: service_started}}\n    init:\n"
    )
    docker = f"{SLIM.strip()} AS prod\nENV Z=0\nFROM prod\nENV Z=1\n"
    for name in ("compose.override.yml", "docker-compose.override.yaml"):
        found = at(house_of({"compose.yaml": base, name: over, "web/Dockerfile": docker}), name)
        assert found.env == {"Z": "0", "A": "1", "B": "3", "C": "", "D": "4"}
        assert (found.argv, found.ports, found.grace) == (("uvicorn", "b"), ("80:80", "81:81"), 30)
        assert found.depends == ("db", "cache")
        volumes = found.node.get("volumes") if found.node else None
        assert volumes is not None
        assert volumes.texts() == ("./run.sh:/run.sh", "./z:/y")


def test_the_base_is_the_one_that_compose_takes() -> None:
    files = {
        "compose.yaml": "services:\n  a: {image: nginx, stop_grace_period: 40s}\n",
        "docker-compose.yml": "services:\n  a: {image: nginx, stop_grace_period: 50s}\n",
        "compose.override.yaml": "services:\n  a: {restart: always}\n",
    }
    assert at(house_of(files), "compose.override.yaml").grace == 40


def test_what_an_override_takes_back() -> None:
    """`!reset` removes, `!override` replaces."""
    files = {
        "compose.yml": "services:\n  a:\n    image: nginx\n    stop_signal: SIGTERM\n"
        "    stop_grace_period: 90s\n    ports: ['1', '2']\n",
        "compose.override.yml": "services:\n  a:\n    stop_signal: !reset null\n"
        "    stop_grace_period:\n    ports: !override ['3']\n",
    }
    found = at(house_of(files), "compose.override.yml")
    assert (found.stop_signal, found.grace, found.ports) == (None, 90, ("3",))


def test_an_override_of_what_is_included() -> None:
    """Its services are the project's; a circle of includes is none."""
    files = {
        "compose.yml": "include: [infra/db.yml, compose.yml]\nservices:\n  web: {image: x}\n",
        "infra/db.yml": "include: [{path: ../compose.yml}, more/compose.yml]\n"
        "services:\n  db:\n    image: postgres:15\n    stop_grace_period: 70s\n",
        "infra/more/compose.yml": "services:\n  cache: {image: 'redis:7'}\n",
        "compose.override.yml": "services:\n  db: {restart: always}\n",
    }
    house = house_of(files)
    assert at(house, "compose.override.yml").grace == 70
    assert at(house, "compose.override.yml").image_name == "postgres:15"
    assert set(house.projects.included("compose.yml")) == {"infra/db.yml", "infra/more/compose.yml"}


def test_several_files_are_included_as_one() -> None:
    """The later over the earlier; their paths start from the first one's folder, or as is said."""
    files = {
        "compose.yml": "include:\n- path: [a/one.yml, b/two.yml, three.yml]\n"
        "- {path: c/four.yml, project_directory: web}\nservices:\n  x: {image: y}\n",
        "a/one.yml": "services:\n  s:\n    build: .\n    stop_grace_period: 20s\n",
        "b/two.yml": "services:\n  s:\n    build: {}\n    environment: [A=1]\n",
        "three.yml": "services:\n  s:\n    build: {}\n    stop_signal: SIGINT\n",
        "c/four.yml": "services:\n  t:\n    build: .\n    volumes: ['./run.sh:/run.sh']\n"
        "    command: /run.sh\n",
        "a/Dockerfile": f"{SLIM}ENV FROM=a\n",
        "web/Dockerfile": f"{SLIM}ENV FROM=web\n",
        "web/run.sh": "#!/bin/sh\nexec gunicorn a:b\n",
    }
    house = house_of(files)
    three, four = at(house, "three.yml"), at(house, "c/four.yml")
    assert (three.grace, three.signal) == (20, "SIGINT")
    assert three.env == {"FROM": "a", "A": "1"}
    assert four.env == {"FROM": "web"}
    assert four.chain is not None
    assert four.chain.program == "gunicorn"


def test_what_is_extended_counts_its_paths_from_its_own_file() -> None:
    """Its maps are merged, too; one of the base file is found from an override."""
    files = {
        "compose.yml": "services:\n  web:\n    extends: {file: base/all.yml, service: app}\n"
        "    environment: {B: 2}\n  job:\n    extends: other\n  other: {image: nginx,"
        " stop_grace_period: 25s}\n",
        "compose.override.yml": "services:\n  job: {restart: always}\n",
        "base/all.yml": "services:\n  app: {build: ., environment: [A=1]}\n",
        "base/Dockerfile": f"{SLIM}ENV FROM=base\n",
    }
    house = house_of(files)
    (web,) = (one for one in house.services if one.name == "web")
    assert web.env == {"FROM": "base", "A": "1", "B": "2"}
    assert at(house, "compose.override.yml").grace == 25


def test_files_that_include_each_other_often_are_not_all_followed() -> None:
    names = [f"f{number}/compose.yml" for number in range(200)]
    every = "".join(f"- {{path: [../{one}, ../{names[-1]}]}}\n" for one in names)
    text = f"include:\n{every}services:\n  a:\n    image: 'postgres:15'\n"
    began = time.process_time()
    found = examined(house_of(dict.fromkeys(names, text)), all_rules())
    assert not [one for one in found.skips if "failed" in one.why]
    assert time.process_time() - began < 30


def test_a_chain_of_services_that_extend_each_other_takes_no_time() -> None:
    chain = "".join(f"  s{at}:\n    extends: s{at - 1}\n" for at in range(1, 3000))
    began = time.process_time()
    found = house_of({"compose.yml": f"services:\n  s0: {{image: a}}\n{chain}"}).services
    assert len(found) == 3000
    assert found[1].image_name == "a"
    assert time.process_time() - began < 5


def test_the_first_version_of_the_format_has_services_and_nothing_else() -> None:
    text = (
        "web:\n  build: .\n  command: gunicorn a:b\ndb:\n  image: postgres:9\n  stop_signal: TERM\n"
    )
    found = {one.name: one for one in house_of({"docker-compose.yml": text}).services}
    assert (found["web"].argv, str(found["db"].place)) == (
        ("gunicorn", "a:b"), "docker-compose.yml:4",
    )  # fmt: skip
    assert found["db"].signal == "SIGTERM"


def test_what_has_neither_images_nor_services_is_no_file_of_compose() -> None:
    for text in ("x-web:\n  a: b\n", "version: '3'\nweb:\n  image: a\n", "- a\n", "a\n"):
        assert house_of({"docker-compose.yml": text}).services == ()
