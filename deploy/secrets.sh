#!/bin/sh
# Makes deploy/.env with a password for each user that deploy/compose.yaml names; keeps what is there.
set -eu
cd "$(dirname "$0")"
umask 077
touch .env
sed -n 's/.*\${\(ENLACE_[A-Z]*_PASSWORD\):.*/\1/p' compose.yaml | sort -u | while read -r name; do
    grep -q "^$name=" .env || printf '%s=%s\n' "$name" "$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')" >>.env
done
