#!/bin/sh
# Shows that an acknowledged change costs exactly one fsync on SQLite: commits 10 and then 40
# changes to new databases under strace, and compares. The difference leaves out what opening and
# closing a database costs. Copying the log back into the database, every 1,000 pages, is not
# reached here: it costs a few more for all the changes since the last time.
# Needs strace and a tool chain; run it anywhere in the repository.
set -eu
cd "$(dirname "$0")/../.."
cargo build --quiet --package tokenward-server --example store_commits
program="${CARGO_TARGET_DIR:-target}/debug/examples/store_commits"
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT

# Prints how many fsync and fdatasync calls it takes to commit $1 changes.
syncs() {
    strace -f -qq -e trace=fsync,fdatasync -o "$folder/$1.trace" \
        "$program" "sqlite:$folder/$1.db" "$1"
    grep -c -E '(fsync|fdatasync)\(' "$folder/$1.trace"
}

few="$(syncs 10)"
many="$(syncs 40)"
echo "10 changes: $few syncs; 40 changes: $many syncs; 30 more changes: $((many - few)) more syncs"
test "$((many - few))" -eq 30
