#!/usr/bin/env bash
# Every figure with the command that prints it. Quiet machine, please; the server runs on the other core.
set -eu
cd "$(dirname "$0")/../.."
b=$1
work=$(mktemp -d)
pids=()
trap 'for p in "${pids[@]}"; do kill "$p" 2>/dev/null || true; done; rm -rf "$work"' EXIT

show() { echo "\$ $*"; "$@"; }
clocked() { echo "\$ $*"; local TIMEFORMAT='%R s'; time "$@"; }
sim() { # name script -> $url, $pid
    printf '%b' "$2" >"$work/$1.sim"
    "$b/llmsim" --script "$work/$1.sim" --port-file "$work/$1.port" >/dev/null 2>&1 &
    pid=$!
    pids+=("$pid")
    while [ ! -s "$work/$1.port" ]; do sleep 0.05; done
    url=http://127.0.0.1:$(cat "$work/$1.port")/v1
}

echo "== machine: $(nproc) cores, $(sed -nE 's/^model name.*: //p' /proc/cpuinfo | head -1)"
echo "== skeletons"
show "$b/tests/bench/draw_bench" tests/bench/twenty.yaml 1000000
show "$b/tests/bench/draw_bench" students-k12 200000
echo "== skeletons with an attribute that is unique in groups of 20 and of 1,000"
for size in 20 1000; do
    sed "s/SIZE/$size/" tests/bench/groups.yaml >"$work/groups-$size.yaml"
    show "$b/tests/bench/draw_bench" "$work/groups-$size.yaml" 200000
done
echo "== skeletons of 2,304 attributes: all of them; 250 chosen, near and far"
for all in all ''; do
    tests/bench/chosen.sh $all >"$work/chosen${all:+-all}.yaml"
    show "$b/tests/bench/draw_bench" "$work/chosen${all:+-all}.yaml" 20000
done
echo "== skeletons with six links each in groups of 20, 1,000 and 100,000"
for size in 20 1000 100000; do
    sed "s/SIZE/$size/" tests/bench/links.yaml >"$work/links-$size.yaml"
    show "$b/tests/bench/draw_bench" "$work/links-$size.yaml" 200000
done
echo "== whole persons for overlapping tables"
show "$b/tests/bench/plan_bench"
echo "== a corpus of others, 1M records: compared; 190k chosen where some are rare"
"$b/populace" draw tests/bench/city.yaml -n 1M | sed -E 's/^.*"attributes":(\{.*\})\}$/\1/' >"$work/city.jsonl"
{ echo region,age,degree,income; sed -E 's/[{}"]//g; s/[a-z_]+://g' "$work/city.jsonl"; } >"$work/city.csv"
awk '/graduate/ && /north|top/ && NR % 5 { next } { print }' "$work/city.jsonl" >"$work/rare.jsonl"
for f in city.jsonl city.csv; do clocked "$b/populace" fit "$work/$f" -P tests/bench/city.yaml --draws 0 | head -n 2; done
clocked "$b/populace" subsample "$work/rare.jsonl" -P tests/bench/city.yaml -n 190k -o "$work/chosen.jsonl"
echo "== client, 0 ms, beside wrk on the same server"
sim fast 'latency fixed 0\n'
show "$b/tests/bench/client_bench" "$url" 40000 1000
show "$b/tests/bench/client_bench" "$url" 40000 4000
show wrk -t1 -c256 -d4s -s tests/llmsim/scripts/post.lua "${url%/v1}" | grep -E '\$|Requests/sec'
kill "$pid"
echo "== client, 500 ms"
sim slow 'latency fixed 500\n'
show "$b/tests/bench/client_bench" "$url" 10000 1000
show "$b/tests/bench/client_bench" "$url" 40000 4000
kill "$pid"
echo "== end to end, students-k12 and students-brief at 0 ms"
sim e2e 'latency fixed 0\n'
for p in students-k12 students-brief; do
    show "$b/populace" run $p -n 5000 -o "$work/$p" --llm "$url" --in-flight 256 --progress plain 2>&1 | tail -1
done
echo "== shards, with the rows of that run"
show "$b/tests/bench/shard_bench" "$work"/students-k12/shards/shard-*.zst
echo "== share of the endpoint's capacity used, 500 ms, 1,000 slots, 5 % duplicates, between 10 % and 90 % of the run"
kill "$pid"
sim use 'latency fixed 500\ncapacity 1000 queue unbounded\nduplicates 0.05 pool 60\n'
show "$b/populace" run students-brief -n 10000 -o "$work/use" --llm "$url" --in-flight 1000 --progress plain 2>&1 | tail -1
curl -s "${url%/v1}/stats" | jq -c '{requests, distinct, use_10_90}'
kill "$pid"
echo "== peak memory at 10,000 and 100,000 slots"
sim mem 'latency fixed 0\n'
peak() { # command... -> MB
    "$@" &
    local p=$! m most=0
    while kill -0 $p 2>/dev/null; do
        m=$(awk '/VmHWM/ { print $2 }' /proc/$p/status 2>/dev/null || true)
        [ "${m:-0}" -gt $most ] && most=$m
        sleep 0.2
    done
    echo "peak $((most / 1024)) MB"
}
for n in 10000 100000; do
    show peak "$b/populace" run students-brief -n $n -o "$work/m$n" --llm "$url" --in-flight 256 --progress none
    rm -rf "$work/m$n"
done
kill "$pid"
echo "== gate"
show "$b/tests/bench/gate_bench"
