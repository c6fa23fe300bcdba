#!/usr/bin/env bash
# Stopping: a signal drains the calls in flight, a second one does not wait; limits of time and tokens; and after each the same
# command goes on, to the rows of a run that was never stopped.
. "$(dirname "$0")/../lib.sh"

n=500
faults=("duplicates 0.1 pool 20" "truncate 0.02" "wrong_value 0.02" "fault_rounds first")
sim_start fast "${faults[@]}"
generate calm students-brief $n fast -- --in-flight 64
ends "undisturbed run" 0
rows=$(rows_hash "$work/calm") decisions=$(decisions_hash "$work/calm")
tokens=$(jq '.usage.prompt_tokens + .usage.completion_tokens' "$work/calm/manifest.json")

# goes_on NAME DIR [COUNT]: the same command finishes; nothing is in the log twice
goes_on() {
    generate "$2" students-brief $n fast -- --in-flight 64
    ends "$1: goes on" 0
    is "$1: rows and decisions" "$(rows_hash "$work/$2") $(decisions_hash "$work/$2")" "$rows $decisions"
    is "$1: no reply is in the log twice" "$(log_keys "$work/$2" | sort | uniq -d | head -n 3)" ""
}

working() { # DIR: replies are coming in
    until [ -s "$work/$1/replies/replies-00000.jsonl.zst" ] || ! kill -0 "$child" 2>/dev/null; do sleep 0.02; done
}

sim_start slow "${faults[@]}" "latency uniform 50 250"
for sig in INT TERM; do
    name="SIG$sig" dir=run-$sig
    start run students-brief -n $n -o "$work/$dir" --llm "${sim_url[slow]}" --in-flight 64 --progress plain --grace 20
    working "$dir"
    asked=$(sim_stat slow .distinct)
    kill -$sig "$child"
    await
    ends "$name: status 75, and says how to go on" 75 "stopped with" "of $n accepted" "run the same command again"
    is "$name: state" "$(jq -r .state "$work/$dir/status.json")" stopped
    # calls in flight were waited for: what the server answered is in the log
    [ "$(sim_stat slow .cancelled)" = 0 ] && ok "$name: no call was cut off" || bad "$name: no call was cut off" "$(sim_stat slow .cancelled)"
    goes_on "$name" "$dir"
done
sim_stop slow

# calls that take longer than anybody waits
sim_start stuck "${faults[@]}" "latency uniform 1 40" "hang 0.02"
start run students-brief -n $n -o "$work/grace" --llm "${sim_url[stuck]}" --in-flight 64 --progress none --grace 1
working grace
kill -INT "$child"
await
ends "a grace period that runs out: status 75" 75 "stopped with"
goes_on "a grace period that runs out" grace

start run students-brief -n $n -o "$work/twice" --llm "${sim_url[stuck]}" --in-flight 64 --progress none --grace 3600
working twice
kill -INT "$child"
sleep 0.3
kill -INT "$child"
await
ends "two signals: at once, status 75" 75 "stopped with"
goes_on "two signals" twice

# limits
generate time students-brief $n stuck -- --in-flight 16 --max-time 1 --grace 1
ends "--max-time: status 4, though calls hang" 4 "the time limit of 1 s is reached with" "to go on"
goes_on "--max-time" time
sim_stop stuck

sim_start slow "${faults[@]}" "latency uniform 20 60"
generate time2 students-brief $n slow -- --in-flight 16 --max-time 1
ends "--max-time: status 4" 4 "the time limit of 1 s is reached with" "to go on"
goes_on "--max-time, calls drained" time2
sim_stop slow

limit=$((tokens / 3))
generate tokens students-brief $n fast -- --in-flight 64 --budget-tokens $limit
ends "--budget-tokens: status 4" 4 "tokens" "to go on"
used=$(log_lines "$work/tokens" | jq -s 'map(.usage.prompt + .usage.completion) | add')
if [ "$used" -le $limit ] && [ "$used" -gt $((limit / 2)) ]; then ok "--budget-tokens: kept"; else bad "--budget-tokens: kept" "$used of $limit"; fi
generate tokens students-brief $n fast -- --in-flight 64 --budget-tokens $limit
ends "--budget-tokens: used up is used up" 4 "tokens"
goes_on "--budget-tokens" tokens

generate money students-brief $n fast -- --in-flight 64 --budget-usd 0.2 --price-in 1 --price-out 2
ends "--budget-usd: status 4" 4 "to go on"
goes_on "--budget-usd" money
# a budget is the run's: going on with the same one spends next to nothing more
sim_start price
money=(run students-brief -n 400 -o "$work/purse" --llm "${sim_url[price]}" --budget-usd 0.02 --price-in 1 --price-out 1 --in-flight 4 --progress none)
pop "${money[@]}"
ends "--budget-usd is reached" 4 "the next call could exceed the budget"
pop "${money[@]}"
ends "--budget-usd is still reached after a resume" 4
spent=$(sqlite3 "$work/purse/ledger.db" 'select sum(prompt + completion) from usage')
if [ "$spent" -gt 10000 ] && [ "$spent" -le 20000 ]; then ok "both together stay within it"; else bad "both together stay within it" "$spent tokens at 1 a million"; fi
pop run -o "$work/purse" --llm "${sim_url[price]}" --passes 7 --progress none
ends "what run.json fixes is not changed on a resume" 6 "--passes 2, not 7"
pop run students-brief -n 5 -o "$work/sampling" --llm "${sim_url[price]}" --sampling min_p=0.05 --progress none
ends "--sampling that is not JSON" 2 "min_p=0.05"
pop run students-brief -n 5 -o "$work/sampling" --llm "${sim_url[price]}" --sampling '{"min_p":0.05}' --progress none
ends "--sampling with its braces" 0
finish
