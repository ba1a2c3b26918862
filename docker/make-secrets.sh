#!/bin/sh
# Makes the secrets that compose.yaml hands to the containers, as files that root alone may read: sudo sh docker/make-secrets.sh
# What is there already stays. Keep secrets_key and jwt_secret with your backups; admin_password is for your first sign-in.
set -eu
umask 077
folder=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)/secrets
mkdir -p "$folder"

random() {
  od -An -N32 -tx1 /dev/urandom | tr -d ' \n'
}

# make NAME VALUE
make() {
  [ -e "$folder/$1" ] || printf '%s' "$2" >"$folder/$1"
}

for name in admin_password jwt_secret postgres_password redis_password secrets_key; do
  make "$name" "$(random)"
done
make database_url "postgres://millrace:$(cat "$folder/postgres_password")@postgres:5432/millrace"
make redis_url "redis://:$(cat "$folder/redis_password")@redis:6379"
chmod 0400 "$folder"/*
echo "The secrets are in $folder"
