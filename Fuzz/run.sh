#!/bin/sh
# Builds the fuzz targets and runs each for a while:
#
#     Fuzz/run.sh SECONDS [target...]
#
# With 0 seconds each target only replays its corpus. A target is a folder under corpus/ (json, sse, ...); without any, all
# of them run. Inputs found on the way are kept in the build folder, not among the checked-in seeds; an input that breaks a
# promise is written to findings/ there, and the script ends with an error. FUZZ_SCRATCH names another build folder.
#
# FuzzJSON: no reader traps, and tree, check and walks agree. FuzzSSE: the events do not depend on the cuts. FuzzHTTP1:
# requests and answers do not depend on the cuts, stay within the limits, and are what a plain second reading makes of them.
# FuzzEventStream: messages and faults do not depend on the cuts, and what is written reads back. FuzzChat, FuzzAnthropic,
# FuzzGemini, FuzzConverse: requests, answers and streams of the dialect never trap, and what was read can be written in every
# dialect and says the same there.
set -eu

seconds=${1:?usage: $0 SECONDS [target...]}
shift
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
scratch=${FUZZ_SCRATCH:-$here/.build}
if [ $# -eq 0 ]; then
    for folder in "$here"/corpus/*/; do set -- "$@" "$(basename "$folder")"; done
fi

FUZZ=1
FUZZ_ARCHITECTURE=$(uname -m)
swiftc=$(readlink -f "$(command -v swiftc)")
for folder in "$(dirname "$swiftc")"/../lib/clang/*/lib/linux; do
    if [ -e "$folder/libclang_rt.fuzzer_no_main-$FUZZ_ARCHITECTURE.a" ]; then FUZZ_RUNTIME=$folder; fi
done
: "${FUZZ_RUNTIME:?the toolchain has no libFuzzer}"
# The runtime would otherwise spend seconds on a backtrace of each crash.
SWIFT_BACKTRACE=enable=no
export FUZZ FUZZ_ARCHITECTURE FUZZ_RUNTIME SWIFT_BACKTRACE

swift build -c release --package-path "$here" --scratch-path "$scratch"

status=0
mkdir -p "$scratch/findings"
for target in "$@"; do
    # The executable is named as its target in Package.swift, in whatever case: corpus/json is fuzzed by FuzzJSON.
    program=$(find -L "$scratch/release" -maxdepth 1 -type f -iname "fuzz$target" | head -n 1)
    if [ -z "$program" ]; then
        echo "no fuzz target for corpus/$target" >&2
        exit 1
    fi
    mkdir -p "$scratch/corpus/$target"
    # The bounds on chunk extensions and trailers are 4096 bytes; an input has to get over them.
    case $target in http1) longest=8192 ;; *) longest=4096 ;; esac
    if [ "$seconds" -eq 0 ]; then set -- -runs=0; else set -- -max_total_time="$seconds"; fi
    set -- "$@" -max_len="$longest" -timeout=5 -rss_limit_mb=1024 -print_final_stats=1 \
        -artifact_prefix="$scratch/findings/$target-"
    if [ -e "$here/dictionaries/$target" ]; then set -- "$@" -dict="$here/dictionaries/$target"; fi
    echo "== $target"
    "$program" "$@" "$scratch/corpus/$target" "$here/corpus/$target" || status=1
done
exit $status
