#!/usr/bin/env bash
# Groups of slots through the whole command: equal, kept and different values in skeletons and in the rows of a run that lost
# attempts; slots in any order; the errors that only a draw finds.
. "$(dirname "$0")/../lib.sh"

n=515
village=$ROOT/tests/cases/populations/village.yaml

pop check "$village"
ends "check: no error, no warning" 0 "village: ok"
pop draw "$village" -n $n
ends "draw" 0
cp "$work/out" "$work/all"
# each GROUP SIZE EXPRESSION: its different values among the members of each group, as "members:values" without repeats
each() {
    jq -r "[(.slot / $1 | floor), (.attributes | $2 | tostring)] | @tsv" "$work/all" |
        awk -F'\t' '{ m[$1]++; if (!(($1, $2) in s)) { s[$1, $2]; v[$1]++ } } END { for (g in m) print m[g] ":" v[g] }' | sort -u | tr '\n' ' '
}
is "per: one village, the last is smaller" "$(each 30 '[.["village.trade"], .["village.founded"]]')" "30:1 5:1 "
is "per: one lane a street" "$(each 10 '.["street.lane"]')" "10:1 5:1 "
is "unique: houses in a street" "$(each 10 '.["person.house"]')" "10:10 5:5 "
is "unique: names in a village" "$(each 30 '.["person.name"]')" "30:30 5:5 "
is "per: villages differ" "$(jq -r '.attributes["village.founded"]' "$work/all" | sort -u | wc -l)" 18
for from in 514 0 333 29 30 311; do "$POPULACE" draw "$village" -n $n --from $from --count 1; done >"$work/some"
is "a slot alone is the same" "$(jq -s -c 'sort_by(.slot)' "$work/some" | sha256sum)" \
    "$(jq -s -c 'map(select(.slot | IN(0, 29, 30, 311, 333, 514)))' "$work/all" | sha256sum)"

# a run that loses attempts: what is kept is what the first attempt had
sim_start faulty "duplicates 0.3 pool 6" "refuse 0.02"
generate run "$village" $n faulty -- --in-flight 32 --shard-rows 128
pop cat "$work/run"
ends "cat" 0
cp "$work/out" "$work/rows"
is "run: all rows are there" "$(wc -l <"$work/rows")" $n
kept='[.attributes.person.age, .attributes.village.trade, .attributes.village.founded, .attributes.street.lane, .name, .house]'
drawn='[.["person.age"], .["village.trade"], .["village.founded"], .["street.lane"], .["person.name"], .["person.house"]]'
is "run: who somebody is stays" "$(jq -s -c "sort_by(.slot) | map([.slot, $kept])" "$work/rows" | sha256sum)" \
    "$(jq -s -c "map([.slot, (.attributes | $drawn)])" "$work/all" | sha256sum)"
jq -s -c 'sort_by(.slot) | map(.attributes.mood)' "$work/rows" >"$work/moods"
retried=$(jq -s 'map(select(.provenance.attempt > 0)) | length > 40' "$work/rows")
is "run: attempts were lost" "$retried" true
moved=$(jq -s --slurpfile first "$work/all" '[sort_by(.slot) | to_entries[] | select(.value.attributes.mood != $first[.key].attributes.mood)] |
    [length > 20, all(.value.provenance.attempt > 0)] | tostring' "$work/rows")
is "run: moods were drawn again, by retries alone" "$moved" '"[true,true]"'
pop verify "$work/run"
ends "verify" 0 "nothing is wrong"
pop replay "$work/run" --json
is "replay makes every shard again" "$(jq -c '[.shards == .same, .rows]' "$work/out")" "[true,$n]"

# errors that a draw finds
pop check "$village" --set 'tables.sex={over: [person.sex], shares: uniform}' --set 'attributes.person.sex={choice: [f, m]}' \
    --set 'attributes.person.house={number: 1..10, unique: street, by: [person.sex], given: {f: 1..4, m: 5..10}}'
ends "check: no value is left" 2 "P16" "\`unique\` leaves no value of \`person.house\`"
pop draw "$village" -n 40 --set limits.tries=50 --set 'rules={N1: {kind: never, when: {trade: [fishing, dairy, tourism]}}}'
ends "draw: a rule that no group can meet" 2 "N1"
finish
