"""Quick imports: by what was compiled, as long as that is what the source says."""

from __future__ import annotations

import importlib.util
import os
import py_compile
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from supervisor.quickimport import Finder


@pytest.fixture
def module(tmp_path: Path) -> Path:
    """A compiled module of a package by our name; its source."""
    source = tmp_path / "supervisor" / "part" / "thing.py"
    source.parent.mkdir(parents=True)
    for path, text in ((source.with_name("__init__.py"), ""), (source, "answer = 42\n")):
        path.write_text(text)
        py_compile.compile(str(path))
    return source


def found(module: Path, name: str = "supervisor.part.thing") -> object:
    return Finder(str(module.parents[2])).find_spec(name)


def test_a_module_and_its_package(module: Path) -> None:
    """They are as the ordinary way would have them."""
    spec = Finder(str(module.parents[2])).find_spec("supervisor.part.thing")
    thing = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(thing)
    assert (thing.answer, thing.__file__, thing.__name__) == (42, str(module), spec.name)
    package = Finder(str(module.parents[2])).find_spec("supervisor.part")
    assert package.submodule_search_locations == [str(module.parent)]


def changed(source: Path, _compiled: Path) -> None:
    """Another length."""
    source.write_text("answer = 43000\n")


def touched(source: Path, _compiled: Path) -> None:
    """Another time."""
    os.utime(source, (1, 1))


def truncated(_source: Path, compiled: Path) -> None:
    """A disk that was full."""
    compiled.write_bytes(compiled.read_bytes()[:-4])


def empty(_source: Path, compiled: Path) -> None:
    """The same, earlier."""
    compiled.write_bytes(b"")


def another_interpreters(_source: Path, compiled: Path) -> None:
    """By its magic number."""
    compiled.write_bytes(b"\0\0\0\0" + compiled.read_bytes()[4:])


def missing(_source: Path, compiled: Path) -> None:
    """Never compiled."""
    compiled.unlink()


def sourceless(source: Path, _compiled: Path) -> None:
    """Not how we are shipped."""
    source.unlink()


@pytest.mark.parametrize(
    "spoil", [changed, touched, truncated, empty, another_interpreters, missing, sourceless]
)
def test_what_is_not_as_expected_is_left_alone(
    module: Path, spoil: Callable[[Path, Path], None]
) -> None:
    """The ordinary way knows what to do, or how to tell."""
    assert found(module) is not None
    spoil(module, Path(importlib.util.cache_from_source(str(module))))
    assert found(module) is None


def test_unchecked_hashes_are_taken_at_their_word(module: Path) -> None:
    """As an image compiles them: nothing can be written there later."""
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    py_compile.compile(str(module), invalidation_mode=mode)
    os.utime(module, (1, 1))
    assert found(module) is not None


@pytest.mark.parametrize("name", ["supervisor.part.other", "os", "supervisor"])
def test_others_are_not_ours(module: Path, name: str) -> None:
    """Nothing is guessed; a package without a compiled file neither."""
    assert found(module, name) is None
    assert not any(isinstance(one, Finder) for one in sys.meta_path)
