#!/usr/bin/env bash
# Speed of the vault beside C on the same events in the same run, and beside SQLite and PostgreSQL. Absolute figures depend on the machine;
# the ratios are what counts. It asserts nothing: it fails only when a program fails.
#
#   EVENTS=2000000 ROUNDS=3 BENCH_DIR=/on/a/real/disk Scripts/bench-vault.sh
#
# EVENTS=10000000 measures the indexed needle at its target's size (about 10 GB of disk, 6 GB of memory). VAULT_BENCHMARK names another
# program to measure, CLIENT_BATCHES the appends of each of the 64 clients.
#
# Within a round ours and the reference run one after the other, the order changing each round, so that a disk or a neighbour whose speed
# drifts strikes both. Figures are medians of the rounds; behind each ratio stand the lowest and highest of the rounds.
set -euo pipefail
export LC_ALL=C
parent=$(realpath "${BENCH_DIR:-${TMPDIR:-/tmp}}")
cd "$(dirname "$0")/.."
vault=${VAULT_BENCHMARK:-.build/release/vault-benchmark}
events=${EVENTS:-2000000}
rounds=${ROUNDS:-3}
# So many that each client's first append, which waits for the first active file, is far below the hundredth that p99 looks at.
batches=${CLIENT_BATCHES:-1000}
# 32,700 lines of 4,000 random hexadecimal digits, compressed to a little over a half, all but fill an active file of 64 MiB.
noise_lines=32700

stop() { echo "bench-vault: $*" >&2; exit 1; }
[ -x "$vault" ] || stop "$vault is not there (make bench-vault builds it)"
[ "$events" -ge 100000 ] || stop "EVENTS=$events: at least 100000, so that a segment is sealed"
[ "$rounds" -ge 1 ] || stop "ROUNDS=$rounds: at least 1"

work=$(mktemp -d "$parent/bench-vault.XXXXXX")
cluster_runs=
finish() {
    if [ -n "$cluster_runs" ]; then cluster_stop || true; fi
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

# ---- the machine ----

# Percent of the processors' time that was busy in the last two seconds: the load average still holds the build before us.
busy_percent() {
    local before after
    read -ra before </proc/stat
    sleep 2
    read -ra after </proc/stat
    awk -v b="${before[*]:1:8}" -v a="${after[*]:1:8}" 'BEGIN {
        split(b, x); n = split(a, y); for (i = 1; i <= n; i++) all += y[i] - x[i]
        idle = y[4] - x[4] + y[5] - x[5]; printf "%.0f", (all > 0 ? 100 * (all - idle) / all : 0) }'
}

was_busy=
look_busy() {
    local percent
    percent=$(busy_percent)
    echo "$1: load average $(cut -d' ' -f1-3 /proc/loadavg), processors $percent % busy with other work, $(nproc) of them"
    if [ "$percent" -gt 10 ]; then
        was_busy=1
        echo "*** WARNING: THE MACHINE IS BUSY. Syncs and threads wait for others; ratios of this run prove little. ***"
    fi
}

needed=$((events * 700 + 2500000000))
free=$(($(stat -f -c '%a * %S' "$work")))
[ "$free" -ge "$needed" ] || stop "$work has $((free / 1000000)) MB, this run may need $((needed / 1000000)) MB (BENCH_DIR, EVENTS)"

echo "== vault: $events events of 266 bytes, medians of $rounds rounds =="
system=$(stat -f -c %T "$work")
echo "disk: $system"
case $system in tmpfs | ramfs) echo "*** WARNING: $work IS IN MEMORY. Syncs cost nothing there; set BENCH_DIR to a real disk. ***" ;; esac
look_busy "at start"

# ---- running, keeping, computing ----

declare -A kept=()
failures=()

# run WHO COMMAND...: runs it when what was written before is on disk; keeps each `name value` line it prints as WHO.name.
run() {
    local who=$1 name value
    shift
    sync -f "$work"
    if ! "$@" >"$work/out" 2>"$work/err" </dev/null; then
        failures+=("$who: ${*:1:2}")
        echo "FAILED: $*" >&2
        tail -n 5 "$work/err" >&2
        return 0
    fi
    while read -r name value; do kept[$who.$name]+=" $value"; done <"$work/out"
}

# Turn and turn about: `pair ROUND "function" "function"`.
pair() { if [ $(($1 % 2)) = 1 ]; then $2; $3; else $3; $2; fi; }

