#!/bin/sh
# Runs the package index of this machine through `loom run`, kills it with -9 again and again, and
# compares the totals of all maintainers with those that awk finds. Prints what it did; exits with 0
# if everything agrees.
#
#   check.sh [KILLS]       how often to kill; 5 unless told otherwise
#
# LOOM    the command to run         (target/release/loom, or target/debug/loom)
# INDEX   a file to read             (the output of `apt-cache dumpavail`)
# SEED    chooses the moments        (the time)
set -eu

here=$(cd -- "$(dirname -- "$0")" && pwd)
root=$(cd -- "$here/../.." && pwd)
kills=${1-5}
if [ -z "${LOOM-}" ]; then
    LOOM=$root/target/release/loom
    [ -x "$LOOM" ] || LOOM=$root/target/debug/loom
fi
seed=${SEED-$(date +%s)}

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
trap 'exit 130' INT TERM

if [ -n "${INDEX-}" ]; then cp -- "$INDEX" "$work/index"; else apt-cache dumpavail >"$work/index"; fi
"$here/packages.sh" "$work/index" >"$work/messages.jsonl"
"$here/packages.sh" --totals "$work/index" >"$work/expected"
echo "$(wc -l <"$work/messages.jsonl") packages of $(wc -l <"$work/expected") maintainers"

# How long it takes undisturbed tells at which moments to kill, so that each one interrupts work.
start=$(date +%s%N)
"$LOOM" run --data "$work/once" "$work/messages.jsonl"
took_ms=$((($(date +%s%N) - start) / 1000000))

compare() { # DIR
    # Every state on a line: {"actor":"tally/…","seq":…,"state":{"count":…,"sum":…}}
    "$LOOM" actors states --data "$1" --kind tally --json | LC_ALL=C sed -E \
        -e 's/^\{"actor":"tally\/(.*)","seq":[0-9]+,"state":\{"count":([0-9]+),"sum":([0-9]+)\}\}$/\1\t\2\t\3/' \
        -e 's/\\(["\\])/\1/g' | LC_ALL=C sort >"$1.found"
    cmp -- "$work/expected" "$1.found"
    "$LOOM" journal verify --data "$1"
}

compare "$work/once"
echo "totals agree after one run"
"$LOOM" run --data "$work/once" "$work/messages.jsonl"
compare "$work/once"
echo "totals agree after a second run of the same file"

for moment in $(awk -v seed="$seed" -v n="$kills" -v ms="$took_ms" \
    'BEGIN { srand(seed); for (i = 0; i < n; i++) printf "%.3f ", rand() * ms * 1.5 / n / 1000 }'); do
    "$LOOM" run --data "$work/killed" "$work/messages.jsonl" >"$work/out" 2>&1 &
    pid=$!
    sleep "$moment"
    if kill -9 "$pid" 2>/dev/null; then echo "killed after $moment s"; fi
    wait "$pid" 2>/dev/null || true
done
"$LOOM" run --data "$work/killed" "$work/messages.jsonl"
compare "$work/killed"
echo "totals agree after $kills times kill -9 (SEED=$seed)"
