#!/usr/bin/env bash
# What people get wrong: each ends with the documented exit status and a message that holds the value and what to do, and nothing
# that was there is lost by it.
. "$(dirname "$0")/../lib.sh"

cases=$ROOT/tests/cases/populations
small=$work/small.yaml
cp "$cases/bad/base.yaml" "$small"
sim_start sim "duplicates 0.05 pool 10"
url=${sim_url[sim]}
n=120
run() { # DIR ARGS...
    local dir=$1
    shift
    pop run "$small" -n $n -o "$dir" --llm "$url" --progress none "$@"
}
# everything in a run directory but what every opening may touch
print_of() { (cd "$1" && find . -type f -not -name '*.json' -not -name 'ledger.db*' -not -name lock -not -name .reserve | sort | xargs sha256sum); }

# ---- the command line ------------------------------------------------------------------------------------------

pop
ends "no command: help" 2 "usage: populace COMMAND"
pop runn
ends "unknown command" 2 "runn"
pop run "$small" -n 10 -o "$work/x" --in-fligth 3
ends "unknown option, with the nearest" 2 "--in-fligth" "did you mean --in-flight?"
pop run "$small" -n ten -o "$work/x"
ends "a number that is none" 2 "ten cannot be read"
pop run "$small" -n 0 -o "$work/x" --llm "$url"
ends "-n 0" 2 "-n"
pop plan students-brief -n 10 --extend 20000000000000
ends "more persons than a plan can count" 3 "20000000000000" "a plan is for 1 to 1000000000000 persons"
pop draw "$small" -n 10 --extend 5
ends "draw: an extension to fewer" 2 "--extend names the new total, more than -n"
pop run "$small" -n 10 --llm "$url"
ends "no -o" 2 "-o DIR is missing"
pop run "$small" other.yaml -n 10 -o "$work/x"
ends "two files" 2 "other.yaml"
pop run -o "$work/nowhere" --llm "$url"
ends "nothing to go on with" 2 "there is no run in $work/nowhere"
pop run "$work/none.yaml" -n 10 -o "$work/x" --llm "$url"
ends "no such population" 2 "$work/none.yaml"
pop run students-breif -n 10 -o "$work/x" --llm "$url"
ends "no such built-in population" 2 "students-breif"
pop run "$small" -n 10 -o "$work/x" --llm "127.0.0.1:8000"
ends "a URL without http" 2 "127.0.0.1:8000"
pop run "$small" -n 10 -o "$work/x" --llm "$url" --budget-usd 3
ends "a budget without prices" 2 "--price-in"
pop run "$small" -n 10 -o "$work/x" --llm "$url" --progress loud
ends "--progress" 2 "loud"
pop status "$work"
ends "not a run directory" 2 "$work is not a run"
pop cat "$work/none"
ends "no directory" 2 "$work/none"
if [ -e "$work/x/run.json" ]; then bad "none of these began a run" "run.json is there"; else ok "none of these began a run"; fi

# ---- population files ----------------------------------------------------------------------------------------------

named() { # STATUS NAME FILE TEXT...
    local want=$1 name=$2 file=$3
    shift 3
    pop check "$cases/bad/$file"
    ends "check: $name" "$want" "$@"
    pop run "$cases/bad/$file" -n 10 -o "$work/y" --llm "$url"
    ends "run: $name" "$want" "${@:2}"
}
named 2 "unknown key" P02-unknown-key.yaml "P02-unknown-key.yaml:2:1: P02" "tabels" "did you mean \`tables\`?"
named 2 "cycle" P06-cycle.yaml "P06-cycle.yaml:2:" "town -> home -> town"
named 3 "table that does not sum" Q01-sum.yaml "Q01-sum.yaml:2:" "\`sexes\`: the shares sum to 90"
named 2 "prompt file that is not there" P05-missing-file.yaml "P05-missing-file.yaml:2:" "prompts/none.md"
mkdir -p "$work/folder"
cp "$cases/bad/base.yaml" "$work/folder/"
printf 'include: base.yaml\nfacets: {life: {prompt: base.d}}\n' >"$work/folder/dir.yaml"
mkdir "$work/folder/base.d"
pop check "$work/folder/dir.yaml"
ends "prompt file that cannot be read" 2 "dir.yaml:2:" "base.d"
pop check "$small" --set tables.sexes.shares.female=60
ends "--set that breaks a table" 3 "the shares sum to 60"
pop check "$small" --set attributes.aeg.number=3..4
ends "--set of an unknown attribute is an attribute, and takes its place in no prompt" 0

# ---- servers ------------------------------------------------------------------------------------------------------------

