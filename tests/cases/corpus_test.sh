#!/usr/bin/env bash
# fit and subsample: files of others in every form, rows that cannot be read, tables that cannot be met.
. "$(dirname "$0")/../lib.sh"
cd "$work" || exit 1

cat >p.yaml <<'YAML'
populace: 1
name: town
attributes:
  who: {sex: {choice: [female, male], labels: {female: Frau, male: Mann}}, age: {number: 18..89}}
  degree: {choice: [school, college, graduate]}
  vote: {flag: 0.7, when: {who.age: 21..}}
tables:
  age_sex: {over: [age, sex], shares: {18..34: {female: 15, male: 15}, 35..64: {female: 25, male: 25}, 65..89: {female: 10, male: 10}}}
  degree: {over: [degree, sex], shares: {school: {female: 20, male: 25}, college: {female: 20, male: 15}, graduate: {female: 10, male: 10}}}
output: {columns: {Geschlecht: sex}}
YAML
tables() { jq -c '[.corpora[].compared[] | select(.kind == "table") | .tae]' "$work/out"; }

# ---- what we drew ourselves fits, in every form -------------------------------------------------------------

pop draw p.yaml -n 3000
cp out drawn.jsonl
zstd -q drawn.jsonl -o drawn.jsonl.zst
jq -s '[.[].attributes]' drawn.jsonl >nested.json
jq -c '{slot, who: {sex: .attributes["who.sex"], age: .attributes["who.age"]}, degree: .attributes.degree, text: "a \"b\", c"}' drawn.jsonl >objects.jsonl
jq -r '[.slot, .attributes["who.age"], (if .attributes["who.sex"] == "male" then "Mann" else "frau" end), .attributes.degree, "say \"a, b\"\nand c"] | @csv' drawn.jsonl |
    sed '1i slot,age,Geschlecht,degree,text' >flat.csv
sed 's/$/\r/' flat.csv | zstd -q >crlf.csv.zst
for f in drawn.jsonl drawn.jsonl.zst nested.json objects.jsonl flat.csv crlf.csv.zst; do
    pop fit $f -P p.yaml --draws 2000 --json
    is "fit $f: all are placed, no table misses anybody" "$(jq -c '.corpora[0].placed' out) $(tables)" "3000 [0,0]"
done
pop fit drawn.jsonl -P p.yaml --pair age,degree
ends "fit: a panel" 0 "town and drawn.jsonl: 3000 records, 3000 placed" "table age_sex" "pair who.age, degree" "Cramer's V" "attribute vote"
pop fit drawn.jsonl flat.csv -P p.yaml --each --draws 0
ends "fit --each: side by side" 0 "[1] drawn.jsonl" "[2] flat.csv" "SAE, and the share of |Z|>1.96"

cat >leaning.yaml <<'YAML'
populace: 1
name: leaning
attributes: {sex: {choice: [f, m]}, view: {choice: [left, right]}, old: {flag: 0.5, when: {view: left}}}
tables:
  s: {over: [sex], shares: {f: 50, m: 50}}
  v: {over: [view], soft: 1e6, shares: {left: 80, right: 20}}
  o: {over: [old], soft: 1e6, shares: {true: 25, false: 75}}
YAML
pop draw leaning.yaml -n 1000
cp out leaning.jsonl
pop fit leaning.jsonl -P leaning.yaml --draws 0 --json
is "fit: soft tables over attributes that no hard one has" \
    "$(jq -c '[.corpora[].compared[] | select(.kind == "soft table") | .tae < 5]' out)" "[true,true]"
jq -c '{sex: .attributes.sex}' leaning.jsonl >silent.jsonl
pop fit silent.jsonl -P leaning.yaml --draws 0 --json
is "fit: not where records do not say" "$(jq -c '[.corpora[].compared[].name]' out)" '["s"]'

cat >several.yaml <<'YAML'
populace: 1
name: several
attributes: {sex: {choice: [f, m]}, likes: {list: 1..3, when: {sex: f}, topic: {choice: [a, b, c]}}}
YAML
pop draw several.yaml -n 100
jq -c '{sex: .attributes.sex, topic: "a"}' out >several.jsonl
pop fit several.jsonl -P several.yaml --draws 500 --json
is "fit: what a person has several of is not compared" "$(jq -c '[.corpora[].compared[] | select(.kind == "attribute") | .name]' out)" '["sex"]'
pop fit several.jsonl -P several.yaml --draws 500 --pair sex,likes.topic
ends "fit: nor in a pair" 2 "\`likes.topic\` cannot be compared"
pop fit several.jsonl -P several.yaml --map T=topic
ends "fit: nor mapped" 2 "--map T=topic: \`likes.topic\` is not compared"

{ echo place && seq 70000; } >places.csv
cat >wide.yaml <<'YAML'
populace: 1
name: wide
attributes: {from: {choice: places.csv}, to: {choice: places.csv}}
YAML
pop draw wide.yaml -n 10
cp out wide.jsonl
pop fit wide.jsonl -P wide.yaml --draws 100 --pair from,to
ends "fit --pair: too many combinations are refused" 2 "--pair from,to: 4900000000 combinations"

