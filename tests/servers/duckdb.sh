#!/bin/bash
# duckdb.sh install DIR: the database DuckDB, from PyPI, in a virtual environment of its own in DIR.
set -euo pipefail
version=2.0.0
dir=${2:?usage: duckdb.sh install DIR}

[ ! -e "$dir/installed-$version" ] || exit 0
rm -rf "$dir"
python3 -m venv "$dir"
"$dir/bin/pip" -q --disable-pip-version-check install "duckdb==$version"
touch "$dir/installed-$version"