offers() { [[ $usage == *" $1 DIR"* ]]; }
usage=$("$vault" 2>&1 || true)

compute() { awk "BEGIN { printf \"%.15g\", $1 }"; }
holds() { awk "BEGIN { exit !($1) }"; }

# The median of what was kept under a name; nothing when nothing was.
median() {
    [ -n "${kept[$1]:-}" ] || return 0
    tr ' ' '\n' <<<"${kept[$1]# }" | sort -g | awk '{ v[NR] = $1 } END { printf "%.15g", (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'
}

# 1234567 as 1.23 M.
short() { awk -v n="$1" 'BEGIN { if (n >= 1e6) printf "%.2f M", n / 1e6; else if (n >= 1e4) printf "%.0f k", n / 1e3; else printf "%.4g", n }'; }

rows=()
met=0
targets=0
not_met=()
not_measured=()
row() { rows+=("$1|$2|$3|$4|$5|$6"); }

# judge NAME OURS REFERENCE RATIO TARGET CONDITION [STRETCH]: one target, as a row. The conditions are awk's.
judge() {
    local verdict=NO
    targets=$((targets + 1))
    if holds "$6"; then verdict=yes; met=$((met + 1)); else not_met+=("$1"); fi
    if [ $verdict = yes ] && [ -n "${7:-}" ] && holds "$7"; then verdict="yes, stretch"; fi
    row "$1" "$2" "$3" "$4" "$5" "$verdict${was_busy:+ (?)}"
}

unmeasured() {
    targets=$((targets + 1))
    not_measured+=("$1")
    row "$1" "${4:--}" "-" "-" "$2" "NOT MEASURED: $3"
}

# against NAME UNIT OURS REFERENCE FLOOR STRETCH: the ratio of two kept figures, with the range over the rounds.
against() {
    local ours reference range ratio
    ours=$(median "$3")
    reference=$(median "$4")
    if [ -z "$ours" ] || [ -z "$reference" ]; then
        unmeasured "$1" ">= $5" "${7:-a program failed}"
        return
    fi
    ratio=$(compute "$ours / $reference")
    range=$(awk -v a="${kept[$3]}" -v b="${kept[$4]}" 'BEGIN {
        n = split(a, x); m = split(b, y); low = 1e9
        for (i = 1; i <= n && i <= m; i++) { r = x[i] / y[i]; if (r < low) low = r; if (r > high) high = r }
        printf "%.2f-%.2f", low, high }')
    judge "$1" "$(short "$ours")$2" "$(short "$reference")$2" "$(printf '%.2f (%s)' "$ratio" "$range")" ">= $5" "$ratio >= $5" "$ratio >= $6"
}

# ---- programs and events ----

build() { cc -O2 "Benchmarks/VaultReference/$1.c" -o "$work/$1" "${@:2}"; }
build reference -lcrypto -lzstd -lpthread
reference=$work/reference
sqlite=
if build sqlite -lsqlite3 2>"$work/err"; then sqlite=$work/sqlite; else sqlite_reason="it does not compile: $(grep -m 1 error "$work/err" || true)"; fi

"$reference" generate "$events" "$work/events"
"$reference" noise "$noise_lines" "$work/noise"
session_of() { sed -n "$1{s/.*\"session\":\"\([0-9a-f]*\)\".*/\1/p;q}" "$work/events"; }
needle=$(session_of $((events * 2 / 3)))
# Part of a token, so that no index can shorten the full scan.
part=$(session_of $((events / 3)))
part=${part:2:12}
needle_expected=$(grep -cF "\"session\":\"$needle\"" "$work/events")
run size "$reference" size "$work/events"

# ---- PostgreSQL: a private cluster, up only while it is measured ----

cluster=$work/postgres
postgres_reason=
as=()
cluster_do() { (cd / && "${as[@]}" "$@" >>"$work/postgres.log" 2>&1 </dev/null); }
cluster_start() {
    cluster_do "$postgres_bin/pg_ctl" -D "$cluster" -w -t 60 -l "$cluster/log" \
        -o "-c listen_addresses='' -c unix_socket_directories='$cluster' -c fsync=on -c synchronous_commit=on" start || return 1
    cluster_runs=1
}
cluster_stop() { cluster_do "$postgres_bin/pg_ctl" -D "$cluster" -w -m fast stop && cluster_runs=; }
ask() { (cd / && "${as[@]}" "$postgres_bin/psql" -X -q -A -t -v ON_ERROR_STOP=1 -h "$cluster" -U bench -d postgres -c "$1" 2>>"$work/postgres.log" </dev/null); }

