#!/usr/bin/env bash
# Format and forbidden calls, each with its reason. Fails on the first kind of problem found.
set -euo pipefail
cd "$(dirname "$0")/.."

swift format lint --strict --recursive --parallel Sources Tests Package.swift
[ ! -d Fuzz ] || find Fuzz -name '*.swift' -not -path '*/.build*' -type f -exec swift format lint --strict {} +

status=0
# forbid PATTERN REASON [EXCEPTION]: no line of Sources matches, but for files that match EXCEPTION.
forbid() {
    local found
    found=$(grep -rnE "$1" Sources --include='*.swift' | grep -vE "${3:-^$}" || true)
    if [ -n "$found" ]; then
        printf '%s\n  -> %s\n' "$found" "$2" >&2
        status=1
    fi
}
forbid '\bTask\.detached\b' 'background work is a Service with run()'
forbid '\btry!' 'an error the world can cause is handled, an impossible one says why it is impossible'
forbid '\bfatalError\(' 'preconditionFailure with a sentence for impossible states, an error for the rest'
forbid '(^|[^.[:alnum:]_])print\(' 'commands speak through Console, everything else through the log'
forbid '@unchecked Sendable' 'let the compiler prove it, or say beside it what lock or loop makes it true and list it here'
forbid '\bProcessInfo\b' 'the environment is read by the turnpike target and passed in'
forbid 'import (NIO|NIOCore|NIOPosix|Crypto|GRDB|Hummingbird|Yams)$' 'a pure room imports no adapter library' \
    '^Sources/(Transport|Credentials|Gateway|Storage|Admin|turnpike|TurnpikeConfiguration)/'
forbid 'import Foundation$' 'Foundation costs memory and start time; Glibc and the standard library do' \
    '^Sources/(Storage|Admin|TurnpikeConfiguration)/'
exit $status
