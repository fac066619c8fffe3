"""What is installed without the extra says what is missing."""

from __future__ import annotations

import sys

import pytest

from supervisor import testing


@pytest.mark.parametrize("missing", ["docker", "testcontainers"])
def test_who_has_not_the_extra_is_told_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    """Only the container needs it: all else is there."""
    for name in (*sys.modules,):
        if name == "supervisor.testing.container" or name.split(".")[0] == missing:
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [_Without(missing), *sys.meta_path])
    told = r"cannot import GracefulContainer: .* `pip install gracekeeper\[testing\]`"
    with pytest.raises(ImportError, match=told):
        testing.__getattr__("GracefulContainer")
    assert testing.__getattr__("GracefulProcess")


class _Without:
    """A finder by which one package is not there."""

    def __init__(self, missing: str) -> None:
        self._missing = missing

    def find_spec(self, name: str, *_: object) -> None:
        if name.partition(".")[0] == self._missing:
            raise ModuleNotFoundError(f"No module named {name!r}", name=self._missing)
