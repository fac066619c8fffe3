"""Settings of puma and unicorn, as far as they hold in all environments."""

from __future__ import annotations

import pytest

from supervisor.doctor.reading import kinds
from supervisor.doctor.reading.rubyserver import settings
from supervisor.doctor.reading.source import Source


@pytest.mark.parametrize(
    "line, value",
    [
        ("timeout 60", "60"),
        ("timeout(60) # a minute", "60"),
        ("timeout 2.minutes", ""),
        ('timeout ENV.fetch("T", 60)', "${T:-60}"),
        ("timeout ENV.fetch('T') { 60 }", "${T:-60}"),
        ("timeout Integer(ENV['T'] || 60)", "${T:-60}"),
        ('timeout (ENV["T"] || 60).to_i', "${T:-60}"),
        ('timeout ENV["T"].to_i', ""),
        ("timeout 60 if production", ""),
        ("  timeout 60", ""),
        ("# timeout 60", ""),
    ],
)
def test_a_setting(line: str, value: str) -> None:
    found = [one.value for one in settings(Source("config/unicorn.rb", line))]
    assert found == ([value] if value else [])


@pytest.mark.parametrize(
    "path, kind",
    [
        ("config/puma.rb", "ruby-server"),
        ("config/puma/production.rb", "ruby-server"),
        ("config/unicorn.production.rb", "ruby-server"),
        ("lib/pumas/cat.rb", kinds.UNWANTED),
        ("config/routes.rb", kinds.UNWANTED),
        ("deploy/app_gunicorn_conf.py", "gunicorn"),
        ("build/rules.mk", "makefile"),
    ],
)
def test_which_files_have_them(path: str, kind: str) -> None:
    assert kinds.by_name(path) == kind


def test_a_pool_of_php_is_known_by_its_text() -> None:
    assert kinds.by_text("www.conf", "[www]\nuser = w\npm = dynamic\n") == "php-fpm"
    assert kinds.by_text("my.conf", "[mysqld]\nport = 1\n") == kinds.UNWANTED