cluster_make() {
    local found
    found=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
    postgres_bin=$found
    : >"$work/postgres.log"
    if [ ! -x "$found/initdb" ]; then postgres_reason="no initdb in /usr/lib/postgresql"; return; fi
    mkdir "$cluster"
    if [ "$(id -u)" = 0 ]; then
        # The server refuses to run as root; the package made this user.
        if ! id postgres >/dev/null 2>&1; then postgres_reason="no user postgres, and the server does not run as root"; return; fi
        as=(runuser -u postgres --)
        chown postgres "$cluster"
        chmod 711 "$work"
        chmod a+r "$work/events"
        if ! cluster_do test -w "$cluster" || ! cluster_do test -r "$work/events"; then
            postgres_reason="user postgres cannot reach $work (set BENCH_DIR)"; return
        fi
    fi
    cluster_do "$found/initdb" -D "$cluster/" -A trust -U bench -E UTF8 --locale=C || { postgres_reason="initdb: $(tail -n 1 "$work/postgres.log")"; return; }
    if ! cluster_start; then postgres_reason="start: $(tail -n 1 "$cluster/log" 2>/dev/null || tail -n 1 "$work/postgres.log")"; return; fi
    cluster_stop
}

copy() {
    [ -z "$postgres_reason" ] || return 0
    local start end
    if ! cluster_start || ! ask "CREATE TABLE events (line text NOT NULL)" || ! ask CHECKPOINT; then postgres_failed; return; fi
    start=$EPOCHREALTIME
    if ! ask "COPY events FROM '$work/events'"; then postgres_failed; return; fi
    end=$EPOCHREALTIME
    kept[postgres.events]+=" $(compute "$events / ($end - $start)")"
    kept[postgres.bytes]+=" $(ask "SELECT pg_total_relation_size('events')")"
    ask "DROP TABLE events"
    cluster_stop
}

postgres_failed() {
    failures+=("PostgreSQL")
    postgres_reason="failed: $(tail -n 1 "$work/postgres.log")"
    echo "FAILED: PostgreSQL" >&2
    tail -n 5 "$work/postgres.log" >&2
    [ -z "$cluster_runs" ] || cluster_stop || true
}

cluster_make

# ---- what is measured ----

fresh() { rm -rf "${work:?}/$1" "$work/$1.key" "$work/$1.register"; }

