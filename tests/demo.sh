#!/bin/bash
# demo.sh WEIR: runs sql/demo.sql in batch mode in a fresh temporary directory and says where its files lie.
set -eu
weir=$(realpath "$1")
sql=$(cd "$(dirname "$0")/../sql" && pwd)
demo=$(mktemp -d "${TMPDIR:-/tmp}/weir-demo-XXXXXX")

"$weir" -X --batch -v campaigns="$sql/campaigns.csv" -v raw_location="$demo/clicks_raw/" \
    -v minutes_location="$demo/campaign_minutes/" -c "SET state_location = '$demo/state'" -f "$sql/demo.sql"

echo
echo "== the files, in $demo"
(cd "$demo" && find clicks_raw campaign_minutes state -type f \( -name '*.gz' -o -name '*.json*' \) -printf '%10s bytes  %p\n' | sort -k3)
echo
echo "== the first rows of campaign_minutes"
zcat "$demo"/campaign_minutes/*.csv.gz | head -5 || true
echo
echo "To look further: zcat $demo/campaign_minutes/*.csv.gz    To clean up: rm -r $demo"
