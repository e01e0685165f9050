#!/usr/bin/env bash
# Lets implementations that know nothing of this program judge what it writes: checkpoints, tiles, bundles of records, proofs.
# They must accept all of it, and refuse it with one bit flipped.
#
#   PLUMBLINE=path     the program                               (.build/debug/plumbline)
#   SEED=n  FLIPS=n    places of flipped bits, how many of each  (1, 8)
#   JUDGE_MAY_SKIP=1   exit 0 although a judge could not be had  (else 1); it is told and counted either way
set -euo pipefail
cd "$(dirname "$0")/.."
export LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1
plumbline=$(realpath "${PLUMBLINE:-.build/debug/plumbline}")
seed=${SEED:-1}
flips=${FLIPS:-8}
home=.build/judge
work=$home/work
[ -x "$plumbline" ] || { echo "judge: no program at $plumbline (make judge builds it; PLUMBLINE= names another)" >&2; exit 1; }
rm -rf "$work"
mkdir -p "$work/cases"
trap 'kill $(jobs -p) 2>/dev/null || true' EXIT

# $1 log, $2 height of segments, $3 its name, then sizes: one log that grows; at each size a package, a checkpoint and proofs.
grow() {
    local log=$1 height=$2 name=$3 size=0 next index old case
    shift 3
    "$plumbline" vault init "$work/$log" --name "$name" --segment-height "$height" >/dev/null
    mkdir "$work/$log.signed"
    for next in "$@"; do
        case=$work/cases/$log-$(printf '%06d' "$next")
        mkdir -p "$case/inclusion" "$case/consistency"
        cp -r "$work/$log.signed" "$case/earlier"
        python3 Scripts/judge/records.py "$seed" "$size" "$next" | "$plumbline" vault append "$work/$log" >/dev/null
        "$plumbline" vault checkpoint "$work/$log" >"$case/checkpoint"
        size=$(sed -n 2p "$case/checkpoint") # more than asked for when the log speaks in itself, as at the end of a day
        "$plumbline" vault export "$work/$log" "$case/package" >/dev/null
        for index in $(indices "$size"); do "$plumbline" vault prove "$work/$log" "$index" >"$case/inclusion/$index"; done
        for old in $(indices "$size" "$@" | awk -v size="$size" '{ print $1 + 1 }'); do
            "$plumbline" vault prove "$work/$log" --since "$old" >"$case/consistency/$old"
        done
        cp "$case/checkpoint" "$work/$log.signed/$size"
    done
}

# $1 size, then sizes of interest: indices below it at the edges of trees, tiles and segments, and some anywhere.
indices() {
    local size=$1
    shift
    {
        printf '%s\n' 0 1 2 3 6 7 126 127 128 254 255 256 257 510 511 512 767 768 65279 65280 65534 65535 65536 65537 \
            $((size / 2)) $((size - 2)) $((size - 1))
        for old in "$@"; do echo $((old - 1)); done
        awk -v seed="$seed$size" -v size="$size" 'BEGIN { srand(seed); for (i = 0; i < 6; i++) print int(rand() * size) }'
    } | awk -v size="$size" '$1 >= 0 && $1 < size' | sort -n -u
}

started=$SECONDS
echo "judge: writing logs with $plumbline (seed $seed)"
grow usual 16 logs.judge.example/trading 0 1 2 255 256 257 1000 65535 65536 65537 66000 &
usual=$!
grow small 8 "handel.bücher.example/årsbok" 1 255 256 257 512 1000 66000 &
small=$!
wait $usual
wait $small
cases=("$work"/cases/*)
echo "judge: ${#cases[@]} packages, $(find "$work/cases" -path '*/inclusion/*' | wc -l) inclusion proofs," \
    "$(find "$work/cases" -path '*/consistency/*' | wc -l) consistency proofs, $((SECONDS - started)) s"

judged=0
failed=()
absent=()

# $1 judge, rest: its command.
judge_by() {
    local judge=$1 started=$SECONDS status=0
    shift
    echo "== $judge =="
    "$@" || status=$?
    judged=$((judged + 1))
    [ "$status" = 0 ] || failed+=("$judge")
    echo "-- $judge: $([ "$status" = 0 ] && echo "agrees" || echo "DISAGREES (status $status)"), $((SECONDS - started)) s"
}

# $1 judge, $2 why it could not be had.
not_run() {
    absent+=("$1")
    echo "== $1 == NOT RUN: $2" >&2
}

go_judge() {
    # Debian's packages lie in the old form of a workspace, without modules; nothing is fetched.
    GO111MODULE=off GOFLAGS= GOPATH=/usr/share/gocode GOCACHE=$PWD/$home/go go build -o "$home/sumdb" Scripts/judge/*.go
}
if ! command -v go >/dev/null; then
    not_run sumdb "no Go (golang-go)"
elif ! go_judge; then
    not_run sumdb "it could not be built (golang-golang-x-mod-dev)"
else
    judge_by sumdb "$home/sumdb" -seed "$seed" -flips "$flips" "${cases[@]}"
fi

# The environment is kept while the pinned versions and the Python are the same.
python_judges() {
    local stamp
    stamp="$(python3 --version) $(cat Scripts/judge/requirements.txt)"
    [ "$(cat "$home/venv/stamp" 2>/dev/null)" = "$stamp" ] && return
    rm -rf "$home/venv"
    python3 -m venv "$home/venv" &&
        "$home/venv/bin/pip" install --quiet --disable-pip-version-check --retries 1 --timeout 60 -r Scripts/judge/requirements.txt &&
        echo "$stamp" >"$home/venv/stamp"
}
if python_judges; then
    for judge in cryptography sigstore pymerkle; do
        judge_by "$judge" "$home/venv/bin/python" "Scripts/judge/judge_$judge.py" "$seed" "$flips" "${cases[@]}"
    done
else
    for judge in cryptography sigstore pymerkle; do not_run "$judge" "pip could not install it"; done
fi

summary="judged by $judged of $((judged + ${#absent[@]}))"
[ ${#absent[@]} = 0 ] || summary+="; NOT RUN: ${absent[*]}"
[ ${#failed[@]} = 0 ] || summary+="; DISAGREE: ${failed[*]} (material kept in $work)"
echo "judge: $summary, $((SECONDS - started)) s"
[ ${#failed[@]} = 0 ] || exit 1
[ ${#absent[@]} = 0 ] || [ "${JUDGE_MAY_SKIP:-}" = 1 ] || exit 1
