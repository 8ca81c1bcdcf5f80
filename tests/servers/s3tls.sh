#!/bin/bash
# s3tls.sh DIR: a CA (ca.crt) and a certificate by it for 127.0.0.1 and localhost: as server.crt and server.key, as the
# key store server.p12 (password "changeit"), and as minio/public.crt and minio/private.key.
set -euo pipefail
"$(dirname "$0")/kafka/mktls.sh" "${1:?usage: s3tls.sh DIR}"
cd "$1"
openssl pkcs12 -export -in server.crt -inkey server.key -certfile ca.crt -passout pass:changeit -out server.p12
mkdir -p minio
cat server.crt ca.crt >minio/public.crt
cp server.key minio/private.key
