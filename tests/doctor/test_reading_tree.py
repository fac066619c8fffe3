"""What is walked, what is read of it, and what is left alone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from supervisor.doctor.finding import Skip
from supervisor.doctor.reading import kinds, tree
from supervisor.doctor.reading.source import LARGEST, Source, decoded


@pytest.mark.parametrize(
    "path, text, kind",
    [
        ("Dockerfile", "", "dockerfile"),
        ("docker/Dockerfile.prod", "", "dockerfile"),
        ("a/api.Dockerfile", "", "dockerfile"),
        ("Dockerfile.dockerignore", "", kinds.UNWANTED),
        ("Dockerfile.j2", "", "template"),
        ("compose.yaml", "", "compose"),
        ("docker-compose.prod.yml", "", "compose"),
        ("stack.yml", "version: '3'\nservices:\n  a:\n    image: b\n", "compose"),
        ("k8s/a.yaml", "# x\napiVersion: v1\nkind: Pod\n", "kubernetes"),
        ("chart/templates/a.yaml", "apiVersion: v1\nkind: {{ .K }}\n", "helm-template"),
        (
            "chart/templates/a.yaml",
            "# Source: a/templates/a.yaml\napiVersion: v1\nkind: Pod\na: '{{ x }}'\n",
            "kubernetes",
        ),
        ("roles/templates/a.yml", "apiVersion: v1\nkind: '{{ x }}'\n", "template"),
        ("a.yaml", "apiVersion: v1\nkind: Pod\na: {{ .Release.Name }}\n", "helm-template"),
        ("a.yaml", "apiVersion: v1\nkind: Pod\na: '{{ $labels.x }}'\n", "kubernetes"),
        ("mkdocs.yml", "site_name: x\n", kinds.UNWANTED),
        (".github/workflows/ci.yml", "", "ci"),
        ("app.ini", "[uwsgi]\nmaster=1\n", "uwsgi"),
        ("app.ini", "[alembic]\n", kinds.UNWANTED),
        ("uwsgi.yaml", "uwsgi:\n  master: 1\n", "uwsgi-yaml"),
        ("values.yaml", "uwsgi:\n  replicas: 1\n", "yaml"),
        ("k8s/uwsgi.yaml", "apiVersion: v1\nkind: Pod\n", "kubernetes"),
        ("etc/app.conf", "[program:x]\r\ncommand=y\r\n", "supervisord"),
        ("etc/nginx.conf", "", "nginx"),
        ("conf.d/default.conf", "upstream a {\n}\n", "nginx"),
        ("gunicorn.conf.py", "", "gunicorn"),
        ("tests/test_gunicorn.py", "", "python"),
        ("Procfile.dev", "", "procfile"),
        ("reading/procfile.py", "", kinds.UNWANTED),
        ("docs/Makefile.md", "", kinds.UNWANTED),
        ("bin/start", "#!/usr/bin/env bash\n", "shell"),
        ("entrypoint", "#!/bin/busybox ash\n", "shell"),
        ("manage", "#!/usr/bin/env -S python3.11 -u\n", "python"),
        ("bin/tool", "\x7fELF", kinds.UNWANTED),
        ("app.service", "", "systemd"),
        ("app.service.d/override.conf", "", "systemd-drop-in"),
        ("main.go", "", kinds.UNWANTED),
    ],
)
def test_what_a_file_is(path: str, text: str, kind: str) -> None:
    found = kinds.by_name(path)
    if found == kinds.UNKNOWN:
        found = kinds.by_text(path, text)
    assert found == kind


@pytest.mark.parametrize(
    "raw, text",
    [
        ("é\r\nb".encode(), "é\nb"),
        (b"\xef\xbb\xbfa", "a"),
        ("a\n".encode("utf-16"), "a\n"),
        (b"\xe9", "é"),
        (b"a\0b", None),
        (b"\xff\xfea", None),
        (b"x" * (LARGEST + 1), None),
    ],
)
def test_bytes_become_text(raw: bytes, text: str | None) -> None:
    found = decoded(raw, "p")
    if isinstance(found, Skip):
        assert text is None
    else:
        assert (found.text, found.crlf) == (text, b"\r\n" in raw)


def test_a_copy_with_another_text_has_other_lines() -> None:
    source = Source("p", "a\nb")
    assert source.line(2) == "b"
    assert source.replace(text="c").line(2) == ""


def test_a_tree_with_everything_in_it(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "Dockerfile").write_text("FROM secret\n")
    root = tmp_path / "root"
    for folder in ("a", "node_modules", "env", "locked"):
        (root / folder).mkdir(parents=True)
        (root / folder / "Dockerfile").write_text("FROM x\n")
    (root / "env/pyvenv.cfg").touch()
    (root / "run").write_text("#!/bin/sh\n")
    (root / "run").chmod(0o755)
    (root / "start").symlink_to("run")
    (root / "loop").symlink_to(".")
    (root / "Dockerfile").symlink_to("../outside/Dockerfile")
    (root / "gone.sh").symlink_to("/nowhere")
    os.mkfifo(root / "pipe.sh")
    (root / "big.sh").write_bytes(b"x" * (LARGEST + 1))
    (root / "binary.py").write_bytes(b"\0")
    (root / os.fsdecode(b"\xff.sh")).write_text("a\n")

    found = tree.walk(str(root))
    assert [(each.path, each.executable) for each in found.sources] == [
        ("a/Dockerfile", False), ("locked/Dockerfile", False), ("run", True), ("�.sh", False),
    ]  # fmt: skip
    assert found.links == {"start": "run"}
    assert {each.place.path: each.why for each in found.skips} == {
        "Dockerfile": "a link that leads out of the tree",
        "gone.sh": "a link that leads out of the tree",
        "pipe.sh": "not a file",
        "big.sh": "larger than 1024 KiB",
        "binary.py": "not text",
    }


def test_limits_are_said(tmp_path: Path) -> None:
    for number in range(5):
        (tmp_path / f"{number}.sh").write_text("a\n")
    for limits in (tree.Limits(files=3), tree.Limits(bytes=7), tree.Limits(entries=3)):
        found = tree.walk(str(tmp_path), limits)
        assert len(found.sources) <= 3
        assert "the rest" in found.skips[-1].why
    deep = tmp_path / "/".join("a" * 50)
    deep.mkdir(parents=True)
    assert "deeply" in tree.walk(str(tmp_path)).skips[0].why


def test_one_file_and_none(tmp_path: Path) -> None:
    (tmp_path / "what.txt").write_text("#!/bin/sh\n")
    assert [each.kind for each in tree.walk(str(tmp_path / "what.txt")).sources] == ["shell"]
    (tmp_path / "what.txt").write_text("hello\n")
    assert tree.walk(str(tmp_path / "what.txt")).skips[0].why == "not known what it is"
    assert "No such file" in tree.walk(str(tmp_path / "nothing")).skips[0].why


def test_what_a_helm_chart_is_made_of_is_not_read(tmp_path: Path) -> None:
    """It says what to do, wherever the braces are; what was rendered is read."""
    long = "# long\n" * 2000
    manifest = "apiVersion: v1\nkind: Pod\nspec: {containers: []}\n"
    files = {
        "app/Chart.yaml": "name: app\n",
        "app/templates/late.yaml": f"{manifest}{long}a: {{{{ tpl . }}}}\n",
        "app/templates/web/compose.yml": "services: {{ x }}\n",
        "app/templates/plain.yaml": manifest,
        "far/late.yaml": f"{manifest}{long}a: {{{{ .Values.a }}}}\n",
        "rendered/app/templates/late.yaml": f"---\n# Source: app/templates/late.yaml\n{manifest}"
        "a: '{{- x }}'\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    found = tree.walk(str(tmp_path))
    assert {one.path for one in found.sources} == {
        "app/templates/plain.yaml", "rendered/app/templates/late.yaml",
    }  # fmt: skip
    skipped = {one.place.path for one in found.skips if "helm template . --output-dir" in one.why}
    assert skipped == {
        "app/templates/late.yaml", "app/templates/web/compose.yml", "far/late.yaml",
    }  # fmt: skip
