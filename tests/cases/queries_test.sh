#!/usr/bin/env bash
# Commands that ask no server or keep nothing: populations, check, plan, draw, preview; and an installed copy.
. "$(dirname "$0")/../lib.sh"

pop populations
ends "populations: the built-in ones" 0 students-k12 students-brief
for p in students-k12 students-brief; do
    pop check $p
    ends "check $p: no error, no warning" 0 "$p: ok"
    grep -q warning "$work/out" && bad "check $p warns" "$(cat "$work/out")"
done

pop plan students-k12 -n 10000 --json --cells
ends "plan: JSON" 0
is "plan: quotas sum to N in 384 cells" "$(jq -c '[.cells, ([.quotas[][-1]] | add), ([.quotas[][-1]] | min > 0)]' "$work/out")" '[384,10000,true]'
pop plan students-k12 -n 1M
ends "plan: SI suffix, text" 0 "1000000 personas in 384 cells"
is "plan: natural shares of the levels" "$("$POPULACE" plan students-k12 -n 100k --json --cells |
    jq -c '(.axes | map(.path) | index("academic.level")) as $a | .axes[$a].classes as $name |
        [.quotas[] | {l: $name[.[$a]], q: .[-1]}] | group_by(.l) | map({(.[0].l): (map(.q) | add)}) | add')" \
    '{"high":10000,"low":20000,"middle":20000,"poor":50000}'

pop draw students-k12 -n 5000 --extend 7000 --from 100 --count 3
is "draw: an extended plan keeps the first slots" "$(jq -c 'del(.cell)' "$work/out" | sha256sum)" \
    "$("$POPULACE" draw students-k12 -n 5000 --from 100 --count 3 | jq -c 'del(.cell)' | sha256sum)"
pop plan students-k12 -n 5000 --extend 7000 --json --cells
is "plan: extended, quotas sum to N2" "$(jq -c '[.n, ([.quotas[][-1]] | add)]' "$work/out")" "[7000,7000]"
pop plan students-k12 -n 5000 --extend 5000
ends "plan: extended by nobody" 2 "more than -n"

pop draw students-k12 -n 5000 --from 100 --count 3
ends "draw: three slots" 0
is "draw: those asked for" "$(jq -c .slot "$work/out" | tr '\n' ' ')" "100 101 102 "
pop draw students-k12 -n 5000
cp "$work/out" "$work/all"
is "draw: a slot is a pure function" "$(sed -n 101,103p "$work/all" | sha256sum)" "$("$POPULACE" draw students-k12 -n 5000 --from 100 --count 3 | sha256sum)"
is "draw: another seed, other people" "$(cmp -s "$work/all" <("$POPULACE" draw students-k12 -n 5000 --seed 2) && echo same || echo other)" other
is "draw: girls are half" "$(jq -r '.attributes["person.gender"]' "$work/all" | grep -c female)" 2500

sim_start quick
pop preview students-brief -n 2 --llm "${sim_url[quick]}"
ends "preview shows prompts and replies" 0 "This is about" "behaviour"
pop preview students-brief -n 2 --llm "${sim_url[quick]}" --json
ends "preview: JSON rows" 0
is "preview: two rows" "$(jq -c .slot "$work/out" | sort | tr '\n' ' ')" "0 1 "

# commands that read leave nothing behind, and a run that is over keeps its figures
generate read students-brief 20 quick --
before=$(ls -A "$work/read")
revised=$(jq .revised "$work/read/status.json")
for c in "cat" "verify" "status" "replay"; do pop $c "$work/read"; done
is "cat, verify, status, replay leave no file behind" "$(ls -A "$work/read")" "$before"
pop cat "$work/read" --where grade=7 --where gade=7
ends "cat: a column that there is not" 2 "gade=7"
pop cat "$work/read" --where grade=99
ends "cat: a value that nobody has" 0
pop cat "$work/read" --slot 99
ends "cat: a slot that there is not" 2 "0 to 19"
pop run -o "$work/read" --llm "${sim_url[quick]}" --progress none
is "a finished run that is run again keeps its figures" "$(jq -c '[.accepted, .revised > 0]' "$work/read/status.json")" "[20,$(jq -n "$revised > 0")]"
is "its revised count too" "$(jq .revised "$work/read/status.json")" "$revised"

if make -s -C "$ROOT" install DESTDIR="$work/inst" PREFIX=/usr >"$work/make" 2>&1; then
    is "install: the installed command finds its populations" "$("$work/inst/usr/bin/populace" populations | wc -l)" "$(ls "$ROOT/taxonomy/populations" | wc -l)"
    make -s -C "$ROOT" uninstall DESTDIR="$work/inst" PREFIX=/usr >"$work/make" 2>&1
    is "uninstall leaves no file" "$(find "$work/inst" -type f | wc -l)" 0
else
    bad "install" "$(tail -n 5 "$work/make")"
fi
# ---- numbers of a proof ------------------------------------------------------------------------------------

cat >"$work/apart.yaml" <<'YAML'
populace: 1
name: apart
attributes: {sex: {choice: [f, m]}, job: {choice: [a, b]}}
tables: {t: {over: [sex, job], shares: {f: {a: 50}, m: {b: 50}}}, u: {over: [sex], shares: {f: 40, m: 60}}}
YAML
pop plan "$work/apart.yaml" -n 12345678901 --json
is "a proof counts persons to the last one" "$(jq -c '[.code, .detail.persons]' "$work/out")" '["Q02",12345678901]'

finish
