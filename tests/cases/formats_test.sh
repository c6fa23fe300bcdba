#!/usr/bin/env bash
# What lies in a run directory is read by tools that are not ours: zstdcat, jq, sqlite3, and from Python datasets, duckdb and
# polars. And what cat, status and replay say is the same as what lies there.
. "$(dirname "$0")/../lib.sh"

n=450
sim_start sim "duplicates 0.1 pool 20" "refuse 0.01" "truncate 0.02" "wrong_value 0.02"
frozen_table "$work/idf.bin" sim
generate run students-brief $n sim -- --in-flight 64 --shard-rows 200 --idf "$work/idf.bin"
ends "a run" 0
dir=$work/run
shards=("$dir"/shards/shard-*.jsonl.zst)
zstdcat "${shards[@]}" >"$work/rows"

# ---- common tools -------------------------------------------------------------------------------------------

is "three shards" "${#shards[@]}" 3
holds "zstd finds every frame sound" zstd -tq "${shards[@]}" "$dir"/replies/*.zst
holds "every file that is JSON is JSON" jq -e . "$dir/run.json" "$dir/manifest.json" "$dir/status.json" "$dir/population/population.json"
holds "events are JSON lines" jq -e '.time and .event and .text' "$dir/events.jsonl"
is "rows are JSON lines" "$(jq -s 'length' "$work/rows")" $n
is "slots: each once" "$(jq -r .slot "$work/rows" | sort -n | uniq | wc -l)" $n
is "ids: each once" "$(jq -r .id "$work/rows" | sort -u | wc -l)" $n
is "keys are the same in every row, in this order" "$(jq -c keys_unsorted "$work/rows" | sort -u | wc -l)" 1
is "texts are there" "$(jq -r 'select((.narrative | length) < 50) | .id' "$work/rows" | wc -l)" 0
is "no row holds a time, a server or a latency" "$(grep -cE '127\.0\.0\.1|"ms":|"endpoint"|"time":' "$work/rows")" 0
is "a reply line holds what it should" "$(log_lines "$dir" | head -n 1 | jq -c 'keys_unsorted')" \
    '["slot","attempt","step","round","pos","req","outcome","finish","model","endpoint","usage","ms","text"]'
is "manifest: shards" "$(jq -c '[.finished, .accepted, (.shards | map(.rows) | add), (.shards | length)]' "$dir/manifest.json")" "[true,$n,$n,3]"
sizes=$(jq -r '.shards[] | "\(.file) \(.zbytes) \(.sidecar) \(.sidecar_bytes)"' "$dir/manifest.json" |
    while read -r f z s b; do echo "$(($(stat -c %s "$dir/$f") - z)) $(($(stat -c %s "$dir/$s") - b))"; done | sort -u)
is "manifest: sizes of files" "$sizes" "0 0"
is "manifest: sizes of rows" "$(jq '.shards | map(.bytes) | add' "$dir/manifest.json")" "$(stat -c %s "$work/rows")"
is "ledger: sound" "$(sqlite3 "$dir/ledger.db" 'pragma integrity_check')" ok
is "ledger: shards" "$(sqlite3 "$dir/ledger.db" 'select count(*), sum(rows) from shard')" "3|$n"
is "ledger: usage is that of the log" "$(sqlite3 "$dir/ledger.db" 'select sum(calls), sum(prompt), sum(completion) from usage')" \
    "$(log_lines "$dir" | jq -rs '"\(length)|\(map(.usage.prompt) | add)|\(map(.usage.completion) | add)"')"
is "ledger: evidence of a duplicate" \
    "$(sqlite3 "$dir/ledger.db" "select count(*) from decision where reason = 'duplicate' and (neighbour is null or score < 500 or detail = '')")" 0

# ---- our own commands -----------------------------------------------------------------------------------------

"$POPULACE" cat "$dir" >"$work/cat"
holds "cat: the rows as they lie there" cmp "$work/cat" "$work/rows"
for s in 0 7 $((n - 1)); do
    pop cat "$dir" --slot $s
    is "cat --slot $s" "$(cat "$work/out")" "$(jq -c "select(.slot == $s)" "$work/rows")"
done
pop cat "$dir" --slot $n
ends "cat: a slot that is not there" 2 "slot $n"
pop cat "$dir" --where grade=7 --where gender=female
is "cat --where" "$(jq -r .slot "$work/out" | tr '\n' ' ')" "$(jq -r 'select(.grade == 7 and .gender == "female") | .slot' "$work/rows" | tr '\n' ' ')"
[ -s "$work/out" ] || bad "cat --where" "no row in grade 7"
some=$(jq -r .attributes.home.family "$work/rows" | sort | uniq -c | sort -rn | awk 'NR == 1 { print $2 }')
pop cat "$dir" --where "home.family=$some"
is "cat --where with a path" "$(wc -l <"$work/out")" "$(jq -c "select(.attributes.home.family == \"$some\")" "$work/rows" | wc -l)"
pop cat "$dir" --where grade=7
grade=$(wc -l <"$work/out")
pop cat "$dir" --where school.grade=7
is "cat --where with the path of a column" "$(wc -l <"$work/out")" "$grade"
mv "$dir/population" "$work/population.away"
pop cat "$dir" --where "home.family=$some" --limit 1
ends "cat --where without the frozen population" 0
mv "$work/population.away" "$dir/population"
pop cat "$dir" --where grade
ends "cat --where without =" 2 "--where grade has no ="
pop cat "$dir" --limit 5
holds "cat --limit" cmp "$work/out" <(head -n 5 "$work/rows")
pop cat "$dir" --limit 1 --as card
says "cat --as card" "$(jq -r 'select(.slot == 0) | .name' "$work/rows")"
"$POPULACE" cat "$dir" | head -n 1 >"$work/first"
is "cat into a pipe that closes" "$(cat "$work/first")" "$(head -n 1 "$work/rows")"
pop status "$dir" --json
is "status --json" "$(jq -c '[.state, .n, .accepted, .open]' "$work/out")" "[\"finished\",$n,$n,0]"
pop status "$dir"
ends "status" 0 "finished" "$n"
pop verify "$dir" --json
is "verify --json" "$(tail -n 1 "$work/out" | jq -c '[.rows, .n, .open, .wrong]')" "[$n,$n,0,0]"
pop replay "$dir" -o "$work/again"
ends "replay -o" 0 "3 of 3 sealed shards"
for f in "${shards[@]}"; do
    cmp -s "$f" "$work/again/shards/$(basename "$f")" || bad "replay -o: the same file" "$(basename "$f")"
done
is "replay -o: rows" "$(rows_hash "$work/again")" "$(rows_hash "$dir")"
pop replay "$dir" -o "$work/again"
ends "replay -o where something is" 2 "$work/again"

# while a run works: what is accepted and not yet sealed is there too
sim_start slow "latency fixed 40"
start run students-brief -n 200 -o "$work/live" --llm "${sim_url[slow]}" --in-flight 16 --progress none
got=0
while kill -0 "$child" 2>/dev/null && [ "$got" -lt 20 ]; do
    [ -e "$work/live/ledger.db" ] && pop cat "$work/live" && got=$(wc -l <"$work/out")
    sleep 0.1
done
is "cat of a run that works: JSON lines" "$(jq -r .slot "$work/out" | wc -l)" "$got"
[ "$got" -ge 20 ] && ok "cat of a run that works: rows before the first shard" || bad "cat of a run that works" "$got rows"
pop verify "$work/live"
ends "verify of a run that works" 0 " open; "
kill -INT "$child"
await
ends "it stops" 75

# ---- Python -----------------------------------------------------------------------------------------------------

# datasets opens .zst through the module zstandard; the other two need nothing
venv=${POPULACE_TEST_VENV:-$HOME/.cache/populace-tests/venv}
if ! "$venv/bin/python" -c 'import datasets, duckdb, polars, zstandard' 2>/dev/null; then
    mkdir -p "$(dirname "$venv")"
    if ! { python3 -m venv "$venv" && "$venv/bin/pip" install -q datasets duckdb polars zstandard; } >"$work/pip" 2>&1 </dev/null; then
        skip "datasets, duckdb, polars" "no network: $(tail -n 1 "$work/pip" | tr -d '#' | cut -c1-120)"
        finish
    fi
fi
HF_HOME=$work/hf HF_DATASETS_OFFLINE=1 HF_HUB_OFFLINE=1 "$venv/bin/python" - "$dir" "$work/rows" "$n" >"$work/python.out" 2>"$work/python.err" <<'PYTHON' || bad "python" "$(tail -n 5 "$work/python.err")"
import glob, json, sys

folder, rows, n = sys.argv[1], sys.argv[2], int(sys.argv[3])
files = sorted(glob.glob(folder + "/shards/shard-*.jsonl.zst"))
want = [json.loads(line) for line in open(rows)]


def report(name, good, why=""):
    print("ok" if good else "not ok", name, *([] if good else ["-", why]))


import datasets
d = datasets.load_dataset("json", data_files=files, split="train")
report("datasets: all rows", len(d) == n, len(d))
report("datasets: values", [r["narrative"] for r in d] == [w["narrative"] for w in want], "other texts")
report("datasets: nested values", all(r["attributes"]["person"]["big_five"] == w["attributes"]["person"]["big_five"] for r, w in zip(d, want)))

import duckdb
q = "select count(*), count(distinct id), sum(slot), min(length(narrative)) from read_json(%r)" % files
got = duckdb.sql(q).fetchall()[0]
report("duckdb: all rows", got == (n, n, sum(w["slot"] for w in want), min(len(w["narrative"]) for w in want)), got)
got = duckdb.sql("select level, count(*) from read_json(%r) group by level order by level" % files).fetchall()
levels = sorted({w["level"] for w in want})
report("duckdb: groups", got == [(l, sum(w["level"] == l for w in want)) for l in levels], got)
got = duckdb.sql("select avg(attributes.person.big_five.N) from read_json(%r)" % files).fetchall()[0][0]
mean = sum(w["attributes"]["person"]["big_five"]["N"] for w in want) / n
report("duckdb: nested values", abs(got - mean) < 1e-9, got)

import polars
p = polars.concat([polars.read_ndjson(f) for f in files])
report("polars: all rows", p.height == n, p.height)
report("polars: values", p["id"].to_list() == [w["id"] for w in want])
PYTHON
cat "$work/python.out"
failures=$((failures + $(grep -c '^not ok' "$work/python.out")))
finish
