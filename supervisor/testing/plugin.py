"""The pytest plugin: fixtures, markers, and a report of each outcome. It imports pytest alone.

All that costs something (testcontainers, the Docker SDK, the load) is imported by the test that
uses it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from supervisor.testing import current

if TYPE_CHECKING:
    from supervisor.testing.compose import GracefulCompose
    from supervisor.testing.container import GracefulContainer
    from supervisor.testing.process import GracefulProcess

_MARKERS = (
    "graceful(grace=None, seconds=None, exit_code=None): what stops in this test are given, and"
    " what assert_graceful expects of them",
    "needs_docker: skipped where no Docker Engine answers; with --require-docker, REQUIRE_DOCKER=1"
    " or in CI that is an error",
)
_TRUE = ("1", "true", "yes")
_absence = pytest.StashKey[str]()
_running = pytest.StashKey[current.Test]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the two options."""
    group = parser.getgroup("gracekeeper", "graceful stops (gracekeeper)")
    group.addoption(
        "--gracekeeper-report-dir",
        metavar="DIR",
        help="write a page and a JSON document of every stop here, named after its test",
    )
    group.addoption(
        "--require-docker",
        action="store_true",
        help="a test that needs a Docker Engine fails without one, instead of being skipped",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers, so that --strict-markers knows them; make the reports' folder."""
    for marker in _MARKERS:
        config.addinivalue_line("markers", marker)
    folder = config.getoption("gracekeeper_report_dir")
    if folder:
        config.option.gracekeeper_report_dir = os.path.abspath(folder)  # noqa: PTH100 - a test may chdir
        try:
            os.makedirs(folder, exist_ok=True)  # noqa: PTH103 - the same
        except OSError as error:
            why = error.strerror or error
            raise pytest.UsageError(
                f"cannot write reports to {folder}: {why}. Name a folder that can be made."
            ) from None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Find what is misspelt before anything runs."""
    for item in items:
        _defaults(item)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Ask for an engine before any fixture of the test does."""
    if item.get_closest_marker("needs_docker"):
        _need_engine(item.config)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Know what runs while it runs."""
    test = item.stash[_running] = current.Test(_defaults(item))
    with current.running(test):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Report what was stopped, and tell its story below a failure that doesn't tell it."""
    test = item.stash.get(_running, None)
    if test is None or not test.outcomes:
        return (yield)
    from supervisor.testing.reports import properties_of, sections

    folder = item.config.getoption("gracekeeper_report_dir") or ""
    item.user_properties.extend(properties_of(test, item.nodeid, folder))
    report = yield
    if report.failed:
        report.sections.extend(sections(test, report.longreprtext))
    return report


@pytest.fixture
def graceful_container(pytestconfig: pytest.Config) -> Iterator[Callable[..., GracefulContainer]]:
    """Start containers: `graceful_container("image", 8000, ready="/healthz")`, removed at the end.

    Takes a GracefulContainer as well, and what else a DockerContainer does. Needs an engine.
    """
    _need_engine(pytestconfig)
    with ExitStack() as stack:

        def start(
            what: str | GracefulContainer, *ports: int, ready: str | None = None, **more: Any
        ) -> GracefulContainer:
            from supervisor.testing.container import GracefulContainer

            one = GracefulContainer(what, **more) if isinstance(what, str) else what
            if ports:
                one.with_exposed_ports(*ports)
            if ready is not None:
                one.with_ready(ready)
            return stack.enter_context(one)

        yield start


@pytest.fixture
def graceful_process() -> Iterator[Callable[..., GracefulProcess]]:
    """Start processes: `graceful_process(["python", "app.py"], url=...)`, ended at the end."""
    with ExitStack() as stack:

        def start(*arguments: Any, **more: Any) -> GracefulProcess:
            from supervisor.testing.process import GracefulProcess

            return stack.enter_context(GracefulProcess(*arguments, **more))

        yield start


@pytest.fixture
def graceful_compose(pytestconfig: pytest.Config) -> Iterator[Callable[..., GracefulCompose]]:
    """Bring up a Compose service: `graceful_compose("compose.yaml", "web")`. Needs an engine."""
    _need_engine(pytestconfig)
    with ExitStack() as stack:

        def start(*arguments: Any, **more: Any) -> GracefulCompose:
            from supervisor.testing.compose import GracefulCompose

            return stack.enter_context(GracefulCompose(*arguments, **more))

        yield start


def _defaults(item: pytest.Item) -> current.Defaults:
    found: dict[str, Any] = {}
    for marker in item.iter_markers("graceful"):  # the closest comes first
        found = {**marker.kwargs, **found}
        if marker.args:
            raise pytest.UsageError(f"{item.nodeid}: cannot use {marker.args}: name each value.")
    try:
        return current.Defaults(**found)
    except TypeError as error:
        wrong = sorted(set(found) - {"grace", "seconds", "exit_code"})
        raise pytest.UsageError(
            f"{item.nodeid}: cannot use {', '.join(wrong)} of the marker `graceful`: it has grace,"
            " seconds and exit_code."
        ) from error


def _need_engine(config: pytest.Config) -> None:
    """Skip without an engine; fail where one is required."""
    if _absence not in config.stash:
        from supervisor.testing.engine import why_none

        config.stash[_absence] = why_none()
    why = config.stash[_absence]
    if why and _is_required(config):
        pytest.fail(f"an engine is required here, but {why}", pytrace=False)
    if why:
        pytest.skip(why)


def _is_required(config: pytest.Config) -> bool:
    """The option, else REQUIRE_DOCKER, else that this is CI: a green run has run them."""
    if config.getoption("require_docker"):
        return True
    said = os.environ.get("REQUIRE_DOCKER") or os.environ.get("CI") or ""
    return said.lower() in _TRUE
