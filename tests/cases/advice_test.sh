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

# ---- no model where none is needed ---------------------------------------------------------------------------------

pop run "$work/two.yaml" -n 300 -o "$work/drawn" --progress plain --model-file "$work/no-such-model"
ends "run without facets: no server is started" 0 "no facet writes: no model is asked"
is "its personas are all there" "$(rows_count "$work/drawn")" 300
pop verify "$work/drawn"
ends "and verified" 0 "nothing is wrong"
pop run -o "$work/drawn" --progress plain --llm http://127.0.0.1:1/v1
ends "run again: no endpoint is probed" 0
pop preview "$work/two.yaml" -n 20000 --json --model-file "$work/no-such-model"
ends "preview without facets" 0
is "preview: all of them" "$(grep -c slot "$work/out")" 20000

sim_start once
generate done students-brief 12 once --
model=$(jq -r .model "$work/done/status.json")
sim_stop once
pop run -o "$work/done" --progress plain --llm http://127.0.0.1:1/v1
ends "a finished run that is run again asks nobody" 0
is "and still names its model" "$(jq -r .model "$work/done/status.json")" "$model"
cat >"$work/never.yaml" <<'YAML'
populace: 1
include: two.yaml
facets: {life: {fields: {life: {text: {words: 5..}}}, prompt: "{{@fields}}\n---\n{{sex}}\n"}}
rules: {none: {kind: pattern, of: life, never: ".", when: {job: a}}}
limits: {rounds: 0, attempts: 1}
YAML
sim_start twice
generate short "$work/never.yaml" 20 twice -- --passes 1
is "a run with a shortfall" "$status $(jq -r .state "$work/short/status.json")" "3 shortfall"
rows=$(rows_hash "$work/short")
sim_stop twice
pop run -o "$work/short" --progress plain --llm http://127.0.0.1:1/v1
ends "run again: the same shortfall, and nobody is asked" 3 "stay open"
is "with the same rows" "$(rows_hash "$work/short")" "$rows"

# ---- numbers in a CSV that nothing names ---------------------------------------------------------------------------

mkdir "$work/csv"
cat >"$work/csv/base.yaml" <<'YAML'
populace: 1
name: csv
attributes: {sex: {choice: [f, m]}, age: {number: 18..89}, town: {choice: [Aa, Bb, Cc]}}
YAML
table() { # HEADER LINE...: csv/t.yaml has a table of these rows
    printf '%s\n' "$@" >"$work/csv/t.csv"
    printf 'include: base.yaml\ntables: {t: {over: [sex, age], counts: %s}}\n' "${spec:-t.csv}" >"$work/csv/t.yaml"
}
table sex,age,persons f,18..49,300 f,50..89,150 m,18..49,280 m,50..89,120
pop check "$work/csv/t.yaml"
ends "a column of numbers that nothing names" 2 "t.csv:1:9: P09" "\`persons\`" "columns: {persons: count}"
spec='{file: t.csv, columns: {persons: count}}' table sex,age,persons f,18..49,300 f,50..89,150 m,18..49,280 m,50..89,120
pop check "$work/csv/t.yaml"
ends "named it is taken" 0
is "without a word" "$(grep -c "one each" "$work/out")" 0
table id,sex,age,wave 1,f,18..49,1 2,f,18..49,2 3,f,50..89,1 4,m,18..49,2 5,m,50..89,1
pop check "$work/csv/t.yaml"
ends "a row for each person: a warning" 0 "t.csv:1:12: warning: " "count one each"
table id,sex,age 1,f,18..49 2,f,18..49 3,f,50..89 4,m,18..49 5,m,50..89
pop check "$work/csv/t.yaml"
is "a row for each person and nothing else: none" "$status $(grep -c "one each" "$work/out")" "0 0"
printf 'town,people\nAa,900\nBb,50\nCc,50\n' >"$work/csv/towns.csv"
pop check "$work/csv/base.yaml" --set attributes.town.choice=towns.csv
ends "a choice from a CSV: a warning" 0 "towns.csv:1:6: warning: " "\`people\`" "columns: {people: count}"

