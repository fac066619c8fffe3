"""What uWSGI loads: the sample app, which tells keep-alive clients to leave while it drains."""

from __future__ import annotations

from sample_app import create_app
from supervisor.wsgi import close_while_draining

application = close_while_draining(create_app())