pop run "$small" -n 10 -o "$work/z" --llm http://127.0.0.1:9/v1
ends "nobody listens" 5 "http://127.0.0.1:9/v1" "is the server running?"
sim_start locked "key sesame-8472" "models alpha beta"
lock_url=${sim_url[locked]}
pop run "$small" -n 10 -o "$work/z" --llm "$lock_url" --model alpha
ends "no key" 5 "wants a key" "OPENAI_API_KEY"
OPENAI_API_KEY=wrong-key-5519 pop run "$small" -n 10 -o "$work/z" --llm "$lock_url" --model alpha
ends "wrong key" 5 "refuses the key" "--key-file"
if grep -rqs 'wrong-key-5519' "$work/out" "$work/err" "$work/z"; then bad "the key is shown nowhere" "it is"; else ok "the key is shown nowhere"; fi
OPENAI_API_KEY=sesame-8472 pop run "$small" -n 10 -o "$work/z" --llm "$lock_url"
ends "several models, none named" 5 "alpha, beta" "--model"
OPENAI_API_KEY=sesame-8472 pop run "$small" -n 10 -o "$work/z" --llm "$lock_url" --model gamma
ends "a model that is not there" 5 "gamma" "it has: alpha, beta"
printf 'sesame-8472\n' >"$work/key"
chmod 644 "$work/key"
pop run "$small" -n 10 -o "$work/z" --llm "$lock_url" --model alpha --key-file "$work/key"
ends "a key file that others can read" 2 "$work/key" "644" "chmod 600"
chmod 600 "$work/key"
sim_stop locked
sim_start locked "key sesame-8472" "models alpha beta" "latency fixed 150"
start run "$small" -n 40 -o "$work/keyed" --llm "${sim_url[locked]}" --model alpha --key-file "$work/key" --in-flight 4 --progress plain
until [ -s "$work/keyed/replies/replies-00000.jsonl.zst" ] || ! kill -0 "$child" 2>/dev/null; do sleep 0.05; done
tr '\0' ' ' <"/proc/$child/cmdline" >"$work/ps"
tr '\0' '\n' <"/proc/$child/environ" >>"$work/ps"
await
ends "the right key, from a file" 0
log_lines "$work/keyed" >"$work/keyed.log"
if grep -rqs sesame-8472 "$work/ps" "$work/out" "$work/err" "$work/keyed" "$work/keyed.log"; then
    bad "the key is in no output, directory or process list" "$(grep -rls sesame-8472 "$work/ps" "$work/out" "$work/err" "$work/keyed")"
else
    ok "the key is in no output, directory or process list"
fi
sim_stop locked
# two endpoints, each with its own key, model and role
sim_start first "key one-4417" "models alpha"
sim_start second "key two-9038" "models beta gamma"
ONE=one-4417 TWO=two-9038 pop run students-k12 -n 6 -o "$work/two" --progress none \
    --llm "${sim_url[first]},key-env=ONE,in-flight=4" --judge "${sim_url[second]},model=gamma,key-env=TWO"
ends "each endpoint has its own key, model and role" 0
judged=$(sim_stat second '.judged > 0 and .requests > .judged - 1') wrote=$(sim_stat first '.judged == 0 and .requests > 0')
is "the judge judges and the writer writes" "$judged $wrote" "true true"
ONE=one-4417 pop run "$small" -n 6 -o "$work/three" --progress none --llm "${sim_url[first]},key-env=ONE,rpm=many"
ends "an option of an endpoint that cannot be read" 2 "rpm=many"
OPENAI_API_KEY=one-4417 pop run "$small" -n 6 -o "$work/three" --progress none --llm "${sim_url[first]},key-env=none"
ends "an endpoint that is to get no key gets none" 5 "wants a key"
OPENAI_API_KEY=one-4417 pop run "$small" -n 6 -o "$work/three" --progress none --llm "${sim_url[first]}"
ends "the usual key goes to this machine" 0
sim_stop first
sim_stop second
rm -f "$work/key"

# ---- a directory that is in use, or of another run ---------------------------------------------------------------------

sim_start slow "latency fixed 100"
start run "$small" -n 60 -o "$work/busy" --llm "${sim_url[slow]}" --in-flight 4 --progress none
until [ -s "$work/busy/run.json" ]; do sleep 0.02; done
pop run "$small" -n 60 -o "$work/busy" --llm "$url"
ends "a second run in the directory at the same time" 6 "another process is working in $work/busy"
kill -0 "$child" 2>/dev/null && ok "the first one goes on" || bad "the first one goes on" "it ended"
await
ends "and ends well" 0
sim_stop slow

run "$work/run"
ends "a run to spoil" 0
rows=$(rows_hash "$work/run")
cp -r "$work/run" "$work/sound"
sed 's/female: 50, male: 50/female: 40, male: 60/' "$cases/bad/base.yaml" >"$work/other.yaml"
before=$(print_of "$work/run")
pop run "$work/other.yaml" -n $n -o "$work/run" --llm "$url"
ends "another population in the directory, with what differs" 6 "tables.sexes.shares"
pop run "$small" -n 121 -o "$work/run" --llm "$url"
ends "another N" 6 "120" "121"
pop run "$small" -n $n --seed 7 -o "$work/run" --llm "$url"
ends "another seed" 6 "seed 1, not 7"
is "nothing in it was touched" "$(print_of "$work/run")" "$before"
run "$work/run"
ends "the same command: it is finished" 0

