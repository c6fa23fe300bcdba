#!/usr/bin/env bash
# The built-in populations hachimi and hachimi-zh: the plan of the schema, 96 triplets in each of 4 levels, exact in whole persons; what is
# drawn keeps the rules that code can decide, in both languages the same; runs against the simulated server are accepted by all rules; and
# the baseline of one call writes the same pupils with nothing enforced.
. "$(dirname "$0")/../lib.sh"

# ---- plan and draw ----------------------------------------------------------------------------------------------

for p in hachimi hachimi-zh; do
    pop check $p --json
    ends "$p: accepted" 0
    is "$p: without a warning" "$(wc -l <"$work/out")" 0
    is "$p: 384 cells of 10" "$(quotas_named $p -n 3840 | jq -c '[(.quotas | length), ([.quotas[].quota] | unique)]')" '[384,[10]]'
    is "$p: every margin of 2,001 within one person" "$(quotas_named $p -n 2001 | jq -c '.quotas as $q |
        [["academic.level"], ["school.grade"], ["person.gender"], ["subjects.cluster"], ["school.grade", "person.gender", "subjects.cluster"]] |
        map(. as $k | $q | group_by(.cell | [.[$k[]]]) | map(map(.quota) | add) | [length, max - min])')" '[[4,1],[12,1],[2,1],[4,1],[96,1]]'
done
"$POPULACE" draw hachimi -n 3840 | jq -c .attributes >"$work/people"
none() { is "$1" "$(jq -s "map(select($2)) | length" "$work/people")" 0; }
none "R1: ages of the grade, one year either way" '(.["person.age"] - (.["school.grade"] | tonumber)) as $d | $d < 4 or $d > 7'
none "R2: stages" '(.["person.age"]) as $a | (.["stages.piaget"] == "preoperational" and $a > 7) or (.["stages.piaget"] == "formal" and $a < 11) or
    (.["stages.erikson"] == "identity" and $a < 12) or (.["stages.kohlberg"] == "postconventional" and $a < 15)'
none "R3: no subject is strong and weak" '(.["subjects.strong"] - (.["subjects.strong"] - .["subjects.weak"])) != [] or .["subjects.weak"] == []'
none "subjects as taught" '(.["school.grade"] | tonumber) as $g | (.["subjects.strong"] + .["subjects.weak"]) as $s | ($g < 8 and any($s[]; . == "physics")) or
    ($g < 9 and any($s[]; . == "chemistry")) or ($g < 7 and any($s[]; . == "biology" or . == "geography" or . == "history"))'
none "the slot's cluster is among the strong subjects" '{science: ["mathematics", "physics", "chemistry", "computing"], humanities: ["chinese", "history", "civics", "geography"],
    arts: ["art", "music", "physical_education"], languages_biology: ["english", "biology"]}[.["subjects.cluster"]] as $c | .["subjects.strong"] - $c == .["subjects.strong"]'
none "R6: agent names" '.["person.agent_name"] | test("^([a-z]+[1-5]){1,2}_([a-z]+[1-5]){1,2}$") | not'
none "the agent name is the name in pinyin" '([.["person.name_latin"] | ascii_downcase | gsub("[^a-z ]"; "") | split(" ") | reverse[]] | join("_")) !=
    (.["person.agent_name"] | gsub("[1-5]"; "") | gsub("(?<a>^|[ln])v"; .a + "yu"))'
