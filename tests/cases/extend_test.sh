#!/usr/bin/env bash
# A run that is extended: the rows that there were stay as they are to the byte, the new ones lie behind them, quotas are exact for
# the new total, and all of it is a function of run.json and the replies: of how many calls are in flight, of a kill, of whether
# the run was finished when it was extended. What stayed open is tried again. What cannot be extended is refused and not touched.
. "$(dirname "$0")/../lib.sh"

faults=("duplicates 0.08 pool 30" "refuse 0.006" "truncate 0.01" "wrong_value 0.02" "garbage 0.005")

# extend DIR N2 SIM ARGS...: N2 - for none: the same command again
extend() {
    local dir=$work/$1 n=$2 sim=$3
    shift 3
    if [ "$n" != - ]; then set -- --extend "$n" "$@"; fi
    pop run -o "$dir" --llm "${sim_url[$sim]}" --progress none "$@"
}

shards_hash() { (cd "$work/$1/shards" && sha256sum "${@:2}") | sha256sum; }
parts() { jq -c '[.n, .extended[]?.n]' "$work/$1/run.json"; }

# whole NAME DIR N: exact, found right, made again from the log by one process, with all that was counted on the way
whole() {
    quotas_exact "$1" "$work/$2" "$3"
    is "$1: every slot once" "$(zstdcat "$work/$2"/shards/*.zst | jq .slot | sort -nu | wc -l)" "$3"
    pop replay "$work/$2" --json -o "$work/again"
    is "$1: replay makes every shard again" "$(jq -c '[.shards == .same, .shards == .made, .rows]' "$work/out")" "[true,true,$3]"
    is "$1: and counts the same" "$(jq -c 'del(.usage)' "$work/again/manifest.json")" "$(jq -c 'del(.usage)' "$work/$2/manifest.json")"
    rm -rf "$work/again"
}

# ---- twice, below position 4,096 ------------------------------------------------------------------------------

sim_start plain "${faults[@]}"
small=(--shard-rows 128)
generate a students-brief 300 plain -- --in-flight 64 "${small[@]}"
ends "300 personas" 0
cp -a "$work/a" "$work/a300"
first=$(shards_hash a shard-0000{0,1,2}.{jsonl.zst,sig})
extend a 500 plain --in-flight 64
ends "to 500" 0
is "to 500: what was sealed stays as it is" "$(shards_hash a shard-0000{0,1,2}.{jsonl.zst,sig})" "$first"
is "to 500: shards of each part" "$(sqlite3 "$work/a/ledger.db" 'select group_concat(rows) from shard')" "128,128,44,128,72"
is "to 500: run.json says so" "$(parts a)" '["300","500"]'
is "to 500: the manifest too" "$(jq -c '[.n, .accepted, .finished]' "$work/a/manifest.json")" "[500,500,true]"
is "to 500: what run.json said stays" "$(jq -c 'del(.extended, .populace)' "$work/a/run.json")" "$(jq -c 'del(.populace)' "$work/a300/run.json")"
whole "to 500" a 500
pop draw students-brief -n 300 --extend 500 --from 300
is "to 500: the slots are those of the plan" "$(jq -r '.attributes["person.gender"]' "$work/out" | sha256sum)" \
    "$("$POPULACE" cat "$work/a" | jq -s 'sort_by(.slot) | .[300:][].gender' -r | sha256sum)"
cp -a "$work/a" "$work/a500"
extend a 701 plain --in-flight 64
ends "to 701" 0
is "to 701: what was sealed stays as it is" "$(shards_hash a shard-0000{0,1,2}.{jsonl.zst,sig})" "$first"
is "to 701: run.json says so" "$(parts a)" '["300","500","701"]'
whole "to 701" a 701
rows=$(rows_hash "$work/a") decisions=$(decisions_hash "$work/a")
is "to 701: many were lost in each part" \
    "$(sqlite3 "$work/a/ledger.db" 'select min(k) > 10 from (select count(*) k from decision group by slot >= 300, slot >= 500)')" 1
pop cat "$work/a" --slot 700
is "to 701: cat finds the last slot" "$(jq .slot "$work/out")" 700
pop status "$work/a" --json
is "to 701: status" "$(jq -c '[.state, .n, .accepted]' "$work/out")" '["finished",701,701]'

