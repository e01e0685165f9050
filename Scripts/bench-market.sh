#!/usr/bin/env bash
# A supervisor's server with a large market: so many invented firms, every duty of firms in the rule packs, so many quarters of answers. How long
# the first market table and trend take from a cold start, and how fast pages are under load. It asserts nothing: it fails only when a program
# fails.
#
#   FIRMS=10000 QUARTERS=20 GAPS=2 SECONDS_EACH=10 CONNECTIONS=8 Scripts/bench-market.sh
#
# Beside it stands what SQLite's C interface takes to read the same rows and count them, and the same load on an address that only says ok.
set -euo pipefail
export LC_ALL=C
cd "$(dirname "$0")/.."
firms=${FIRMS:-10000}
quarters=${QUARTERS:-20}
gaps=${GAPS:-2}
seconds=${SECONDS_EACH:-10}
connections=${CONNECTIONS:-8}
port=${PORT:-8498}
plumbline=${PLUMBLINE:-.build/release/plumbline}
filler=${MARKET_SCALE:-.build/release/market-scale}
for program in "$plumbline" "$filler"; do
    [ -x "$program" ] || { echo "bench-market: $program is not there (make bench-market builds it)" >&2; exit 1; }
done
work=$(mktemp -d "${BENCH_DIR:-${TMPDIR:-/tmp}}/bench-market.XXXXXX")
server=
finish() {
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM
origin=https://localhost:$port

data=$work/data
echo "== filling: $firms firms, $quarters quarters, $gaps gaps a firm =="
began=$(date +%s)
"$filler" fill "$data" "$firms" "$quarters" "$gaps" "$origin" >"$work/facts"
echo "filled in $(($(date +%s) - began)) s"
fact() { awk -v name="$1" '$1 == name {print $2}' "$work/facts"; }
cookie=$(fact cookie)
echo "items $(fact items) (of $(fact clauses) duties of firms in all rule packs), decisions about tiers $(fact decisions), database $(du -h "$data/plumbline.sqlite" | cut -f1)"

# Cold: the files' pages are dropped from memory where this user may; the files of one directory first, all of them as root.
cold() {
    sync
    if [ -w /proc/sys/vm/drop_caches ] && echo 3 2>/dev/null >/proc/sys/vm/drop_caches; then echo "page cache: dropped"
    elif dd if="$data/plumbline.sqlite" iflag=nocache count=0 2>/dev/null; then echo "page cache: dropped for the database's file"
    else echo "page cache: NOT dropped (not permitted)"; fi
}
millis() { echo $((($(date +%s%N) - $1) / 1000000)); }
get() {
    local status
    status=$(curl -sk -o "$work/page" -w '%{http_code}' -H "Cookie: __Host-plumbline=$cookie" "$origin$1")
    [ "$status" = 200 ] || { echo "bench-market: $1 answers $status" >&2; cat "$work/err" >&2; exit 1; }
}
start() {
    began=$(date +%s%N)
    "$plumbline" serve --data "$data" --port "$port" --no-factor-for-all >"$work/out" 2>"$work/err" &
    server=$!
    until curl -sk -o /dev/null "$origin/health" 2>/dev/null; do
        kill -0 "$server" 2>/dev/null || { cat "$work/err" >&2; exit 1; }
        [ "$(millis "$began")" -lt 60000 ] || { echo "bench-market: no answer after a minute" >&2; exit 1; }
        sleep 0.01
    done
    ready=$(millis "$began")
}
stop() {
    kill -TERM "$server"
    wait "$server" || { echo "bench-market: the server ended with $?" >&2; exit 1; }
    server=
}
memory() { awk '/VmHWM|VmRSS/ {printf "%s %.0f MB  ", $1, $2 / 1024}' "/proc/$server/status"; echo; }
table="/market?quarter=$(fact quarter)&questionnaire=$(fact questionnaire)"
trend="/market/$(fact item)?quarter=$(fact quarter)&questionnaire=$(fact questionnaire)"

echo "== cold start: first market table, then first trend =="
for round in 1 2 3; do
    cold
    start
    began=$(date +%s%N); get "$table"; first=$(millis "$began"); bytes=$(wc -c <"$work/page")
    began=$(date +%s%N); get "$trend"; second=$(millis "$began")
    echo "server ready $ready ms; table $first ms ($bytes bytes); trend over $quarters quarters $second ms; table and trend $((first + second)) ms (target 1000)"
    [ "$round" = 3 ] || stop
done
memory

echo "== SQLite's C interface on the same rows =="
if cc -O2 Benchmarks/MarketReference/market.c -o "$work/market" -lsqlite3 2>"$work/cc"; then
    cold; "$work/market" "$data/plumbline.sqlite" | paste -sd' '
    echo "again, warm:"; "$work/market" "$data/plumbline.sqlite" | paste -sd' '
else echo "SKIPPED: it does not compile: $(grep -m 1 error "$work/cc" || true)"; fi

# $(load NAME PATH CONNECTIONS)
load() {
    wrk -t"$(($3 > 1 ? 2 : 1))" -c"$3" -d"${seconds}s" --latency -H "Cookie: __Host-plumbline=$cookie" "$origin$2" >"$work/wrk"
    awk -v name="$1" '/50%|90%|99%/ {line = line sprintf("  %s %s", $1, $2)} /Requests\/sec/ {rate = $2} /Non-2xx/ {bad = "  OTHER ANSWERS " $NF}
        END {printf "%-34s %8s/s%s%s\n", name, rate, line, bad}' "$work/wrk"
}
echo "== $seconds s each, 1 and $connections connections (target p99 100 ms); wrk shares the same cores, so times are upper bounds =="
for count in 1 "$connections"; do
    load "says ok, $count conn." /health "$count"
    load "market table, $count conn." "$table" "$count"
    load "an item with its trend, $count conn." "$trend" "$count"
    load "front page, $count conn." / "$count"
    load "firms, $count conn." /firms "$count"
    load "firms sorted by name, $count conn." "/firms?sort=short" "$count"
    load "tiers, $count conn." /tiers "$count"
    load "follow-up board, $count conn." "/followups?quarter=$(fact quarter)" "$count"
done
memory
stop
