#!/usr/bin/env bash
# The rows are a function of run.json: the same bytes for 1, 64 and 2,000 calls at once, for answers in any order, for servers of
# different speed, for connections that break, on a CPU without fused operations, and from the reply log alone. What was lost on
# the way (duplicates, refusals, truncated and wrong answers) is the same too.
. "$(dirname "$0")/../lib.sh"

n=${POP_N:-2600}
faults=("duplicates 0.05 pool 40" "refuse 0.004" "truncate 0.01" "wrong_value 0.02" "garbage 0.005" "context 0.001")

# same NAME DIR: rows and decisions of the latest run against the reference
same() {
    is "$1: ends well" "$status" 0
    is "$1: same rows" "$(rows_hash "$work/$2")" "$rows"
    is "$1: same decisions" "$(decisions_hash "$work/$2")" "$decisions"
}

# variant NAME SIM... -- ARGS...: one more run of the same, and its folder away again
variant() {
    local name=$1
    shift
    generate other students-brief $n "$@" --shard-rows 512
    same "$name" other
    rm -rf "$work/other"
}

replayed() { # NAME DIR
    pop replay "$work/$2" --json
    is "$1: replay makes every shard again" "$(jq -c '[.shards == .same, .shards == .made, .rows]' "$work/out")" "[true,true,$3]"
}

# ---- 5 % duplicates and content faults --------------------------------------------------------------------

sim_start plain "${faults[@]}"
generate first students-brief $n plain -- --in-flight 64 --shard-rows 512
is "64 in flight: ends well" "$status" 0
is "64 in flight: all rows are there" "$(rows_count "$work/first")" $n
rows=$(rows_hash "$work/first") decisions=$(decisions_hash "$work/first")
quotas_exact "64 in flight" "$work/first" $n
# the faults did strike: otherwise the rest would show little
lost=$(sqlite3 "$work/first/ledger.db" "select count(distinct reason) >= 2 and count(*) > 50 from decision")
is "attempts were lost for several reasons" "$lost" 1
replayed "64 in flight" first $n
variant "1 in flight" plain -- --in-flight 1
tunables=glibc.cpu.hwcaps=-AVX2,-AVX,-FMA,-FMA4,-AVX512F,-AVX512VL,-AVX512BW,-AVX512DQ,-BMI1,-BMI2
GLIBC_TUNABLES=$tunables variant "without FMA and AVX" plain -- --in-flight 64

sim_start slow "${faults[@]}" "latency uniform 1 60" shuffle
variant "2,000 in flight, shuffled" slow -- --in-flight 2000
sim_stop slow

sim_start near "${faults[@]}" "latency fixed 2"
sim_start far "${faults[@]}" "latency lognormal 40 0.5" "capacity 16"
variant "two servers of different speed" near far -- --in-flight 48
sim_stop near
sim_stop far

sim_start broken "${faults[@]}" "errors 0.05 status 500" "drop 0.05"
variant "one call in ten fails" broken -- --in-flight 256
broken=$(sim_stat broken '.faults | .errors > 200 and .drop > 200')
is "one call in ten fails: they did" "$broken" true
sim_stop broken

generate other students-brief $n plain -- --in-flight 64 --shard-rows 512 --seed 2
if [ "$(rows_hash "$work/other")" != "$rows" ]; then ok "another seed gives other rows"; else bad "another seed gives other rows" "the same hash"; fi
rm -rf "$work/other"
sim_stop plain

# ---- 20 % duplicates -----------------------------------------------------------------------------------------

many=("duplicates 0.2 pool 30" "refuse 0.01" "truncate 0.02")
n=1500
sim_start plain "${many[@]}"
generate fifth students-brief $n plain -- --in-flight 64 --shard-rows 512
rows=$(rows_hash "$work/fifth") decisions=$(decisions_hash "$work/fifth")
quotas_exact "20 % duplicates" "$work/fifth" $n
is "20 % duplicates: many were lost" "$(sqlite3 "$work/fifth/ledger.db" "select count(*) > 200 from decision where reason = 'duplicate'")" 1
replayed "20 % duplicates" fifth $n
sim_start slow "${many[@]}" "latency lognormal 15 0.8" shuffle
variant "20 % duplicates, 1,000 in flight, shuffled" slow -- --in-flight 1000
sim_stop slow
sim_stop plain

# ---- beyond position 4,096, where the table of the gate is learnt for the second time -------------------------

sim_start plain "${faults[@]}"
generate far students-brief 4400 plain -- --in-flight 128 --shard-rows 4200
is "4,400 personas: ends well" "$status" 0
replayed "4,400 personas" far 4400
rm -rf "$work/far"

# ---- another population: levels, needs, judges ------------------------------------------------------------------

generate k12 students-k12 400 plain -- --in-flight 16
rows=$(rows_hash "$work/k12") decisions=$(decisions_hash "$work/k12")
quotas_exact students-k12 "$work/k12" 400
sim_start slow "${faults[@]}" "latency uniform 1 40" shuffle
generate other students-k12 400 slow -- --in-flight 400
same "students-k12, 400 in flight, shuffled" other
finish
