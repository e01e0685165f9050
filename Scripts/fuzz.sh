#!/usr/bin/env bash
# Builds the fuzz targets apart from everything else and gives each parser so many seconds (SECONDS_EACH). Crashing inputs are kept in
# .build-fuzz/crashes. PARSERS names some instead of all. Exit status 1 when one crashed; where the toolchain has no libFuzzer that is told,
# and counted as not run.
set -uo pipefail
cd "$(dirname "$0")/.."
swift=${SWIFT:-swift}
seconds=${SECONDS_EACH:-60}
build=.build-fuzz
products="vault-fuzz spreadsheets-fuzz submissions-fuzz"
flags=(-c release --scratch-path "$build" -Xswiftc -enable-testing -Xswiftc -sanitize=fuzzer,address -Xswiftc -use-ld=lld)

probe=$(mktemp -d)
trap 'rm -rf "$probe"' EXIT
printf '@_cdecl("LLVMFuzzerTestOneInput") public func one(_ bytes: UnsafeRawPointer, _ count: Int) -> CInt { 0 }\n' > "$probe/probe.swift"
compiler=$(dirname "$(readlink -f "$(command -v "$swift")")")/swiftc
if ! "$compiler" -parse-as-library -sanitize=fuzzer,address -use-ld=lld "$probe/probe.swift" -o "$probe/probe" >"$probe/log" 2>&1; then
    echo "this toolchain has no libFuzzer, or no lld: $(tail -n 1 "$probe/log")"
    echo "fuzz: 0 parsers run, 23 NOT RUN"
    exit 0
fi

for product in $products; do PLUMBLINE_FUZZ=1 "$swift" build "${flags[@]}" --product "$product" || exit 1; done
# Swift's backtracer hangs under the address sanitizer.
export SWIFT_BACKTRACE=enable=no
export ASAN_OPTIONS=detect_leaks=0${ASAN_OPTIONS:+:$ASAN_OPTIONS}
declare -A fuzzers
every=
for product in $products; do
    for parser in $("$build/release/$product" list); do
        fuzzers[$parser]=$build/release/$product
        every="$every $parser"
    done
done
parsers=${PARSERS:-$every}
mkdir -p "$build/crashes"
crashed=0 run=0
printf '%-12s %12s %8s %10s %9s  %s\n' parser executions "per s" coverage features crashes
for parser in $parsers; do
    fuzzer=${fuzzers[$parser]:?there is no parser of that name}
    corpus=$build/corpus/$parser
    mkdir -p "$corpus"
    "$fuzzer" seeds "$parser" "$corpus" || exit 1
    log=$build/$parser.log
    "$fuzzer" "$parser" "$corpus" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=4096 -max_len=8192 -print_final_stats=1 \
        -artifact_prefix="$build/crashes/$parser-" >"$log" 2>&1
    status=$?
    run=$((run + 1))
    executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log" | tail -n 1)
    speed=$(sed -n 's/^stat::average_exec_per_sec: *//p' "$log" | tail -n 1)
    coverage=$(grep -oE 'cov: [0-9]+' "$log" | tail -n 1 | cut -d' ' -f2)
    features=$(grep -oE 'ft: [0-9]+' "$log" | tail -n 1 | cut -d' ' -f2)
    found=0
    if [ "$status" != 0 ]; then
        found=1
        crashed=$((crashed + 1))
    fi
    printf '%-12s %12s %8s %10s %9s  %s\n' "$parser" "${executions:--}" "${speed:--}" "${coverage:--}" "${features:--}" "$found"
    if [ "$found" = 1 ]; then
        grep -m 1 -E 'Fatal error|ERROR: |SUMMARY' "$log" || tail -n 3 "$log"
        input=$(sed -n 's/.*Test unit written to //p' "$log" | tail -n 1)
        echo "    replay: SWIFT_BACKTRACE=enable=no ASAN_OPTIONS=detect_leaks=0 $fuzzer $parser ${input:-(no input was kept: see $log)}"
    fi
done
echo "fuzz: $run parsers run, $crashed crashed, 0 NOT RUN"
[ "$crashed" = 0 ]
