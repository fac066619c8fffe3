"""Settings that nothing in the tree runs are looked at, each of them once."""

from __future__ import annotations

from supervisor.doctor.house.house import house_of
from supervisor.doctor.servers.uwsgi import RELOAD
from supervisor.doctor.services.service import SUPERVISORD

WEB = "[program:web]\ncommand=/venv/bin/uwsgi --ini /srv/deploy/uwsgi.ini\n"


def test_what_a_lone_supervisord_includes_is_read_once() -> None:
    """The including file comes last by its path."""
    house = house_of(
        {
            "conf.d/web.conf": WEB,
            "supervisord.conf": "[supervisord]\n[include]\nfiles = conf.d/*.conf\n",
        }
    )
    assert [one.source.path for one in house.supervised] == ["supervisord.conf"]
    assert [one.name for one in house.services if one.kind == SUPERVISORD] == ["web"]


def test_a_lone_supervisord_has_files_by_their_names() -> None:
    """Where they will be in an image, nobody can tell."""
    ini = "[uwsgi]\nmaster = true\nmodule = a\n"
    house = house_of({"etc/web.conf": WEB, "deploy/uwsgi.ini": ini})
    (found,) = house.uwsgis
    assert (found.variant, found.place.path) == (RELOAD, "etc/web.conf")
    assert found.section is not None
    assert found.section.path == "deploy/uwsgi.ini"
