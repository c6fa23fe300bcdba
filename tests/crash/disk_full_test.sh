#!/usr/bin/env bash
# A small file system that fills up, is enlarged a little, fills up again: each time the run ends with status 75 and says where and
# how much is free; with room enough the same command finishes with the rows of a run that nobody disturbed.
. "$(dirname "$0")/../lib.sh"

disk=$work/disk
mkdir "$disk"
if ! mount -t tmpfs -o size=2500k tmpfs "$disk" 2>/dev/null; then
    skip "disk full" "a file system cannot be mounted here"
    finish
fi
dirs+=("$disk")
dir=$disk/run n=900

sim_start sim "duplicates 0.1 pool 20" "truncate 0.02" "wrong_value 0.02" "fault_rounds first"
options=(students-brief -n $n --in-flight 64 --shard-rows 200 --progress none --llm "${sim_url[sim]}")
pop run "${options[@]}" -o "$work/calm"
ends "undisturbed run" 0

full=0 size=2500
while [ $size -le 40000 ]; do
    pop run "${options[@]}" -o "$dir"
    [ $status -eq 0 ] && break
    full=$((full + 1))
    ends "full at $size KB: status 75, path and free bytes" 75 "$dir/" "bytes free" "run the same command again"
    holds "full at $size KB: run.json stands" jq -e .n "$dir/run.json"
    log_keys "$dir" >"$work/keys" 2>"$work/torn"
    is "full at $size KB: the log ends with a whole frame" "$(cat "$work/torn")" ""
    size=$((size + size / 2))
    mount -o remount,size=${size}k "$disk"
done
if [ $full -ge 2 ]; then ok "it was full more than once"; else bad "it was full more than once" "$full times"; fi
ends "with room enough: ends well" 0
is "rows" "$(rows_hash "$dir")" "$(rows_hash "$work/calm")"
is "decisions" "$(decisions_hash "$dir")" "$(decisions_hash "$work/calm")"
is "no reply is in the log twice" "$(log_keys "$dir" | sort | uniq -d | head -n 3)" ""
settled_keys "$dir" "$work/calm" >"$work/keys"
settled_keys "$work/calm" "$work/calm" >"$work/calm.keys"
holds "the questions of attempts that did not fail are those of the undisturbed run" cmp "$work/keys" "$work/calm.keys"
pop verify "$dir"
ends "verify" 0 "nothing is wrong"

# room set aside: there while the run works, given back on a full disk and at the end
mount -o remount,size=90m "$disk"
rm -rf "$dir"
sim_stop sim
sim_start slow "latency fixed 30"
start run students-brief -n 300 --in-flight 16 --progress none --llm "${sim_url[slow]}" -o "$dir"
until [ -s "$dir/run.json" ]; do sleep 0.02; done
is "64 MB are set aside" "$(stat -c %s "$dir/.reserve")" $((64 << 20))
dd if=/dev/zero of="$disk/filler" bs=64k 2>/dev/null
await
ends "full beside the reserve: status 75" 75 "bytes free"
if [ -e "$dir/.reserve" ]; then bad "the reserve is given back" "it is still there"; else ok "the reserve is given back"; fi
rm "$disk/filler"
pop run students-brief -n 300 --in-flight 64 --progress none --llm "${sim_url[slow]}" -o "$dir"
ends "with room again: ends well" 0
finish