# ---- values of which no row speaks -----------------------------------------------------------------------------------

table sex,age,count f,18..49,300 f,55..89,150 m,18..49,280 m,55..89,120
pop check "$work/csv/t.yaml"
ends "a gap between bands is named" 0 "t.yaml:2:" "no row speaks of \`age\` = 50..54"
table sex,age,count f,..49,300 f,50..89,150
pop check "$work/csv/t.yaml"
ends "a value of a choice" 0 "no row speaks of \`sex\` = m"
table sex,age,count f,..49,300 f,50..89,150 m,..49,0
pop check "$work/csv/t.yaml"
is "0 says that nobody is meant" "$status $(grep -c "no row speaks" "$work/out")" "0 0"
table sex,age,count f,..49,300 m,50..89,150
pop check "$work/csv/t.yaml"
is "a missing combination of values that other rows name is 0" "$status $(grep -c "no row speaks" "$work/out")" "0 0"

# ---- who stands in the way of a plan ---------------------------------------------------------------------------------

cat >"$work/way.yaml" <<'YAML'
populace: 1
name: way
attributes:
  age: {choice: [child, adult, old]}
  sex: {choice: [f, m]}
  work: {choice: [yes, no], when: {age: [adult, old]}}
  hours: {choice: [few, many], when: {work: yes}}
tables:
  ages: {over: [age, sex], shares: {child: {f: 10, m: 10}, adult: {f: 20, m: 40}, old: {f: 10, m: 10}}}
  work: {over: [work, sex], shares: {yes: {f: 30, m: 20}, no: {f: 7.5, m: 42.5}}}
  hours: {over: [hours], shares: {few: 30, many: 10, ~: 60}}
rules: {R1: {kind: never, when: {age: old, work: yes}}, R2: {kind: never, when: {hours: many, sex: f}}}
YAML
pop check "$work/way.yaml"
ends "rules in the way are named" 3 "cannot be met together under \`R1\`, \`when\` of \`work\`: "
is "what is not in the way is not" "$(grep -c 'R2\|hours' "$work/out")" 0
pop check "$work/way.yaml" --json
is "nor among the rules of the proof" "$(jq -c .detail.rules "$work/out")" '["R1"]'
pop check "$work/way.yaml" --set rules.R1=~
ends "without it they can be met" 0
cat >"$work/own.yaml" <<'YAML'
populace: 1
name: own
attributes:
  age: {choice: [child, adult]}
  work: {choice: [yes, no], by: [age], given: {child: no, adult: [yes, no]}}
tables: {ages: {over: [age], shares: {child: 30, adult: 70}}, work: {over: [work], shares: {yes: 80, no: 20}}}
YAML
pop check "$work/own.yaml"
ends "own distributions in the way are named" 3 "Q04" "under the attributes' own distributions: "

# ---- a fault is said once --------------------------------------------------------------------------------------------

pop check "$work/own.yaml"
is "check says a fault once" "$(cat "$work/out" "$work/err" | grep -c Q04)" 1
is "and on stderr how many there are" "$(cat "$work/err")" "populace: $work/own.yaml: 1 error"
says "numbers that nobody asked for are explained" "of a trial plan of 300 persons, -n N plans another"
pop check "$work/own.yaml" -n 1000
ends "check -n: the plan asked for" 3 "which asks for 200"
is "which needs no explanation" "$(grep -c trial "$work/out")" 0
pop check "$work/own.yaml" -n 0
ends "check -n 0" 2 "at least one"
pop check "$work/two.yaml" --set tables.SEXES.shares.x=3 --json
is "check --json: the same" "$(jq -r .code "$work/out") $(grep -c P07 "$work/err")" "P07 0"

# ---- words ------------------------------------------------------------------------------------------------------------

