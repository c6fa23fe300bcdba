# lib.sh: what the tests of the whole command share; sourced by the scripts under tests/cases and tests/crash.
#
# A script prints TAP lines by ok, bad, skip or the comparisons below, and ends with `finish`. Servers and runs are children of the
# script, known by their process ids and by nothing else; whatever ends the script ends them, and its folder `work` goes.
set -u
ROOT=${POP_ROOT:-$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)}
POPULACE=${POPULACE:-$ROOT/build/obj/populace}
LLMSIM=${LLMSIM:-$ROOT/build/obj/llmsim}
[ -x "$POPULACE" ] && [ -x "$LLMSIM" ] || {
    echo "not ok ${0##*/} - $POPULACE or $LLMSIM is missing: make build"
    exit 1
}
# options that a user's environment would add
for v in ${!POPULACE_@}; do
    case $v in POPULACE_SHARED | POPULACE_SHARE | POPULACE_TEST_VENV) ;; *) unset "$v" ;; esac
done
unset OPENAI_API_KEY OPENAI_BASE_URL POP_CRASH_AT GLIBC_TUNABLES LD_PRELOAD
export NO_COLOR=1 LC_ALL=C

work=$(mktemp -d)
declare -A sim_pid=() sim_fd=() sim_url=()
children=()
failures=0 dirs=()

