#!/bin/bash
# sqlfluff.sh install DIR: the SQL parser sqlfluff, from PyPI, in a virtual environment of its own in DIR.
set -euo pipefail
version=4.5.0
dir=${2:?usage: sqlfluff.sh install DIR}

[ ! -e "$dir/installed-$version" ] || exit 0
rm -rf "$dir"
python3 -m venv "$dir"
"$dir/bin/pip" -q --disable-pip-version-check install "sqlfluff==$version"
touch "$dir/installed-$version"