printf 'sex,job\nMale,a\nFemale,b\n' >"$work/words.csv"
pop subsample "$work/words.csv" -P "$work/two.yaml" -n 2
ends "subsample: nobody was placed" 2 "no record of $work/words.csv could be placed" "2 have a \`sex\` that is none of its values" '"Male", "Female"' \
    "its values: f, m; --recode HEADER:CELL=VALUE"
pop fit "$work/words.csv" -P "$work/two.yaml" --recode sex:Male=m --recode sex:Female=f --draws 0
ends "fit: some were" 0 "2 records, 2 placed"
printf 'job\na\n' >"$work/words.csv"
pop fit "$work/words.csv" -P "$work/two.yaml" --draws 0
ends "fit: an attribute that nobody has" 2 "1 record," "--map HEADER=sex names one"
cat >"$work/zero.yaml" <<'YAML'
populace: 1
name: zero
attributes: {sex: {choice: [f, m]}}
tables: {t: {over: [sex], shares: {f: 100, m: 0}}}
YAML
printf 'sex\nf\nm\n' >"$work/zero.csv"
pop fit "$work/zero.csv" -P "$work/zero.yaml" --draws 0
is "fit: people where none are wanted" "$(grep -c unwanted "$work/out") $(grep -c 'no chance' "$work/out")" "2 0"
pop draw "$work/two.yaml" -n 10 --from 10
ends "draw --from beyond the last" 2 "--from 10: the slots are 0 to 9"
pop status "$work/short"
open=$(jq .open "$work/short/status.json")
ends "status: open and given up" 0 "open               $open" "given_up           $open"
pop verify "$work/short"
is "status and verify say open of the same slots" "$(grep -o '[0-9]* slots open' "$work/out")" "$open slots open"
is "status: all of them are given up" "$(jq .given_up "$work/short/status.json")" "$open"

# ---- files as other programs write them ---------------------------------------------------------------------------------

printf 'populace: 1\nname: tab\nattributes:\n\tsex: {choice: [f, m]}\n' >"$work/tab.yaml"
pop check "$work/tab.yaml"
ends "a tab in the indentation" 2 "tab.yaml:4:1: P01" "indent with spaces, not with tabs"
printf 'populace: 1\nname: tab\ntitle: @home\tor not\n' >"$work/tab.yaml"
pop check "$work/tab.yaml"
ends "a tab elsewhere is not blamed" 2 "text that begins with % @ \` needs quotes"
table 'sex;age;count' 'f;18..49;300' 'm;50..89;3,5'
pop check "$work/csv/t.yaml"
ends "semicolons in a CSV" 2 "t.csv:1:1: P03" "parted by semicolons, not by commas" "save it with commas"
table $'sex\tage\tcount' $'f\t18..49\t300'
pop check "$work/csv/t.yaml"
ends "tabs in a CSV" 2 "parted by tabs, not by commas"
pop fit "$work/csv/t.csv" -P "$work/two.yaml"
ends "tabs in a corpus" 2 "t.csv:1: cells are parted by tabs" "save it with commas"
table $'\xef\xbb\xbfsex,age,count\r' $'f,18..89,30\r' $'m,18..89,70\r'
pop plan "$work/csv/t.yaml" -n 10 --cells
ends "a byte order mark and CRLF" 0 "7  sex=m age=18..89"
tr -d '\n' <"$work/csv/t.csv" >"$work/csv/cr.csv"
mv "$work/csv/cr.csv" "$work/csv/t.csv"
pop plan "$work/csv/t.yaml" -n 10 --cells
ends "a lone CR" 0 "7  sex=m age=18..89"
pop fit "$work/csv/t.csv" -P "$work/two.yaml"
ends "a lone CR in a corpus" 2 "lines end with a carriage return alone" "tr '\\r' '\\n'"
spec='{file: t.csv, recode: {sex: {women: f, men: m, x: ~}}}' table sex,age,count women,18..89,30 men,18..89,70
pop check "$work/csv/t.yaml"
ends "recode of a cell that does not occur" 0 "t.yaml:2:" "no row of t.csv has the cell \`x\` in \`sex\`"
is "those that occur are not named" "$(grep -c 'has the cell' "$work/out")" 1
spec='{file: t.csv, recode: {sexe: {women: f}}}' table sex,age,count f,18..89,30 m,18..89,70
pop check "$work/csv/t.yaml"
ends "recode of a column that there is not" 2 "no column \`sexe\` in t.csv" "columns: sex, age, count"

