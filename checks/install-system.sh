#!/bin/sh
# What the tests need from the system: Chromium to drive, PostgreSQL to store in. On Debian and Ubuntu it is installed when
# it is not there; elsewhere the sentence says what to do.
set -eu
missing=""
command -v chromium >/dev/null 2>&1 || missing="chromium fonts-dejavu-core"
command -v initdb >/dev/null 2>&1 || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$missing postgresql"
[ -n "$missing" ] || exit 0
if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    # shellcheck disable=SC2086
    apt-get install -y -qq --no-install-recommends $missing >/dev/null
    exit 0
fi
case "$missing" in
chromium*)
    echo "The browser tests need Chromium. Install it (for example: sudo apt-get install chromium), then run this again." >&2
    exit 1
    ;;
esac
echo "The tests on PostgreSQL are left out: it is not installed (for example: sudo apt-get install postgresql)." >&2
