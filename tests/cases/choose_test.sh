#!/usr/bin/env bash
# Personas that have some of many attributes, whose texts go out in parts, as a whole: a server that leaves paths out, adds some or
# answers nonsense is asked again for just what is missing; rows hold what was chosen and nothing else; what is in flight, kills and
# replays change nothing.
. "$(dirname "$0")/../lib.sh"

n=300
cp "$ROOT/tests/cases/populations/chosen.yaml" "$work/p.yaml"

sim_start sim "missing_key 0.05" "extra_key 0.03" "wrong_type 0.02" "wrong_value 0.03" "truncate 0.02" "garbage 0.01"
pop check "$work/p.yaml"
ends "the population is sound" 0
generate run "$work/p.yaml" $n sim -- --in-flight 64
ends "a run with faults" 0
zstdcat "$work"/run/shards/*.zst >"$work/rows"
is "rows" "$(wc -l <"$work/rows")" $n
quotas_exact "chosen" "$work/run" $n
holds "some parts were sent back" test "$(jq -s 'map(.provenance.revisions) | add' "$work/rows")" -gt 20

# each of these is true of every row; has: its pairs by path
has='(.attributes | map({key: .path, value: .value}) | from_entries) as $a |
    ($a | keys | map(select(test("^(sea|home|school)[.]")))) as $have |'
every() { is "$1" "$(jq -c "$has select(($2) | not) | .slot" "$work/rows" | wc -l)" 0; }
# beyond the count comes what a chosen text refers to
every "so many attributes as depth says, and the pet that has a name" \
    '($have | length) as $k | (if $a["home.pet_name"] then 1 else 0 end) as $more |
     if .depth == "brief" then $k >= 3 and $k <= 3 + $more else $k >= 6 and $k <= 8 + $more end'
every "some of each section" '["sea", "home", "school"] | all(. as $s | any($have[]; startswith($s)))'
every "a name only with a pet" '($a["home.pet_name"] == null) or ($a["home.pets"] // "none") != "none"'
every "every event has its story" '($a.event | tonumber) as $k | [range(1; $k + 1)] | all($a["event.\(.).story"] != null)'
every "stories name their topics" '($a.event | tonumber) as $k | [range(1; $k + 1)] | all(. as $i | $a["event.\($i).story"] | ascii_downcase | contains($a["event.\($i).topic"]))'
every "N1 holds of what was drawn" '($a["home.pets"] == "none" and $a["home.size"] == "9 rooms") | not'
every "a field beside leaves" '.mood == "calm" or .mood == "tense"'
share() { jq -s "map($has $1) | map(if . then 1 else 0 end) | add / length * 100 | floor" "$work/rows"; }
holds "what is common is had by more than what is rare" test "$(share '$a["home.garden"] != null')" -gt "$(($(share '$a["home.kitchen"] != null') + 10))"

pop cat "$work/run" --where home.pets="a cat" --limit 1000
is "cat --where a chosen attribute" "$(wc -l <"$work/out")" "$(jq -c 'select(any(.attributes[]; .path == "home.pets" and .value == "a cat"))' "$work/rows" | wc -l)"
pop cat "$work/run" --where home.pets=~ --limit 1000
is "cat --where it was left out" "$(wc -l <"$work/out")" "$(jq -c 'select(all(.attributes[]; .path != "home.pets"))' "$work/rows" | wc -l)"
pop cat "$work/run" --where event.topic="a wedding" --limit 1000
is "cat --where some instance" "$(wc -l <"$work/out")" "$(jq -c 'select(any(.attributes[]; (.path | test("^event[.][0-9]+[.]topic$")) and .value == "a wedding"))' "$work/rows" | wc -l)"
pop cat "$work/run" --where home.size=3 --limit 1000
is "cat --where a number without its unit" "$(wc -l <"$work/out")" "$(jq -c 'select(any(.attributes[]; .path == "home.size" and .value == "3 rooms"))' "$work/rows" | wc -l)"
pop cat "$work/run" --slot 7 --as card
ends "a card of one" 0

# draws are those of the run
pop draw "$work/p.yaml" -n $n
jq -c '{slot, attributes: [.attributes | to_entries[] | select(.value != null and (.key | test("^(sea|home|school)"))) | .key] | sort}' "$work/out" >"$work/drawn"
jq -c "$has"' select(.provenance.attempt == 0) | {slot, attributes: [$have[] | select(. != "home.garden" and . != "home.kitchen" and . != "home.pet_name" and . != "school.lessons" and . != "school.exams")] | sort}' "$work/rows" >"$work/written"
is "draw and run have chosen alike" "$(grep -vcxFf "$work/drawn" "$work/written")" 0

first=$(rows_hash "$work/run") decisions=$(decisions_hash "$work/run")
generate again "$work/p.yaml" $n sim -- --in-flight 1
is "one call at a time gives the same rows" "$(rows_hash "$work/again")" "$first"
is "and the same decisions" "$(decisions_hash "$work/again")" "$decisions"
pop replay "$work/run" --json
is "replay makes every shard again" "$(jq -c '[.shards == .same, .rows]' "$work/out")" "[true,$n]"
sim_stop sim

# killed between parts, three times
sim_start slow "missing_key 0.05" "extra_key 0.03" "wrong_type 0.02" "wrong_value 0.03" "truncate 0.02" "garbage 0.01" "latency uniform 4 16"
kills=0
for pause in 0.4 0.7 0.9 none; do
    start run "$work/p.yaml" -n $n -o "$work/killed" --llm "${sim_url[slow]}" --in-flight 32 --progress none
    if [ $pause != none ]; then
        sleep $pause
        kill -KILL "$child" 2>/dev/null
    fi
    await
    [ $status -eq 137 ] && kills=$((kills + 1))
done
ends "killed run: ends well at last" 0
holds "it was killed" test $kills -ge 1
is "killed run: same rows" "$(rows_hash "$work/killed")" "$first"
is "no reply is in the log twice" "$(log_keys "$work/killed" | sort | uniq -d | head -n 3)" ""
sim_stop slow

# attributes as an object
sim_start plain
pop run "$work/p.yaml" --set output.attributes=nested -n 40 -o "$work/nested" --llm "${sim_url[plain]}" --progress none
ends "nested attributes" 0
pop verify "$work/nested"
ends "nested attributes: verify" 0 "nothing is wrong"
zstdcat "$work"/nested/shards/*.zst >"$work/rows"
is "what was left out is null" "$(jq -c '.attributes.home | keys_unsorted' "$work/rows" | sort -u)" '["pets","pet_name","garden","kitchen","size"]'
holds "and something is" grep -q '"garden":null' "$work/rows"
pop cat "$work/nested" --where event.topic="a move" --limit 100
is "cat --where some instance of an object" "$(wc -l <"$work/out")" "$(jq -c 'select(any(.attributes.event[]; .topic == "a move"))' "$work/rows" | wc -l)"

# servers that take no schema: the prompt says what to write
sim_start json "no_schema"
pop run "$work/p.yaml" -n 40 -o "$work/json" --llm "${sim_url[json]}" --progress none
ends "a server without schemas" 0
finish