cleanup() {
    local p
    trap - EXIT
    for p in "${sim_pid[@]}" "${children[@]}"; do kill -KILL "$p" 2>/dev/null; done
    for p in "${dirs[@]}"; do umount "$p" 2>/dev/null; done
    rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 143' TERM INT HUP

# ---- results ---------------------------------------------------------------------------------------------

ok() { echo "ok $1"; }

# bad NAME WHY...: WHY's later lines go behind it as comments
bad() {
    local name=$1
    shift
    printf '%s\n' "$*" | head -n 20 | sed -e "1s|^|not ok $name - |" -e '2,$s/^/# /'
    failures=$((failures + 1))
}

skip() { echo "ok $1 # SKIP $2"; }

# is NAME GOT WANT
is() {
    if [ "$2" = "$3" ]; then ok "$1"; else bad "$1" "got '$2', wanted '$3'"; fi
}

# holds NAME COMMAND...: exit status 0
holds() {
    local name=$1 out
    shift
    if out=$("$@" 2>&1); then ok "$name"; else bad "$name" "failed: $* $out"; fi
}

# says NAME TEXT...: each TEXT stands in what the latest `pop` printed
says() {
    local name=$1 t
    shift
    for t in "$@"; do
        grep -qF -- "$t" "$work/out" "$work/err" && continue
        bad "$name" "'$t' is not said (status $status):"$'\n'"$(cat "$work/out" "$work/err")"
        return
    done
    ok "$name"
}

# ends NAME STATUS [TEXT...]: the latest `pop` ended so and said so
ends() {
    local name=$1 want=$2
    shift 2
    if [ "$status" != "$want" ]; then
        bad "$name" "exit status $status, wanted $want:"$'\n'"$(tail -n 12 "$work/err")"
    else
        says "$name" "$@"
    fi
}

finish() { exit $((failures > 0)); }

# ---- the simulated server -----------------------------------------------------------------------------------

# sim_start NAME LINE...: a server with this script; its base URL is then ${sim_url[NAME]}
sim_start() {
    local name=$1 fd
    shift
    printf '%s\n' "$@" >"$work/$name.sim"
    rm -f "$work/$name.port"
    # it ends with the pipe on its stdin, so with this script too, whatever kills that
    exec {fd}> >(exec "$LLMSIM" --script "$work/$name.sim" --port-file "$work/$name.port" --until-eof ${sim_options:-} >"$work/$name.simlog" 2>&1)
    sim_pid[$name]=$! sim_fd[$name]=$fd
    until [ -s "$work/$name.port" ]; do
        kill -0 "${sim_pid[$name]}" 2>/dev/null || {
            bad "server $name" "$(cat "$work/$name.simlog")"
            finish
        }
        sleep 0.02
    done
    sim_url[$name]=http://127.0.0.1:$(cat "$work/$name.port")/v1
}

sim_stop() {
    local fd=${sim_fd[$1]}
    kill "${sim_pid[$1]}" 2>/dev/null
    exec {fd}>&-
    while kill -0 "${sim_pid[$1]}" 2>/dev/null; do sleep 0.02; done
    unset "sim_pid[$1]" "sim_fd[$1]" "sim_url[$1]"
}

# sim_stat NAME FILTER: of its counters, by jq
sim_stat() { curl -s "${sim_url[$1]%/v1}/stats" | jq -r "$2"; }

# ---- the command ----------------------------------------------------------------------------------------------

# pop ARGS...: status, $work/out and $work/err are its outcome
pop() {
    timeout -k 5 240 "$POPULACE" "$@" >"$work/out" 2>"$work/err" </dev/null
    status=$?
}

# generate NAME POPULATION N SIM... -- ARGS...: a run into $work/NAME against these servers
generate() {
    local dir=$work/$1 pop=$2 n=$3 urls=()
    shift 3
    while [ $# -gt 0 ] && [ "$1" != -- ]; do
        urls+=(--llm "${sim_url[$1]}")
        shift
    done
    shift
    pop run "$pop" -n "$n" -o "$dir" "${urls[@]}" --progress plain "$@"
}

# start ARGS...: the same in the background, its process id in `child`
start() {
    "$POPULACE" "$@" >"$work/bg.out" 2>"$work/bg.err" </dev/null &
    child=$!
    children+=("$child")
}

# await: the child's exit status in `status`, its words where `says` looks
await() {
    wait "$child" 2>/dev/null
    status=$?
    cp "$work/bg.out" "$work/out"
    cp "$work/bg.err" "$work/err"
    children=()
}

# ---- run directories --------------------------------------------------------------------------------------------

rows_hash() { zstdcat "$1"/shards/shard-*.jsonl.zst | sha256sum | cut -c1-32; }
rows_count() { zstdcat "$1"/shards/shard-*.jsonl.zst | wc -l; }
# every non-accept with its evidence
decisions_hash() {
    sqlite3 "$1/ledger.db" 'select pos,slot,attempt,reason,neighbour,score,detail from decision order by pos,slot' | sha256sum | cut -c1-32
}
log_lines() { zstdcat "$1"/replies/*.zst 2>/dev/null; }
log_keys() { log_lines "$1" | jq -r '"\(.slot) \(.attempt) \(.step) \(.round)"'; }

# settled_keys DIR CALM: those keys of DIR whose attempts did not fail in CALM. Where a facet has failed for good, whether those behind it
# had been asked by then depends on who answered first; rows and decisions do not.
settled_keys() {
    sqlite3 "$2/ledger.db" "select slot || ' ' || attempt || ' ' from decision where reason not in ('duplicate', 'exact')" >"$work/failed"
    log_keys "$1" | awk -v failed="$work/failed" 'BEGIN { while ((getline line < failed) > 0) skip[line] } !(($1 " " $2 " ") in skip)' | sort
}

# quotas_exact NAME DIR N: manifest and recount
quotas_exact() {
    local off
    off=$(jq -c '.quotas | [.sums.asked, .sums.got, .sums.off, ([.cells[] | select(.asked != .got)] | length)]' "$2/manifest.json")
    is "$1: quotas are exact" "$off" "[$3,$3,0,0]"
    pop verify "$2"
    ends "$1: verify finds nothing wrong" 0 "nothing is wrong" "every quota is met exactly"
}

# frozen_table FILE SIM: a table of the gate that learns no more, from a run that passed position 4,096. Runs that begin with it
# seal every --shard-rows; without it nothing is sealed before that position.
frozen_table() {
    generate table students-brief 4150 "$2" -- --in-flight 256
    [ $status -eq 0 ] || bad "a run for its table" "exit status $status: $(tail -n 3 "$work/err")"
    mv "$work/table/idf.bin" "$1"
    rm -rf "$work/table"
}

# quotas_named ARGS: the plan as JSON, with its quotas as [{cell: {path: class...}, quota}...]
quotas_named() {
    "$POPULACE" plan "$@" --cells --json | jq -c '.axes as $a | .quotas |= map(. as $q |
        {quota: $q[-1], cell: ([range(0; $a | length)] | map({key: $a[.].path, value: $a[.].classes[$q[.]]}) | from_entries)})'
}