# ---- measures ------------------------------------------------------------------------------------------------

{ head -n 500 <(jq -c 'select(.attributes["who.sex"] == "male")' drawn.jsonl); head -n 100 <(jq -c 'select(.attributes["who.sex"] == "female")' drawn.jsonl); } >men.jsonl
pop fit men.jsonl -P p.yaml --json
is "fit: 500 of 600 are men: 200 too many" "$(jq -c '.corpora[0].compared[] | select(.name == "who.sex") | [.tae, .pdiff] | map(. * 1000 | round)' out)" "[400000,333]"
is "fit: Z of the worst cell is beyond" "$(jq -c '.corpora[0].compared[] | select(.name == "who.sex") | .worst[0].z > 10 or .worst[0].z < -10' out)" true
pop fit men.jsonl -P p.yaml --fail-above 0.1
ends "fit --fail-above" 3 "is above 0.1"
pop fit drawn.jsonl -P p.yaml --fail-above 0
ends "fit --fail-above 0: exact is not above" 0

# ---- other names, other values, and who is lost -----------------------------------------------------------------

{ cat <<'CSV'
Alter,Sex,School,w
30,1,college,x
40,2,school,y
40,3,school,y
,1,school,z
17,1,school,z
50,2,phd,"a ""b"""
50,2
50,1,school,q"q
60,2,,z
CSV
printf '60,1,school,\xe9\n70,1,graduate,end'; } >odd.csv
pop fit odd.csv -P p.yaml --map Alter=age --map School=degree --map Sex=sex --recode Sex:1=female --recode Sex:2=male --draws 0 --json
is "fit: who is placed" "$(jq -c '[.corpora[0].records, .corpora[0].placed]' out)" "[11,3]"
is "fit: who is lost, and why" "$(jq -c '.corpora[0].unplaced[] | [.reason, .attribute, .n, .examples[0].line, .examples[0].value]' out | sort | tr '\n' ' ')" \
    '["missing","degree",1,10,""] ["missing","who.age",1,5,""] ["unknown","degree",1,7,"phd"] ["unknown","who.age",1,6,"17"] ["unknown","who.sex",1,4,"3"] ["unreadable",null,3,8,"a row with another number of cells than the header"] '
pop fit odd.csv -P p.yaml --draws 0
ends "fit: nobody is placed" 2 "no record has a key for it; --map HEADER=who.age names one" "no record of odd.csv could be placed"
printf '{"sex":"male","age":20,"degree":"school"}\n{"sex":\n[1]\n{"sex":"male","sex":"male"}\n\n{"sex":"female","age":"44.0","degree":"COLLEGE"}\n' >bad.jsonl
pop fit bad.jsonl -P p.yaml --draws 0 --json
is "fit: lines that are no objects" "$(jq -c '.corpora[0] | [.records, .placed, (.unplaced[] | [.reason, .n, [.examples[].line]])]' out)" '[5,2,["unreadable",3,[2,3,4]]]'
for args in "--map x" "--map x=nobody" "--recode x" "--recode nobody:1=male" "--pair age" "--pair age,text"; do
    pop fit drawn.jsonl -P p.yaml $args
    ends "fit $args" 2 "$args"
done
gzip -c drawn.jsonl >d.gz
head -c 2000 drawn.jsonl.zst >cut.zst
printf '[{"sex":1},' >open.json
printf 'a,b\n1,"x\n' >open.csv
printf 'a,a\n1,2\n' >twice.csv
for f in d.gz:gzip cut.zst:"ends within a frame" open.json:"is not closed" open.csv:"a quote that is not closed" twice.csv:"twice" none:"No such file"; do
    pop fit "${f%%:*}" -P p.yaml
    [ $status -ne 0 ] && says "fit ${f%%:*}: refused" "${f#*:}"
done

# ---- a subset ------------------------------------------------------------------------------------------------------

# three quarters of the women under 35 are missing, and half of the school leavers
jq -c 'select((.attributes["who.sex"] == "male" or .attributes["who.age"] >= 35 or .slot % 4 == 0) and (.attributes.degree != "school" or .slot % 2 == 0))' drawn.jsonl >biased.jsonl
pop subsample biased.jsonl -P p.yaml -n 600 -o sub.jsonl
ends "subsample" 0 "600 written to sub.jsonl" "each of 2 tables is exact"
is "subsample: N lines, all from the corpus, in its order" "$(wc -l <sub.jsonl) $(grep -nxFf sub.jsonl biased.jsonl | cut -d: -f2- | cmp - sub.jsonl && echo same)" "600 same"
pop fit sub.jsonl -P p.yaml --draws 0 --json
is "subsample: every table is exact" "$(tables)" "[0,0]"
pop subsample biased.jsonl -P p.yaml -n 600
holds "subsample: the same on stdout" cmp out sub.jsonl
pop subsample biased.jsonl -P p.yaml -n 600 --seed 2
is "subsample: another seed, others" "$(cmp -s out sub.jsonl && echo same || echo other)" other
zstd -qf biased.jsonl
pop subsample biased.jsonl.zst -P p.yaml -n 600 -o sub2.jsonl.zst --json
ends "subsample: packed, with a report" 0
is "subsample: report" "$(jq -c '[.n, .written, (.tables[] | [(.cells | map(.asked) | add), (.cells | map(.got) | add), (.cells | all(.got == .asked and .got <= .there))])]' out)" \
    '[600,600,[600,600,true],[600,600,true]]'
