#!/bin/sh
# Install what the tests need beside Python: the PostgreSQL server programs and Dovecot's IMAP server. No server is started and
# none is configured; the tests run their own and throw them away. Nothing happens when the programs are there already.
set -eu
fail() { echo "install_system_packages: $*" >&2; exit 2; }
postgresql() { command -v initdb >/dev/null 2>&1 || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; }
dovecot() { for folder in /usr/lib/dovecot /usr/libexec/dovecot "$(command -v brew >/dev/null 2>&1 && brew --prefix)/libexec/dovecot"; do [ -x "$folder/imap" ] && return; done; return 1; }
missing=""
postgresql || missing="$missing postgresql"
dovecot || missing="$missing dovecot-imapd"
if [ -z "$missing" ]; then
  echo "PostgreSQL server programs and Dovecot are installed"
  exit 0
fi
command -v apt-get >/dev/null 2>&1 ||
  fail "missing:$missing; install PostgreSQL 14.9 or newer and Dovecot 2.3 yourself; on macOS: brew install postgresql@17 dovecot, and put postgresql's bin folder on PATH"
root=""
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null 2>&1 || fail "run as root: apt-get install$missing"
  root=sudo
fi
# The packages would start servers of their own; the tests do not want them.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
  trap '$root rm -f $policy' EXIT
  printf '#!/bin/sh\nexit 101\n' | $root tee $policy >/dev/null
  $root chmod 755 $policy
fi
$root mkdir -p /etc/postgresql-common
[ -e /etc/postgresql-common/createcluster.conf ] || echo "create_main_cluster = false" | $root tee /etc/postgresql-common/createcluster.conf >/dev/null
$root apt-get update -q || fail "the lists of packages could not be fetched (apt-get update)"
# shellcheck disable=SC2086  # one word a package
$root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing || fail "could not install:$missing"
postgresql || fail "postgresql is installed, but its server programs were not found in /usr/lib/postgresql/*/bin"
dovecot || fail "dovecot-imapd is installed, but dovecot and its imap program were not found"
