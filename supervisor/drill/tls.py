"""TLS over a non-blocking socket, whose own errors stay what they are.

Records go through memory (ssl.MemoryBIO), so a reset is still an errno, and an end without
close_notify is not taken for one with it (RFC 8446, 6.1).
"""

from __future__ import annotations

import errno
import ssl
import time
from collections.abc import Callable, Generator
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import socket

RECORD: Final = 16384  # the most that one record carries
LEAST: Final = 1024  # read at once of what is encrypted, however slow the reader
UNTRUSTED: Final = "Name who certifies it by --ca FILE (`ca`), or trust anybody: --insecure."


class HandshakeError(Exception):
    """The handshake was cut, before any byte of a request was sent."""


class CutError(OSError):
    """The connection ended without close_notify."""


class BrokenTLSError(OSError):
    """What came is no TLS, or an alert that says what is wrong."""


class UntrustedError(OSError):
    """The certificate is not one that was asked for; OSError, as what can't be loaded."""


@dataclass(frozen=True, slots=True)
class Trust:
    """Who must have certified an https server, and who has certified us.

    `ca`        a file (PEM) with who certifies it, or its own certificate; empty: this machine's
    `insecure`  nobody has to
    `cert`      a file (PEM) with our certificate, for a server that asks for one; empty: none
    `key`       a file (PEM) with its key, which no passphrase protects; empty: it is in `cert`
    """

    ca: str = ""
    insecure: bool = False
    cert: str = ""
    key: str = ""

    def context(self) -> ssl.SSLContext:
        """Return what connections are made by. ValueError: a file can't be used."""
        try:
            context = ssl.create_default_context(cafile=self.ca or None)
        except ssl.SSLError:
            raise ValueError(f"cannot use --ca {self.ca}: no certificate is in it") from None
        except OSError as error:
            raise ValueError(f"cannot read --ca {self.ca}: {error.strerror}") from None
        if self.ca:  # a server's own certificate need not be one that certifies others
            context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
            context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        if self.insecure:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if self.cert:
            self._show(context)
        context.set_alpn_protocols(["http/1.1"])
        return context

    def _show(self, context: ssl.SSLContext) -> None:
        """Take our certificate and its key; nobody is asked for a passphrase."""
        files = f"--cert {self.cert}" + (f" --key {self.key}" if self.key else "")
        try:
            context.load_cert_chain(self.cert, self.key or None, password=str)
        except ssl.SSLError:
            why = "it has no certificate with its key in the clear"
            raise ValueError(f"cannot use {files}: {why}") from None
        except OSError as error:
            raise ValueError(f"cannot read {files}: {error.strerror}") from None


class Secured:
    """What a socket has, as far as a client needs it: `recv` and `send` raise its own errors."""

    def __init__(self, sock: socket.socket, context: ssl.SSLContext, host: str) -> None:
        self._socket = sock
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host)
        self._wire = bytearray()  # encrypted, and not sent yet
        self._held = 0  # bytes of the caller's that are in it

    def fileno(self) -> int:
        return self._socket.fileno()

    def close(self) -> None:
        """Say goodbye as far as there is room for it, and close."""
        with suppress(OSError, ValueError):
            self._tls.unwrap()
        with suppress(OSError):
            self._flush()
        self._socket.close()

    def shake(self, until: Callable[[], float]) -> Generator[float, None, None]:
        """Shake hands; HandshakeError: it was cut, UntrustedError: not with this one."""
        while True:
            try:
                if self._step():
                    return
                continue
            except BlockingIOError:
                pass
            except ConnectionError:
                raise HandshakeError("reset in the TLS handshake") from None
            except UntrustedError:
                raise
            except OSError as error:
                name = errno.errorcode.get(error.errno or 0, str(error))
                raise HandshakeError(f"{name} in the TLS handshake") from None
            if time.monotonic() >= until():
                raise HandshakeError("no TLS handshake in time")
            yield until()

    def recv(self, size: int, _flags: int = 0) -> bytes:
        """Read; b"" when the peer has said goodbye. Whoever peeks must not read on."""
        while True:
            try:
                return self._tls.read(size)
            except ssl.SSLWantReadError:
                self._fill(max(size, LEAST))
            except ssl.SSLError as error:
                raise _told(error) from None

    def send(self, data: memoryview) -> int:
        """Return how much of it has left; BlockingIOError: nothing has. Then send it again."""
        sent = 0
        while sent < len(data):
            try:
                if not self._held:
                    self._held = self._tls.write(data[sent : sent + RECORD])
                self._flush()
            except ssl.SSLError:  # it has heard of an end, and what is to come says of which
                raise BrokenPipeError from None
            except BlockingIOError:
                if sent:
                    break
                raise
            sent, self._held = sent + self._held, 0
        return sent

    def _step(self) -> bool:
        """Go on with the handshake; whether it is over."""
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            self._flush()
            self._fill(RECORD)
            return False
        except ssl.SSLCertVerificationError as error:
            with suppress(OSError):
                self._flush()  # the alert that says why
            raise UntrustedError(error.verify_message.rstrip(".")) from None
        except ssl.SSLError as error:
            raise _told(error) from None
        self._flush()
        return True

    def _fill(self, size: int) -> None:
        data = self._socket.recv(size)
        if data:
            self._incoming.write(data)
        else:
            self._incoming.write_eof()

    def _flush(self) -> None:
        self._wire += self._outgoing.read()
        while self._wire:
            del self._wire[: self._socket.send(self._wire)]


def _told(error: ssl.SSLError) -> OSError:
    if isinstance(error, ssl.SSLEOFError):
        return CutError("EOF without close_notify")
    reason: Any = error.reason  # None where OpenSSL has none
    return BrokenTLSError(f"TLS: {str(reason or error).lower().replace('_', ' ')}")
