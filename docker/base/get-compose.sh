#!/bin/sh
# Docker Compose v2 and buildx as plugins of the docker command, where they are missing: Debian 12 packages neither.
#
# They come out of the next Debian release's packages, which need no newer C library, and go to DEST; apt's own lists and
# configuration stay as they are. Elsewhere, install your system's docker-compose-plugin and docker-buildx-plugin.
#   get-compose.sh [DEST]     SUITE=trixie
set -eu

DEST=${1:-${DOCKER_CONFIG:-$HOME/.docker}/cli-plugins}
SUITE=${SUITE:-trixie}
KEYS=/usr/share/keyrings/debian-archive-keyring.gpg

give_up() {
  echo "get-compose: cannot install Docker Compose v2: $1" >&2
  exit 1
}

docker compose version >/dev/null 2>&1 && docker buildx version >/dev/null 2>&1 && exit 0
command -v apt-get >/dev/null 2>&1 && [ -r "$KEYS" ] ||
  give_up "this is no Debian. Install docker-compose-plugin and docker-buildx-plugin."

# The mirror that this machine's own apt uses, whatever it is.
mirror=$(cat /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list 2>/dev/null | awk '
  $1 == "URIs:" { print $2; exit }
  $1 == "deb" { for (i = 2; i <= NF; i++) if ($i ~ /:\/\//) { print $i; exit } }') || true
[ -n "$mirror" ] || give_up "apt names no mirror. Write one into /etc/apt/sources.list."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work" # apt reads as a user of its own
mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/packages"
echo "deb [signed-by=$KEYS] $mirror $SUITE main" >"$work/sources.list"
apt() {
  apt-get -q -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=/dev/null \
    -o Dir::State::lists="$work/lists" -o Dir::Cache="$work/cache" -o APT::Sandbox::User=root "$@" >"$work/log" 2>&1 || {
    tail -n 20 "$work/log" >&2
    give_up "apt-get $1 failed (its last lines are above). Check the network, or name another SUITE=."
  }
}
apt update
cd "$work/packages"
apt download "docker-compose/$SUITE" "docker-buildx/$SUITE"
for package in *.deb; do
  dpkg-deb -x "$package" "$work/root"
done
mkdir -p "$DEST"
install -m 755 "$work"/root/usr/libexec/docker/cli-plugins/* "$DEST/"
docker compose version >&2