# ---- faults of tables stand where their rows do ---------------------------------------------------------------------------

table sex,age,share f,18..49,30 f,50..89,15 m,18..49,28 m,50..89,12
sed -i 's/counts/shares/' "$work/csv/t.yaml"
pop check "$work/csv/t.yaml"
ends "Q01: the CSV" 3 "t.csv:1:1: Q01" "the shares sum to 85"
table sex,age,share f,18..49,30 f,50..89,25 m,18..49,33 m,50..89,12
sed -i 's/counts/shares/' "$work/csv/t.yaml"
pop check "$work/csv/t.yaml" --set 'tables.a={over: [sex], shares: {f: 55, m: 45}}'
ends "tables that agree" 0
printf 'include: t.yaml\ntables: {a: {over: [sex], shares: {f: 55, m: 45}}, b: {over: [sex, age], shares: b.csv}}\n' >"$work/csv/u.yaml"
printf 'sex,age,share\nf,18..39,20\nf,40..49,10\nf,50..89,25\nm,18..49,30\nm,50..89,15\n' >"$work/csv/b.csv"
pop check "$work/csv/u.yaml"
ends "Q02: the line of the CSV" 3 "b.csv:5:1: Q02" "disagree"
printf 'include: t.yaml\nrules: {R: {kind: never, when: {sex: m, age: 50..}}}\n' >"$work/csv/u.yaml"
pop check "$work/csv/u.yaml"
ends "Q03: the line of the CSV" 3 "t.csv:5:1: Q03" "\`R\` forbids"

# ---- what no distribution gives ---------------------------------------------------------------------------------------------

cat >"$work/bands.yaml" <<'YAML'
populace: 1
name: bands
attributes:
  age: {number: {18..29: 1, 30..49: 0, 50..60: 1}}
  sex: {choice: [f, m]}
  work: {choice: [yes, no], by: [age], given: {..29: no, 30..: [yes, no]}}
tables: {t: {over: [age, sex], shares: {..29: {f: 5, m: 25}, 30..49: {f: 20, m: 10}, 50..: {f: 10, m: 30}}}}
YAML
pop plan "$work/bands.yaml" -n 100
ends "a class without weight, in a table by itself" 3 "Q03" "20 persons in {age=30..49 sex=f}, where the attributes' own distributions leave nobody"
pop plan "$work/bands.yaml" -n 100 --set attributes.age='{number: 18..60}'
ends "with a weight it can be drawn" 0
pop plan "$work/bands.yaml" -n 100 --set attributes.age='{number: 18..60}' --set tables.t=~ \
    --set 'tables.u={over: [age, work], shares: {..29: {yes: 10, no: 20}, else: {yes: 30, no: 40}}}'
ends "parents that the table fixes too" 3 "Q03" "10 persons in {age=18..29 work=yes}"

# ---- sums, and tables that give way, wherever tables count -----------------------------------------------------------------

cat >"$work/odd.yaml" <<'YAML'
populace: 1
name: odd
attributes: {sex: {choice: [f, m]}, job: {choice: [a, b]}}
tables:
  sexes: {over: [sex], shares: {f: 499, m: 499}, reference: {over: [sex], shares: {f: 300, m: 100}}}
  both: {over: [sex, job], shares: {f: {a: 10, b: 20}, m: {a: 30, b: 40}}}
