#!/usr/bin/env bash
# Python's libraries for workbooks, which the tests of spreadsheets are judged by, in .build/openpyxl: made when they are not there, for
# `make test`. Prints the Python that has them. Without python3-venv or a package index the tests are skipped, and say so.
set -euo pipefail
cd "$(dirname "$0")/.."
python=.build/openpyxl/bin/python
if ! "$python" -c 'import openpyxl, pandas, xlsxwriter' 2>/dev/null; then
    rm -rf .build/openpyxl
    mkdir -p .build
    /usr/bin/python3 -m venv .build/openpyxl >&2
    .build/openpyxl/bin/pip install --quiet --disable-pip-version-check 'openpyxl~=3.1' 'pandas<4' 'xlsxwriter<4' >&2
fi
echo "$PWD/$python"
