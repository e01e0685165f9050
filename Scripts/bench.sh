#!/usr/bin/env bash
# Speed of Plumbline beside other tools, measured in one run. Absolute seconds depend on the machine; the ratios are what counts.
set -euo pipefail
cd "$(dirname "$0")/.."
plumbline=.build/release/plumbline
market=.build/release/market-benchmark
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# $1 label, rest: command. Prints wall seconds, CPU seconds, peak memory; keeps the wall seconds in $seconds.
measure() {
    local label=$1; shift
    /usr/bin/time -f '%e %U %S %M' -o "$work/time" "$@" >"$work/out" 2>"$work/err" || true
    read -r wall user system memory < <(tail -n 1 "$work/time")
    seconds=$wall
    printf '%-46s %8s s wall  %8s s CPU  %8s KiB\n' "$label" "$wall" "$(echo "$user + $system" | bc -l 2>/dev/null || echo "$user+$system")" "$memory"
}

best() {
    local label=$1 best_wall=; shift
    for _ in 1 2 3 4 5; do
        /usr/bin/time -f '%e %U %S %M' -o "$work/time" "$@" >"$work/out" 2>"$work/err" || true
        read -r wall user system memory < <(tail -n 1 "$work/time")
        if [ -z "$best_wall" ] || awk "BEGIN{exit !($wall < $best_wall)}"; then best_wall=$wall; line="$wall s wall  $user+$system s CPU  $memory KiB"; peak=$memory; fi
    done
    printf '%-46s %s  (best of 5)\n' "$label" "$line"
    seconds=$best_wall
}

echo "== one host =="
best "plumbline check (collect + judge + print)" "$plumbline" check --no-questions
check=$seconds; check_peak=$peak
"$plumbline" collect -o "$work/facts.json"
best "plumbline assess (judge + print)" "$plumbline" assess --facts "$work/facts.json"
measure "lynis audit system --quick" lynis audit system --quick --quiet --no-colors
lynis=$seconds
awk -v a="$check" -v b="$lynis" 'BEGIN{printf "ratio lynis / plumbline check: %.1f\n", b / a}'
awk -v a="$check" -v m="$check_peak" 'BEGIN{printf "targets: under 1 s: %s; under 64 MiB: %s\n", (a < 1 ? "yes" : "NO"), (m < 65536 ? "yes" : "NO")}'

echo "== a market: 1,000 firms x all clauses x 40 systems, one core =="
taskset -c 0 "$market"
