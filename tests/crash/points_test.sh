#!/usr/bin/env bash
# A crash at every named point: the process ends there with status 137, and the same command then finishes with the rows of a run
# that nobody disturbed. What a crash leaves without an entry in the ledger is renamed, never deleted.
. "$(dirname "$0")/../lib.sh"

n=500
sim_start sim "duplicates 0.1 pool 20" "refuse 0.004" "truncate 0.02" "wrong_value 0.02"
frozen_table "$work/idf.bin" sim
options=(students-brief -n $n --in-flight 64 --shard-rows 100 --idf "$work/idf.bin" --progress none --llm "${sim_url[sim]}")
pop run "${options[@]}" -o "$work/calm"
ends "undisturbed run" 0
is "undisturbed run: five shards" "$(sqlite3 "$work/calm/ledger.db" 'select count(*), sum(rows) from shard')" "5|$n"
rows=$(rows_hash "$work/calm") decisions=$(decisions_hash "$work/calm")

# as the sources have them: a new one is tested without being listed here; those of an extension: extend_test.sh
points=$(grep -rhoE 'crash_point\("[^"]+"\)' --include='*.c' "$ROOT/pipeline" "$ROOT/out" "$ROOT/stages" | cut -d'"' -f2 | grep -v '^extend:' | sort -u)
if [ "$(wc -w <<<"$points")" -ge 9 ]; then ok "there are points"; else bad "there are points" "only: $points"; fi

dir=$work/crashed
shardlike() { [ -d "$dir/shards" ] && find "$dir/shards" -name 'shard-*' -not -name '*.orphan' | wc -l || echo 0; }
orphans() { find "$dir/shards" -name '*.orphan' | wc -l; }
listed() { [ -s "$dir/ledger.db" ] && sqlite3 "$dir/ledger.db" 'select 2 * count(*) from shard' 2>/dev/null || echo 0; }

# whole NAME ORPHANS: the run in `dir` is finished and as it must be
whole() {
    local said
    if [ $status -ne 0 ]; then
        bad "$1" "exit status $status: $(cat "$work/err")"
        return
    fi
    pop verify "$dir"
    said="$(rows_hash "$dir") $(decisions_hash "$dir") $(orphans) $status"
    is "$1: rows, decisions, orphans, verify" "$said" "$rows $decisions $2 0"
}

crash_at() { # POINT NTH
    local left
    rm -rf "$dir"
    POP_CRASH_AT=$1:$2 pop run "${options[@]}" -o "$dir"
    is "$1, time $2: dies there" $status 137
    # what is not listed must be there still, set aside
    left=$(($(shardlike) - $(listed)))
    case $1 in shard:* | seal:*) [ $left -gt 0 ] || bad "$1, time $2: leaves files without an entry" "$left" ;; esac
    pop run "${options[@]}" -o "$dir"
    whole "$1, time $2" $left
}

# published first: the frozen population and the table; then, a seal: idf.bin, sidecar, shard, manifest
frozen=$(($(find "$work/calm/population" -type f | wc -l) + 1))
for p in $points; do
    case $p in
    publish:*) for k in 1 $frozen $((frozen + 1)) $((frozen + 2)) $((frozen + 3)) $((frozen + 4)) $((frozen + 6)); do crash_at "$p" $k; done ;;
    shard:* | seal:*) for k in 1 3 5; do crash_at "$p" $k; done ;;
    *) for k in 1 4; do crash_at "$p" $k; done ;;
    esac
done

# one crash on top of another at the same place: the first orphans keep their names
rm -rf "$dir"
for k in 2 1 1; do POP_CRASH_AT=shard:after_rename:$k pop run "${options[@]}" -o "$dir"; done
is "three crashes: the third is one" $status 137
pop run "${options[@]}" -o "$dir"
whole "three crashes" 6
pop replay "$dir"
ends "three crashes: replay" 0 "5 of 5 sealed shards"

# the table is learnt while the run goes on, and a crash falls between its steps
options=(students-brief -n $n --in-flight 64 --shard-rows 100 --progress none --llm "${sim_url[sim]}")
rm -rf "$work/calm" "$dir"
pop run "${options[@]}" -o "$work/calm"
rows=$(rows_hash "$work/calm") decisions=$(decisions_hash "$work/calm")
for k in 3 1; do POP_CRASH_AT=seal:before_ledger:$k pop run "${options[@]}" -o "$dir"; done
is "a crash in the last seal: dies there" $status 137
left=$(shardlike)
pop run "${options[@]}" -o "$dir"
whole "a crash in the last seal" $((left + 6))
finish
