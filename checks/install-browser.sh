#!/bin/sh
# The browser tests drive Chromium. On Debian and Ubuntu it is installed when it is not there; elsewhere the sentence says what to do.
set -eu
if command -v chromium >/dev/null 2>&1; then exit 0; fi
if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null
    exit 0
fi
echo "The browser tests need Chromium. Install it (for example: sudo apt-get install chromium), then run this again." >&2
exit 1
