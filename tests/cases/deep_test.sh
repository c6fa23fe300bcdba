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
pop taxonomy lint deep-citizens
ends "taxonomy lint has no objection" 0

# ---- whom it draws ------------------------------------------------------------------------------------------

"$POPULACE" draw deep-citizens -n 3000 | jq -c .attributes >"$work/people"
jq -c '{age, polarity, isco: .["job.isco"], major: .["job.isco_major"], given_name}' "$work/people" >"$work/few"
# none NAME PREDICATE: true of nobody. nobody FILE counts for all of them in one pass.
names=() predicates=()
none() {
    names+=("$1")
    predicates+=("($2)")
}
nobody() {
    local counts i
    counts=$(IFS=, && jq -nc "reduce (inputs | [${predicates[*]}]) as \$p ([]; [., \$p] | transpose | map((.[0] // 0) + if .[1] then 1 else 0 end))" "$1")
    for i in "${!names[@]}"; do is "${names[i]}" "$(jq ".[$i]" <<<"$counts")" 0; done
    names=() predicates=()
}
share() { jq -s "(map(select($1)) | length) / length * 100 | $2" "$work/few"; }
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
nobody "$work/people"
is "ISCO groups: the digit is that of the occupation" "$(jq -s 'map(select(.isco != null and (.isco[:1] | tonumber) != .major)) | length' "$work/few")" 0
is "given names: 300 and more" "$(jq -s '[.[].given_name] | unique | length > 300' "$work/few")" true
# the whole of what was drawn, before the choice: no two facts of a person contradict each other
printf '%s\n' 'populace: 1' 'include: deep-citizens' 'name: whole' 'choose: ~' >"$work/whole.yaml"
"$POPULACE" draw "$work/whole.yaml" -n 500 2>/dev/null |
    jq -c '.attributes | to_entries | map(select(.value != null) | {(.key | split(".") | last): .value}) | add' >"$work/whole"
none "who lives alone earns, eats and keeps the money alone" \
    '.living_arrangement == "alone" and (.household_size != 1 or .earners > 1 or .eats_with == "with the family" or (.money_keeper // "oneself") != "oneself")'
none "who lives with parents has some" '.living_arrangement == "with parents" and (.parents_alive | startswith("both died"))'
none "who lives with a partner or children has them" \
    '(.living_arrangement | startswith("with a partner")) and (.partnership | IN("partnered", "married") | not) or (.living_arrangement | test("children")) and .children == 0'
none "in work, somebody earns; keeping house, there is some to do" \
    '(.work | IN("employed", "self-employed")) and .earners == 0 or .work == "homemaker" and ((.chores_shared | IN("little", "nothing")) or .cooks_days < 3)'
none "who works at home has no way to work, who works alone no colleagues" \
    '.works_where == "at home" and .commute != null or .colleagues_count == 0 and (.people_contact == "with colleagues" or .responsible_for > 0 or .help_at_work != null)'
none "bed, sleep and waking fit together" '.sleep_hours > .wake_time + 25 - .bedtime_hour'
none "what is eaten fits the way of eating" \
    '(.diet | IN("vegan", "vegetarian")) and (.meat_or_fish != null or (.grilled_meat, .fish_dishes, .insects_offal | IN("likes it", "loves it")) or .hunting != "never")'
none "who cannot read writes nothing and reads nothing" \
    '.reading_skill == "cannot read" and (.written_manner != "does not write" or .newspapers != "never" or .diary != null or .list_maker != null or .calendar_kept == "on paper")'
none "without faith no prayer rules the day" '.devoutness == "not at all" and (.moral_compass == "what God wants" or .first_reaction == "prays" or .settles_down == "prayer" or .faith_value == "guiding")'
none "without electricity no screen at home" '.electricity == "none" and (.television_set != "none" or .computer != "none" or .home_internet == "fixed line" or .fire_or_stove == "electricity")'
none "without a device nothing on the network" \
    '.telephone != "smartphone" and .computer == "none" and (.presence != "none" or .chat_groups != null or .talks_to_machine != null)'
none "who came from another country has been farther than the next region" '.birthplace == "another country" and ((.farthest_place | IN("the next town", "another region")) or .parents_origin == "both from here")'
none "brought up by those who were there" '.raised_by == "both parents" and (.mother_bond == "never knew her" or .father_bond == "never knew him")'
none "the field of study leads to the work" '(.isco | IN("22", "32")) and (.field_of_study // "health" | IN("health", "natural sciences") | not)'
none "years of work and of retirement fit into the age" '(.years_retired // 0) + (.years_in_occupation // 0) + (.first_work_age // 0) > .age'
none "a mother was not older than 50" '.sex == "female" and .youngest_age != null and .age - .youngest_age > 50'

nobody "$work/whole"

# ---- the choice ----------------------------------------------------------------------------------------------

# the drawn ones of those chosen, persona by persona
chosen() { "$POPULACE" draw deep-citizens -n 100 "$@" | jq -c --argjson r "$roots" '[.attributes | to_entries[] | select(.value != null and (.key | split(".")[0] | IN($r[]))) | .key]'; }
for part in near mid far; do chosen --set choose.traits.mix.$part=1 >"$work/$part"; done
shared() { paste "$work/$1" "$work/$2" | jq -sc '[range(0; length; 2) as $i | (.[$i] - (.[$i] - .[$i + 1]) | length) / (.[$i] | length)] | add / length'; }
is "near, mid and far are thirds: what they share was brought along" "$(jq -n "[$(shared near mid), $(shared near far), $(shared mid far)] | max < 0.35")" true
chosen --set 'choose.traits.mix={near: 9, far: 1}' >"$work/mostly"
is "nine parts of ten near" "$(jq -n "$(shared mostly near) > 0.6 and $(shared mostly far) < 0.4")" true
for k in 60 140; do chosen --set choose.traits.given=$k | jq -s 'map(length) | add / length' >"$work/count.$k"; done
is "the count can be set" "$(jq -n "$(cat "$work/count.60") * 1.7 < $(cat "$work/count.140")")" true

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
# a server that leaves out paths, adds some and answers in other types: it is asked again for what is missing, and what nobody asked for is refused
sim_start careless "missing_key 0.15" "extra_key 0.1" "wrong_type 0.05" "fault_rounds first"
generate careless deep-citizens 40 careless --
ends "a careless server: runs" 0
quotas_exact "a careless server" "$work/careless" 40
paths() { zstdcat "$work/$1"/shards/*.zst | jq -c 'select(.provenance.attempt == 0) | {slot, paths: [.attributes[].path] | sort}'; }
is "each path that was chosen comes in the end, and no other" "$(paths careless | grep -cvxFf <(paths deep))" 0
holds "parts were asked again" test "$(zstdcat "$work"/careless/shards/*.zst | jq -s 'map(.provenance.revisions) | add')" -gt 15
sim_stop careless
for d in brief deepest; do
    generate $d deep-citizens 10 writer -- --set depth=${d%est} --set voice=interview
    ends "--set depth=${d%est} --set voice=interview: runs" 0
done
is "brief: 60 to 80 attributes, and what these bring along" "$(depths brief | jq -s 'min >= 60 and max <= 130')" true
is "deep: 280 to 320 attributes, and what these bring along" "$(depths deepest | jq -s 'min >= 280 and max <= 370')" true
letters() { zstdcat "$work/$1"/shards/*.zst | jq -s 'map([.attributes[].value | length] | add) | add / length'; }
is "the deeper, the more is told" "$(jq -n "$(letters brief) * 2 < $(letters deep) and $(letters deep) * 1.15 < $(letters deepest)")" true
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
