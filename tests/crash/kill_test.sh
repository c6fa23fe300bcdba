#!/usr/bin/env bash
# kill -9 at random moments of one run, each time taken up again by the same command, until it is done: the rows are those of a run
# that nobody disturbed, and what was paid for is not paid for again. The random moments come from a fixed seed.
. "$(dirname "$0")/../lib.sh"

n=${POP_N:-2400} in_flight=32 kills=0 wanted=20
faults=("duplicates 0.1 pool 40" "truncate 0.02" "wrong_value 0.02" "garbage 0.01" "fault_rounds first")
RANDOM=20240607

sim_start calm "${faults[@]}"
frozen_table "$work/idf.bin" calm
options=(students-brief -n $n --in-flight $in_flight --shard-rows 300 --idf "$work/idf.bin" --progress none)
pop run "${options[@]}" -o "$work/calm" --llm "${sim_url[calm]}"
ends "undisturbed run" 0
rows=$(rows_hash "$work/calm") decisions=$(decisions_hash "$work/calm")
sim_stop calm

# slow enough that the kills fall into the run
sim_options="--log $work/requests"
sim_start sim "${faults[@]}" "latency uniform 2 16"
pop check students-brief --llm "${sim_url[sim]}"
ends "the server answers" 0
# what every start asks first
jq -r .request "$work/requests" | sort -u >"$work/probe"
starts=0 status=137
while [ $status -eq 137 ]; do
    start run "${options[@]}" -o "$work/killed" --llm "${sim_url[sim]}"
    starts=$((starts + 1))
    if [ $kills -lt 28 ]; then
        # some while it starts or reads its log, most while it works
        sleep 0.$(printf '%03d' $((RANDOM % 420 + 30)))
        kill -KILL "$child" 2>/dev/null
    fi
    await
    [ $status -eq 137 ] && kills=$((kills + 1))
done
ends "killed run: ends well at last" 0
if [ $kills -ge $wanted ]; then ok "killed at least $wanted times"; else bad "killed at least $wanted times" "only $kills"; fi
is "killed run: same rows" "$(rows_hash "$work/killed")" "$rows"
is "killed run: same decisions" "$(decisions_hash "$work/killed")" "$decisions"
quotas_exact "killed run" "$work/killed" $n

# the log: nothing twice, and every distinct question that the server saw has its answer there
log_keys "$work/killed" | sort >"$work/keys"
lines=$(wc -l <"$work/keys")
is "no reply is in the log twice" "$(uniq -d "$work/keys" | head -n 3)" ""
asked() { jq -r .request "$work/requests" | grep -vFxf "$work/probe"; }
# a question in flight at a kill is not asked again if its attempt fails without it: at most the facets behind a failed one
distinct=$(asked | sort -u | wc -l)
failed=$(sqlite3 "$work/killed/ledger.db" "select count(*) from decision where reason not in ('duplicate', 'exact')")
if [ $lines -le $distinct ] && [ $distinct -le $((lines + 4 * failed)) ]; then
    ok "every distinct request has one line in the log, but for those of failed attempts"
else
    bad "every distinct request has one line in the log" "$distinct requests, $lines lines, $failed failed attempts"
fi
settled_keys "$work/killed" "$work/calm" >"$work/killed.settled"
settled_keys "$work/calm" "$work/calm" >"$work/calm.settled"
if [ "$(wc -l <"$work/calm.settled")" -gt $((lines * 9 / 10)) ]; then ok "most questions are of attempts that did not fail"; else bad "most questions" "$(wc -l <"$work/calm.settled") of $lines"; fi
holds "their questions are those of the undisturbed run" cmp "$work/killed.settled" "$work/calm.settled"

# asked again: only what was in flight or in the open commit group at a kill
requests=$(asked | wc -l)
again=$((requests - lines))
most=$((kills * (in_flight + 256)))
echo "# $kills kills, $starts starts, $requests requests, $lines replies, $again asked again, at most $most"
if [ $again -le $most ]; then ok "asked again at most what was not yet durable"; else bad "asked again" "$again times, at most $most"; fi
calls=$(sqlite3 "$work/killed/ledger.db" "select sum(calls) from usage")
is "the ledger counts every durable reply once" "$calls" "$lines"
pop replay "$work/killed" --json
is "replay makes every shard again" "$(jq -c '[.shards == .same, .rows]' "$work/out")" "[true,$n]"
finish
