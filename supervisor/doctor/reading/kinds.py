"""What a file is: by its name, else by how its text begins."""

from __future__ import annotations

import re
from typing import Final

UNKNOWN: Final = ""  # its beginning decides
UNWANTED: Final = "-"  # nobody needs to look at it

# Names in lower case; the first that matches the whole path counts.
NAMED: Final = tuple(
    (re.compile(rf"(?:.*/)?(?:{pattern})", re.DOTALL), kind)
    for pattern, kind in (
        (r".*\.dockerignore", UNWANTED),
        (r"(dockerfile|containerfile)[^/]*\.(j2|jinja2?|erb|tmpl|gotmpl|mustache|m4)", "template"),
        (
            r"(dockerfile|containerfile)[^/]*\.(md|rst|html|py|go|js|ts|json|lock|orig|rej)",
            UNWANTED,
        ),
        (r"(dockerfile|containerfile)([._-][^/]*)?", "dockerfile"),
        (r"[^/]+\.(dockerfile|containerfile)", "dockerfile"),
        (r"(docker-)?compose([._-][^/]*)?\.ya?ml", "compose"),
        (r"[^/]+[._-]compose\.ya?ml", "compose"),
        (r"\.github/workflows/[^/]+\.ya?ml", "ci"),
        (r"(action|\.gitlab-ci[^/]*|azure-pipelines|bitbucket-pipelines)\.ya?ml", "ci"),
        (r"\.(travis|drone|appveyor|cirrus|woodpecker)\.ya?ml|\.circleci/config\.yml", "ci"),
        (r"jenkinsfile[^/]*", UNWANTED),
        (r"[^/]*uwsgi[^/]*\.xml", "uwsgi-xml"),
        (r"[^/]*uwsgi[^/]*\.json", "uwsgi-json"),
        (r"gunicorn[^/]*\.py|[^/]*gunicorn[._-]?(co?nf|cfg|settings)[^/]*\.py", "gunicorn"),
        (r"(procfile|makefile)[^/]*\.(md|rst|html|py|go|js|ts|rb|json|lock)", UNWANTED),
        (r"procfile([._-][^/]*)?", "procfile"),
        (r"(gnu)?makefile([._-][^/]*)?|[^/]+\.mk", "makefile"),
        (r"[^/]+\.(service|container)", "systemd"),
        (r"[^/]+\.(service|container)\.d/[^/]+\.conf", "systemd-drop-in"),
        (r"pyproject\.toml", "pyproject"),
        (r"gracekeeper\.toml", "settings"),
        (r"package\.json", "package"),
        (r"fly([._-][^/]*)?\.toml", "fly"),
        (r"[^/]*(puma|unicorn)[^/]*\.rb|(puma|unicorn)/[^/]+\.rb", "ruby-server"),
        (r"[^/]+\.(sh|bash|ash|dash|ksh)", "shell"),
        (r"[^/]+\.py", "python"),
        (r"nginx[^/]*\.conf(\.(template|tmpl|tpl))?|[^/]+\.nginx|[^/]*nginx\.conf", "nginx"),
        (r"[^/]+\.(ya?ml|ini|conf|cfg|template|in)", UNKNOWN),
        (r"[^/]+\.(ini|conf|cfg)\.(j2|jinja2?|tmpl|tpl|dist)", UNKNOWN),
        (r"[^/.]+|[^/]*(entrypoint|start|run)[^/]*", UNKNOWN),  # scripts often have no ending
    )
)

SHELLS: Final = ("sh", "bash", "dash", "ash", "ksh", "mksh", "zsh")
NGINX: Final = re.compile(r"^[ \t]*(http|events|server|upstream|location)\b[^;\n]*\{", re.MULTILINE)
SUPERVISORD: Final = re.compile(r"^\[(supervisord|program:[^\]]+|group:[^\]]+)\]", re.MULTILINE)
PHP_FPM: Final = re.compile(
    r"^[ \t]*(?:pm(?:\.max_children)?|request_terminate_timeout|process_control_timeout)[ \t]*=",
    re.MULTILINE,
)
KUBERNETES: Final = (
    re.compile(r"^[\"']?apiVersion[\"']?:", re.MULTILINE),
    re.compile(r"^[\"']?kind[\"']?:", re.MULTILINE),
)
COMPOSE: Final = re.compile(r"^services:[ \t]*(#.*)?$", re.MULTILINE)
IMAGED: Final = re.compile(r"^[ \t]+(image|build|extends):", re.MULTILINE)
UWSGI: Final = re.compile(r"^\[uwsgi\]", re.MULTILINE)
UWSGI_MAP: Final = re.compile(r"^uwsgi:[ \t]*(#.*)?$", re.MULTILINE)
TEMPLATE, HELM = TEMPLATES = ("template", "helm-template")
RENDERED: Final = re.compile(r"^# Source: \S+/templates/", re.MULTILINE)  # `helm template` says so
ACTION: Final = re.compile(r"\{\{-|-\}\}")
GO: Final = re.compile(r"\{\{ *[.$]")
HELMS_OWN: Final = re.compile(r"\{\{[^{}\n]{0,200}(?:\.(?:Values|Release|Chart)\b|\binclude \")")


def by_name(path: str) -> str:
    """Return a kind, UNKNOWN where the text decides, or UNWANTED."""
    lower = path.lower()
    for pattern, kind in NAMED:
        if pattern.fullmatch(lower):
            return kind
    return UNWANTED


def by_text(path: str, head: str) -> str:
    """Return the kind of a file that `by_name` doesn't know, from how it begins; else UNWANTED."""
    head = head.replace("\r\n", "\n")
    if head.startswith("#!"):
        return _of_shebang(head.partition("\n")[0])
    lower = path.lower()
    if lower.endswith((".yml", ".yaml")):
        return _of_yaml(lower, head)
    if UWSGI.search(head):
        return "uwsgi"
    if SUPERVISORD.search(head):
        return "supervisord"
    if lower.endswith(".conf") and PHP_FPM.search(head):
        return "php-fpm"
    if "." in lower.rpartition("/")[2] and NGINX.search(head):
        return "nginx"
    return UNWANTED


def _of_shebang(line: str) -> str:
    words = line[2:].split()
    names = [word.rpartition("/")[2] for word in words if not word.startswith("-")]
    if names[:1] == ["env"]:
        names = [name for name in names[1:] if "=" not in name]
    if not names:
        return UNWANTED
    if names[0] == "busybox":
        names = names[1:] or names
    if names[0] in SHELLS:
        return "shell"
    return "python" if re.fullmatch(r"python[\d.]*", names[0]) else UNWANTED


def _of_yaml(path: str, head: str) -> str:
    if "{{" in head and not RENDERED.search(head):
        if template(head) or ACTION.search(head):
            return HELM
        if "/templates/" in f"/{path}":
            return HELM if GO.search(head) else TEMPLATE
    if all(pattern.search(head) for pattern in KUBERNETES):
        return "kubernetes"
    if COMPOSE.search(head) and IMAGED.search(head):
        return "compose"
    if UWSGI_MAP.search(head):  # by another name it may be anybody's, who has uWSGI's in a part
        return "uwsgi-yaml" if "uwsgi" in path.rpartition("/")[2] else "yaml"
    return UNWANTED


def template(text: str, *, chart: bool = False) -> str:
    """Return HELM for one of its templates, all of it being known; empty for others.

    `chart`: it stands in the `templates` of a chart. What was rendered may have braces, too.
    """
    if "{{" not in text or (not chart and RENDERED.search(text)):
        return ""
    return HELM if chart or HELMS_OWN.search(text) else ""
