#!/usr/bin/env bash
# Rules of the kinds lua, echo and reading, and fields narrowed by only and except, in runs: the same rows whatever the number of calls
# at once, after kills with sealed shards, and from the log alone; and what was rejected is what the rules say.
. "$(dirname "$0")/../lib.sh"

n=${POP_N:-1200}
diary=$ROOT/tests/cases/populations/rules/diary.yaml
faults=("wrong_value 0.02" "truncate 0.01")

pop check --json "$diary"
is "the population is sound" "$status $(cat "$work/out")" "0 "
sim_start plain "${faults[@]}"
frozen_table "$work/idf.bin" plain
options=(--shard-rows 200 --idf "$work/idf.bin")
generate first "$diary" $n plain -- --in-flight 64 "${options[@]}"
is "64 in flight: ends well" "$status" 0
rows=$(rows_hash "$work/first") decisions=$(decisions_hash "$work/first")
quotas_exact "64 in flight" "$work/first" $n
pop replay "$work/first" --json
is "replay makes every shard again" "$(jq -c '[.shards == .same, .rows]' "$work/out")" "[true,$n]"

# ---- what the rules did ---------------------------------------------------------------------------------------

echoes=$(sqlite3 "$work/first/ledger.db" "select count(*) from decision where reason = 'echo'")
if [ "$echoes" -ge 15 ]; then ok "openings were rejected"; else bad "openings were rejected" "$echoes"; fi
is "and counted" "$(jq .quotas.sums.lost.echo "$work/first/manifest.json")" "$echoes"
is "each by an opening, and nobody's likeness" \
    "$(sqlite3 "$work/first/ledger.db" "select count(*) from decision where reason = 'echo' and (neighbour is not null or detail not like 'the opening \"%')")" 0
is "never before eight had it" "$(sqlite3 "$work/first/ledger.db" "select min(pos) > 60 from decision where reason = 'echo'")" 1
asked=$(log_lines "$work/first" | wc -l)
if [ "$asked" -gt $((2 * n + echoes)) ]; then ok "the Lua rule sent some back"; else bad "the Lua rule sent some back" "$asked calls"; fi
cat >"$work/rows.jq" <<'JQ'
def begun: [.monday | splits("(?<=[.!?])\\s+") | select(test("^They\\b"))] | length;
[select(.home_way == .attributes.way or (.home_way == "car" and .attributes.age < 18) or begun > 2)] | length
JQ
is "no row breaks them" "$(zstdcat "$work"/first/shards/*.jsonl.zst | jq -f "$work/rows.jq" | paste -sd+ | bc)" 0
is "the Lua file is kept with the run" "$(cmp "$work"/first/population/files/*-diary.lua "${diary%.yaml}.lua" && echo same)" same

# ---- the same, otherwise ----------------------------------------------------------------------------------------

generate other "$diary" $n plain -- --in-flight 1 "${options[@]}"
is "1 in flight: same rows and decisions" "$(rows_hash "$work/other") $(decisions_hash "$work/other")" "$rows $decisions"
rm -rf "$work/other"
sim_stop plain
sim_start slow "${faults[@]}" "latency uniform 1 30" shuffle
generate other "$diary" $n slow -- --in-flight 700 "${options[@]}"
is "700 in flight, shuffled: same rows and decisions" "$(rows_hash "$work/other") $(decisions_hash "$work/other")" "$rows $decisions"
rm -rf "$work/other"

kills=0 status=137 sealed=0
while [ $status -eq 137 ]; do
    start run "$diary" -n $n -o "$work/killed" --llm "${sim_url[slow]}" --in-flight 48 --progress none "${options[@]}"
    if [ $kills -lt 8 ]; then
        sleep 0.$((300 + 57 * kills))
        kill -KILL "$child" 2>/dev/null
    fi
    await
    [ $status -eq 137 ] && kills=$((kills + 1))
    [ $status -eq 137 ] && ls "$work"/killed/shards/*.zst >/dev/null 2>&1 && sealed=$((sealed + 1))
done
is "killed run: ends well at last" "$status" 0
if [ $sealed -ge 2 ]; then ok "killed with shards sealed"; else bad "killed with shards sealed" "$sealed of $kills"; fi
is "killed run: same rows and decisions" "$(rows_hash "$work/killed") $(decisions_hash "$work/killed")" "$rows $decisions"
sim_stop slow

# ---- a Lua file that was changed is another population -------------------------------------------------------------

mkdir "$work/changed"
cp "$diary" "$work/changed/"
sed 's/begun > 2/begun > 3/' "${diary%.yaml}.lua" >"$work/changed/diary.lua"
sim_start plain
generate first "$work/changed/diary.yaml" $n plain --
ends "a changed Lua file: refused" 6
finish
