#!/usr/bin/env bash
# A disk that fails (shim.c): a sync that fails ends the run with status 1, a full disk with 75, both with the path; then the same
# command on a sound disk finishes with the rows of a run that nobody disturbed.
. "$(dirname "$0")/../lib.sh"

if ! ${CC:-cc} -std=c11 -D_GNU_SOURCE -O1 -fPIC -shared -o "$work/shim.so" "$(dirname "$0")/shim.c" -ldl 2>"$work/cc"; then
    bad "the shim compiles" "$(cat "$work/cc")"
    finish
fi
if ldd "$POPULACE" | grep -q 'lib[at]san'; then
    skip "faults" "a sanitizer wants to be the first library"
    finish
fi

n=400
sim_start sim "duplicates 0.1 pool 20" "refuse 0.004" "truncate 0.02" "wrong_value 0.02"
frozen_table "$work/idf.bin" sim
options=(students-brief -n $n --in-flight 64 --shard-rows 100 --idf "$work/idf.bin" --progress none --llm "${sim_url[sim]}")
pop run "${options[@]}" -o "$work/calm"
ends "undisturbed run" 0
rows=$(rows_hash "$work/calm") decisions=$(decisions_hash "$work/calm")
dir=$work/faulty

# fault FAULT STATUS TEXT...: the run strikes it, ends so, says so; then it is taken up on a sound disk
fault() {
    local fault=$1 want=$2 left
    shift 2
    rm -rf "$dir" "$work/struck"
    FAULT=$fault FAULT_LOG=$work/struck LD_PRELOAD=$work/shim.so pop run "${options[@]}" -o "$dir"
    if [ ! -s "$work/struck" ]; then
        bad "$fault" "it did not strike (status $status)"
        return
    fi
    ends "$fault: ends with $want" "$want" "$@"
    left=$([ -d "$dir/shards" ] && find "$dir/shards" -name 'shard-*' -not -name '*.tmp' | wc -l)
    pop run "${options[@]}" -o "$dir"
    if [ $status -ne 0 ]; then
        bad "$fault: goes on" "exit status $status: $(cat "$work/err")"
        return
    fi
    pop verify "$dir"
    is "$fault: rows, decisions, verify" "$(rows_hash "$dir") $(decisions_hash "$dir") $status" "$rows $decisions 0"
    is "$fault: no reply is in the log twice" "$(log_keys "$dir" | sort | uniq -d | head -n 3)" ""
    [ "$(find "$dir/shards" -name 'shard-*' | wc -l)" -ge "${left:-0}" ] || bad "$fault: nothing was deleted" "of $left files"
}

io="Input/output error"
fault sync:replies-00000:1 1 "$dir/replies/replies-00000.jsonl.zst" "$io"
fault sync:replies-00000:3 1 "$dir/replies/replies-00000.jsonl.zst" "$io"
fault sync:ledger.db-wal:3 1 "$dir/ledger.db"
fault sync:shard-00001.jsonl.zst.tmp:1 1 "$dir/shards/shard-00001.jsonl.zst.tmp" "$io"
fault sync:shard-00002.sig:1 1 "$dir/shards/shard-00002.sig" "$io"
fault sync:faulty/shards:4 1 "$dir/shards" "$io"
fault sync:population.json:1 1 "$dir/population/population.json" "$io"
fault sync:run.json:1 1 "$dir/run.json" "$io"
fault sync:manifest.json:2 1 "$dir/manifest.json" "$io"

full=("No space left on device" "bytes free" "run the same command again")
fault write:replies-00000:1 75 "$dir/replies/replies-00000.jsonl.zst" "${full[@]}"
fault write:replies-00000:4 75 "$dir/replies/replies-00000.jsonl.zst" "${full[@]}"
fault write:ledger.db-wal:40 75 "$dir/ledger.db" "${full[@]}"
fault write:shard-00001.jsonl.zst.tmp:1 75 "$dir/shards/shard-00001.jsonl.zst.tmp" "${full[@]}"
fault write:shard-00002.sig.tmp:1 75 "$dir/shards/shard-00002.sig.tmp" "${full[@]}"
fault write:manifest.json.tmp:1 75 "$dir/manifest.json.tmp" "${full[@]}"
fault write:population.json.tmp:1 75 "$dir/population/population.json.tmp" "No space left on device"

fault rename:shard-00001.jsonl.zst:1 1 "$dir/shards/shard-00001.jsonl.zst" "$io"
fault rename:shard-00003.sig:1 1 "$dir/shards/shard-00003.sig" "$io"
fault rename:manifest.json:1 1 "$dir/manifest.json" "$io"
fault link:run.json:1 1 "$dir/run.json" "$io"

# an extension that cannot be recorded: the run stays what it was
extended() {
    pop run -o "$dir" --extend 500 --in-flight 64 --progress none --llm "${sim_url[sim]}"
}
more() {
    local fault=$1 want=$2
    shift 2
    rm -rf "$dir" "$work/struck"
    cp -a "$work/calm" "$dir"
    FAULT=$fault FAULT_LOG=$work/struck LD_PRELOAD=$work/shim.so extended
    ends "extended, $fault: ends with $want" "$want" "$@"
    is "extended, $fault: it struck, and run.json is as it was" "$(cat "$work/struck" | wc -l) $(cmp "$dir/run.json" "$work/calm/run.json" && echo same)" "1 same"
    pop verify "$dir"
    ends "extended, $fault: verify" 0 "$n of $n personas"
    extended
    is "extended, $fault: goes on" "$status $(rows_hash "$dir") $(decisions_hash "$dir")" "0 $more_rows"
}
dir=$work/more
cp -a "$work/calm" "$dir"
extended
more_rows="$(rows_hash "$dir") $(decisions_hash "$dir")"
more sync:run.json:1 1 "$dir/run.json" "$io"
more rename:run.json:1 1 "$dir/run.json" "$io"
more write:run.json:1 75 "$dir/run.json" "${full[0]}"
dir=$work/faulty

# displays are never in the way
fault write:status.json:1 0
fault rename:status.json:1 0
fault write:events.jsonl:1 0
finish
