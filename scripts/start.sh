#!/bin/sh
# Starts Millrace: start.sh [all|api|worker]
#
# The secrets among the settings go to node through a pipe and not through its environment, because anybody who may read
# /proc/PID/environ, a command of the same user for one, reads what a process was started with for as long as it lives.
set -eu

role=${1:-all}
case $role in
  all | api | worker) ;;
  *)
    echo "start.sh: the role must be all, api or worker" >&2
    exit 2
    ;;
esac

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
built=$root/dist/.built

is_stale() {
  [ -e "$built" ] || return 0
  [ -n "$(find "$root/src" "$root/package.json" "$root/tsconfig.json" "$root/tsconfig.build.json" "$root/scripts/bundle.mjs" "$root/scripts/bundle" -newer "$built" -print -quit)" ]
}

# an image has dist and no sources
if [ -d "$root/src" ] && is_stale; then
  if [ ! -d "$root/node_modules/typescript" ]; then
    echo "start.sh: this copy is not built. Run: npm ci && npm run build" >&2
    exit 1
  fi
  echo "Building Millrace" >&2
  node "$root/scripts/build.mjs" >&2
fi

# the same names as secretVariables in src/common/environment.ts
newline='
'
secrets=''
for name in DATABASE_URL REDIS_URL JWT_SECRET SECRETS_KEY SECRETS_KEY_PREVIOUS ADMIN_PASSWORD METRICS_TOKEN; do
  eval "value=\${$name-}"
  case $value in
    *"$newline"*)
      echo "start.sh: $name must not contain a line break" >&2
      exit 1
      ;;
  esac
  secrets=$secrets$name=$value$newline
done

MILLRACE_SECRETS_FD=3
export MILLRACE_SECRETS_FD
exec env -u DATABASE_URL -u REDIS_URL -u JWT_SECRET -u SECRETS_KEY -u SECRETS_KEY_PREVIOUS -u ADMIN_PASSWORD -u METRICS_TOKEN node "$root/dist/bundle/main.js" "$role" 3<<SECRETS
$secrets
SECRETS
