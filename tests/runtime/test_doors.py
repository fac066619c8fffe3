"""Other ways in than HTTP on IPv4: IPv6, uWSGI's own protocol, nginx in front."""

from __future__ import annotations

import json
import os
import shutil
import socket
import struct
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic

import pytest

from supervisor.drill.driver import Driver
from supervisor.drill.traffic import Load
from tests.ports import free_port
from tests.runtime.kept import DEADLINE_S, Kept, route, serving
from tests.runtime.test_serving import get
from tests.runtime.together import together

pytestmark = pytest.mark.process


def has_ipv6() -> bool:
    """Whether ::1 is there."""
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no ::1")
def test_ipv6(tmp_path: Path) -> None:
    """http-socket and the router, ours and the ini's own."""

    def one(folder: Path, mode: str) -> None:
        with serving(folder, mode=mode, host="::1") as (kept, url):
            load = Load(route(url, "/slow?s=0.2"), clients=8, until_refused=20, max_s=20)
            with Driver(load) as driver:
                driver.wait_answered(8)
                driver.wait_in_flight(6)
                kept.ask()
                assert kept.end() == 143, kept.text
                tally = driver.join(20)
            assert tally.lost == 0, (tally.reasons(), kept.text)
            assert tally.turned_away > 0
            assert kept.report["door"] == "steered"

    together(tmp_path, ("http", "http-router", "ini-http", "ini-http-socket"), one, 4)


def packet(path: str, query: str = "") -> bytes:
    """A request in the uwsgi protocol: a header, then pairs of strings with their lengths."""
    variables = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_PROTOCOL": "HTTP/1.1",
        "SERVER_NAME": "test",
        "SERVER_PORT": "0",
        "HTTP_HOST": "test",
    }
    body = b"".join(
        struct.pack("<H", len(text)) + text.encode() for pair in variables.items() for text in pair
    )
    return struct.pack("<BHB", 0, len(body), 0) + body


class Asker:
    """Clients that speak the uwsgi protocol, all at once."""

    def __init__(self, place: str | tuple[str, int], count: int, query: str) -> None:
        self._place, self._query = place, query
        self._pool = ThreadPoolExecutor(count)
        self._sent = threading.Semaphore(0)
        self._answers = [self._pool.submit(self.ask) for _ in range(count)]
        for _ in range(count):
            assert self._sent.acquire(timeout=DEADLINE_S)

    def ask(self) -> bytes:
        """Connect, ask, and read the whole answer."""
        family = socket.AF_UNIX if isinstance(self._place, str) else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as client:
            client.settimeout(DEADLINE_S)
            client.connect(self._place)
            client.sendall(packet("/slow", self._query))
            self._sent.release()
            answer = b""
            while data := client.recv(65536):
                answer += data
            return answer

    def answers(self) -> list[bytes]:
        """Wait for all of them."""
        return [answer.result(DEADLINE_S) for answer in self._answers]

    def close(self) -> None:
        """Let the threads go."""
        self._pool.shutdown()


def place_of(url: str) -> str | tuple[str, int]:
    """Where to connect to."""
    if url.startswith("unix:"):
        return url.removeprefix("unix:")
    return "127.0.0.1", int(url.rpartition(":")[2])


@pytest.mark.parametrize("mode", ["uwsgi", "ini-socket", "ini-unix"])
def test_the_uwsgi_protocol(tmp_path: Path, mode: str) -> None:
    """Twelve in flight are answered; a newcomer gets a 503, which is valid there, too."""
    with serving(tmp_path, mode=mode) as (kept, url):
        asker = Asker(place_of(url), 12, "s=0.3")
        kept.ask()
        turned_away = 0
        while not turned_away:  # the door is shut a moment after the signal
            turned_away += asker.ask().startswith(b"HTTP/1.1 503 ")
        assert kept.end() == 143, kept.text
        answers = asker.answers()
        asker.close()
    assert [answer.split(b"\r\n", 1)[0] for answer in answers] == [b"HTTP/1.1 200 OK"] * 12
    assert all(answer.endswith(b"xxx") for answer in answers)
    assert (kept.report["door"], kept.report["requests"]["turned_away"]) == ("steered", 1)


NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
NGINX_CONF = """
user root;
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 256; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port};
    location / {{
      uwsgi_pass unix:{folder}/app.sock;
      uwsgi_param REQUEST_METHOD $request_method;
      uwsgi_param PATH_INFO $uri;
      uwsgi_param QUERY_STRING $query_string;
      uwsgi_param SERVER_PROTOCOL $server_protocol;
      uwsgi_param SERVER_NAME test;
      uwsgi_param SERVER_PORT 80;
    }}
  }}
}}
"""


def test_behind_nginx(tmp_path: Path) -> None:
    """Its unix socket is replaced under it, and it does not see one error."""
    if NGINX is None or os.getuid() != 0:
        why = "nginx is not installed (Debian: nginx-light)" if NGINX is None else "not root"
        if os.environ.get("REQUIRE_DOCKER") == "1":
            pytest.fail(why)
        pytest.skip(why)
    port = free_port()
    conf = tmp_path / "nginx.conf"
    conf.write_text(NGINX_CONF.format(folder=tmp_path, port=port))
    url = f"http://127.0.0.1:{port}"
    with serving(tmp_path, mode="ini-unix") as (kept, _):
        nginx = subprocess.Popen([NGINX, "-c", str(conf), "-p", str(tmp_path)])
        try:
            wait_for_port(port)
            load = Load(url + "/slow?s=0.3", clients=12, per_client=1)
            with Driver(load) as driver:
                driver.wait_in_flight(12)
                inside = 0
                while inside < 12:  # nginx has passed all of them on
                    found = get_status(kept)
                    inside = found["queued"] + found["serving"]
                kept.ask()
                headers: dict[str, str] = {}
                status = 200
                while status == 200:  # the door is shut a moment after the signal
                    status, headers, _ = get(url, "/late")
                assert (status, headers["Retry-After"]) == (503, "1")
                assert kept.end() == 143, kept.text
                tally = driver.join(20)
            assert get(url, "/")[0] == 502  # nobody is there any more
        finally:
            nginx.terminate()
            nginx.wait(DEADLINE_S)
    assert (tally.statuses(), tally.lost) == ({200: 12}, 0), tally.reasons()
    errors = (tmp_path / "error.log").read_text().splitlines()
    assert [line for line in errors if "(2: No such file" not in line] == []


def get_status(kept: Kept) -> dict[str, int]:
    """Ask the control socket for the connections at the door."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(DEADLINE_S)
        client.connect(kept.control)
        client.sendall(b'{"do": "status"}\n')
        with client.makefile("rb") as answer:
            return dict(json.load(answer)["connections"])


def wait_for_port(port: int) -> None:
    """Wait until somebody listens."""
    until = monotonic() + DEADLINE_S
    while monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
    raise AssertionError(f"nobody listens on port {port}")