same() { # NAME DIR
    is "$1: ends well" "$status" 0
    is "$1: same rows" "$(rows_hash "$work/$2")" "$rows"
    is "$1: same decisions" "$(decisions_hash "$work/$2")" "$decisions"
}

extend a - plain
same "the same command of a finished run" a
extend a 701 plain
same "the same extension again" a
extend a 701 plain -n 500
same "the same extension again, with -n" a
pop run students-brief -n 300 -o "$work/a" --llm "${sim_url[plain]}"
ends "the first command again" 6 "is a run of 701 personas, not 300" "it was extended: leave out -n"
extend a 500 plain
ends "an extension of before" 2 "--extend 500" "is a run of 701 personas"

sim_start slow "${faults[@]}" "latency uniform 1 50" shuffle
extend a300 500 slow --in-flight 1000
extend a300 701 slow --in-flight 1000
same "1,000 in flight, shuffled" a300
extend a500 701 plain --in-flight 1
same "1 in flight" a500
sim_stop slow

# a part that nobody has begun when the next one is asked for; one that is still made
generate b students-brief 300 plain -- --in-flight 16 "${small[@]}" --budget-tokens 60000
ends "stopped by its budget" 4
extend b 500 plain --in-flight 16 --budget-tokens 120000
ends "extended before it was finished" 4
is "extended before it was finished: run.json" "$(parts b)" '["300","500"]'
pop verify "$work/b"
ends "extended before it was finished: verify" 0 "nothing is wrong"
pop replay "$work/b"
ends "extended before it was finished: replay" 0
extend b 701 plain --in-flight 64
same "extended twice before it was finished" b
whole "extended twice before it was finished" b 701

# ---- beyond position 4,096: the table of the gate is learnt in an extension, over what was sealed before ------------

generate far students-brief 900 plain -- --in-flight 128 --shard-rows 300 --set dedup.threshold=0.65
cp -a "$work/far" "$work/killed"
extend far 4400 plain --in-flight 128
ends "900 to 4,400" 0
is "900 to 4,400: shards" "$(sqlite3 "$work/far/ledger.db" 'select group_concat(rows) from shard where id < 2 or rows <> 300')" "300,300,200"
whole "900 to 4,400" far 4400
rows=$(rows_hash "$work/far") decisions=$(decisions_hash "$work/far")
# likenesses between the parts are seen by the later table
between=$(sqlite3 "$work/far/ledger.db" "select count(*) > 20 from decision where reason = 'duplicate' and slot >= 900 and neighbour < 900")
is "900 to 4,400: likenesses to personas of the first part" "$between" 1
# kills before and behind the first seal of the extension, each taken up with the table of the last seal
for POP_CRASH_AT in ledger:before_commit:{5,20,20} seal:before_ledger:{1,2}; do
    export POP_CRASH_AT
    extend killed 4400 plain --in-flight 128
    is "killed at $POP_CRASH_AT" $status 137
done
unset POP_CRASH_AT
is "killed in the extension: both tables are there" "$(cmp -s "$work/killed"/idf{,.before}.bin || echo differ)" differ
extend killed - plain --in-flight 128
same "killed in the extension" killed
whole "killed in the extension" killed 4400
rm -rf "$work/killed"
# a third part has shards of two tables before it
cp -a "$work/far" "$work/killed"
extend far 4600 plain --in-flight 128
rows=$(rows_hash "$work/far") decisions=$(decisions_hash "$work/far")
POP_CRASH_AT=ledger:before_commit:3 extend killed 4600 plain --in-flight 128
is "killed in a third part" $status 137
extend killed 4600 plain --in-flight 64
same "killed in a third part" killed
whole "killed in a third part" killed 4600
rm -rf "$work/killed"
# whether a persona is sealed or not makes no difference to its likeness: here the extension is sealed at its end
generate late students-brief 900 plain -- --in-flight 128 --shard-rows 6000 --set dedup.threshold=0.65
extend late 4400 plain --in-flight 128
extend late 4600 plain --in-flight 128
same "sealed late" late
mv "$work/late/idf.bin" "$work/idf.bin"
rm -rf "$work/far" "$work/late"

# ---- the crash points of the extension itself ----------------------------------------------------------------------