holds "subsample: packed are the same lines" cmp <(zstdcat sub2.jsonl.zst) sub.jsonl
pop subsample flat.csv -P p.yaml -n 300 -o sub.csv
is "subsample: CSV keeps its header" "$(head -n 1 sub.csv)" "$(head -n 1 flat.csv)"
pop fit sub.csv -P p.yaml --draws 0 --json
is "subsample: CSV is exact" "$(jq .corpora[0].placed out) $(tables)" "300 [0,0]"
pop subsample nested.json -P p.yaml -n 300 -o sub.json
is "subsample: an array stays one" "$(jq length sub.json)" 300
cat biased.jsonl biased.jsonl >double.jsonl
pop subsample double.jsonl -P p.yaml -n 600 --unique -o once.jsonl
ends "subsample --unique" 0 "are a line that stood there before"
is "subsample --unique: each once" "$(sort -u once.jsonl | wc -l)" 600

# ---- what a run leaves behind -----------------------------------------------------------------------------------------

sim_start quick
generate run students-brief 60 quick --
"$POPULACE" cat run >cat.jsonl
for f in run cat.jsonl; do
    pop fit $f -P students-brief --draws 500 --json
    is "fit $f: rows of ours fit exactly" "$(jq .corpora[0].placed out) $(tables | jq -c 'map(select(. != 0))')" "60 []"
done
pop subsample run -P students-brief -n 7 -o seven.jsonl
ends "subsample of a run directory" 0 "7 written"
is "subsample of a run directory: rows of it" "$(grep -cxFf seven.jsonl cat.jsonl)" 7

# ---- no subset -------------------------------------------------------------------------------------------------------

pop subsample biased.jsonl -P p.yaml -n 2000 -o none.jsonl --json
ends "subsample: too few of somebody" 3 Q03 "are lacking"
is "subsample: nothing is written" "$(ls none.jsonl* 2>/dev/null)" ""
is "subsample: the cut adds up" "$(jq -c '.cut | [.asked - .other - .there == .lacking, .lacking > 0, (.asked == ([.cells[] | select(.side > 0) | .asked * .side] | add))]' out)" "[true,true,true]"
cut_there=$(jq -r '.cut.there' out)
is "subsample: the cut counts what there is" "$(jq -s --argjson w "$(jq '[.cut.cells[].cell]' out)" 'map("who.age=\(if .attributes["who.age"] < 35 then "18..34" elif .attributes["who.age"] < 65 then "35..64" else "65..89" end) who.sex=\(.attributes["who.sex"])" as $a | "degree=\(.attributes.degree) who.sex=\(.attributes["who.sex"])" as $d | select(($w | index($a)) or ($w | index($d)))) | length' biased.jsonl)" "$cut_there"
# women: all young ones are graduates; each table alone could be met
{ for i in $(seq 60); do for s in female male; do for d in school college graduate; do for a in 20 40 70; do
    [ $s$a = female20 ] && [ $d != graduate ] || echo "{\"i\":$i,\"sex\":\"$s\",\"age\":$a,\"degree\":\"$d\"}"
done; done; done; done; for i in $(seq 200); do echo "{\"j\":$i,\"sex\":\"female\",\"age\":20,\"degree\":\"graduate\"}"; done; } >two.jsonl
pop subsample two.jsonl -P p.yaml -n 400 -o none.jsonl --json
ends "subsample: two tables that cannot be met together" 3 Q04 '`age_sex`' '`degree`' "20 are lacking"
is "subsample: the cut of two" "$(jq -c '.cut | [.asked, .other, .there, .lacking]' out)" "[60,40,0,20]"
pop subsample biased.jsonl flat.csv -P p.yaml -n 10
ends "subsample: files of two forms" 2 "flat.csv is of another form"
pop subsample biased.jsonl -P p.yaml -n 10 --json
ends "subsample --json without -o" 2 "--json needs -o"
pop subsample biased.jsonl -P p.yaml
ends "subsample without -n" 2 "-n N is missing"
pop subsample biased.jsonl -P p.yaml -n 10 -o /no/such/folder/x.jsonl
ends "subsample: a folder that is not there" 1 "/no/such/folder"

{ seq -s, 10001; seq -s, 10001; } >columns.csv
pop fit columns.csv -P p.yaml
ends "fit: too many columns" 2 "columns.csv: 10001 columns, at most 10000 are read"

# ---- readers that have enough -------------------------------------------------------------------------------------

pop draw p.yaml -n 30000
cp out many.jsonl
"$POPULACE" subsample many.jsonl -P p.yaml -n 20000 2>err | head -n 1 >first
is "subsample: a reader that goes away is no fault" "${PIPESTATUS[0]} $(wc -l <first) $(cat err)" "0 1 "

finish
