#!/usr/bin/env bash
# Starts the server on a fresh data directory, goes through its first run, and lets other people's tools and our own judge it.
# Every finding must be explained in Scripts/judge-server/explained.json, and every explanation must still be needed.
#
#   PLUMBLINE=path     the program                            (.build/debug/plumbline)
#   JUDGES="a b"       only these; WITHOUT="testssl" all but these. What is left out is told and counted
#   CRAWL=s            seconds of wapiti for its crawl, and for each kind of attack at most   (60)
#   EXAMPLES=n LEVEL=n cases of schemathesis for each operation, level of sqlmap              (50, 2)
#   JUDGE_MAY_SKIP=1   exit 0 although a judge could not be had (else 1); it is told and counted either way
set -euo pipefail
cd "$(dirname "$0")/.."
export LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
plumbline=$(realpath "${PLUMBLINE:-.build/debug/plumbline}")
home=.build/judge-server
[ -x "$plumbline" ] || { echo "judge-server: no program at $plumbline (make judge-server builds it; PLUMBLINE= names another)" >&2; exit 1; }

# An environment of its own for each judge from PyPI, for they do not bear one another; kept while its version and the Python are the same.
for requirements in Scripts/judge-server/requirements/*.txt; do
    judge=$(basename "$requirements" .txt)
    stamp="$(/usr/bin/python3 --version) $(cat "$requirements")"
    [ "$(cat "$home/$judge/stamp" 2>/dev/null)" = "$stamp" ] && continue
    rm -rf "${home:?}/$judge"
    mkdir -p "$home"
    { /usr/bin/python3 -m venv "$home/$judge" &&
        "$home/$judge/bin/pip" install --quiet --disable-pip-version-check --retries 1 --timeout 60 -r "$requirements" 2>"$home/$judge.pip" &&
        echo "$stamp" >"$home/$judge/stamp"; } || echo "judge-server: $judge could not be installed, see $home/$judge.pip" >&2
done
exec /usr/bin/python3 Scripts/judge-server/run.py "$plumbline" "$home/results"
