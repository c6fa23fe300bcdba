#!/usr/bin/env bash
# deep-citizens: what its taxonomy is made of, whom it draws, how deep personas are and what a run of it gives; the styles of telling that it
# shares with any other population.
. "$(dirname "$0")/../lib.sh"
folder=$ROOT/taxonomy/populations
deep=$folder/deep-citizens
roots='["demographics","health","psychology","relationships","education","career","values","culture","routine","hobbies","media","emotions"]'

# ---- the taxonomy ------------------------------------------------------------------------------------------

pop check deep-citizens
ends "deep-citizens: no error" 0 "deep-citizens: ok"
pop populations show deep-citizens --json
jq -c --argjson r "$roots" '[.attributes[] | select((.path | split(".")[0]) as $c | $r | index($c)) | .names = (.path | split("."))]' \
    "$work/out" >"$work/leaves"
of() { jq -c "$1" "$work/leaves"; }
is "at least 1,100 leaves" "$(of 'length >= 1100')" true
is "12 categories, none without a twentieth of the leaves" \
    "$(of 'length as $n | [group_by(.names[0])[] | length] | [length, (map(select(. * 20 < $n)) | length)]')" "[12,0]"
is "three to five names from the category to the leaf, all of them used" "$(of '[.[].names | length] | unique')" "[3,4,5]"
is "between two fifths and three fifths are drawn, the rest written" \
    "$(of '(map(select(.kind == "text")) | length) / length | . > 0.4 and . < 0.6')" true
is "every choice has values, every number bounds" \
    "$(of 'map(select((.kind == "choice" and (.values | length) < 2) or (.kind == "number" and (.from == null or .to == null or .from >= .to)))) | length')" 0
is "kinds: choice, number, flag, text" "$(of '[.[].kind] | unique')" '["choice","flag","number","text"]'
# names of leaves and sections, with case, underscores and plural s folded
of '[.[].names as $n | range(1; $n | length + 1) | $n[:.] | join(".")] | unique | map(split(".") | last | ascii_downcase | gsub("_"; "") | sub("s$"; "")) |
    group_by(.) | map(select(length > 1))' >"$work/twice"
is "no name comes twice under any parent" "$(cat "$work/twice")" "[]"
is "no section has a single child" "$(of '[.[].names as $n | range(1; $n | length) | $n[:. + 1]] | unique | group_by(.[:-1]) | map(select(length < 2))')" "[]"
is "no filler names, no proper nouns" \
    "$(of '[.[].names[] | select(test("^(preferences?|other|others|misc.*|general|details?|info.*|level|levels|type|types|user.*)$"; "i") or test("[A-Z]"))] | unique')" "[]"
is "every written leaf has a hint" \
    "$(cat "$deep"/taxonomy/*.yaml | grep -cE 'hint: ')" "$(of 'map(select(.kind == "text")) | length')"
is "conditions: work, age, sex, family and schooling say who has what" \
    "$(for w in 'age:' 'sex:' 'work:' 'partnership:' 'children:' 'schooling:'; do grep -qE "when: .*$w" "$deep"/taxonomy/*.yaml && printf y; done)" yyyyyy
if "$POPULACE" taxonomy lint deep-citizens >"$work/out" 2>"$work/err"; then
    ok "taxonomy lint has no objection"
elif grep -q "no command" "$work/err"; then
    skip "taxonomy lint has no objection" "there is no such command"
else
    bad "taxonomy lint has no objection" "$(cat "$work/out" "$work/err")"
fi

# ---- whom it draws ------------------------------------------------------------------------------------------

