"""The same application, saying `Connection: close` while its supervisor drains."""

from __future__ import annotations

from benchmarks.app.plain import application as plain
from supervisor.wsgi import close_while_draining

application = close_while_draining(plain)
