#!/bin/sh
# The two base images that the project's Dockerfiles start from, where no registry can be reached.
#
#   debian:bookworm-slim         from Debian's packages (debootstrap), slimmed as the official variant is
#   python:3.11-slim-bookworm    the same with Debian's CPython 3.11, at /usr/local/bin as in the official image
#
# An image that is there is left alone; one that can be pulled is pulled; only else is a stand-in made, in about a
# minute. That needs root and debootstrap (installed with apt where it is missing). Without an engine: nothing to do.
#
#   SUITE=bookworm  DEBIAN_IMAGE=...  PYTHON_IMAGE=...  APT_MIRROR=...  PULL_TIMEOUT=60  FORCE=1 (make, do not pull)
set -eu

SUITE=${SUITE:-bookworm}
DEBIAN_IMAGE=${DEBIAN_IMAGE:-debian:$SUITE-slim}
PYTHON_IMAGE=${PYTHON_IMAGE:-python:3.11-slim-$SUITE}
PULL_TIMEOUT=${PULL_TIMEOUT:-60}
CA_BUNDLE=${CA_BUNDLE:-/etc/ssl/certs/ca-certificates.crt}

say() { echo "base images: $*" >&2; }
give_up() {
  say "$1"
  say "$2"
  exit 1
}

# True where the image is there, or could be pulled.
have() {
  [ -z "${FORCE:-}" ] || return 1
  docker image inspect "$1" >/dev/null 2>&1 && return 0
  say "pulling $1"
  timeout "$PULL_TIMEOUT" docker pull --quiet "$1" >/dev/null 2>&1 && return 0
  say "$1 cannot be pulled, making a stand-in"
  return 1
}

need_debootstrap() {
  [ "$(id -u)" = 0 ] || give_up "making $DEBIAN_IMAGE needs root" \
    "run 'sudo sh docker/base/make-base.sh' once, or bring the image with 'docker load'"
  command -v debootstrap >/dev/null 2>&1 && return 0
  command -v apt-get >/dev/null 2>&1 || give_up "making $DEBIAN_IMAGE needs debootstrap" \
    "install debootstrap with your system's package manager, or bring the image with 'docker load'"
  say "installing debootstrap"
  export DEBIAN_FRONTEND=noninteractive
  { apt-get -qq update && apt-get -qq install --no-install-recommends debootstrap; } >/dev/null ||
    give_up "debootstrap cannot be installed" "apt-get install debootstrap tells why"
}

# The mirror that this machine's own apt uses, whatever it is; empty leaves it to debootstrap.
mirror() {
  if [ -n "${APT_MIRROR:-}" ]; then
    echo "$APT_MIRROR"
    return
  fi
  grep -qs '^ID=debian' /etc/os-release || return 0
  cat /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list 2>/dev/null | awk '
    $1 == "URIs:" { print $2; exit }
    $1 == "deb" { for (i = 2; i <= NF; i++) if ($i ~ /:\/\//) { print $i; exit } }' || true
}

# What the official slim variant leaves out, now and for packages that are installed later.
slim() {
  cat >"$1/etc/dpkg/dpkg.cfg.d/docker" <<'END'
path-exclude /usr/share/doc/*
path-include /usr/share/doc/*/copyright
path-exclude /usr/share/groff/*
path-exclude /usr/share/info/*
path-exclude /usr/share/lintian/*
path-exclude /usr/share/locale/*
path-exclude /usr/share/man/*
force-unsafe-io
END
  cat >"$1/etc/apt/apt.conf.d/docker" <<'END'
APT::Install-Recommends "false";
APT::AutoRemove::SuggestsImportant "false";
Acquire::Languages "none";
Acquire::Check-Valid-Until "false";
END
  printf '#!/bin/sh\nexit 101\n' >"$1/usr/sbin/policy-rc.d"
  chmod 755 "$1/usr/sbin/policy-rc.d"
  for folder in groff info lintian locale man; do
    rm -rf "$1/usr/share/$folder"/*
  done
  find "$1/usr/share/doc" -mindepth 2 ! -name copyright ! -type d -delete
  find "$1/usr/share/doc" -type d -empty -delete
  rm -rf "$1"/var/cache/apt/*.bin "$1"/var/cache/apt/archives/*.deb "$1"/var/lib/apt/lists/* \
    "$1"/var/log/*.log "$1"/var/log/apt/* "$1"/var/cache/ldconfig/aux-cache
}

# A closed network often has certificates of its own: what this machine trusts, pip and apt trust inside.
trust() {
  [ -r "$CA_BUNDLE" ] || return 0
  mkdir -p "$1/etc/ssl/certs" "$1/usr/local/share/ca-certificates"
  cp "$CA_BUNDLE" "$1/etc/ssl/certs/ca-certificates.crt"
  cp /usr/local/share/ca-certificates/*.crt "$1/usr/local/share/ca-certificates/" 2>/dev/null || true
  printf '[global]\ncert = /etc/ssl/certs/ca-certificates.crt\n' >"$1/etc/pip.conf"
}

make_debian() {
  need_debootstrap
  source=$(mirror)
  debootstrap --variant=minbase "$SUITE" "$work/root" ${source:+"$source"} >"$work/log" 2>&1 || {
    tail -n 20 "$work/log" >&2
    give_up "debootstrap failed (its last lines are above)" "APT_MIRROR=... names another mirror"
  }
  slim "$work/root"
  trust "$work/root"
  tar -C "$work/root" --numeric-owner -c . | docker import --change 'CMD ["bash"]' \
    --change 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' - "$DEBIAN_IMAGE" >/dev/null
}

make_python() {
  docker build --quiet --tag "$PYTHON_IMAGE" - >"$work/log" 2>&1 <<END || {
FROM $DEBIAN_IMAGE
ENV LANG=C.UTF-8
RUN apt-get update -qq \\
 && apt-get install -y -qq --no-install-recommends python3 python3-pip python3-venv libpython3.11-dev >/dev/null \\
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /usr/lib/python3.11/EXTERNALLY-MANAGED \\
 && rm -f /usr/lib/python3.11/config-*/*.a /usr/lib/*-linux-gnu/libpython3.11.a \\
 && for name in python python3 python3.11; do ln -s /usr/bin/python3.11 /usr/local/bin/\$name; done \\
 && for name in pip pip3; do ln -s /usr/bin/pip3 /usr/local/bin/\$name; done
CMD ["python3"]
END
    tail -n 20 "$work/log" >&2
    give_up "$PYTHON_IMAGE cannot be built (the last lines are above)" "apt inside of containers needs a network"
  }
}

if ! docker info >/dev/null 2>&1; then
  say "no Docker Engine answers, so none are needed"
  exit 0
fi
work=$(mktemp -d)
trap 'rm -rf --one-file-system "$work"' EXIT
trap 'exit 130' INT TERM
have "$PYTHON_IMAGE" || missing_python=yes
have "$DEBIAN_IMAGE" || make_debian
[ -z "${missing_python:-}" ] || make_python
docker image ls --format '{{.Repository}}:{{.Tag}} {{.Size}}' |
  grep -F -e "$DEBIAN_IMAGE " -e "$PYTHON_IMAGE " | sort -u | sed 's/^/base images: have /' >&2
