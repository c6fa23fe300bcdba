#!/usr/bin/env bash
# A whole run against a rough server, killed once and resumed, then extended, killed and resumed, under ASan and UBSan, and one under
# TSan. Needs the sanitized builds (make test makes them).
set -u
root=${POP_ROOT:-$(cd "$(dirname "$0")/../.." && pwd)}
b=${POP_BUILD:-$root/build/obj}
work=$(mktemp -d)
pids=()
trap 'for p in "${pids[@]}"; do kill -9 "$p" 2>/dev/null; done; rm -rf "$work"' EXIT
fails=0

printf 'latency uniform 1 20\nshuffle\ncapacity 64 queue unbounded\nerrors 0.02 status 500\nduplicates 0.1 pool 20\ntruncate 0.02\ngarbage 0.02\nrefuse 0.01\n' >"$work/rough.sim"
"$b/llmsim" --script "$work/rough.sim" --port-file "$work/port" >/dev/null 2>&1 &
pids+=($!)
while [ ! -s "$work/port" ]; do sleep 0.05; done
url=http://127.0.0.1:$(cat "$work/port")/v1

for kind in asan-ubsan tsan; do
    p=$b-$kind/populace
    if [ ! -x "$p" ]; then
        echo "ok run under $kind # SKIP $p is not built"
        continue
    fi
    export ASAN_OPTIONS=detect_leaks=1 TSAN_OPTIONS=halt_on_error=1 UBSAN_OPTIONS=halt_on_error=1
    POP_CRASH_AT=log:after_sync:4 timeout 120 "$p" run students-brief -n 120 -o "$work/$kind" --shard-rows 48 --llm "$url" --in-flight 32 --progress none >"$work/$kind.log" 2>&1
    [ $? -eq 137 ] || echo "# it was not killed at the crash point"
    timeout 120 "$p" run students-brief -n 120 -o "$work/$kind" --llm "$url" --in-flight 32 --progress none >>"$work/$kind.log" 2>&1
    status=$?
    POP_CRASH_AT=log:after_sync:3 timeout 120 "$p" run -o "$work/$kind" --extend 300 --llm "$url" --in-flight 32 --progress none >>"$work/$kind.log" 2>&1
    [ $? -eq 137 ] || echo "# its extension was not killed at the crash point"
    timeout 120 "$p" run -o "$work/$kind" --llm "$url" --in-flight 32 --progress none >>"$work/$kind.log" 2>&1 || status=$?
    timeout 120 "$p" verify "$work/$kind" >>"$work/$kind.log" 2>&1 || status=$?
    timeout 120 "$p" replay "$work/$kind" >>"$work/$kind.log" 2>&1 || status=$?
    if [ $status -eq 0 ] && ! grep -qE 'ERROR: |WARNING: ThreadSanitizer|runtime error' "$work/$kind.log"; then
        echo "ok run, resume, extension, verify and replay under $kind"
    else
        echo "not ok run, resume, extension, verify and replay under $kind - status $status"
        tail -n 40 "$work/$kind.log" | sed 's/^/# /'
        fails=1
    fi
done
exit $fails