seal_ours() {
    fresh log
    run ours "$vault" append "$work/events" "$work/log"
    # Only what is sealed counts: the program divides all records by the time.
    local sealed rate
    sealed=$(median ours.sealed_records)
    rate=${kept[ours.seal]:-}
    [ -z "$rate" ] || kept[ours.sealing]+=" $(compute "${rate##* } * $sealed / $events")"
}
seal_reference() { run reference "$reference" seal "$work/events" "$work/sealed"; rm -f "$work/sealed"; }
commit_ours() { fresh commits; run ours "$vault" commits "$work/commits" 4000; fresh commits; }
commit_reference() { run reference "$reference" sync "$work"; }
scan_ours() { if offers scan; then run ours "$vault" scan "$work/log" "$part"; fi; }
scan_reference() { run reference "$reference" scan "$work/events" "$part"; }
verify_ours() { run ours "$vault" verify "$work/log"; }
verify_reference() { run reference "$reference" hash "$work/events"; }

clients() {
    fresh clients
    run ours "$vault" clients "$work/clients" 64 "$batches"
    fresh clients
}

# After a crash nothing is in memory.
forget() {
    local file
    sync -f "$work"
    for file in "$work"/full/active/*; do dd if="$file" iflag=nocache count=0 status=none; done
}
recover() {
    forget
    run ours "$vault" open "$work/full"
    if offers recover; then forget; run ours "$vault" recover "$work/full"; fi
}

# Bytes of the frames of an active file, and in how many files they stand: read from the headers of the frames.
full_frames=0
full_files=0
measure_frames() {
    local file at length size
    for file in "$work"/full/active/*.wal; do
        at=4096
        size=$(stat -c %s "$file")
        full_files=$((full_files + 1))
        while [ "$at" -lt "$size" ] && [ "$(od -An -c -j "$at" -N 4 "$file" | tr -d ' ')" = PLFR ]; do
            length=$(od -An -tu4 -j $((at + 52)) -N 4 "$file")
            at=$(((at + 104 + length + 4095) / 4096 * 4096))
        done
        full_frames=$((full_frames + at - 4096))
    done
}

sqlite_once() {
    [ -n "$sqlite" ] || return 0
    run "sqlite$1" "$sqlite" "$work/events" "$work/events.db" "$1"
    rm -f "$work"/events.db*
}

run full "$vault" append "$work/noise" "$work/full"
rm -f "$work/noise"
measure_frames

for ((round = 1; round <= rounds; round++)); do
    say() { echo "round $round of $rounds: $*" >&2; }
    say "sealing"
    pair "$round" seal_ours seal_reference
    say "commits, clients"
    pair "$round" commit_ours commit_reference
    clients
    say "scan, needle, verification, recovery"
    pair "$round" scan_ours scan_reference
    if offers needle; then run ours "$vault" needle "$work/log" session "$needle"; fi
    pair "$round" verify_ours verify_reference
    recover
    say "SQLite, PostgreSQL"
    sqlite_once 1000
    sqlite_once 10000
    copy
done
look_busy "at end"

# ---- the table ----

coming="vault-benchmark has no such command"
against "sealing, two threads" "/s" ours.sealing reference.seal_2 0.50 0.70
row "  one thread of C" "" "$(short "$(median reference.seal_1)")/s" "" "" "for information"
row "  durable, not yet sealed" "$(short "$(median ours.append)")/s" "" "" "" "for information"
name="durable commits, 1 client"
value=$(median ours.commits)
raw=$(median reference.sync)
if [ -n "$value" ] && [ -n "$raw" ] && holds "$value > 1.1 * $raw"; then
    # Each commit is one such sync, so the scheduler was measured and not the log.
    unmeasured "$name" ">= 0.60" "faster than fdatasync alone ($(short "$raw")/s): noise" "$(short "$value")/s"
else
    against "$name" "/s" ours.commits reference.sync 0.60 0.80
fi

name="64 clients, records"
value=$(median ours.clients)
if [ -n "$value" ]; then judge "$name" "$(short "$value")/s" "-" "-" ">= 200 k/s" "$value >= 200000"; else unmeasured "$name" ">= 200 k/s" "a program failed"; fi
name="64 clients, p99"
value=$(median ours.clients_p99_ms)
raw=$(median reference.sync_p99_ms)
if [ -n "$value" ] && [ -n "$raw" ]; then
    limit=$(compute "20 + $raw")
    judge "$name" "$(printf '%.1f ms' "$value")" "$(printf '%.1f ms' "$raw")" "-" "<= $(printf '%.1f ms' "$limit")" "$value <= $limit"
else
    unmeasured "$name" "<= 20 ms + raw" "a program failed"
fi

if offers scan; then why="a program failed"; else why=$coming; fi
hits=$(median ours.scan_hits)
if [ -n "$hits" ] && [ "$hits" != "$(median reference.scan_hits)" ]; then
    failures+=("scan: $hits hits, the reference has $(median reference.scan_hits)")
    kept[ours.scan]=
    why="it found something else"
fi
against "full scan" "/s" ours.scan reference.scan 0.50 0.70 "$why"

name="indexed needle in 10 M events"
value=$(median ours.needle_ms)
hits=$(median ours.needle_hits)
if ! offers needle; then
    unmeasured "$name" "<= 50 ms" "$coming"
elif [ -z "$value" ]; then
    unmeasured "$name" "<= 50 ms" "a program failed"
else
    shown=$(printf '%.1f ms' "$value")
    if [ "$hits" != "$needle_expected" ]; then failures+=("needle: $hits hits, $needle_expected expected"); fi
    if [ "$events" -lt 10000000 ]; then
        unmeasured "$name" "<= 50 ms" "in $(short "$events") events; EVENTS=10000000" "$shown"
    else
        judge "$name" "$shown" "-" "-" "<= 50 ms" "$value <= 50 && $hits == $needle_expected" "$value <= 10"
    fi
fi

sealed_records=$(median ours.sealed_records)
whole=$(median size.size)
# Counted here: the program's own figure also holds what it is writing.
sealed_bytes=
if compgen -G "$work/log/sealed/*.segment" >/dev/null; then sealed_bytes=$(stat -c %s "$work"/log/sealed/*.segment | awk '{ n += $1 } END { print n }'); fi
index_bytes=$(median ours.index_bytes)
if ! offers needle; then why=$coming; else why="a program failed"; fi
per_event=
if [ -n "$sealed_bytes" ] && [ -n "$sealed_records" ]; then per_event=$(compute "$sealed_bytes / $sealed_records"); fi
if [ -n "$index_bytes" ] && [ -n "$per_event" ] && [ -n "$whole" ]; then
    index_each=$(compute "$index_bytes / $sealed_records")
    judge "index, bytes an event" "$(printf '%.2f B' "$index_each")" "-" "-" "<= 10" "$index_each <= 10"
    limit=$(compute "$whole / $events + 10")
    ours=$(compute "$per_event + $index_each")
    ratio=$(compute "$ours / $limit")
    judge "stored, bytes an event" "$(printf '%.1f B' "$ours")" "$(printf '%.1f B' "$limit")" "$(printf '%.2f' "$ratio")" "<= 1.15" "$ratio <= 1.15" "$ratio <= 1.0"
else
    unmeasured "index, bytes an event" "<= 10" "$why"
    unmeasured "stored, bytes an event" "<= 1.15" "without an index" "${per_event:+$(printf '%.1f B' "$per_event")}"
fi

against "full verification" "/s" ours.verify reference.hash 0.50 0.80

full=$(compute "$full_frames / 1048576")
for who in reader writer; do
    if [ $who = reader ]; then value=$(median ours.open_ms); why="a program failed"; else value=$(median ours.recover_ms); why=$coming; fi
    name="recovery of 64 MiB, $who"
    if [ -z "$value" ]; then
        unmeasured "$name" "<= 2 s" "$why"
    elif holds "$full < 62 || $full_files != 1"; then
        unmeasured "$name" "<= 2 s" "frames of $(printf '%.1f MiB in %s files' "$full" "$full_files")" "$(printf '%.0f ms' "$value")"
    else
        judge "$name" "$(printf '%.0f ms' "$value")" "-" "-" "<= 2 s" "$value <= 2000" "$value <= 500"
    fi
done

echo
{
    printf '%s|%s|%s|%s|%s|%s\n' "measure" "ours" "reference" "ratio (range)" "target" "verdict"
    printf '%s\n' "${rows[@]}"
} | awk -F'|' '{ printf "%-30s %12s %12s  %-18s %-12s %s\n", $1, $2, $3, $4, $5, $6 }'
printf 'recovered: frames of %.1f MiB in %s file, not in memory when opened\n' "$full" "$full_files"

echo
echo "== the same events elsewhere: durable at the end, one text column, no proof and no index =="
beside() { awk -v n="$1" -v r="$2" -v b="$3" -v t="$4" 'BEGIN { printf "%-44s %10s events/s %8s bytes an event%s\n", n, r, b, t }'; }
engine() {
    local rate bytes
    rate=$(median "$2.events")
    bytes=$(median "$2.bytes")
    if [ -z "$rate" ]; then
        printf '%-44s SKIPPED: %s\n' "$1" "$3"
    else
        beside "$1" "$(short "$rate")" "$(compute "int($bytes / $events * 10 + 0.5) / 10")" "$4"
    fi
}
stored=${per_event:+$(compute "int(($per_event + ${index_each:-0}) * 10 + 0.5) / 10")}
with=$([ -n "${index_each:-}" ] && echo ", with index" || echo ", without index")
beside "vault, durable (batches of 4,096)" "$(short "$(median ours.append)")" "-" ""
beside "vault, sealed and reread" "$(short "$(median ours.sealing)")" "${stored:--}" "$with"
engine "SQLite WAL FULL, 1,000 a transaction (C)" sqlite1000 "${sqlite_reason:-it failed}" ""
engine "SQLite WAL FULL, 10,000 a transaction (C)" sqlite10000 "${sqlite_reason:-it failed}" ""
engine "PostgreSQL, COPY of a server's file" postgres "$postgres_reason" ", without its log"

echo
list() { local IFS=';'; echo "${*/#/ }"; }
echo "$met of $targets targets met${not_met[0]+; NOT MET:$(list "${not_met[@]}")}${not_measured[0]+; NOT MEASURED:$(list "${not_measured[@]}")}"
[ -z "$was_busy" ] || echo "*** The machine was busy: measure again on a quiet one before believing a verdict. ***"
if [ ${#failures[@]} -gt 0 ]; then
    echo "FAILED:$(list "${failures[@]}")" >&2
    exit 1
fi
