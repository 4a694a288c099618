#!/bin/sh
# The members of a replica set with users know each other by a key; it is made once, in the data volume.
set -eu
key=/data/db/replica.key
if [ ! -s "$key" ]; then
    head -c 48 /dev/urandom | base64 -w 0 >"$key"
fi
chown mongodb:mongodb "$key"
chmod 400 "$key"
exec docker-entrypoint.sh mongod --replSet rs0 --keyFile "$key" --bind_ip_all \
    --setParameter transactionLifetimeLimitSeconds=20
