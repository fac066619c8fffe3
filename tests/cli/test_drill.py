"""`gracekeeper drill` on real processes: the verdict is in the exit code, and nothing is left."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.cli.command import COMMAND, Done, clean, gracekeeper
from tests.drill.tls import PEM
from tests.ports import free_port

pytestmark = pytest.mark.process
SCHEMA = Path(__file__).parents[2] / "supervisor" / "drill" / "drill.schema.json"
# It answers at once, and its end waits for the requests that run.
KIND = """
import http.server, signal, sys, threading
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.send_header("Content-Length", "2"); self.end_headers()
        self.wfile.write(b"ok")
    def log_message(self, *told): print("asked with password=hunter2", flush=True)
server = http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
server.serve_forever()
sys.exit(143)
"""
RUDE = KIND.replace("lambda *_: threading.Thread(target=server.shutdown).start()", "signal.SIG_IGN")


def drilled(folder: Path, program: str, *options: str) -> tuple[Done, int]:
    """Drill a program; also return its port."""
    port = free_port()
    words = ["--url", f"http://127.0.0.1:{port}/", "--at", "20 requests", *options]
    return gracekeeper(
        folder, "drill", *words, "--", sys.executable, "-c", program, str(port)
    ), port


def listens(port: int) -> bool:
    """Whether somebody answers there."""
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


def test_a_kill_fails_it_and_the_files_say_so(tmp_path: Path) -> None:
    """It ignores TERM, and is killed: exit 1, a page, a document and a case that failed."""
    outs = [word for kind in ("html", "json", "xml") for word in ("--report", f"out.{kind}")]
    done, port = drilled(tmp_path, RUDE, "--grace", "300ms", *outs)
    assert done.code == 1, done.err
    assert done.out.startswith("Failed. ")
    assert not done.err
    assert not listens(port)
    document = json.loads((tmp_path / "out.json").read_text("utf-8"))
    jsonschema.validate(document, json.loads(SCHEMA.read_text("utf-8")))
    (trial,) = document["trials"]
    assert (trial["exit_code"], trial["killed"]) == (137, True)
    failure = ET.parse(tmp_path / "out.xml").getroot().find(".//failure")
    assert failure is not None
    assert "137" in failure.get("message", "")
    page = (tmp_path / "out.html").read_text("utf-8")
    assert "Failed" in page
    for text in (done.out, page, json.dumps(document), failure.text or ""):
        assert "hunter2" not in text
        assert "password=" in text


def test_what_is_not_named_does_not_fail_it(tmp_path: Path) -> None:
    """The same with --fail-on slow and a limit: whoever names what matters is the judge."""
    done, _ = drilled(tmp_path, RUDE, "--grace", "300ms", "--fail-on", "slow", "--slow-after", "9")
    assert done.code == 0, done.out
    assert "137" in done.out
    done, _ = drilled(tmp_path, RUDE, "--grace", "300ms", "--fail-on", "", "--slow-after", "100ms")
    assert done.code == 1
    assert "100 ms" in done.out or "0.1 s is the limit" in done.out


def test_several_trials_as_json(tmp_path: Path) -> None:
    """Nothing but the document on stdout, with both, at the load that was asked for."""
    load = ["--clients", "2", "--path", "/a=2", "--path", "/b", "--keep-alive", "--rate", "200"]
    done, port = drilled(tmp_path, KIND, "--times", "2", "--json", *load)
    found: dict[str, Any] = json.loads(done.out)
    assert [trial["exit_code"] for trial in found["trials"]] == [143, 143]
    assert all(trial["requests"]["answered"] >= 20 for trial in found["trials"])
    assert done.code == int(not found["verdict"]["ok"])
    assert not listens(port)


def test_what_came_before_one_that_cannot_be_done_is_told(tmp_path: Path) -> None:
    """It starts once: exit 3, the first drill is in the reports, and they say what is missing."""
    once = "import os\nos.close(os.open('once', os.O_CREAT | os.O_EXCL))\n"
    outs = [word for kind in ("html", "json", "xml") for word in ("--report", f"out.{kind}")]
    done, _ = drilled(tmp_path, once + KIND, "--times", "3", *outs)
    assert done.code == 3, done
    assert "after 1 of 3 drills: cannot bring it up" in done.err
    assert done.out.startswith(("Incomplete. ", "Failed. "))
    document = json.loads((tmp_path / "out.json").read_text("utf-8"))
    jsonschema.validate(document, json.loads(SCHEMA.read_text("utf-8")))
    assert [trial["exit_code"] for trial in document["trials"]] == [143]
    why = document["incomplete"]["why"]
    assert (document["incomplete"], document["verdict"]["ok"]) == (
        {"done": 1, "wanted": 3, "why": why},
        False,
    )
    assert why.startswith("cannot bring it up")
    error = ET.parse(tmp_path / "out.xml").getroot().find(".//error")
    assert error is not None
    assert error.get("message") == why
    drawn = gracekeeper(tmp_path, "report", "out.json", "--fail-on", "unknown")
    assert drawn.code == 1, drawn
    for told in (done.out, drawn.out, (tmp_path / "out.html").read_text("utf-8")):
        assert "only 1 of 3 trials could be made" in told
        assert "cannot bring it up" in told


SECURE = KIND.replace(
    "server.serve_forever",
    f"""import ssl
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain({str(PEM)!r})
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever""",
)


def test_https_is_drilled_by_its_own_certificate(tmp_path: Path) -> None:
    """Nothing is lost, and a certificate that nobody trusts is a drill that can't be made."""
    url = f"https://127.0.0.1:{free_port()}/"
    words = ["--url", url, "--at", "20 requests", "--clients", "2", "--json"]
    program = ["--", sys.executable, "-c", SECURE, url.rpartition(":")[2].strip("/")]
    for trust in (["--ca", str(PEM)], ["--insecure"]):
        done = gracekeeper(tmp_path, "drill", *words, *trust, *program)
        (trial,) = json.loads(done.out)["trials"]
        assert trial["exit_code"] == 143, done
        assert trial["requests"]["answered"] >= 20
    done = gracekeeper(tmp_path, "drill", *words, *program)
    assert (done.code, done.out) == (3, "")
    assert f"cannot trust {url[:-1]}: self-signed certificate" in done.err
    assert "--ca FILE" in done.err


