#!/usr/bin/env bash
# A run directory that is not as a run left it: files that are gone, exchanged or unwritable. What was paid for is never taken for
# nothing, another run's never for this one's, and no error hides behind another.
. "$(dirname "$0")/../lib.sh"

sim_start sim "duplicates 0.05 pool 40"
frozen_table "$work/idf.bin" sim
generate whole students-brief 600 sim -- --shard-rows 200 --in-flight 64 --idf "$work/idf.bin"
ends "a run to look at" 0
rows=$(rows_hash "$work/whole")
again() { rm -rf "$work/d"; cp -r "$work/whole" "$work/d"; }
half() { # a run that was stopped by a crash point half-way
    rm -rf "$work/d"
    POP_CRASH_AT=$1 "$POPULACE" run students-brief -n 600 -o "$work/d" --llm "${sim_url[sim]}" --shard-rows 200 --in-flight 64 \
        --idf "$work/idf.bin" --progress none >/dev/null 2>&1
}
go_on() { pop run -o "$work/d" --llm "${sim_url[sim]}" --progress none; }

again
rm "$work/d/run.json"
pop run students-brief -n 30 --seed 7 -o "$work/d" --llm "${sim_url[sim]}" --progress none
ends "run.json is gone: nothing is begun over it" 6 "run.json" "missing"
rm -rf "$work/d/replies" "$work/d/shards"
pop run students-brief -n 30 --seed 7 -o "$work/d" --llm "${sim_url[sim]}" --progress none
ends "run.json, replies and shards are gone: neither" 6 "ledger.db"

half seal:before_ledger:2
rm "$work"/d/replies/*
go_on
ends "the reply log is gone: it is not paid for again in silence" 1 "replies-00000.jsonl.zst is missing" "empty file"
touch "$work/d/replies/replies-00000.jsonl.zst"
go_on
ends "an empty file in its place: asked again" 0
is "an empty file in its place: the same rows" "$(rows_hash "$work/d")" "$rows"

# the manifest follows the ledger, never the other way round
for at in $(seq 3 14); do
    point=ledger:before_commit:$at
    half $point
    [ -s "$work/d/ledger.db" ] || continue
    listed=$(jq '.shards | length' "$work/d/manifest.json" 2>/dev/null || echo 0)
    known=$(sqlite3 "$work/d/ledger.db" 'select count(*) from shard')
    if [ "${listed:-0}" -le "$known" ]; then ok "$point: the manifest lists what the ledger knows"; else bad "$point: manifest" "lists $listed shards, the ledger $known"; fi
    go_on
    is "$point: the same rows" "$(rows_hash "$work/d")" "$rows"
done

again
cp "$work/d/idf.bin" "$work/other.bin"
generate learn students-brief 40 sim --
cp "$work/learn/idf.bin" "$work/d/idf.bin"
go_on
ends "another run's idf.bin" 1 "idf.bin"
pop run students-brief -n 40 -o "$work/learn2" --llm "${sim_url[sim]}" --idf "$work/learn/idf.bin" --progress none
ends "--idf with a table that still learns" 2 "4,096"

again
figures=$(jq -c '[.gate, .accepted]' "$work/d/manifest.json")
go_on
is "a finished run that is run again keeps the gate's figures" "$(jq -c '[.gate, .accepted]' "$work/d/manifest.json")" "$figures"
mv "$work/d/shards/shard-00001.jsonl.zst" "$work/d/shards/x"
cp "$work/d/shards/shard-00000.jsonl.zst" "$work/d/shards/shard-00001.jsonl.zst"
pop verify "$work/d"
ends "a shard in another's place" 1 "shard-00001"

pop run students-brief -n 5 -o "$work/many" --llm "${sim_url[sim]}" --passes 900 --progress none
ends "more attempts than a key can name" 2 "attempts"
pop run students-brief -n 5 -o "$work/many" --llm "${sim_url[sim]}" --lag 9000000000000000000 --progress none
ends "a lag that no position can have" 2 "--lag"

# another user, to whom nothing here belongs
open=$(TMPDIR='' mktemp -d)
chmod 755 "$open"
if [ "$(id -u)" = 0 ] && command -v runuser >/dev/null && runuser -u nobody -- test -x "$POPULACE" -a -x "$open"; then
    cp -r "$work/whole" "$open/run"
    chmod -R a+rX "$open/run"
    for c in cat verify status; do
        runuser -u nobody -- "$POPULACE" $c "$open/run" >"$work/out" 2>"$work/err"
        status=$?
        ends "$c in a directory that cannot be written" 0
    done
else
    skip "cat, verify, status in a directory that cannot be written" "needs root, runuser and a path open to others"
fi
rm -rf "$open"

# a signal while the model set is opened
sim_start mute "hang 1"
start run students-brief -n 5 -o "$work/early" --llm "${sim_url[mute]}" --progress none
sleep 0.5
kill -INT "$child"
sleep 0.2
kill -INT "$child"
await
is "two signals while the endpoint is probed: status 75" "$status" 75
finish
