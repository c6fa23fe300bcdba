#!/usr/bin/env bash
# Links through the whole command: both sides of each say the same in skeletons, prompts and rows, whatever attempts were lost; a slot
# alone and an extension change none; verify and replay.
. "$(dirname "$0")/../lib.sh"

n=275
people=$ROOT/tests/cases/populations/acquaintances.yaml

pop check "$people"
ends "check: no error, no warning" 0 "acquaintances: ok"
pop draw "$people" -n $n
ends "draw" 0
cp "$work/out" "$work/all"

# sides FILE LINK: "true" if the other side of every link says the inverse, and nobody is named twice
sides() {
    jq -s "{landlord: \"tenant\", tenant: \"landlord\", lender: \"debtor\", debtor: \"lender\"} as \$inverse |
        [.[] | .slot as \$own | .links.$2[] | [\$own, .slot, .relation]] |
        (map([.[1], .[0], (\$inverse[.[2]] // .[2])]) | sort) == sort and (map(.[:2]) | unique | length) == length" "$1"
}
is "knows: both sides agree" "$(sides "$work/all" knows)" true
is "owes: both sides agree" "$(sides "$work/all" owes)" true
is "knows: within the street" "$(jq -s 'all(.[]; .slot as $s | all(.links.knows[]; (.slot / 20 | floor) == ($s / 20 | floor)))' "$work/all")" true
is "owes: a ring in each town" "$(jq -s -c 'map(.links.owes | length) | unique' "$work/all")" "[2]"
is "ids name slots" "$(jq -s 'all(.[].links[][]; (.id | split("-")[1] | tonumber) == .slot)' "$work/all")" true
holds "knows: about 2.5 in the mean" test "$(jq -s 'map(.links.knows | length) | add / length * 100 | floor' "$work/all")" -gt 230
holds "some rent" grep -q '"relation":"tenant"' "$work/all"
for from in 274 0 59 60 200; do "$POPULACE" draw "$people" -n $n --from $from --count 1; done >"$work/some"
is "a slot alone is the same" "$(jq -s -c 'sort_by(.slot)' "$work/some" | sha256sum)" \
    "$(jq -s -c 'map(select(.slot | IN(0, 59, 60, 200, 274)))' "$work/all" | sha256sum)"

pop draw "$people" -n $n --extend 400
ends "draw --extend" 0
cp "$work/out" "$work/more"
is "an extension changes no earlier slot" "$(head -n $n "$work/more" | jq -c .links | sha256sum)" "$(jq -c .links "$work/all" | sha256sum)"
is "extended: both sides agree" "$(sides "$work/more" knows) $(sides "$work/more" owes)" "true true"

# what a prompt says of the others is what they are
sim_start faulty "duplicates 0.3 pool 6" "refuse 0.02"
pop preview "$people" -n 3 --llm "${sim_url[faulty]}"
ends "preview" 0
cp "$work/out" "$work/preview"
"$POPULACE" draw "$people" -n 3 >"$work/three"
jq -r -n '[inputs] as $all | $all[].links.knows[] | . as $one | $all[$one.slot].attributes |
    "    - \($one.relation): \(.["person.first"]), \(.["person.age"]) years"' "$work/three" >"$work/lines"
is "three people are six sides" "$(wc -l <"$work/lines")" 6
holds "prompts: relation, name and age of each" awk 'NR == FNR { said[$0]; next } !($0 in said) { exit 1 }' "$work/preview" "$work/lines"

generate run "$people" $n faulty -- --in-flight 32 --shard-rows 128
pop cat "$work/run"
ends "cat" 0
cp "$work/out" "$work/rows"
is "run: all rows are there" "$(wc -l <"$work/rows")" $n
holds "run: attempts were lost" test "$(jq -s 'map(select(.provenance.attempt > 0)) | length' "$work/rows")" -gt 20
is "run: links are those of the first attempt" "$(jq -s -c 'sort_by(.slot) | map(.links)' "$work/rows" | sha256sum)" \
    "$(jq -s -c 'map(.links)' "$work/all" | sha256sum)"
is "run: everybody names somebody they know" "$(jq -n --slurpfile all "$work/rows" '($all | map({key: (.slot | tostring), value: .name}) | from_entries) as $name |
    all($all[]; . as $row | any(.links.knows[]; $name[.slot | tostring] as $who | $row.letter | test("\\b" + $who + "\\b"; "i")))')" true
pop verify "$work/run"
ends "verify" 0 "nothing is wrong"
pop replay "$work/run" --json
is "replay makes every shard again" "$(jq -c '[.shards == .same, .rows]' "$work/out")" "[true,$n]"
generate few "$people" $n faulty -- --in-flight 2 --shard-rows 128
is "any number in flight gives the same rows" "$(rows_hash "$work/few")" "$(rows_hash "$work/run")"
pop cat "$work/run" --where links.knows.relation=tenant
is "cat --where by a link" "$(wc -l <"$work/out")" "$(jq -c 'select(any(.links.knows[]; .relation == "tenant"))' "$work/rows" | wc -l)"
pop cat "$work/run" --slot 7 --as card
first=$(jq -r 'select(.slot == 7) | .links.knows[0] | "\(.relation): slot \(.slot)"' "$work/rows")
ends "a card names the others by slot" 0 "knows" "  $first"
finish
