#!/bin/sh
# Resolve requirements/*.in and pyproject.toml into hashed locks. No index and no host ends up in them.
#   scripts/lock.sh UV [OPTION ...]     options go to `uv pip compile`, --upgrade for instance
set -eu
uv=$1
shift
compile() {
  "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes \
    --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" "$@"
}
compile "$@" requirements/build.in -o requirements/build.txt
compile "$@" pyproject.toml requirements/app.in --extra uwsgi -o requirements/app.txt
compile "$@" pyproject.toml requirements/bench.in -o requirements/bench.txt
compile "$@" pyproject.toml requirements/app.in requirements/dev.in --extra uwsgi --extra testing --extra doctor \
  -o requirements/dev.txt
compile "$@" requirements/test.in -o requirements/test.txt