"$POPULACE" draw deep-citizens -n 3000 | jq -c .attributes >"$work/people"
none() { is "$1" "$(jq -s "map(select($2)) | length" "$work/people")" 0; }
share() { jq -s "(map(select($1)) | length) / length * 100 | $2" "$work/people"; }
is "outlooks are mixed 40 : 35 : 25" "$(share '.polarity == "positive"' '. - 40 | fabs < 1')$(share '.polarity == "negative"' '. - 25 | fabs < 1')" truetrue
is "an eighth to a sixth is 60 or older" "$(share '.age > 59' '. > 15 and . < 20')" true
none "nobody is younger than 10" '.age < 10'
none "an occupation goes with work" '(.["job.title"] != null) != (.work | IN("employed", "self-employed", "family worker", "retired"))'
none "students have finished school" '.work == "student" and (.schooling | IN("none", "primary", "lower secondary"))'
none "degrees take their years" '(.schooling == "bachelor" and .age < 21) or (.schooling == "graduate" and .age < 25)'
none "pupils are young, the retired are not" '(.work == "pupil" and .age > 19) or (.work == "retired" and .age < 45)'
none "the armed forces are not self-employed" '(.["job.isco"] // "" | startswith("0")) and .work == "self-employed"'
P='.["relationships.civil_state.partnership"]' C='.["relationships.civil_state.children"]'
none "the young are single and without children" ".age < 18 and ($P | IN(null, \"single\") | not) or .age < 18 and ($C // 0) > 0"
none "children do not come before their parents" '.["relationships.children_of_own.youngest_age"] > .age - 15'
none "years of work fit into the age" '(.["career.work_history.years_in_occupation"] // 0) + (.["career.work_history.first_work_age"] // 0) > .age'
none "years together fit into the age" '(.["relationships.couple.years_together"] // -20) > .age - 16'
none "only children have no brothers or sisters" \
    '.["demographics.origins.birth_order_in_family"] == "only child" and (.["relationships.parents_and_kin.siblings"] // 0) > 0'
none "only Muslims eat as Muslims do" '.["health.eating.diet"] == "vegan" and .["values.faith.religion"] == "Muslim"'
none "who cannot read reads no books" '.["education.languages_known.reading_skill"] == "cannot read" and (.["media.use.medium.printed_books"] // "never") != "never"'
none "who is blind drives nothing" '.["health.body.senses.eyesight"] == "nearly blind" and .["demographics.belongings.driving_licence"] == true'
is "ISCO groups: the digit is that of the occupation" "$(jq -s 'map(select(.["job.isco"] != null and (.["job.isco"][:1] | tonumber) != .["job.isco_major"])) | length' "$work/people")" 0
is "given names: 300 and more" "$(jq -s '[.[].given_name] | unique | length > 300' "$work/people")" true
# one person a thousand: the derived counts themselves
is "areas and sexes are exact" "$(quotas_named deep-citizens -n 6872346 | jq -r '[.quotas[] | {k: (.cell.area + "," + .cell.sex), q: .quota}] |
    group_by(.k)[] | .[0].k + "," + (map(.q) | add | tostring)' | sort)" \
    "$(awk -F, 'NR > 1 {print $1 ",female," $3; print $1 ",male," $4}' "$deep/tables/area-sex.csv" | sort)"

# ---- runs ------------------------------------------------------------------------------------------------------

