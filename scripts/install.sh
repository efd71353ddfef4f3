#!/usr/bin/env bash
# Installs what a task needs and is missing: install.sh build | test | bench
set -euo pipefail
cd "$(dirname "$0")/.."

need_swift() {
    if ! command -v swift >/dev/null; then
        echo "Turnpike needs Swift 6.3 or later, and no 'swift' is on the PATH." >&2
        echo "Install it from https://www.swift.org/install/linux/ (swiftly install 6.3), then run make again." >&2
        exit 1
    fi
    local version
    version=$(swift --version 2>/dev/null | grep -oE 'Swift version [0-9]+\.[0-9]+' | grep -oE '[0-9]+\.[0-9]+' | head -1)
    if [ "$(printf '%s\n6.3\n' "$version" | sort -V | head -1)" != 6.3 ]; then
        echo "Turnpike needs Swift 6.3 or later; this is Swift $version." >&2
        echo "Install it from https://www.swift.org/install/linux/ (swiftly install 6.3), then run make again." >&2
        exit 1
    fi
}

# Installs the Debian packages that are missing.
packages() {
    local missing=()
    for name in "$@"; do
        dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q 'ok installed' || missing+=("$name")
    done
    [ ${#missing[@]} -eq 0 ] && return
    if ! command -v apt-get >/dev/null; then
        echo "These packages are missing, and there is no apt-get to install them: ${missing[*]}" >&2
        exit 1
    fi
    local sudo=()
    if [ "$(id -u)" != 0 ]; then sudo=(sudo); fi
    echo "installing ${missing[*]}"
    "${sudo[@]}" apt-get update -qq
    DEBIAN_FRONTEND=noninteractive "${sudo[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# The Python environment of the tests, made anew when its requirements change.
python() {
    local wanted stamp=.venv/requirements.sha256
    wanted=$(sha256sum Tests/EndToEnd/requirements.txt)
    if [ ! -x .venv/bin/python ] || [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
        rm -rf .venv
        python3 -m venv .venv
        .venv/bin/python -m pip install --quiet --disable-pip-version-check -r Tests/EndToEnd/requirements.txt
        echo "$wanted" >"$stamp"
    fi
}

case "${1:-}" in
build)
    need_swift
    packages libsqlite3-dev zlib1g-dev
    ;;
test)
    need_swift
    packages libsqlite3-dev zlib1g-dev curl openssl gcc libc6-dev libssl-dev
    command -v python3 >/dev/null || packages python3
    python3 -c 'import venv, ensurepip' 2>/dev/null || packages python3-venv
    python
    ;;
bench)
    "$0" test
    command -v nginx >/dev/null || packages nginx-light
    packages valgrind util-linux binutils
    ;;
*)
    echo "usage: install.sh build|test|bench" >&2
    exit 64
    ;;
esac