spoil() { rm -rf "$work/run" && cp -r "$work/sound" "$work/run"; }

engine=$(jq .engine "$work/run/run.json")
sed -i "s/\"engine\":$engine/\"engine\":99/" "$work/run/run.json"
for c in "run $small -n $n -o $work/run --llm $url" "verify $work/run" "replay $work/run"; do
    pop $c
    ends "run.json of another engine: ${c%% *}" 6 "engine 99" "engine $engine"
done
spoil
echo '{"populace":' >"$work/run/run.json"
run "$work/run"
ends "run.json damaged" 1 "$work/run/run.json"
spoil
rm "$work/run"/ledger.db*
before=$(print_of "$work/run")
run "$work/run"
ends "ledger.db deleted" 1 "$work/run/ledger.db is missing" "nothing was changed"
is "ledger.db deleted: no shard, no reply is lost" "$(print_of "$work/run")" "$before"
[ -e "$work/run/ledger.db" ] && bad "ledger.db deleted: none is begun" "there is one" || ok "ledger.db deleted: none is begun"
cp "$work/sound/ledger.db" "$work/run/"
run "$work/run"
ends "ledger.db restored: goes on" 0
is "ledger.db restored: rows" "$(rows_hash "$work/run")" "$rows"
spoil
printf 'x' | dd of="$work/run/population/population.json" bs=1 seek=40 conv=notrunc 2>/dev/null
run "$work/run"
if [ $status -ne 0 ]; then ok "frozen population changed: refused"; else bad "frozen population changed: refused" "exit status 0"; fi
spoil

# ---- damage -------------------------------------------------------------------------------------------------------------------

shard=$work/run/shards/shard-00000.jsonl.zst
printf 'xxxx' | dd of="$shard" bs=1 seek=2000 conv=notrunc 2>/dev/null
pop verify "$work/run"
ends "verify finds a damaged shard" 1 "shard-00000"
spoil
printf 'xxxx' | dd of="$work/run/shards/shard-00000.sig" bs=1 seek=300 conv=notrunc 2>/dev/null
pop verify "$work/run"
ends "verify finds a damaged sidecar" 1 "shard-00000"
spoil
zstdcat "$shard" | sed '5s/"town":"[a-z]*"/"town":"west"/; 7s/ / x/20' | zstd -q >"$work/forged"
cp "$work/forged" "$shard"
pop verify "$work/run"
ends "verify finds a changed shard" 1 "shard-00000"
run "$work/run"
ends "a shard of another size stops a run" 1 "$shard"
spoil
mv "$shard" "$work/forged"
run "$work/run"
ends "a missing shard stops a run" 1 "$shard"
spoil

# a torn last frame: cut, and the run goes on; the frame's replies are asked again
sim_start late "duplicates 0.05 pool 10" "latency fixed 20"
now=$url
url=${sim_url[late]}
POP_CRASH_AT=log:after_sync:2 run "$work/torn" --in-flight 8
is "a run that was broken off" $status 137
log=$work/torn/replies/replies-00000.jsonl.zst
whole=$(log_keys "$work/torn" | wc -l)
truncate -s -7 "$log"
url=$now
run "$work/torn"
ends "a torn last frame: the run goes on" 0
is "a torn last frame: rows" "$(rows_hash "$work/torn")" "$rows"
is "a torn last frame: no reply is in the log twice" "$(log_keys "$work/torn" | sort | uniq -d)" ""
[ "$whole" -gt 0 ] || bad "a torn last frame: there was one" "the log was empty"

# damage before the end is no torn frame: nothing is cut off, and nobody pays again unasked
rm -rf "$work/torn"
cp -r "$work/sound" "$work/torn"
log=$work/torn/replies/replies-00000.jsonl.zst
printf 'xxxx' | dd of="$log" bs=1 seek=3000 conv=notrunc 2>/dev/null
before=$(print_of "$work/torn")
run "$work/torn"
ends "a damaged log stops a run" 1 "$log is damaged at byte" "restore it from a copy"
is "a damaged log: nothing was touched" "$(print_of "$work/torn")" "$before"
pop verify "$work/torn"
ends "verify finds a damaged log" 1 "$work/torn/replies"
rm -rf "$work/torn"

# what the log holds is not what is asked now
url=${sim_url[late]}
POP_CRASH_AT=log:after_sync:2 run "$work/odd" --in-flight 8
log=$work/odd/replies/replies-00000.jsonl.zst
# one frame a line and its size in the head, as the log has it
zstdcat "$log" | sed '1s/"req":"..../"req":"0000/' >"$work/lines"
zstd -q -f -o "$log" "$work/lines"
sqlite3 "$work/odd/ledger.db" "update run set v = 0 where k = 'log.bytes'"
run "$work/odd"
ends "a reply to another request" 1 "answers another request" "nothing was asked again"
finish
