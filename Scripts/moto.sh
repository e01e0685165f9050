#!/usr/bin/env bash
# The emulator of an S3 store that the tests of copies run against, in .build/moto: made when it is not there, for `make test`.
# Prints the Python that has it. Without python3-venv or a package index the tests are skipped, and say so.
set -euo pipefail
cd "$(dirname "$0")/.."
python=.build/moto/bin/python
if ! "$python" -c 'import moto.server, flask_cors' 2>/dev/null; then
    rm -rf .build/moto
    mkdir -p .build
    /usr/bin/python3 -m venv .build/moto >&2
    .build/moto/bin/pip install --quiet --disable-pip-version-check 'moto[s3]~=5.2' 'flask<4' 'flask-cors<7' >&2
fi
echo "$PWD/$python"