level='{low: 0, fairly_low: 1, medium: 2, above_medium: 3, fairly_high: 4, high: 5}'
none "R4: proposals beside a low feasibility" "$level as \$l | \$l[.[\"creativity_levels.feasibility\"]] < 2 and \$l[.[\"creativity_levels.proposing\"]] > 2"
none "the brake: middling and low dimensions by level" "$level as \$l | . as \$p | {poor: 3, low: 2, middle: 1, high: 0}[.[\"academic.level\"]] as \$n |
    def few(\$s): [\$p | to_entries[] | select(.key | startswith(\$s)) | select(\$l[.value] < 3)] | length; few(\"value_levels\") < \$n or few(\"creativity_levels\") < (if \$n > 0 then \$n + 1 else 0 end)"
none "the brake: both risks are not low at low levels" '(.["academic.level"] == "poor" or .["academic.level"] == "low") and .["wellbeing.depression_risk"] == "low" and .["wellbeing.anxiety_risk"] == "low"'
is "names differ within a school of 1,000" "$(jq -sc '. as $p | [range(0; 3)] | map((. * 1000) as $i | [$p[$i:$i + 1000][] | .["person.name"]] | unique | length)' "$work/people")" '[1000,1000,1000]'
is "weights lead back to the natural levels" "$("$POPULACE" draw hachimi -n 384 | jq -sc 'group_by(.attributes["academic.level"]) | map({key: .[0].attributes["academic.level"], value: (map(.weight) | add / 384 * 100 | round)}) | from_entries')" \
    '{"high":10,"low":20,"middle":20,"poor":50}'
# what differs between the languages is words: values, not labels, are drawn
words='del(.attributes["person.name"], .attributes.sampling_slot, .attributes.developmental_stages)'
is "both languages draw the same pupils" "$("$POPULACE" draw hachimi-zh -n 500 | jq -c "$words" | sha256sum)" "$("$POPULACE" draw hachimi -n 500 | jq -c "$words" | sha256sum)"
# Levels go up with the academic level and together within one
is "levels of values rise with the academic level" "$(jq -sc "$level as \$l | group_by(.[\"academic.level\"]) | map({key: .[0][\"academic.level\"], value: (map(to_entries[] |
    select(.key | startswith(\"value_levels\")) | \$l[.value]) | add / length)}) | from_entries | .poor + 0.2 < .low and .low + 0.4 < .middle and .middle + 0.4 < .high" "$work/people")" true

# Two pupils of one cell are two people: of 16 things that make up a life, and no level among them, few are the same
things='["growth.thinking", "growth.striving", "growth.conscience", "school.place", "home.family", "home.siblings", "home.work", "home.helper", "interest.pastime", "interest.event", "interest.made", "habit.work", "habit.company", "habit.others", "habit.pressure", "habit.ideas"]'
is "two pupils of one cell share fewer than 10 of 16 things, 2 on average" "$(jq -sc "$things as \$k | group_by(.sampling_slot) | map([.[] | [.[\$k[]]]] as \$m |
    [range(0; \$m | length) as \$a | range(0; \$a) as \$b | [range(0; 16) | select(\$m[\$a][.] == \$m[\$b][.])] | length]) | add | [length, max < 10, (add / length) < 2.5]" "$work/people")" '[17280,true,true]'

# ---- with a model -----------------------------------------------------------------------------------------------

sim_start model
for p in hachimi hachimi-zh; do
    generate run $p 600 model --
    ends "$p: a run" 0
    planned=$("$POPULACE" plan "$p" -n 600 --json | jq -c '[.prompt_tokens, .completion_tokens] | map(. / 600)')
    is "$p: the plan said what tokens a persona takes" "$(jq -c --argjson planned "$planned" '[.usage | .prompt_tokens, .completion_tokens]
        | map(. / 600) | [., $planned] | transpose | map(.[1] / .[0] | . > 0.85 and . < 1.15)' "$work/run/manifest.json")" "[true,true]"
    quotas_exact "$p" "$work/run" 600
    is "$p: all fields of the schema" "$(zstdcat "$work"/run/shards/*.zst | jq -sc 'map([.name, .age, .gender, .grade, .developmental_stages, .agent_name, .strong_subjects, .weak_subjects, .academic_level,
        .personality, .values, .social_relations, .creativity, .mental_health, .sampling_slot] | all(. != null and . != "" and . != [])) | all')" true
    rm -rf "$work/run"
done
# A server that errs is sent back what the rules found, until they find nothing
sim_start faulty "wrong_value 0.05" "short 0.03" "loop 0.01" "truncate 0.01" "judge_objects 0.3" "fault_rounds first"
generate mended hachimi-zh 200 faulty --
ends "a server that errs: a run" 0
quotas_exact "a server that errs" "$work/mended" 200
pop verify "$work/mended" --json
holds "a server that errs: what judges record is counted" jq -e '.recorded.rules.R13b > 0' "$work/out"
is "a server that errs: verify and manifest count the same" "$(jq -c .recorded "$work/out")" "$(jq -c .recorded "$work/mended/manifest.json")"
holds "a server that errs: texts were sent back" test "$(zstdcat "$work"/mended/shards/*.zst | jq -s 'map(.provenance.revisions) | add')" -gt 40

# preview tells what happened: a rule, then a judge objects, each once
sim_start once "wrong_value 0.35" "judge_objects 1" "fault_rounds first"
for p in hachimi hachimi-zh; do
    pop preview $p -n 4 --llm "${sim_url[once]}"
    cp "$work/out" "$work/preview"
    ends "$p: preview" 0
    holds "$p: which rule objects to what, and who mends it" grep -qE '^    R[0-9]+[a-z]? \((states|mentions)\), [a-z_]+, to [a-z]+: ' "$work/preview"
    is "$p: what rules and judges find is sent back as it is" "$(awk '/^  \[assistant, its answer/ {on = 1} /^    $/ {on = 0} on && /^    - /' "$work/preview" | sort -u)" \
        "$(sed -nE 's/^    [A-Za-z0-9_.]+( \([a-z]+\))?, ([a-z_]+), to [a-z]+: /    - \2: /p' "$work/preview" | sort -u)"
    is "$p: what was shown before is not shown again" "$(grep -A2 -E '^ask [a-z]+, round [1-9], revise$' "$work/preview" | grep -cxE '  \[(system|assistant)\]') $(grep -cE '^  \[assistant\]$' "$work/preview")" "0 0"
    holds "$p: a judge objects" grep -q '^verdict fast, round 0: 1 objection$' "$work/preview"
    is "$p: and what it reads again is fine" "$(grep '^verdict fast, round [1-9]' "$work/preview" | sort | uniq -c | tr -s ' ')" " 4 verdict fast, round 1: nothing to object"
    holds "$p: which version stays" grep -qE '^[a-z_]+: the new version stays$' "$work/preview"
    is "$p: all are accepted" "$(grep -cE '^slot [0-3]: accepted, [0-9]+ calls, [1-9][0-9]* of them to mend$' "$work/preview")" 4
done

# ---- one call ---------------------------------------------------------------------------------------------------

for p in hachimi hachimi-zh students-brief; do
    generate one $p 200 faulty -- --single-shot
    ends "$p, one call: a run" 0
    quotas_exact "$p, one call" "$work/one" 200
    says "$p, one call: verify says who breaks which rule" "recorded, not enforced: " "personas break some rule"
    pop verify "$work/one" --json
    zstdcat "$work"/one/shards/*.zst >"$work/rows"
    is "$p, one call: verify counts what the rows record" "$(jq -c '.recorded | [.personas, .rules]' "$work/out")" \
        "$(jq -sc '[map(select(.provenance.findings != [])) | length, (map([.provenance.findings[].rule] | unique[]) | group_by(.) | map({key: .[0], value: length}) | sort_by(-.value, .key) | from_entries)]' "$work/rows")"
    is "$p, one call: so does the manifest" "$(jq -c '.recorded' "$work/one/manifest.json")" "$(jq -c '.recorded' "$work/out")"
    is "$p, one call: nothing is sent back" "$(jq -sc 'map(.provenance.revisions) | add' "$work/rows")" 0
    is "$p, one call: one call an attempt" "$(jq -sc 'map(.provenance.calls) | max' "$work/rows")" 1
    rm -rf "$work/one"
done
is "the same pupils as with all calls" "$("$POPULACE" draw hachimi -n 300 | sha256sum)" "$("$POPULACE" draw hachimi -n 300 --single-shot | sha256sum)"
generate one hachimi 40 model -- --single-shot
pop run hachimi -n 40 -o "$work/one" --llm "${sim_url[model]}" --progress none
ends "one call: not to be mixed with the other" 6 "facets.single_shot"
pop replay "$work/one"
ends "one call: replays" 0 "come out the same"
# A run that is stopped goes on with what it has counted
generate whole hachimi 200 faulty -- --single-shot --shard-rows 32
POP_CRASH_AT=shard:after_rename:3 pop run hachimi -n 200 -o "$work/cut" --single-shot --shard-rows 32 --llm "${sim_url[faulty]}" --progress none
is "one call: killed in its third seal" $status 137
is "one call: not all was there" "$(test -e "$work/cut/shards/shard-00006.jsonl.zst" || echo right)" right
pop run -o "$work/cut" --llm "${sim_url[faulty]}" --progress none
ends "one call: goes on after a kill" 0
is "one call: with what was counted before" "$(jq -c '.recorded, .gate' "$work/cut/manifest.json")" "$(jq -c '.recorded, .gate' "$work/whole/manifest.json")"
pop run -o "$work/cut" --progress none
ends "one call: a finished run is opened again" 0
is "one call: and its counts stay" "$(jq -c .recorded "$work/cut/manifest.json")" "$(jq -c .recorded "$work/whole/manifest.json")"
pop run -n 5 -o "$work/two" --single-shot --llm "${sim_url[model]}" --progress none
ends "one call: of which population?" 2 "go with a population file"
printf 'populace: 1\nname: drawn\nattributes: {a: {choice: [x, y]}}\noutput: {columns: [a]}\n' >"$work/drawn.yaml"
pop run "$work/drawn.yaml" -n 5 -o "$work/two" --single-shot --llm "${sim_url[model]}" --progress none
ends "one call: nothing to write" 2 "there are no facets"
printf 'populace: 1\nname: odd\nattributes: {a: {choice: [x, y]}}\nlimits: {checks: none}\noutput: {columns: [a]}\n' >"$work/odd.yaml"
pop check "$work/odd.yaml"
ends "checks that there are not" 2 '`checks` is `enforced` or `recorded`'
finish
