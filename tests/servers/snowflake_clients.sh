#!/bin/bash
# snowflake_clients.sh install DIR: clients of Snowflake's REST interfaces that others wrote, from PyPI, in a virtual environment of
# their own in DIR: snowflake-ingest (Snowpipe; it does not start with connectors from 5 on) and snowflake-sql-api (SQL API v2).
set -euo pipefail
versions=(snowflake-ingest==1.0.13 'snowflake-connector-python<5' snowflake-sql-api==0.1.4)
dir=${2:?usage: snowflake_clients.sh install DIR}
mark=$dir/installed-1.0.13-0.1.4

[ ! -e "$mark" ] || exit 0
rm -rf "$dir"
python3 -m venv "$dir"
"$dir/bin/pip" -q --disable-pip-version-check install "${versions[@]}"
touch "$mark"