sim_start writer
# persona by persona: how many attributes of the taxonomy it has
depths() { zstdcat "$work/$1"/shards/*.zst | jq -c --argjson r "$roots" '[.attributes[] | select((.path | split(".")[0]) as $c | $r | index($c))] | length'; }
generate deep deep-citizens 40 writer --
ends "deep-citizens: runs with a model" 0
quotas_exact "deep-citizens" "$work/deep" 40
zstdcat "$work"/deep/shards/*.zst >"$work/rows"
rows() { jq -sc "$1" "$work/rows"; }
is "standard: 200 to 250 attributes, and what these bring along" "$(depths deep | jq -s 'min >= 200 and max <= 290 and add / length < 260')" true
is "each persona has attributes of all 12 categories" \
    "$(jq -c --argjson r "$roots" '[.attributes[].path | split(".")[0]] | unique | map(select(. as $c | $r | index($c))) | length' "$work/rows" | sort -u)" 12
is "nothing that was asked for is missing" "$(rows '[.[].attributes[] | select(.value == null or .value == "")] | length')" 0
is "one to three episodes of about 150 words" \
    "$(rows '[.[].stories | length] | min >= 1 and max <= 3')$(rows '[.[].stories[] | split(" ") | length] | min > 100 and max < 200')" truetrue
is "two interests each" "$(rows '[.[].interests | length] | unique')" '[2]'
is "one line each" "$(rows 'map(select(.one_line | length > 20)) | length')" 40
is "the voice decides how it is told" "$(rows 'map(select((.voice == "first") != (.first_person != null) or (.voice == "third") != (.third_person != null) or .narrative == null)) | length')" 0
is "portraits of 150 to 400 words" "$(rows '[.[].narrative | gsub("\\s+"; " ") | split(" ") | length] | min >= 140 and max <= 410')" true
is "anchors stay in the row, beside prose made of them" \
    "$(rows 'map(select(.country and .sex and .age and .schooling and .work and .given_name and (.prose as $p | .given_name as $g | $p | startswith($g)))) | length')" 40
generate again deep-citizens 40 writer -- --in-flight 3
is "the same whatever is in flight" "$(rows_hash "$work/again")" "$(rows_hash "$work/deep")"
rm -rf "$work/again"
for d in brief deepest; do
    generate $d deep-citizens 10 writer -- --set depth=${d%est} --set voice=interview
    ends "--set depth=${d%est} --set voice=interview: runs" 0
done
is "brief: 60 to 80 attributes, and what these bring along" "$(depths brief | jq -s 'min >= 60 and max <= 130')" true
is "deep: 280 to 320 attributes, and what these bring along" "$(depths deepest | jq -s 'min >= 280 and max <= 370')" true
is "an interview goes by questions and answers" \
    "$(zstdcat "$work"/brief/shards/*.zst | jq -c '.narrative | split("\n") | [length % 2, (to_entries | map(select((.value[:3] != "Q: " and .value[:3] != "A: ") or ((.key % 2 == 0) != (.value[:3] == "Q: ")))) | length)]' | sort -u)" "[0,0]"
pop check deep-citizens --set depth=shallow
ends "a depth that there is not" 2 "P07" "shallow"

# ---- styles ------------------------------------------------------------------------------------------------------

generate styles styles 20 writer --
ends "styles: run by themselves" 0
is "each persona is told in five ways" "$(zstdcat "$work"/styles/shards/*.zst | jq -c '[.first_person, .second_person, .third_person, .one_line, .transcript] | map(. != null)' | sort -u)" \
    '[true,true,true,true,true]'
printf '%s\n' 'populace: 1' 'include: [style-second, style-interview, us-adults-2024]' 'name: told' \
    'output: {narrative: [second_person, transcript, backstory]}' >"$work/told.yaml"
pop check "$work/told.yaml"
ends "styles go with any population" 0 "told: ok"
generate told "$work/told.yaml" 10 writer --
ends "styles with another population: run" 0
is "it has its own text and theirs" "$(zstdcat "$work"/told/shards/*.zst | jq -c '[.backstory, .second_person, .transcript, .state] | map(. != null)' | sort -u)" '[true,true,true,true]'
pop check "$work/told.yaml" --set locale=zh
ends "styles speak Chinese" 0 "told: ok"
# a text of the wrong person is not let pass: without the hint the server writes of she and he
for s in first second interview; do
    f=${s}_person
    [ $s = interview ] && f=transcript
    printf '%s\n' 'populace: 1' "include: style-$s" "name: wrong-$s" "facets: {$f: {fields: {$f: {hint: a text}}}}" 'limits: {attempts: 1, rounds: 1}' >"$work/wrong.yaml"
    generate wrong-$s "$work/wrong.yaml" 4 writer -- --passes 0
    ends "style-$s: a text of another kind is refused" 3
done
finish
