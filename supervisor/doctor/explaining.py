"""A rule's page, made from the rule: what it finds, why it matters, examples, evidence."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from supervisor.doctor.ignoring import ABOUT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from supervisor.doctor.rule import Example, Rule

LANGUAGES: Final = (
    (re.compile(r"(^|/|\.)(docker|container)file", re.IGNORECASE), "dockerfile"),
    (re.compile(r"\.ya?ml$"), "yaml"),
    (re.compile(r"\.(sh|bash)$|entrypoint[^.]*$"), "sh"),
    (re.compile(r"\.(ini|conf|cfg)$"), "ini"),
    (re.compile(r"\.py$"), "python"),
    (re.compile(r"\.toml$"), "toml"),
)
HUB: Final = "https://github.com"  # sends an issue's address on to a pull request's
THREAD: Final = re.compile(r"([\w.-]+/[\w.-]+)#(\d+)")


def page(rule: Rule) -> str:
    """Return it as Markdown."""
    return "\n".join(_page(rule)) + "\n"


def comment_pages() -> dict[str, str]:
    """Return the pages of findings on comments, which no rule makes, by id."""
    return {name: f"# {name}\n\n{told}\n" for name, told in ABOUT.items()}


def index(rules: Iterable[Rule]) -> str:
    """Return the page that lists all of them."""
    lines = [
        "# What `gracekeeper doctor` looks for",
        "",
        "Each rule's page says what happens, what was measured, and what to do. The severity is",
        "the highest that it gives: a finding has less where less is known.",
        "",
        "| rule | severity | |",
        "|---|---|---|",
    ]
    lines += [f"| [{one.id}]({one.id}.md) | {one.severity} | {one.title} |" for one in rules]
    names = " and ".join(f"[{name}]({name}.md)" for name in ABOUT)
    lines += ["", f"Comments that silence nothing are told as {names}."]
    return "\n".join(lines) + "\n"


def _page(rule: Rule) -> Iterator[str]:
    yield f"# {rule.id}"
    yield ""
    yield f"**{rule.title}.** Severity: {rule.severity}, or less where less is known."
    yield ""
    yield rule.why
    yield ""
    yield "## What to do"
    yield ""
    yield rule.fix
    yield ""
    yield "## Found"
    yield ""
    for example in rule.bad:
        yield from _example(example)
    if rule.good:
        yield "## Not found"
        yield ""
    for example in rule.good:
        yield from _example(example)
    if rule.evidence:
        yield "## Evidence"
        yield ""
        yield from (f"- {linked(one)}" for one in rule.evidence)
        yield ""
    yield "## When it is meant"
    yield ""
    yield f"Write the reason on its line, or above it: `# gracekeeper: ignore {rule.id} REASON`."


def _example(example: Example) -> Iterator[str]:
    path, _, line = example.at.rpartition(":")
    if path:
        told = f" as {example.severity}" if example.severity else ""
        yield f"At line {line} of `{path}`{told}:"
        yield ""
    alone = len(example.files) == 1 and (not path or example.files[0][0] == path)
    for name, text in example.files:
        if not text.strip():
            continue
        if not alone or not path:
            yield f"`{name}`"
            yield ""
        yield from _block(name, text)
    if example.fixed:
        yield "After `--fix --write`:"
        yield ""
        yield from _block(path, example.fixed)


def _block(name: str, text: str) -> Iterator[str]:
    language = next((known for pattern, known in LANGUAGES if pattern.search(name)), "text")
    fence = "````" if "```" in text else "```"
    yield f"{fence}{language}"
    yield from text.rstrip("\n").split("\n")
    yield fence
    yield ""


def urls(evidence: Iterable[str]) -> list[str]:
    """Return where evidence can be read on the web; a file of a source has no address."""
    found = []
    for one in evidence:
        if one.startswith("https://"):
            found.append(one)
        else:
            found += [f"{HUB}/{repo}/issues/{number}" for repo, number in THREAD.findall(one)]
    return found


def linked(evidence: str) -> str:
    """Make a link of a thread's name; all else stays as it is."""
    if evidence.startswith("https://"):
        return f"<{evidence}>"
    return THREAD.sub(rf"[\g<0>]({HUB}/\1/issues/\2)", evidence)
