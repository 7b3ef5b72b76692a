#!/bin/sh
# Install what the tests need beside Python: the PostgreSQL server programs. No server is started and none is configured;
# the tests run one of their own and throw it away. Nothing happens when the programs are there already.
set -eu
found() { command -v initdb >/dev/null 2>&1 || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; }
if found; then
  echo "PostgreSQL server programs are installed"
  exit 0
fi
if ! command -v apt-get >/dev/null 2>&1; then
  echo "install PostgreSQL 14.9 or newer yourself; on macOS: brew install postgresql@17 and put its bin folder on PATH" >&2
  exit 2
fi
root=""
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null 2>&1 || { echo "run as root: apt-get install postgresql" >&2; exit 2; }
  root=sudo
fi
# The package would create and start a server of its own; the tests do not want it.
$root mkdir -p /etc/postgresql-common
[ -e /etc/postgresql-common/createcluster.conf ] || echo "create_main_cluster = false" | $root tee /etc/postgresql-common/createcluster.conf >/dev/null
$root apt-get update -q
$root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends postgresql
found || { echo "postgresql is installed, but its server programs were not found in /usr/lib/postgresql/*/bin" >&2; exit 2; }
