#!/bin/bash
# from_pypi.sh install DIR REQUIREMENT ...: packages from PyPI in a virtual environment of their own in DIR.
set -euo pipefail
dir=${2:?usage: from_pypi.sh install DIR REQUIREMENT ...}
shift 2

[ "$(cat "$dir/installed" 2>/dev/null)" != "$*" ] || exit 0
rm -rf "$dir"
python3 -m venv "$dir"
"$dir/bin/pip" -q --disable-pip-version-check install "$@"
echo "$*" > "$dir/installed"