YAML
printf 'sex,job\nf,a\nf,b\nf,a\nm,b\nm,b\nm,a\n' >"$work/odd.csv"
pop draw "$work/odd.yaml" -n 10 --set tables.both=~
ends "shares of any sum need --scale" 3 "the shares sum to 998"
pop draw "$work/odd.yaml" -n 10 --set tables.both=~ --scale
ends "--scale: the table's and its reference's" 0
is "--scale: weights are shares of the world over those of the plan" "$(jq -r '"\(.attributes.sex) \(.weight)"' "$work/out" | sort -u | tr '\n' ' ')" "f 1.5 m 0.5 "
pop fit "$work/odd.csv" -P "$work/odd.yaml" --draws 0 --scale
ends "fit --scale: what disagrees is still named" 3 "Q02"
pop fit "$work/odd.csv" -P "$work/odd.yaml" --draws 0 --scale --soft both
ends "fit --scale --soft" 0 "6 records, 6 placed" "soft table both"
pop subsample "$work/odd.csv" -P "$work/odd.yaml" -n 4 --scale --soft both=2
ends "subsample --scale --soft" 0 "written: 1 table is exact"
is "subsample: half of them" "$(grep -c '^f' "$work/out") $(grep -c '^m' "$work/out")" "2 2"
pop subsample "$work/odd.csv" -P "$work/odd.yaml" -n 4 --soft bath
ends "subsample --soft of a table that there is not" 2 "did you mean \`both\`?"

# ---- what is included ------------------------------------------------------------------------------------------------

cat >"$work/told.yaml" <<'YAML'
populace: 1
include: style-third
name: told
attributes: {person: {sex: {choice: [female, male]}, age: {number: 18..89}}}
facets: {letter: {fields: {letter: {text: {words: 5..50}}}, prompt: "Write.\n{{@fields}}\n---\n{{@attributes}}\n"}}
YAML
pop check "$work/told.yaml"
ends "an age in a section beside that of a style" 0 "2 warnings"
says "both are named, and how one goes" "told.yaml:4:59: warning: every persona has two: \`person.age\`, and \`age\` of style-third/population.yaml" "\`age: ~\` under \`attributes\`"
pop check "$work/told.yaml" --set attributes.age=~ --set attributes.sex=~
ends "without those of the style: nothing to warn of" 0 "told: ok, 2 attributes"
is "not a word" "$(grep -c warning "$work/out")" 0
sed 's/^attributes: {/&age: {number: 20..30}, sex: {choice: [female, male]}, /' "$work/told.yaml" >"$work/top.yaml"
pop check "$work/top.yaml"
is "at the top they take its place, and a third is none of its business" "$(grep -c 'has two' "$work/out")" 0
printf 'populace: 1\ninclude: world-2024\nname: pairs\nattributes: {partner: {age: {number: 18..90}}}\nrules: {N1: {kind: never, when: {partner.age: 90}}}\n' >"$work/pairs.yaml"
pop check "$work/pairs.yaml"
is "an age that tables of its own file count is no placeholder" "$(grep -c warning "$work/out")" 0
cat >"$work/laid.yaml" <<'YAML'
populace: 1
include: style-third
name: laid
rules:
  ST1: {kind: leak, of: third_person}
YAML
pop check "$work/laid.yaml"
ends "a rule of the name of an included one" 2 "the rule \`ST1\` of the kind \`leak\`: unknown key \`match\`"
says "the other place is told" "\`kind\` is that of" "laid.yaml:5: two of one name were laid together; give one of them another name"
# rules of the styles are called as no other built-in population calls its own
pop check hachimi
own=$(grep -oE '[0-9]+ checks' "$work/out" "$work/err" | grep -oE '[0-9]+ ' | head -n 1)
printf 'populace: 1\ninclude: [style-first, hachimi]\nname: both\n' >"$work/both.yaml"
pop check "$work/both.yaml"
ends "a style before the pupils: no rule is lost" 0 "$((own + 5)) checks"

finish
