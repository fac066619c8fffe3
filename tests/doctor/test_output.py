"""What findings look like to people, editors, GitHub and other programs."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator, Draft202012Validator

from supervisor.doctor import document
from supervisor.doctor.checkup import Change, Checkup, Item
from supervisor.doctor.examine import all_rules
from supervisor.doctor.finding import HIGH, INFO, Edit, Finding, Place, Skip
from supervisor.doctor.output.github import github
from supervisor.doctor.output.markdown import markdown
from supervisor.doctor.output.sarif import sarif
from supervisor.doctor.output.text import text

HERE = Path(__file__).parent
# As OASIS publishes it: docs.oasis-open.org/sarif/sarif/v2.1.0, Schemata/sarif-schema-2.1.0.json.
SARIF = Draft7Validator(
    json.loads((HERE / "sarif-schema-2.1.0.json").read_text(encoding="utf-8")),
    format_checker=Draft7Validator.FORMAT_CHECKER,
)
OWN = Draft202012Validator(
    json.loads(Path(document.__file__).with_name("doctor.schema.json").read_text(encoding="utf-8"))
)
RULES = {rule.id: rule for rule in all_rules()}

HOSTILE = "a b/%\n:,|`<b>\x1b[31m.yml"


def item(path: str = "Dockerfile", line: str = "CMD gunicorn app", why: str = "It waits.") -> Item:
    place = Place(path, 2)
    after = 'CMD ["gunicorn", "app"]'
    one = Finding(
        "shell-form", HIGH, place, why, "Use JSON.", (Edit(place, after),), ("compose.yml:3: uses",)
    )
    return Item(one, ((2, line),), "", "", (Change(place, (line,), (after,)),))


def checkup(*items: Item) -> Checkup:
    return Checkup(items, (Skip(Place("big.sh", 7), "too large"),), files=3, services=1)


CHECKUPS = (
    checkup(),
    checkup(item(), item("docker/Dockerfile")),
    checkup(item(HOSTILE, "``` \x1b]0;x\x07 | <script>", "a | `b` <i>\n::error::x %0A")),
    checkup(Item(Finding("ignore-unused", INFO, Place(""), "w", "f"))),
)


@pytest.mark.parametrize("found", CHECKUPS)
def test_sarif_is_what_the_standard_says(found: Checkup) -> None:
    told = json.loads(json.dumps(sarif(found, RULES)))
    assert [error.message for error in SARIF.iter_errors(told)] == []
    assert len(told["runs"][0]["results"]) == len(found.items)


@pytest.mark.parametrize("found", CHECKUPS)
def test_json_is_what_its_schema_says(found: Checkup) -> None:
    told: dict[str, Any] = json.loads(json.dumps(document.data(found, RULES)))
    assert [error.message for error in OWN.iter_errors(told)] == []


def test_sarif_replaces_the_line_and_leaves_its_end() -> None:
    result = sarif(checkup(item()), RULES)["runs"][0]["results"][0]
    replacement = result["fixes"][0]["artifactChanges"][0]["replacements"][0]
    region = replacement["deletedRegion"]
    line = "CMD gunicorn app"
    assert (region["startLine"], region["endLine"], region["endColumn"]) == (2, 2, len(line) + 1)
    assert replacement["insertedContent"]["text"] == 'CMD ["gunicorn", "app"]'


def test_evidence_can_be_followed_in_every_form_that_has_links() -> None:
    found = checkup(item())
    thread = next(one for one in RULES["shell-form"].evidence if "#" in one)
    url = f"https://github.com/{thread.replace('#', '/issues/')}"
    link = f"[{thread}]({url})"
    assert url in document.data(found, RULES)["findings"][0]["links"]
    assert link in "\n".join(markdown(found, RULES))
    help_ = sarif(found, RULES)["runs"][0]["tool"]["driver"]["rules"][0]["help"]
    assert link in help_["markdown"]


def test_an_annotation_is_one_line_whatever_is_in_it() -> None:
    lines = list(github(CHECKUPS[2]))
    assert len(lines) == 2
    assert "\n" not in "".join(lines)
    command, properties, message = re.fullmatch(r"::(\w+) (.*?)::(.*)", lines[0]).groups()  # type: ignore[union-attr]
    assert command == "error"
    assert "file=a b/%25%0A%3A%2C|" in properties
    assert message.startswith("a | `b` <i>%0A::error::x %250A")


def test_a_comment_shows_nothing_as_markup() -> None:
    told = "\n".join(markdown(CHECKUPS[2], RULES))
    assert "\x1b" not in told
    assert r"a \| `b` \<i\>" in told
    assert "````\n``` " in told  # a longer fence around a fence


def test_a_terminal_obeys_nothing_of_a_file() -> None:
    told = "\n".join(line.plain for line in text(CHECKUPS[2], 100))
    assert "\x1b" not in told
    assert "\x07" not in told


def test_text_fits_and_tells_what_was_not_read() -> None:
    lines = [line.plain for line in text(checkup(item(why="word " * 60)), 60)]
    assert max(map(len, lines)) <= 60
    assert "  big.sh:7: too large" in lines
    assert lines[-2:] == [
        "1 high in 3 files, 1 service (1 not read).",
        "--fix shows 1 patch; --explain ID tells more.",
    ]
