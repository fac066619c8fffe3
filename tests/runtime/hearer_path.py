"""Where the command that hears is, and what it ends with."""

from __future__ import annotations

import sys
from pathlib import Path

HEARER = (sys.executable, str(Path(__file__).with_name("hearer.py")))
CODE = 40
