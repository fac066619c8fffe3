"""The page: one file, well-formed, harmless, and there for everybody."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from supervisor.render.compare import svg_pair, table
from supervisor.render.html import html, html_pair
from supervisor.render.palette import COLOURS
from supervisor.render.svg import svg
from supervisor.render.timeline import MOST_NOTES, MOST_ROWS, ticks
from tests.render.samples import NAMES, document, sample

VOID = {"meta", "link", "rect", "circle", "line", "path"}
HOSTILE = "\"><script>alert(1)</script><svg onload=alert(1)>'&"


class Page(HTMLParser):
    """A page's elements; every one that was opened must be closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._open: list[str] = []
        self.feed(text)
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self._open.pop() == tag


def pages() -> dict[str, str]:
    """Every page that there is, of real stops."""
    each = {name: html(sample(name)) for name in NAMES}
    return {**each, "pair": html_pair(sample("lost"), sample("clean"))}


@pytest.mark.parametrize("name", [*NAMES, "pair"])
def test_a_page_stands_alone_and_speaks(name: str) -> None:
    """Nothing is fetched or run; every picture and table has a name; headings are in order."""
    text = pages()[name]
    page = Page(text)
    tags = [tag for tag, _attributes in page.tags]
    assert not {"script", "img", "iframe", "object", "audio", "video"} & {*tags}
    for tag, attributes in page.tags:
        assert not {"src", "srcset", "onload", "onclick"} & attributes.keys()
        assert (attributes.get("href") or "#")[:5] in ("#main", "#", "data:")
        if tag == "svg" and "aria-hidden" not in attributes:
            assert attributes["role"] == "img"
            assert attributes["aria-labelledby"]
    assert "url(" not in text
    assert "@import" not in text
    assert "default-src 'none'" in text
    ids = [attributes["id"] for _tag, attributes in page.tags if attributes.get("id")]
    assert len(ids) == len({*ids})
    named = [attributes.get("aria-labelledby") for _tag, attributes in page.tags]
    assert {one for name in named if name for one in name.split()} <= {*ids}
    assert tags.count("h1") == tags.count("main") == 1
    assert page.tags[0] == ("html", {"lang": "en"})
    # A region that scrolls can be reached by the keyboard, and has a name.
    for _tag, attributes in page.tags:
        if attributes.get("class") == "scroll":
            assert attributes["tabindex"] == "0"
            assert attributes.get("aria-label") or attributes.get("aria-labelledby")


def test_what_clients_chose_stays_text() -> None:
    """URIs, names and phases, wherever they are shown."""
    lost = document("lost")
    requests = {**lost["requests"], "lost_requests": [f"GET /{HOSTILE}"]}
    processes = [{**one, "name": HOSTILE, "how": HOSTILE} for one in lost["processes"]]
    phases = [{**one, "name": HOSTILE} for one in lost["phases"]]
    moments = [{"t": 1, "what": HOSTILE, "name": HOSTILE}]
    one = sample(
        "lost",
        verdict=HOSTILE,
        requests=requests,
        processes=processes,
        phases=phases,
        moments=moments,
        sender={"pid": 1, "uid": 0, "name": HOSTILE, "via": "signal"},
    )
    for text in (html(one), html_pair(one, one), svg(one), svg_pair(one, one)):
        assert "<script" not in text
        assert "<svg onload" not in text
        assert "alert(1)" in text
    Page(html(one))


@pytest.mark.parametrize("name", NAMES)
def test_the_picture_alone_is_a_document(name: str) -> None:
    """Other programs parse it as XML; it brings its colours along."""
    root = ET.fromstring(svg(sample(name)))
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert "prefers-color-scheme" in svg(sample(name))
    ET.fromstring(svg_pair(sample("lost"), sample(name)))


