#!/usr/bin/env bash
# Slips of somebody who writes a first population: each is said once, where it stands, with what to write instead; and what is no
# slip is said nothing about.
. "$(dirname "$0")/../lib.sh"

# ---- tables that there are not ---------------------------------------------------------------------------------

cat >"$work/two.yaml" <<'YAML'
populace: 1
name: two
attributes: {sex: {choice: [f, m]}, job: {choice: [a, b]}}
tables: {SEXES: {over: [sex], shares: {f: 50, m: 50}}, JOBS: {over: [job], shares: {a: 30, b: 70}}}
YAML
pop plan "$work/two.yaml" --soft SEXSE
ends "--soft of a table that there is not" 2 "there is no table \`SEXSE\`" "did you mean \`SEXES\`?"
pop plan "$work/two.yaml" --soft nothing_like_it=3
ends "--soft of no table's name names the tables" 2 "there is no table \`nothing_like_it\`" "tables: SEXES, JOBS"
is "and nothing else is said of it" "$(grep -c P0 "$work/err")" 1
pop check "$work/two.yaml" --set 'tables.NEW.over=[sex]' --set tables.NEW.shares='{f: 50, m: 50}'
ends "--set still makes a table" 0

finish
