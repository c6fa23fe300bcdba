#!/usr/bin/env bash
# A crash at every named point: the process ends there with status 137, and the same command then finishes with the rows of a run
# that nobody disturbed. What a crash leaves without an entry in the ledger is renamed, never deleted.
. "$(dirname "$0")/../lib.sh"

n=700
options=(students-brief -n $n --in-flight 64 --shard-rows 150 --progress none)
sim_start sim "duplicates 0.1 pool 20" "refuse 0.004" "truncate 0.02" "wrong_value 0.02"
pop run "${options[@]}" -o "$work/calm" --llm "${sim_url[sim]}"
ends "undisturbed run" 0
rows=$(rows_hash "$work/calm") decisions=$(decisions_hash "$work/calm")

# points in the sources; a new one is tested without being listed here
points=$(grep -rhoE 'crash_point\("[^"]+"\)' --include='*.c' "$ROOT/pipeline" "$ROOT/out" "$ROOT/stages" | cut -d'"' -f2 | sort -u)
is "there are points" "$([ "$(wc -w <<<"$points")" -ge 9 ] && echo yes)" yes

orphans() { find "$1/shards" -name '*.orphan' | wc -l; }
shardlike() { find "$1/shards" -name 'shard-*' | wc -l; }

crash_at() { # POINT NTH
    local name="$1, time $2" dir=$work/crashed before
    rm -rf "$dir"
    POP_CRASH_AT=$1:$2 pop run "${options[@]}" -o "$dir" --llm "${sim_url[sim]}"
    if [ $status -eq 0 ] && [ "$2" -gt 1 ]; then
        skip "$name" "the run came there less often"
        return
    fi
    is "$name: dies there" $status 137
    before=0
    [ -d "$dir/shards" ] && before=$(shardlike "$dir")
    # listed ones stay under their names; all others must be there still, set aside
    listed=0
    [ -s "$dir/ledger.db" ] && listed=$(sqlite3 "$dir/ledger.db" 'select 2 * count(*) from shard' 2>/dev/null || echo 0)
    pop run "${options[@]}" -o "$dir" --llm "${sim_url[sim]}"
    ends "$name: the same command finishes" 0
    is "$name: same rows" "$(rows_hash "$dir")" "$rows"
    is "$name: same decisions" "$(decisions_hash "$dir")" "$decisions"
    is "$name: nothing was deleted" "$(orphans "$dir")" $((before - ${listed:-0}))
    pop verify "$dir"
    ends "$name: verify" 0 "nothing is wrong"
}

for p in $points; do
    crash_at "$p" 1
    case $p in
    publish:*) for k in 2 5 6 7 10; do crash_at "$p" $k; done ;;
    shard:* | seal:*) crash_at "$p" 3 ;;
    *) crash_at "$p" 4 ;;
    esac
done

# the last shard, and the manifest behind it
for p in shard:after_sidecar shard:after_rename seal:before_ledger; do crash_at "$p" 5; done

# twice at the same place, one crash on top of another
dir=$work/crashed
rm -rf "$dir"
for k in 2 1; do POP_CRASH_AT=shard:after_rename:$k pop run "${options[@]}" -o "$dir" --llm "${sim_url[sim]}"; done
is "two crashes leave two pairs of orphans" "$status $(shardlike "$dir")" "137 6"
pop run "${options[@]}" -o "$dir" --llm "${sim_url[sim]}"
is "two crashes: same rows" "$(rows_hash "$dir")" "$rows"
is "two crashes: nothing was deleted" "$(orphans "$dir")" 4
finish
