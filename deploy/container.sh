#!/bin/sh
# The steps of Containerfile: `container.sh ARCHIVE`, as root on Debian. PREFIX=/some/root tries them below another root,
# without the packages and the user of the system.
set -eu

archive=$1
unpacked=$(mktemp -d)
trap 'rm -rf "$unpacked"' EXIT
if [ -z "${PREFIX:-}" ]; then
  apt-get update
  apt-get install -y --no-install-recommends bubblewrap ca-certificates perl
  rm -rf /var/lib/apt/lists/*
  useradd --system --home-dir /var/lib/quarry --shell /usr/sbin/nologin quarry
  install -d -o quarry -g quarry -m 0700 /var/lib/quarry
fi
tar -xzf "$archive" -C "$unpacked" --strip-components=1
"$unpacked/install.sh"
