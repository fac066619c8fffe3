#!/bin/sh
# A database password for docker/compose.yaml, made up once; docker/secrets is never committed and never in an image.
#   docker/make-secrets.sh [FOLDER]
set -eu
folder=${1:-$(dirname "$0")/secrets}
mkdir -p "$folder"
chmod 700 "$folder"
[ -s "$folder/db_password" ] || {
  od -An -N24 -tx1 /dev/urandom | tr -d ' \n' >"$folder/db_password.new"
  # Containers read it as a user of their own; on this side the folder keeps it.
  chmod 444 "$folder/db_password.new"
  mv "$folder/db_password.new" "$folder/db_password"
}
