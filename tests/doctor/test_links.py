"""What is at a link's path is what the link leads to, as long as that is in the tree."""

from __future__ import annotations

from pathlib import Path

import pytest

from supervisor.doctor.checkup import Visit, visits
from supervisor.doctor.examine import examined
from supervisor.doctor.forecast.forecast import forecasts
from supervisor.doctor.reading.source import Source
from supervisor.doctor.services.linked import Linked
from supervisor.doctor.settings import Settings

DEAF = 'FROM python:3.11-slim\nCOPY start.sh /\nENTRYPOINT ["/start.sh"]\n'
START = "#!/bin/sh\ngunicorn app:app\n"
COMPOSE = "services:\n  web:\n    build: app\n    stop_grace_period: 7s\n"


def visited(root: Path) -> Visit:
    (found,) = visits([str(root)], Settings())
    return found


def put(root: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)


def processes(root: Path) -> list[tuple[str, list[str]]]:
    found = forecasts(visited(root).house)
    return [(one.service.name, [step.title for step in one.steps]) for one in found]


def test_a_service_is_built_from_a_dockerfile_that_is_a_link(tmp_path: Path) -> None:
    """It is one service, its script is beside the link, and findings are at the file itself."""
    put(tmp_path, {"docker/Dockerfile.prod": DEAF, "app/start.sh": START, "compose.yaml": COMPOSE})
    (tmp_path / "app/Dockerfile").symlink_to("../docker/Dockerfile.prod")
    assert processes(tmp_path) == [("web", ["start.sh (dash)", "gunicorn app:app"])]
    house = visited(tmp_path).house
    found = {(one.id, str(one.place)) for one in examined(house).findings}
    assert ("entrypoint-no-exec", "app/start.sh:2") in found
    (service,) = house.services
    assert service.image is not None
    assert [one.path for one in house.stages(service.image.path)] == ["docker/Dockerfile.prod"]


def test_a_folder_and_a_script_may_be_links(tmp_path: Path) -> None:
    put(tmp_path, {"src/Dockerfile": DEAF, "bin/run.sh": START, "compose.yaml": COMPOSE})
    (tmp_path / "app").symlink_to("src")
    (tmp_path / "src/start.sh").symlink_to(tmp_path / "bin/run.sh")
    assert processes(tmp_path) == [("web", ["start.sh (dash)", "gunicorn app:app"])]


def test_what_is_out_of_the_tree_stays_there(tmp_path: Path) -> None:
    root = tmp_path / "root"
    put(tmp_path, {"out/Dockerfile": DEAF, "out/start.sh": START, "root/compose.yaml": COMPOSE})
    (root / "app").mkdir()
    (root / "app/Dockerfile").symlink_to("../../out/Dockerfile")
    assert processes(root) == [("web", [])]
    (root / "app/Dockerfile").unlink()
    (root / "app").rmdir()
    (root / "app").symlink_to("../out")
    assert processes(root) == [("web", [])]


def test_what_is_excluded_is_not_read_through_a_link(tmp_path: Path) -> None:
    put(tmp_path, {"old/Dockerfile": DEAF, "old/start.sh": START, "compose.yaml": COMPOSE})
    (tmp_path / "app").symlink_to("old")
    (found,) = visits([str(tmp_path)], Settings(exclude=("*old",)))
    (service,) = found.house.services
    assert service.chain is None


@pytest.mark.parametrize(
    "links, path, real",
    [
        ({}, "a/b", "a/b"),
        ({"a": "x"}, "a", "x"),
        ({"a": "x"}, "./a/b/../c", "x/c"),
        ({"a": "x"}, "ab/c", "ab/c"),
        ({"a": "b", "b/c": "d/e"}, "a/c/f", "d/e/f"),
        ({"a/up": "a"}, "a/up/up/up/f", "a/f"),
    ],
)
def test_where_a_path_leads(links: dict[str, str], path: str, real: str) -> None:
    assert Linked((), links).real(path) == real
    assert Linked([Source(real, "x")], links).get(path) == Source(real, "x")


def test_links_that_turn_in_a_circle_lead_nowhere(tmp_path: Path) -> None:
    links = {"a": "b", "b": "a", "self": "self", "deeper": "deeper/deeper"}
    files = Linked([Source("f", "x")], links)
    assert [files.get(f"{name}/f") for name in links] == [None] * 4
    assert files.get("/".join(["deeper"] * 100_000)) is None
    put(tmp_path, {"compose.yaml": COMPOSE})
    for name, target in (("app", "b"), ("b", "app"), ("up", "."), ("self", "self")):
        (tmp_path / name).symlink_to(target)
    assert processes(tmp_path) == [("web", [])]
