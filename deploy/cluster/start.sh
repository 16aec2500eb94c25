#!/bin/sh
# Three nodes of rqlite and a server beside each, on this machine: for trying a cluster, not for keeping data safe.
#
#   deploy/cluster/start.sh [FOLDER]
#
# The servers listen on 8081, 8082 and 8083; Ctrl-C stops everything. What is in the folder is served again the next time.
# RQLITED names the program if it is not on the PATH.
set -eu

cd "$(dirname "$0")/../.."
PATH="$PWD/node_modules/.bin:$PATH"
folder=${1:-data/cluster}
rqlited=${RQLITED:-rqlited}
chinook="node bin/chinook.cjs"
command -v "$rqlited" >/dev/null || { echo "rqlited is not installed: see docs/cluster.md" >&2; exit 1; }

pids=
stop() {
  trap - INT TERM EXIT
  # shellcheck disable=SC2086 # one word for each process
  kill $pids 2>/dev/null || true
  wait
}
trap stop INT TERM EXIT

# The address of a node's API and of its Raft, by its number.
api() { echo "127.0.0.1:400$1"; }
raft() { echo "127.0.0.1:401$1"; }

mkdir -p "$folder"
extension=$(node -p 'require("sqlite-vec").getLoadablePath()')
for n in 1 2 3; do
  mkdir -p "$folder/$n/db" "$folder/$n/extensions"
  cp "$extension" "$folder/$n/extensions/"
  join=
  [ $n = 1 ] || join="-join $(raft 1)"
  # shellcheck disable=SC2086 # two words or none
  "$rqlited" -node-id $n -http-addr "$(api $n)" -raft-addr "$(raft $n)" $join -fk -auto-optimize-int 0h \
    -extensions-path "$folder/$n/extensions" -on-disk-path "$folder/$n/db/database.sqlite" \
    "$folder/$n/raft" >>"$folder/$n/rqlited.log" 2>&1 &
  pids="$pids $!"
done

# A node is ready when it knows a leader.
ready() { node -e 'fetch(process.argv[1]).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))' "http://$(api "$1")/readyz?sync&timeout=5s"; }
for n in 1 2 3; do until ready $n; do sleep 0.2; done; done

writer() {
  case $1 in 1) set -- 1 2 3 ;; 2) set -- 2 1 3 ;; 3) set -- 3 1 2 ;; esac
  echo "rqlite://$(api "$1"),$(api "$2"),$(api "$3")"
}

if ! $chinook cluster status --writer "$(writer 1)" >/dev/null 2>&1; then
  [ -f "$folder/first.sqlite" ] || $chinook generate --tracks 3503 --seed 1 --database "$folder/first.sqlite"
  $chinook cluster join "$folder/first.sqlite" --writer "$(writer 1)"
fi

for n in 1 2 3; do
  CHINOOK_WRITER=$(writer $n) CHINOOK_PORT=808$n CHINOOK_DATABASE="$folder/$n/db/database.sqlite" \
    CHINOOK_LOG=${CHINOOK_LOG:-json} $chinook serve 2>>"$folder/$n/chinook.log" &
  pids="$pids $!"
done
wait
