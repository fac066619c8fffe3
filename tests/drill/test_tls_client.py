"""https with a certificate of the client's own, for servers that ask for one."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from pathlib import Path

import pytest

from supervisor.drill.load import Fate
from supervisor.drill.tls import Trust
from tests.drill.scripted import OK
from tests.drill.tls import CERTIFIED, PEM, one, secured, server_context


def asking(version: ssl.TLSVersion) -> ssl.SSLContext:
    """A server that talks to one client alone."""
    context = server_context()
    context.maximum_version = version
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(PEM)
    return context


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("apart", [False, True])
def test_a_certificate_is_shown_to_a_server_that_asks(
    version: ssl.TLSVersion, tmp_path: Path, *, apart: bool
) -> None:
    """With its key in the same file, or in another."""
    cert, key = str(PEM), ""
    if apart:
        begin = "-----BEGIN CERTIFICATE-----"
        before, _, after = PEM.read_text().partition(begin)
        certificate, end, rest = after.partition("-----END CERTIFICATE-----\n")
        cert, key = str(tmp_path / "cert.pem"), str(tmp_path / "key.pem")
        Path(cert).write_text(begin + certificate + end)
        Path(key).write_text(before + rest)
    trust = Trust(str(PEM), cert=cert, key=key)
    result = one(secured(OK, "goodbye", asking(version)), trust=trust)
    assert (result.fate, result.reason) == (Fate.ANSWERED, "")


@pytest.mark.parametrize(
    "files",
    [("/nowhere", ""), (str(PEM), "/nowhere"), (__file__, ""), (str(PEM), str(CERTIFIED))],
)
def test_what_is_no_certificate_with_its_key(files: tuple[str, str]) -> None:
    cert, key = files
    with pytest.raises(ValueError, match=f"--cert {cert}") as told:
        Trust(cert=cert, key=key).context()
    assert "\n" not in str(told.value)


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not there")
def test_nobody_is_asked_for_a_passphrase(tmp_path: Path) -> None:
    """A drill in CI would wait for ever."""
    key = tmp_path / "key.pem"
    command = ["openssl", "ec", "-in", str(PEM), "-aes256", "-passout", "pass:x", "-out", str(key)]
    subprocess.run(command, check=True, capture_output=True)
    with pytest.raises(ValueError, match="in the clear"):
        Trust(cert=str(PEM), key=str(key)).context()