@pytest.mark.parametrize(
    "words, why",
    [
        (["--", "/nowhere/at-all"], "/nowhere/at-all"),
        (["--", "false"], "false ended with 1"),
        (["--stop-command", "true"], "nobody answers"),
    ],
)
def test_what_cannot_be_drilled_is_told_from_what_failed(
    words: list[str], why: str, tmp_path: Path
) -> None:
    """Exit 3, in one line, and no report that somebody would take for one."""
    url = f"http://127.0.0.1:{free_port()}/"
    done = gracekeeper(tmp_path, "drill", "--url", url, "--report", "out.json", *words)
    assert done.code == 3, done
    assert why in done.err
    assert len(done.err.splitlines()) == 1
    assert not (tmp_path / "out.json").exists()


def test_no_engine_is_no_failure(tmp_path: Path) -> None:
    """Exit 3, and what to do about it."""
    done = gracekeeper(
        tmp_path, "drill", "app:latest", environment={"DOCKER_HOST": "tcp://127.0.0.1:1"}
    )
    assert done.code == 3, done
    assert "DOCKER_HOST" in done.err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda one: one.name)
def test_whoever_interrupts_it_leaves_nothing(number: signal.Signals, tmp_path: Path) -> None:
    """Exit 130, without a word and without waiting for answers; the command is gone."""
    port = free_port()
    inside = tmp_path / "inside"
    os.mkfifo(inside)
    hanging = (
        f"if self.path == '/hang': open({str(inside)!r}, 'w').close(); threading.Event().wait()"
    )
    program = KIND.replace("self.send_response", f"{hanging}\n        self.send_response")
    words = ["drill", "--url", f"http://127.0.0.1:{port}/hang", "--at", "1h"]
    with subprocess.Popen(
        [COMMAND, *words, "--", sys.executable, "-c", program, str(port)],
        cwd=tmp_path,
        env=clean(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as one:
        with inside.open() as pipe:
            pipe.read()
        one.send_signal(number)
        out, err = one.communicate(timeout=15)  # an answer would be waited for twice as long
    assert (one.returncode, out, err.strip()) == (130, "", "")
    assert not listens(port)


def test_a_document_is_drawn_again(tmp_path: Path) -> None:
    """`report` takes what `drill` wrote: in words, as a page, and with --fail-on."""
    document = str(Path(__file__).parents[1] / "render" / "drills" / "killed.json")
    done = gracekeeper(tmp_path, "report", document, "--fail-on", "lost")
    assert done.code == 1
    assert done.out.startswith("Failed. ")
    assert gracekeeper(tmp_path, "report", document, "--html", "x.html").code == 0
    assert "drill" in (tmp_path / "x.html").read_text("utf-8")
    assert gracekeeper(tmp_path, "report", document, "--svg", "-").code == 2
    assert gracekeeper(tmp_path, "report", "--compare", document, document).code == 2
