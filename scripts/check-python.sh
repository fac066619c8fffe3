#!/bin/sh
# Tell what a machine lacks before pip fails in the middle of it.
#   scripts/check-python.sh PYTHON
set -eu
python=${1:-}
lacks() {
  echo "setup: $1" >&2
  echo "setup: $2" >&2
  exit 2
}
[ -n "$python" ] || lacks "no Python 3.11 or newer on the PATH" \
  "install one (Debian: apt-get install python3 python3-venv python3-dev) or say PYTHON=/path/to/python3.11"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || lacks \
  "$python is not a Python 3.11 or newer" "choose another with PYTHON=/path/to/python3.11"
"$python" -c 'import venv, ensurepip' 2>/dev/null || lacks \
  "$python has no venv module, so no virtual environment can be made" \
  "Debian: apt-get install python3-venv; else a Python built with ensurepip"
header=$("$python" -c 'import sysconfig; print(sysconfig.get_path("include") + "/Python.h")')
[ -f "$header" ] || lacks "$python has no headers ($header), so uWSGI cannot be compiled" \
  "Debian: apt-get install python3-dev"
command -v "${CC:-gcc}" >/dev/null 2>&1 || lacks "no C compiler (${CC:-gcc}), so uWSGI cannot be compiled" \
  "Debian: apt-get install gcc libc6-dev"