is "crash points of extensions" "$(grep -rhoE 'crash_point\("extend:[^"]+"\)' --include='*.c' "$ROOT/pipeline" | sort | wc -l)" 2
rows=$(rows_hash "$work/a300") decisions=$(decisions_hash "$work/a300")
# point, time, parts that run.json then has
while read -r point parts_then; do
    rm -rf "$work/c"
    generate c students-brief 300 plain -- --in-flight 64 "${small[@]}"
    POP_CRASH_AT=$point extend c 500 plain --in-flight 64
    is "$point: dies there" $status 137
    is "$point: run.json" "$(jq '1 + (.extended | length)' "$work/c/run.json")" "$parts_then"
    pop verify "$work/c"
    ends "$point: verify" 0 "nothing is wrong"
    extend c 500 plain --in-flight 64
    ends "$point: the same command again" 0
    extend c 701 plain --in-flight 64
    same "$point" c
done <<<"extend:before_record:1 1
publish:after_write:1 1
publish:after_rename:1 2
extend:after_record:1 2"
rm -rf "$work/c"

# ---- what stayed open has its attempts again -------------------------------------------------------------------------

sim_start poor "refuse 0.16"
generate short students-brief 200 poor -- --in-flight 64 --passes 0
ends "a run with a shortfall" 3 "stay open"
open=$(jq .open "$work/short/manifest.json") last=$(zstdcat "$work/short"/shards/*.zst | jq .slot | wc -l)
is "a run with a shortfall: the rest is there" $((open + last)) 200
[ "$open" -gt 20 ] || bad "a run with a shortfall" "only $open are open"
extend short 230 poor --in-flight 64
filled=$("$POPULACE" cat "$work/short" | jq -s 'map(select(.slot < 200)) | length')
if [ "$filled" -gt $((last + open / 4)) ]; then ok "open slots are filled by an extension"; else bad "open slots are filled" "$last, then $filled"; fi
is "their attempts go on, each position once" "$("$POPULACE" cat "$work/short" | jq -s --argjson l "$last" \
    '.[$l:] | map(select(.slot < 200).provenance.attempt) | [min >= 4, max <= 7]' -c)" "[true,true]"
is "drift counts the attempts of all parts" "$(jq '.drift[0].drawn' "$work/short/manifest.json")" \
    "$(($(sqlite3 "$work/short/ledger.db" 'select count(*) from decision') + $("$POPULACE" cat "$work/short" | wc -l)))"
pop verify "$work/short"
ends "open slots: verify" 0 "slots open; nothing is wrong in what is written"
pop replay "$work/short"
ends "open slots: replay" 0 "come out the same"
sim_stop poor

# ---- of all kinds: groups that the old end cut in two, links, chosen attributes, openings, a single call -----------------

people=$ROOT/tests/cases/populations
# kind NAME POPULATION N N2 ARGS...: extended undisturbed, and killed in the extension and taken up by another number of calls
kind() {
    local name=$1 population=$2 n=$3 n2=$4
    shift 4
    rm -rf "$work/kind" "$work/killed"
    generate kind "$population" "$n" plain -- --in-flight 32 --shard-rows 40 "$@"
    ends "$name: $n" 0
    cp -a "$work/kind" "$work/killed"
    before=$(rows_hash "$work/kind") shards=$(ls "$work"/kind/shards/*.zst | wc -l)
    extend kind "$n2" plain --in-flight 32
    ends "$name: to $n2" 0
    whole "$name: to $n2" kind "$n2"
    is "$name: the first $n stay as they are" "$(cd "$work/kind/shards" && cat $(ls ./*.zst | head -n "$shards") | zstdcat | sha256sum | cut -c1-32)" "$before"
    rows=$(rows_hash "$work/kind") decisions=$(decisions_hash "$work/kind")
    POP_CRASH_AT=ledger:before_commit:2 extend killed "$n2" plain --in-flight 8
    is "$name: killed in the extension" $status 137
    extend killed - plain --in-flight 3
    same "$name: killed in the extension" killed
    zstdcat "$work"/kind/shards/*.zst | jq -sc 'sort_by(.slot)[]' >"$work/rows"
}
# alike SIZE EXPRESSION: its values in the group of this size that the old end, slot 95, cut in two
alike() { jq -sc "map(select((.slot / $1 | floor) == (95 / $1 | floor)) | $2) | [length, (unique | length)]" "$work/rows"; }

kind village "$people/village.yaml" 95 260
is "village: one village" "$(alike 30 '[.attributes.village.trade, .attributes.village.founded]')" "[30,1]"
is "village: houses in a street" "$(alike 10 .house)" "[10,10]"
is "village: names in a village" "$(alike 30 .name)" "[30,30]"
kind acquaintances "$people/acquaintances.yaml" 95 230 --idf "$work/idf.bin"
pop draw "$people/acquaintances.yaml" -n 95 --extend 230
is "acquaintances: links are those of the plan" "$(jq -c .links "$work/rows" | sha256sum)" "$(jq -c .links "$work/out" | sha256sum)"
pop draw "$people/acquaintances.yaml" -n 95
is "acquaintances: nobody of before knows others now" "$(head -n 95 "$work/rows" | jq -c .links | sha256sum)" "$(jq -c .links "$work/out" | sha256sum)"
is "acquaintances: first names in a street" "$(alike 20 .name)" "[20,20]"
kind chosen "$people/chosen.yaml" 65 150
kind diary "$people/rules/diary.yaml" 200 500 --idf "$work/idf.bin"
is "diary: openings of before count" "$(sqlite3 "$work/kind/ledger.db" "select count(*) > 2 from decision where reason = 'echo' and slot >= 200")" 1
kind "one call" students-brief 100 400 --single-shot
is "one call: one call each" "$(jq -s 'map(.provenance.calls) | max' "$work/rows")" 1
pop run students-brief -o "$work/kind" --extend 300 --llm "${sim_url[plain]}"
ends "one call: not to be extended with all calls" 6 "facets.single_shot"

# ---- refused -----------------------------------------------------------------------------------------------------------

# of few persons the tables can be rounded to agree, of many they contradict one another
cat >"$work/abc.yaml" <<'YAML'
populace: 1
name: abc
attributes: {x: {choice: [a, b]}, y: {choice: [a, b]}, age: {number: 18..80}}
tables:
  x: {over: [x], shares: {a: 50, b: 50}}
  y: {over: [y], shares: {a: 52, b: 48}}
rules: {r: {kind: never, when: {x: b, y: a}}}
facets:
  life:
    fields: {life: {text: {words: 5..80}}}
    prompt: "You write.\n{{@fields}}\n---\n{{x}} {{y}}, {{age}}\n"
YAML
generate abc "$work/abc.yaml" 8 plain --
files() { (cd "$work/$1" && find . -type f -not -name '*.db-*' -not -name status.json -not -name events.jsonl | sort | xargs sha256sum); }
files abc >"$work/before"
refused() { # NAME STATUS TEXT -- ARGS...
    local name=$1 want=$2 text=$3
    shift 4
    pop run -o "$work/abc" --llm "${sim_url[plain]}" --progress none "$@"
    ends "$name" "$want" "$text"
    files abc >"$work/after"
    holds "$name: nothing is changed" cmp "$work/before" "$work/after"
}
refused "extended to fewer" 2 "is a run of 8 personas" -- --extend 7
refused "extended by nobody" 2 "--extend 8" -- --extend 8
refused "a plan that cannot be extended" 3 "Q04 from 8 to 1000 persons" -- --extend 1000
refused "-n is another" 6 "is a run of 8 personas, not 7" -- -n 7 --extend 20
refused "-n is not less" 2 "more than -n" -- -n 20 --extend 20
refused "another seed" 6 "has seed 1, not 2" -- --seed 2 --extend 20
refused "another population" 6 "this one differs in" -- students-brief --extend 20
refused "other passes" 6 "--passes 2, not 1" -- --passes 1 --extend 20
refused "-n goes on to more" 6 "--extend N goes on to more" -- -n 20
refused "too many" 2 "at most" -- --extend 100G
pop run "$work/abc.yaml" -n 10 -o "$work/none" --extend 20 --llm "${sim_url[plain]}"
ends "no run there to extend" 2 "there is no run in" "begin it first"
pop run "$work/abc.yaml" -n 8 -o "$work/abc" --extend 20 --lag 64 --llm "${sim_url[plain]}" --progress none
ends "with the file and -n" 0
jq -c 'del(.extended)' "$work/abc/run.json" >"$work/run.json"
cp "$work/run.json" "$work/abc/run.json"
extend abc - plain
ends "a run.json from before the extension" 6 "of which run.json knows 1 parts"
finish
