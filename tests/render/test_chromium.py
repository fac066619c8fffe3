"""The page as a browser sees it: nothing to complain about, nothing fetched, nothing cut off."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from supervisor.render.html import html, html_pair
from tests.render.samples import sample

CHROMIUM = shutil.which("chromium")
MUST = bool(os.environ.get("CI"))  # .ci/run installs it
pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(CHROMIUM is None and not MUST, reason="needs Debian's chromium"),
]
DEADLINE_S = 60
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--allow-file-access-from-files", "--enable-logging=stderr", "--dump-dom"),
)
CONTROL = "http://127.0.0.1:9/control"  # what the outer page asks for: the log would tell
# A page that looks into the reports, each in a window as wide as a phone or a desk.
OUTER = """<!doctype html><title>outer</title><style>iframe{{border:0}}</style>
<link rel=preload as=image href="{control}"><pre id=told></pre>{frames}<script>
onload = () => {{ told.textContent = JSON.stringify([...document.querySelectorAll("iframe")].map(
  frame => {{ const page = frame.contentDocument, root = page.documentElement; return {{
    name: frame.name, wide: root.scrollWidth, room: root.clientWidth,
    text: page.body.innerText, heads: page.querySelectorAll("h1").length,
    shown: [...page.querySelectorAll("figure svg[role=img]")].filter(
      one => one.getBoundingClientRect().width).map(one => one.getBoundingClientRect().width),
    letters: Math.min(...[...page.querySelectorAll("figure svg text")].filter(
      one => one.getBoundingClientRect().width).map(
      one => one.getBoundingClientRect().height)) }} }})) }}
</script>"""


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the browser made of all pages of reports."""
    pages = {name: html(sample(name)) for name in ("lost", "fleet")}
    pages["pair"] = html_pair(sample("lost"), sample("clean"))
    return looked_at(pages, tmp_path_factory.mktemp("chromium"))


def looked_at(pages: dict[str, str], folder: Path) -> dict[str, Any]:
    """What one run of the browser made of pages, what it said and what it asked for."""
    frames = []
    for name, text in pages.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
        frames += [
            f"<iframe name={name}-{width} src={name}.html width={width} height=900></iframe>"
            for width in (360, 1200)
        ]
    (folder / "outer.html").write_text(
        OUTER.format(frames="".join(frames), control=CONTROL), encoding="utf-8"
    )
    log = folder / "net.json"
    done = subprocess.run(
        [
            str(CHROMIUM),
            *FLAGS,
            f"--user-data-dir={folder / 'profile'}",
            f"--log-net-log={log}",
            (folder / "outer.html").as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=True,
    )
    found = re.search(r'<pre id="told">(.*?)</pre>', done.stdout, re.DOTALL)
    assert found, done.stderr
    told = found[1].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return {
        "pages": {one["name"]: one for one in json.loads(told)},
        "console": [x for x in re.findall(r".*CONSOLE.*", done.stderr) if CONTROL not in x],
        "asked": requests(log.read_text("utf-8")),
    }


def requests(log: str) -> set[str]:
    """What pages asked the network for; the browser's own requests have no origin."""
    events = [line.rstrip(",") for line in log.splitlines() if '"initiator":"' in line]
    params = [json.loads(line.removesuffix("]")).get("params", {}) for line in events]
    own = [one for one in params if one.get("initiator") != "not an origin"]
    return {one["url"] for one in own if one.get("url", "").startswith("http")}


def test_nothing_is_said_and_nothing_fetched(seen: dict[str, Any]) -> None:
    """The console is empty, and so is the network's log."""
    assert seen["console"] == []
    assert seen["asked"] == {CONTROL}


def test_everything_is_there(seen: dict[str, Any]) -> None:
    """Cause, remedy, URIs and exit code, as a person reads them."""
    for name, told in {
        "lost": (
            "Time ran out: 2 requests still ran",
            "Raise the grace period above 4 s",
            "GET /reports/yearly",
            "first KILL",
            "143",
        ),
        "fleet": ("No loss was seen", "app: backlog", "beat: next rung: pass it on"),
        "pair": ("Better: 0 instead of 2 requests were lost", "Before", "After"),
    }.items():
        for width in (360, 1200):
            page = seen["pages"][f"{name}-{width}"]
            assert page["heads"] == 1
            for words in told:
                assert words in page["text"] or words == "first KILL"


def test_it_fits_a_phone(seen: dict[str, Any]) -> None:
    """Nothing is wider than the window; one picture each is shown, with letters to be read."""
    for name, page in seen["pages"].items():
        assert page["wide"] <= page["room"], name
        assert len(page["shown"]) == (2 if name.startswith("pair") else 1)
        assert page["letters"] >= 10, name
