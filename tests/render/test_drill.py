"""A drill's page, words and XML: all that is in its document, harmless, and for everybody."""

from __future__ import annotations

import io
import json
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from rich.console import Console

from supervisor.errors import UsageError
from supervisor.render import drillchart, drilltables
from supervisor.render.drilljunit import junit
from supervisor.render.drillmodel import Drill, read
from supervisor.render.drillpage import html_drill
from supervisor.render.drillterminal import terminal_drill
from supervisor.render.svg import NARROW, WIDE
from tests.render.drills import NAMES, document, drill
from tests.render.test_html import HOSTILE, Page

SCHEMA = Path(__file__).parents[2] / "supervisor" / "drill" / "drill.schema.json"


def printed(one: Drill, width: int = 100) -> str:
    """What a terminal without colours shows."""
    console = Console(file=io.StringIO(), width=width, highlight=False, no_color=True)
    for part in terminal_drill(one, width):
        console.print(part)
    text = console.file.getvalue()  # type: ignore[attr-defined] # it is a StringIO
    assert isinstance(text, str)
    return text


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_is_a_document(name: str) -> None:
    """As the schema has it."""
    jsonschema.validate(document(name), json.loads(SCHEMA.read_text("utf-8")))


@pytest.mark.parametrize("name", NAMES)
def test_a_page_stands_alone_and_speaks(name: str) -> None:
    """Nothing is fetched or run; every picture and section has a name, and no id comes twice."""
    page = Page(html_drill(drill(name)))
    assert not {"script", "img", "iframe", "object"} & {tag for tag, _attributes in page.tags}
    ids = [attributes["id"] for _tag, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    for tag, attributes in page.tags:
        assert not {"src", "onload", "onclick"} & attributes.keys()
        if tag == "section" or (tag == "svg" and attributes.get("role") == "img"):
            named = attributes["aria-labelledby"] or ""
            assert named
            assert set(named.split()) <= set(ids)
    assert [tag for tag, _ in page.tags if tag == "h1"] == ["h1"]


def test_a_page_says_what_refused_means_over_https() -> None:
    assert "over https TLS's handshake was cut" in unescape(html_drill(drill(NAMES[0])))


def test_a_failure_tells_the_story() -> None:
    """Who was lost, why, what to do, what it logged: on the page, the terminal and in JUnit's."""
    one = drill("killed")
    for text in (html_drill(one), printed(one, 400), junit(one)):
        assert "8 requests were lost of 779 accepted" in text
        assert "no handler for SIGTERM" in text
        assert "start it below an init" in text
        assert "EOF before headers" in text
        assert "172.17.0.1" in text
        assert "137" in text
    assert "Lost requests (8)" in html_drill(one)
    assert "Fits in" not in printed(one)


def test_what_is_known_of_no_platform_is_not_told() -> None:
    """Of one that was killed nobody knows how long it would have taken."""
    assert "On the platforms" in html_drill(drill("passed"))
    assert "On the platforms" not in html_drill(drill("killed"))


def test_a_report_beneath_says_whose_it_is_and_nothing_twice() -> None:
    """A keeper's own is from inside; its cause is told in words, where the page has not told it."""
    assert "The stop from inside" in html_drill(drill("passed"))
    found = document("killed")
    sentence = found["trials"][0]["cause"]["sentence"]
    page = unescape(html_drill(read(found, "x")))
    assert "The stop from outside" in page
    assert "signal-dropped" not in page
    assert page.count(sentence) == 1
    found["trials"][0]["cause"] = None
    assert unescape(html_drill(read(found, "x"))).count(sentence) == 1


def test_a_pass_is_short() -> None:
    """Each trial has its line; nothing is said of a log, and platforms are grouped."""
    text = printed(drill("passed"))
    assert text.startswith("Passed. gracekeeper: all of 2 trials passed")
    assert re.search(r"^ +1 +passed +20 +0 +130 +6 +143 +1\.39 *$", text, re.MULTILINE)
    assert "Fits in: Fly.io, Nomad (5 s); Docker, Compose" in text
    assert "logged" not in text
    assert max(map(len, text.splitlines())) <= 100
    suite = ET.fromstring(junit(drill("passed")))[0]
    assert (suite.get("tests"), suite.get("failures")) == ("2", "0")
    assert suite.find(".//failure") is None


def test_what_the_four_counts_do_not_tell_is_told() -> None:
    """On the terminal, too: a pass whose answers were errors, and requests that never left."""
    found = document("passed")
    one = found["trials"][0]
    one["requests"].update(statuses={"200": 1, "502": 19}, unsent=4992, late=7)
    one["verdict"]["remarks"] = [{"kind": "errors", "sentence": "19 of them were 5xx."}]
    jsonschema.validate(found, json.loads(SCHEMA.read_text("utf-8")))
    text = printed(read(found, "x"))
    assert "Trial 1, which tells most" in text
    assert re.search(r"^Answers that were 5xx +19$", text, re.MULTILINE)
    assert re.search(r"^Due and never sent +4992$", text, re.MULTILINE)
    assert re.search(r"^Sent late +7, because no client was free$", text, re.MULTILINE)
    assert "  - 19 of them were 5xx." in text


def test_the_one_that_tells_most_is_drawn() -> None:
    """Of several trials a failed one, though others took longer."""
    one = drill("passed")
    bad = replace(one.trials[1], ok=False, sentence="It was bad.")
    found = replace(one, ok=False, trials=(one.trials[0], bad))
    assert found.worst is bad
    assert "Trial 2" in printed(found)
    assert ET.fromstring(junit(found)).find(".//failure").get("message") == "It was bad."  # type: ignore[union-attr] # it is there


@pytest.mark.parametrize("name, word", [("passed", "Incomplete"), ("killed", "Failed")])
def test_what_is_missing_is_drawn(name: str, word: str) -> None:
    """No pass, and why the next could not be made; in JUnit's an error, and the rest skipped."""
    found = document(name)
    done, why = len(found["trials"]), "cannot bring it up: `x` ended <at once>."
    found["verdict"]["ok"] = False
    found["incomplete"] = {"done": done, "wanted": done + 3, "why": why}
    jsonschema.validate(found, json.loads(SCHEMA.read_text("utf-8")))
    one = read(found, "x")
    assert printed(one, 400).startswith(f"{word}. ")
    assert "Missing: cannot bring it up: x ended <at once>." in printed(one, 400)
    page = html_drill(one)
    Page(page)
    assert f"<p class=word>{word}</p>" in page
    assert "<b>Missing:</b> cannot bring it up: <code>x</code> ended &lt;at once&gt;." in page
    suite = ET.fromstring(junit(one))[0]
    assert [suite.get(word) for word in ("tests", "errors", "skipped")] == [str(done + 3), "1", "2"]
    cases = suite.findall("testcase")
    assert len({case.get("name") for case in cases}) == len(cases) == done + 3
    assert [case.find("error") is not None for case in cases[done:]] == [True, False, False]
    assert [case.find("skipped") is not None for case in cases[done:]] == [False, True, True]
    assert cases[done].find("error").get("message") == why  # type: ignore[union-attr] # it is there


@pytest.mark.parametrize("name", NAMES)
def test_every_request_is_drawn(name: str) -> None:
    """The picture's columns have all that the counts have; a lost one is never too small."""
    one = drill(name).worst
    for width in (WIDE, NARROW):
        picture = drillchart.draw(one, width, "x")
        for kind, count in (("answered", one.whole.answered), ("lost", one.whole.lost)):
            tips = re.findall(rf"<title>(\d+) {kind}, ", picture)
            assert sum(map(int, tips)) == count
        heights = re.findall(r'height="([\d.]+)" rx="2" class="k-lost"', picture)
        assert all(float(height) >= 3 for height in heights)


def test_the_lost_are_grouped() -> None:
    """Those that were lost in one way are one line, the most first."""
    rows = drilltables.lost(drill("killed").worst).rows
    assert [row[:3] for row in rows] == [
        ("/", "5", "EOF before headers"),
        ("/", "3", "reset before headers"),
    ]


def hostile(value: Any) -> Any:
    """The same with every text followed by what a page or a terminal must not obey."""
    if isinstance(value, dict):
        return {key: hostile(one) for key, one in value.items()}
    if isinstance(value, list):
        return [hostile(one) for one in value]
    return f"{value}{HOSTILE}\x1b[31m\x00" if isinstance(value, str) else value


@pytest.mark.parametrize("name", NAMES)
def test_nothing_in_it_is_obeyed(name: str) -> None:
    """Paths, names and log lines are others' choice."""
    found = document(name)
    for trial in found["trials"]:
        trial["report"] = None  # which has a test of its own
    one = read(hostile(found), name)
    page = html_drill(one)
    Page(page)
    assert "<script" not in page
    assert "onload=" not in re.sub(r"&lt;svg onload=", "", page)
    for text in (page, printed(one), junit(one)):
        assert "\x1b" not in text
        assert "\x00" not in text
    ET.fromstring(junit(one))


@pytest.mark.parametrize(
    "change, why",
    [
        ({"schema": 2}, "another version"),
        ({"trials": []}, "`trials` is not a list of trials"),
        ({"trials": [1]}, "`trials[0]` is not an object"),
        ({"verdict": None}, "`verdict` is not an object"),
        ({"incomplete": {"why": ""}}, "`incomplete.wanted` is not a number"),
    ],
)
def test_another_document_is_refused(change: dict[str, Any], why: str) -> None:
    """In one line that names the field and the right schema."""
    with pytest.raises(UsageError) as error:
        read({**document("killed"), **change}, "x.json")
    assert why in str(error.value)
    assert "report/schema.json" not in str(error.value)


def test_a_drill_without_a_load_is_drawn() -> None:
    """No request was sent: nothing to draw but the stop."""
    found = document("killed")
    trial = found["trials"][0]
    none = dict.fromkeys(("answered", "turned_away", "refused", "lost", "unsent", "late"), 0)
    trial.update(lost=[], buckets=[], over_s=None)
    trial["requests"] = {
        "loaded": False, **none, "p50_s": None, "p99_s": None, "statuses": {}, "parts": {}
    }  # fmt: skip
    one = read(found, "x")
    Page(html_drill(one))
    assert "No requests were sent" in printed(one)


def test_an_access_log_is_told_once() -> None:
    """Lines that differ by their numbers alone are one, with how many there were."""
    found = drilltables.excerpt(drill("killed").worst, 10)
    assert found[0] == "... 4 like the next one"
    assert len(found) == 2


def test_what_a_case_of_junit_s_has() -> None:
    """One trial has no number; what is known of it is in properties, and no reason is made up."""
    found = document("killed")
    trial = found["trials"][0]
    root = ET.fromstring(junit(read(found, "x")))
    (case,) = root.iter("testcase")
    assert case.get("name") == f"{found['site']}: stop"
    told = {one.get("name"): one.get("value") for one in case.iter("property")}
    assert (told["Lost"], told["Exit code"]) == ("8", "137")
    trial["cause"] = None
    trial["verdict"].update(complaints=[], remarks=[])
    failure = next(ET.fromstring(junit(read(found, "x"))).iter("failure"))
    assert failure.text is not None
    assert failure.text.splitlines()[0] == trial["verdict"]["sentence"]
    assert "Why:" not in failure.text
    assert "To do:" not in failure.text


def test_of_a_kill_nobody_tells_how_long_it_could_have_taken() -> None:
    """It has no grace period: `of 0 s` says nothing."""
    found = document("killed")
    found["trials"][0].update(action="kill", grace_s=0.0, killed=False)
    one = read(found, "x")
    for text in (printed(one), html_drill(one)):
        assert "of 0 s" not in text


def test_when_it_was_killed_and_when_a_request_was_sent() -> None:
    """At the grace's end, where that is known; what nobody saw being sent is a moment."""
    found = document("killed")
    trial = found["trials"][0]
    trial.update(seconds=3.5, grace_s=3.0, killed=True)
    trial["lost"][0].update(sent_s=None, lost_s=2.0)
    one = read(found, "x").trials[0]
    assert one.killed_at == 3.0
    assert (one.losses[0].sent, one.losses[0].lost) == (2.0, 2.0)
    assert one.losses[1].sent == trial["lost"][1]["sent_s"]
    assert replace(one, grace=None).killed_at == 3.5
    assert replace(one, killed=False).killed_at is None


def test_a_log_has_lines_alone() -> None:
    found = document("killed")
    found["trials"][0]["log"] = ["a", 1]
    with pytest.raises(UsageError, match="is not a list of texts"):
        read(found, "x")
