#!/usr/bin/env bash
# How fast pages are with years of use behind them: wrk on Today with 200 systems, every clause, three years of history, 50 people at once; the memory
# of the server; and how long a start takes to the first page. It asserts nothing: it fails only when a program fails.
#
#   SYSTEMS=200 DAYS=1095 SECONDS_EACH=20 Scripts/bench-server.sh
#
# Beside it stands the same load on an address that only says ok: what the way through the server costs without a page.
set -euo pipefail
export LC_ALL=C
cd "$(dirname "$0")/.."
systems=${SYSTEMS:-200}
days=${DAYS:-1095}
seconds=${SECONDS_EACH:-20}
port=${PORT:-8499}
plumbline=${PLUMBLINE:-.build/release/plumbline}
filler=${SERVER_BENCHMARK:-.build/release/server-benchmark}
for program in "$plumbline" "$filler"; do
    [ -x "$program" ] || { echo "bench-server: $program is not there (make bench-server builds it)" >&2; exit 1; }
done
work=$(mktemp -d "${BENCH_DIR:-${TMPDIR:-/tmp}}/bench-server.XXXXXX")
server=
finish() {
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM
origin=https://localhost:$port

echo "== filling: $systems systems, $days days =="
"$plumbline" collect -o "$work/facts.json" 2>/dev/null
began=$(date +%s)
cookie=$("$filler" fill "$work/data" "$systems" "$days" "$work/facts.json" "$origin")
echo "filled in $(($(date +%s) - began)) s; database $(du -h "$work/data/plumbline.sqlite" | cut -f1), evidence $(du -sh "$work/data/evidence" | cut -f1)"

start() {
    "$plumbline" serve --data "$work/data" --port "$port" --no-factor-for-all >"$work/out" 2>"$work/err" &
    server=$!
    local began now
    began=$(date +%s%N)
    until curl -sk -o "$work/page" -w '%{http_code}' -H "Cookie: __Host-plumbline=$cookie" "$origin/" 2>/dev/null | grep -q 200; do
        kill -0 "$server" 2>/dev/null || { cat "$work/err" >&2; exit 1; }
        now=$(date +%s%N)
        [ $(((now - began) / 1000000000)) -lt 60 ] || { echo "bench-server: no page after a minute" >&2; cat "$work/err" >&2; exit 1; }
    done
    now=$(date +%s%N)
    echo "start to first page: $(((now - began) / 1000000)) ms (target 1000); the page has $(wc -c <"$work/page") bytes"
}
memory() { awk '/VmHWM|VmRSS/ {printf "%s %.0f MB  ", $1, $2 / 1024}' "/proc/$server/status"; echo; }
# $(load NAME PATH CONNECTIONS)
load() {
    wrk -t"$(($3 > 1 ? 2 : 1))" -c"$3" -d"${seconds}s" --latency -H "Cookie: __Host-plumbline=$cookie" "$origin$2" >"$work/wrk"
    awk -v name="$1" '/50%|90%|99%/ {line = line sprintf("  %s %s", $1, $2)} /Requests\/sec/ {rate = $2} /Non-2xx/ {bad = "  OTHER ANSWERS " $NF}
        END {printf "%-34s %8s/s%s%s\n", name, rate, line, bad}' "$work/wrk"
}

start
memory
echo "== $seconds s each; wrk shares the same cores, so times are upper bounds =="
load "says ok, 50 connections" /health 50
load "Today, 1 connection" / 1
load "Today, 50 connections" / 50
load "obligations, 50 a page, 10 conn." /obligations 10
load "systems, 10 connections" /systems 10
memory
# Time in the server alone, without waiting for the cores that wrk uses too.
curl -sk -H "Cookie: __Host-plumbline=$cookie" "$origin/metrics" | grep plumbline_http_seconds | tail -4 || true
kill -TERM "$server"
wait "$server" || { echo "bench-server: the server ended with $?" >&2; exit 1; }
server=
