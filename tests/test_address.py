"""Addresses, as they are written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor.address import Address, parse
from supervisor.errors import UsageError


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (":80", Address("inet", "", 80)),
        ("*:80", Address("inet", "", 80)),
        ("127.0.0.1:80", Address("inet", "127.0.0.1", 80)),
        ("host.name:65535", Address("inet", "host.name", 65535)),
        ("[::1]:80", Address("inet6", "::1", 80)),
        ("[::]:80", Address("inet6", "::", 80)),
        ("/run/a.sock", Address("unix", path="/run/a.sock")),
        ("./a.sock", Address("unix", path="./a.sock")),
        ("unix:a.sock", Address("unix", path="a.sock")),
        ("/with:colon", Address("unix", path="/with:colon")),
    ],
)
def test_parse(text: str, address: Address) -> None:
    """Every form that the message about a malformed one names."""
    assert parse(text) == address


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "there is no port"),
        ("80", "there is no port"),
        ("host", "there is no port"),
        ("host:", "'' is not a port"),
        ("host:http", "'http' is not a port"),
        (":0", "'0' is not a port"),
        (":65536", "'65536' is not a port"),
        (":-1", "'-1' is not a port"),
        (":8٣", "is not a port"),
        (f":{'9' * 5000}", "is not a port"),
        ("::1:80", "an IPv6 address needs brackets"),
        ("[::1]", "'1]' is not a port"),
        ("[host]:80", "'host' is no IPv6 address"),
        ("[]:80", "'' is no IPv6 address"),
        ("http://host:80", "an IPv6 address needs brackets"),
        ("a b:80", "'a b' is not a host"),
        ("a/b:80", "'a/b' is not a host"),
        ("unix:", "it names no file"),
        ("/dir/", "it names no file"),
        ("/nul\0", "it names no file"),
        (f"/{'x' * 107}", "a socket's path has room for 107 bytes"),
        (f"/{'ä' * 54}", "a socket's path has room for 107 bytes"),
    ],
)
def test_malformed(text: str, why: str) -> None:
    """What is wrong, where it is written, and how it should look."""
    with pytest.raises(UsageError) as found:
        parse(text, "app.ini:7")
    assert why in str(found.value)
    assert "(app.ini:7)" in str(found.value)
    assert "HOST:PORT" in str(found.value)


@given(st.text(alphabet="[]:.*/1a \0", max_size=12))
def test_any_text(text: str) -> None:
    """An address or an error, and what was read is written alike."""
    try:
        address = parse(text)
    except UsageError:
        return
    assert parse(str(address)) == address or address.family == "unix"


@pytest.mark.parametrize(
    ("text", "reachable", "sockaddr"),
    [
        (":80", "127.0.0.1", ("", 80)),
        ("0.0.0.0:80", "127.0.0.1", ("0.0.0.0", 80)),
        ("[::]:80", "::1", ("::", 80)),
        ("10.0.0.1:80", "10.0.0.1", ("10.0.0.1", 80)),
        ("/a", "", "/a"),
    ],
)
def test_how_it_is_reached(text: str, reachable: str, sockaddr: object) -> None:
    """Bound to all means reached on the loopback."""
    address = parse(text)
    assert address.sockaddr == sockaddr
    if address.family != "unix":
        assert address.reachable == reachable