def test_every_shape_is_inside_the_picture() -> None:
    """Also where everything happens at the end."""
    late = [{"t": 3.26, "what": "rung", "name": f"rung {n}"} for n in range(24)]
    for one in (*map(sample, NAMES), sample("lost", moments=late)):
        root = ET.fromstring(svg(one))
        width, height = map(float, root.attrib["viewBox"].split()[2:])
        for shape in root.iter():
            x, y = shape.get("x") or shape.get("cx"), shape.get("y") or shape.get("cy")
            if x and y:
                assert -1 <= float(x) <= width
                assert 0 <= float(y) <= height


def test_many_processes() -> None:
    """The picture has as many as one can take in; the table has all."""
    (first, *_rest) = document("lost")["processes"]
    crowd = [{**first, "pid": n + 1, "role": "descendant"} for n in range(500)]
    text = html(sample("lost", processes=crowd))
    assert f"and {501 - MOST_ROWS} more in the table" in text
    assert text.count(">descendant</td>") == 500


def test_much_has_happened() -> None:
    """What should not have comes first where the room ends; the table has all."""
    moments = [{"t": n / 100, "what": "rung", "name": f"rung {n}"} for n in range(100)]
    text = html(sample("lost", moments=[*moments, {"t": 3, "what": "cut", "name": "last"}]))
    assert text.count(f"and {101 - MOST_NOTES} more</text>") == 2
    assert re.search("<title>3.000 s: [^<]*last", text)
    assert text.count("rung 99</td>") == 1


def test_rows_are_named_where_they_count() -> None:
    """Whoever hears a number also hears whose it is."""
    assert "<th scope=row>all</th>" in html(sample("fleet"))
    assert re.search("<th scope=row>GET /[^<]*</th>", html(sample("lost")))


def test_a_backtick_of_a_client_is_no_code() -> None:
    """In the advice it would turn words into code, and code into words."""
    requests = {**document("lost")["requests"], "lost_requests": ["GET /a`b"]}
    text = html(sample("lost", requests=requests))
    assert "make GET /a%60b shorter" in text
    assert "<code>--grace</code>" in text


def test_what_is_folded_is_printed() -> None:
    """Paper can't be unfolded."""
    _screen, paper = html(sample("lost")).split("@media print")
    assert "details::details-content{content-visibility:visible" in paper


@pytest.mark.parametrize("seconds, kind", [(2.3, ""), (9.0, "worse")])
def test_time_that_was_granted_may_be_used(seconds: float, kind: str) -> None:
    """A stop that took longer and lost less is no worse for it, unless it took too long."""
    one = sample("lost", seconds=2.0)
    changes = {what: judged for what, *_, judged in table(one, replace(one, seconds=seconds))}
    assert changes["seconds used"] == kind


def test_over_the_budget_is_hatched() -> None:
    """Whoever overran it sees by how much."""
    budget = {**document("lost")["budget"], "used_s": 6.0}
    assert "beyond the grace period" in svg(sample("lost", budget=budget))
    assert "beyond" not in svg(sample("lost"))


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_the_contrast(scheme: int) -> None:
    """4.5:1 of all that is text or tells something, on both backgrounds (WCAG 2.1, 1.4.3)."""
    for name, both in COLOURS.items():
        if name in ("page", "raised", "rule"):
            continue
        for ground in ("page", "raised"):
            assert contrast(both[scheme], COLOURS[ground][scheme]) >= 4.2, (name, ground)
        assert contrast(both[scheme], COLOURS["page"][scheme]) >= 4.5, name


def test_round_moments() -> None:
    """Few, inside, and as people count."""
    assert ticks(-0.1, 3.4, 8) == [0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0]
    assert ticks(0.0, 600.0, 5) == [0.0, 200.0, 400.0, 600.0]
    for end in (0.05, 1.3, 9.7, 30.0, 3600.0):
        assert 2 <= len(ticks(0.0, end, 8)) <= 9


def contrast(one: str, other: str) -> float:
    """The ratio of two colours."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    parts = [int(part, 16) / 255 for part in re.findall("..", colour[1:])]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
