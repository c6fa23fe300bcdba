#!/usr/bin/env bash
# populace taxonomy: trees shown, measured and linted; names imported, trees merged; a taxonomy mined from conversations, killed and
# taken up again with nothing asked twice.
. "$(dirname "$0")/../lib.sh"
cd "$work" || exit 1

# lines NAME WANT...: stdout of the latest `pop`, whole
lines() {
    local name=$1
    shift
    is "$name" "$(cat "$work/out")" "$(printf '%s\n' "$@")"
}

# ---- tree, stats ---------------------------------------------------------------------------------------------

cat >panel.yaml <<'EOF'
populace: 1
name: panel
types: {mood: {choice: [calm, tense], ordered: true}}
attributes:
  sex: {choice: [female, male]}
  who:
    age: {number: 18..89, unit: years}
    moods: {each: {am: in the morning, pm: at night}, type: mood, when: {age: ..60}}
  event: {list: 1..2, topic: {choice: [a move, a wedding]}}
facets:
  story: {fields: {story: {text: {words: 5..50}}}, prompt: "Write.\n{{@fields}}\n---\n{{sex}}, {{age}}\n{{who}}\n"}
output: {narrative: story}
EOF
pop taxonomy tree panel.yaml
ends "tree" 0
lines "tree: kinds, domains, counts" "sex  one of: female | male" "who  3 leaves" "  age  number, 18 to 89 years" "  moods  2 leaves  when" \
    "    am (in the morning)  one of: calm | tense" "    pm (at night)  one of: calm | tense" "event  1 leaf  several" "  topic  one of: a move | a wedding"
pop taxonomy tree panel.yaml --depth 1
lines "tree: --depth" "sex  one of: female | male" "who  3 leaves" "event  1 leaf  several"
pop taxonomy tree panel.yaml --under who.moods --json
is "tree: --under, JSON" "$(jq -c '[.path, .level, .leaf, .leaves, .kind, .label, .when]' "$work/out" | tr '\n' ' ')" \
    '["who.moods",2,false,2,"","moods",true] ["who.moods.am",3,true,1,"choice","in the morning",false] ["who.moods.pm",3,true,1,"choice","at night",false] '
pop taxonomy tree panel.yaml --under who.mood
ends "tree: no such path" 2 "has no attribute who.mood"
pop taxonomy stats panel.yaml --json
is "stats: JSON" "$(jq -c '[.nodes, .leaves, .sections, .categories, .chains, .conditioned, .nodes_by_level, .leaves_by_level, .kinds, .shares]' "$work/out")" \
    '[8,5,3,3,0,1,[3,3,2],[1,2,2],{"choice":4,"number":1},[{"name":"sex","leaves":1},{"name":"who","leaves":3},{"name":"event","leaves":1}]]'
pop taxonomy lint panel.yaml
ends "lint: nothing wrong" 0
is "lint: says nothing then" "$(cat "$work/out" "$work/err")" ""
for p in $(ls "$ROOT/taxonomy/populations"); do
    pop taxonomy stats $p --json
    is "stats $p: leaves add up" "$(jq '[.leaves == ([.kinds[]] | add), .leaves == (.leaves_by_level | add), .leaves == ([.shares[].leaves] | add)] | all' "$work/out")" true
done

# ---- a tree of names ---------------------------------------------------------------------------------------------

cat >names.json <<'EOF'
{
  "Career and Work": {
    "Job Title": {}, "jobTitles": {}, "Skills": {"Python": {}, "Level": {}},
    "Experience": {"Previous": {"Project2Interest": {}}}
  },
  "Careers & Work": {"Hours": {}},
  "Health": {"Diet": ["allergies", "Favourite Meals"], "Sleep": {}, "Nothing": [], "Skill": {"level": {}, "type": {}}, "健康": {}, "Ünder": {}}
}
EOF
pop taxonomy stats names.json
ends "stats of names" 0 "22 nodes, 13 leaves below" "leaves without kind               13"
pop taxonomy lint names.json
ends "lint of names: 1" 1 "names.json has" "1 unmerged"
says "lint: each kind is found, with its place" "names.json:6:3: unmerged: Careers & Work" "names.json:3:5: spelling: Career and Work.Job Title" "names.json:3:22: alike: Career and Work.jobTitles" \
    "names.json:3:50: instance: Career and Work.Skills.Python" "names.json:4:5: chain: Career and Work.Experience:" "names.json:7:69: empty: Health.Nothing" \
    "names.json:2:3: bare: Career and Work: a tree of names: all 13 leaves have no kind" "repeated: Career and Work.Skills: \`Skills\` stands 2 times, also as Health.Skill"
pop taxonomy lint names.json --json
is "lint: JSON" "$(jq -s 'map(.defect) | unique | length >= 8' "$work/out")" true
pop taxonomy lint names.json --alike 1.0
is "lint: --alike" "$(grep -c ': alike: ' "$work/out")" 2

pop taxonomy import names.json -o plain
ends "import" 0 "13 leaves in 3 categories" "plain/population.yaml" "empty: Health.Nothing"
is "import: a file a category" "$(ls plain/taxonomy | tr '\n' ' ')" "career_and_work.yaml careers_work.yaml health.yaml "
is "import: names that a population may have" "$(grep -oE '^ *[a-z0-9_]+:' plain/taxonomy/health.yaml | tr -d ' \n')" \
    "diet:label:allergies:favourite_meals:sleep:skill:label:level:the_type:n4:under:"
grep -qF 'n4: {text: {words: 1..16, lines: 1}, label: "健康", hint: "to be written: Health, 健康"}' plain/taxonomy/health.yaml &&
    ok "import: the original is the label" || bad "import: the original is the label" "$(cat plain/taxonomy/health.yaml)"
pop check plain/population.yaml
is "import: check finds nothing" "$(grep -oE ' P[0-9]+ ' "$work/out" | sort -u | grep -v P00)" ""
pop taxonomy import names.json -o plain
ends "import: not over an older one" 2 "exists and is not an empty folder"
pop taxonomy import names.json -o - --fold --collapse
ends "import: to stdout" 0 "2 merged"
cp "$work/out" folded.yaml
pop taxonomy stats folded.yaml --json
is "import: folded and collapsed" "$(jq -c '[.categories, .leaves, .chains, .kinds]' "$work/out")" '[2,12,0,{"text":12}]'
pop taxonomy tree folded.yaml --under career_and_work.experience_previous_project2interest --json
is "import: a chain is one leaf" "$(jq -r .label "$work/out")" "Experience: Previous: Project2Interest"

pop taxonomy import panel.yaml -o panel.out
ends "import: a population is none" 2 "panel.yaml is a population, no tree of names"
pop taxonomy import folded.yaml -o -
ends "import: attributes are told" 0 "folded.yaml states kinds"

# what is hostile ends with a place
printf '{"a": {"a": {}, "a": {}}}' >bad1.json
printf '%0.s{"a":' $(seq 200) >bad2.json
printf '{"%s": {}}' "$(head -c 300 /dev/zero | tr '\0' x)" >bad3.json
printf '{"a": [["b"]]}' >bad4.json
printf '{"a": "\xff"}' >bad5.json
printf '["a"]' >bad6.json
printf '{}' >bad7.json
printf '{"": {}}' >bad8.json
{ printf '%0.s{"a":' $(seq 60); printf '{}'; printf '%0.s}' $(seq 60); } >bad9.json
for i in 1 2 3 4 5 6 7 8 9; do
    pop taxonomy import bad$i.json -o bad$i.out
    ends "import: bad$i.json" 2 "bad$i.json"
    [ -e bad$i.out ] && bad "import: bad$i.json leaves nothing" "$(ls bad$i.out)"
done
printf '{"yes\\u2028no": {"a: b # {c}": {}, "choice": {}, "\\u0085": {}, "- x": {}, "\\ud83d\\ude00": {}}}' >odd.json
pop taxonomy import odd.json -o odd
ends "import: odd names" 0
pop taxonomy tree odd/taxonomy/*.yaml --json
ends "import: odd names are read again" 0
is "import: as they were" "$(jq -r .label "$work/out" | tr '\n' '|' | od -An -c | tr -d ' \n')" "$(printf 'a: b # {c}|choice|\302\205|- x|\360\237\230\200|' | od -An -c | tr -d ' \n')"

if [ -n "${POPULACE_SHARED:-}" ]; then
    large=$POPULACE_SHARED/data/deeppersona-large-attributes.json
    pop taxonomy stats "$large" --json
    is "a published taxonomy: measured" "$(jq -c '[.nodes, .leaves, .categories, .nodes_by_level, .chains, .without_kind, .spellings]' "$work/out")" \
        '[3441,2297,19,[19,1126,2248,46,2],748,2297,2415]'
    pop taxonomy lint "$large"
    ends "a published taxonomy: linted" 1 "7 unmerged" "748 chain" "1 bare"
    pop taxonomy import "$large" -o large --fold --collapse
    ends "a published taxonomy: imported" 0 "in 17 categories" "4 chain"
    pop check large/population.yaml
    is "a published taxonomy: check finds nothing" "$(grep -oE ' P[0-9]+ ' "$work/out" | sort -u | grep -v P00)" ""
else
    skip "a published taxonomy" "POPULACE_SHARED is not set"
fi

printf '{"健康": {"睡眠": {}, "2号": {}}, "家": {"Pets 2": {}}}' >han.json
pop taxonomy import han.json -o han
pop check han/population.yaml
ends "names of another script" 0 "han: ok"
pop taxonomy lint han/population.yaml
is "names made of them are no instances" "$(grep -oE ' instance: [a-z0-9_.]+' "$work/out" | tr '\n' ' ')" " instance: n1.n2  instance: n2.pets_2 "

# ---- merge -------------------------------------------------------------------------------------------------------

cat >low.yaml <<'EOF'
work:
  when: {age: 18..}
  job_title: {text: {words: 1..4}, hint: what the work is called}
  hours: {number: 0..60, unit: hours}
home: {pets: {choice: {none: 5, dog: 1}}}
EOF
cat >high.yaml <<'EOF'
work:
  job_title: {choice: [baker, smith]}
  hour: {label: hours a week, number: 0..80}
  hourly_pay: {number: 0..100}
home: {pets: {dogs: {number: 0..3}}}
play: {chess: {flag: 0.1}}
EOF
pop taxonomy merge low.yaml high.yaml
ends "merge" 0 "is of kind text below and choice here" "\`hour\` became one with \`work.hours\`" "is a section here and a leaf below" "2 conflict, 1 merged"
lines "merge: laid over" "work:" '  when: {age: "18.."}' "  job_title: {hint: what the work is called, choice: [baker, smith]}" \
    "  hours: {number: 0..80, unit: hours, label: hours a week}" "  hourly_pay: {number: 0..100}" "home:" "  pets: {choice: {none: 5, dog: 1}}" \
    "play:" "  chess: {flag: 0.1}"
cp "$work/out" merged.yaml
pop taxonomy merge low.yaml low.yaml
lines "merge: with itself changes nothing" "work:" '  when: {age: "18.."}' "  job_title: {text: {words: 1..4}, hint: what the work is called}" \
    "  hours: {number: 0..60, unit: hours}" "home:" "  pets: {choice: {none: 5, dog: 1}}"
pop taxonomy merge names.json high.yaml --alike 0.6 -o both
ends "merge: names and attributes, to a folder" 0 "both/population.yaml" "1 empty"
pop check both/population.yaml
is "merge: check finds nothing" "$(grep -oE ' P[0-9]+ ' "$work/out" | sort -u | grep -v P00)" ""
# what is a population already has its anchors, and names that those around it must not take
pop taxonomy import names.json -o imported --fold --collapse
pop taxonomy merge imported/population.yaml high.yaml -o laid
ends "merge: with an imported population" 0 "laid/population.yaml"
pop check laid/population.yaml
ends "merge: with an imported population: check" 0 "imported: ok"
is "merge: its anchors stay the anchors" "$(grep -c 'anchor:' laid/population.yaml) $(grep -o 'to: .*' laid/population.yaml) $(tail -n 1 laid/population.yaml)" \
    "1 to: [anchor] output: {columns: [anchor.age, anchor.sex], narrative: portrait}"
printf 'age: {number: 9..19}\nanchor: {text: {words: 1..4}, hint: of a boat}\nportrait: {frame: {flag: 0.1}}\n' >taken.yaml
pop taxonomy merge taken.yaml high.yaml -o taken
pop check taken/population.yaml
ends "merge: what is added takes no name that is there" 0 "taken: ok"
is "merge: leaves at the top are anchors" "$(grep -o 'to: .*' taken/population.yaml) $(tail -n 1 taken/population.yaml)" \
    "to: [age] output: {columns: [age], narrative: portrait_2}"
mkdir -p one/tables two/tables
printf 'job,weight\nbaker,2\nsmith,1\n' >one/tables/job.csv
printf 'job,weight\nclerk,1\n' >two/tables/job.csv
cp one/tables/job.csv two/other.csv
echo 'work: {job: {choice: tables/job.csv}, hobby: {choice: {file: ../../none.csv}}}' >one/a.yaml
echo 'work: {trade: {choice: other.csv}}' >two/a.yaml
echo 'work: {post: {choice: tables/job.csv}}' >two/b.yaml
pop taxonomy merge one/a.yaml two/a.yaml -o files
ends "merge: with files" 0
is "merge: files that attributes name are copied" "$(cd files && find . -name '*.csv' | sort | tr '\n' ' ')" "./taxonomy/other.csv ./taxonomy/tables/job.csv "
pop check files/population.yaml
says "merge: but for what leads nowhere" "../../none.csv"
is "merge: which is all that is wrong" "$(grep -c ' P05 ' "$work/out")" 1
pop taxonomy merge one/a.yaml two/b.yaml -o files2
ends "merge: two files of one path" 0 "conflict: work.post: the file tables/job.csv is another one here than below"
is "merge: of which the upper one is taken" "$(cat files2/taxonomy/tables/job.csv)" "$(cat two/tables/job.csv)"
# a member of an included file is placed there
cat >inner.yaml <<'EOF'
single:
  child: {flag: 0.5}
EOF
printf 'populace: 1\nname: outer\nattributes: {part: {include: inner.yaml, label: a part}}\n' >outer.yaml
pop taxonomy lint outer.yaml
ends "lint: places in included files" 1 "inner.yaml:1:1: chain: part.single"

pop taxonomy merge low.yaml
ends "merge: two files" 2 "two files"
pop taxonomy merge low.yaml high.yaml --fold
ends "merge: an option of another" 2 "merge has no --fold"

# ---- mine --------------------------------------------------------------------------------------------------------

for i in $(seq 60); do
    printf '{"messages":[{"role":"system","content":"s"},{"role":"user","content":"How do I cook %s for my son?"},{"role":"assistant","content":"Slowly."},{"role":"user","content":"And then, number %s?"},{"role":"assistant","content":"Rest."}]}\n' $i $i
    printf '{"prompt":"Which book fits mood %s?","response":"A long one."}\n' $i
    printf '{"conversations":[{"from":"human","value":"My knee hurts, day %s"},{"from":"gpt","value":"See somebody."}]}\n' $i
done >talk.jsonl
echo 'not json' >>talk.jsonl
echo '{"other": 1}' >>talk.jsonl
mined() { (cd "$1" && cat report.json population/population.yaml population/taxonomy/*.yaml | sha256sum | cut -c1-32); }
mine() { pop taxonomy mine talk.jsonl -o "$@" --llm "${sim_url[sim]}"; }

sim_start sim
mine calm --json
ends "mine" 0 "1 records cannot be read, the first in line 181" "1 records have no question with an answer, the first in line 182"
is "mine: every pair was asked" "$(jq -c '[.records, .pairs, .personal + .partly + .not_personal, .refused]' "$work/out")" "[182,240,240,0]"
is "mine: the report is kept" "$(cat "$work/out")" "$(cat calm/report.json)"
is "mine: every leaf is counted by kind" "$(jq '.leaves == .choices + .numbers + .flags + .texts + .untyped and .nodes == .kept + .rewritten + .dropped' "$work/out")" true
pop check calm/population/population.yaml
is "mine: check finds nothing" "$(grep -oE ' P[0-9]+ ' "$work/out" | sort -u | grep -v P00)" ""
want=$(mined calm)
lines=$(log_lines calm | wc -l)
is "mine: no reply is in the log twice" "$(log_keys calm | sort | uniq -d)" ""
is "mine: all four stages were asked" "$(log_keys calm | cut -d' ' -f3 | sort -u | tr '\n' ' ')" "0 1 2 3 "
mine calm
ends "mine: again" 0 "0 calls made now"
is "mine: again the same" "$(mined calm)" "$want"
mine one --in-flight 1
is "mine: one call at a time gives the same" "$(mined one)" "$want"
mine calm --category Health
ends "mine: other categories" 6 "calm was begun otherwise"
sed 's/son/daughter/' talk.jsonl >other.jsonl
pop taxonomy mine other.jsonl -o calm --llm "${sim_url[sim]}"
ends "mine: other conversations" 1 "are to other conversations"
pop taxonomy mine talk.jsonl -o few --llm "${sim_url[sim]}" --pairs 5 --category Food --category "Body and Mind" --json
is "mine: --pairs and --category" "$(jq .pairs "$work/out") $(ls few/population/taxonomy | tr '\n' ' ')" "5 $(cd few/population/taxonomy && ls | grep -E '^(food|body_and_mind).yaml$' | tr '\n' ' ')"
echo '{"a": 1}' >none.jsonl
pop taxonomy mine none.jsonl -o none --llm "${sim_url[sim]}"
ends "mine: no conversation" 2 "no pair of question and answer in 1 record"
sim_stop sim

# answers that cannot be used are asked for again, another try each; what never works is counted
sim_start sim "garbage 0.1" "truncate 0.05" "missing_key 0.1" "errors 0.01 status 500" "shuffle"
mine rough
ends "mine: of bad answers" 0
is "mine: tries are counted from 0" "$(log_keys rough | cut -d' ' -f2 | sort -u | head -n 3 | tr '\n' ' ')" "0 1 2 "
want_rough=$(mined rough)
mine rough2 --in-flight 3
is "mine: bad answers change nothing of the order" "$(mined rough2)" "$want_rough"
sim_stop sim

# killed and taken up
sim_options="--log $work/requests"
sim_start sim "latency uniform 4 20"
kills=0 status=137
RANDOM=11
while [ $status -eq 137 ]; do
    start taxonomy mine talk.jsonl -o killed --llm "${sim_url[sim]}" --in-flight 8
    if [ $kills -lt 12 ]; then
        sleep 0.$(printf '%03d' $((RANDOM % 250 + 120)))
        kill -KILL "$child" 2>/dev/null
    fi
    await
    [ $status -eq 137 ] && kills=$((kills + 1))
done
ends "mine: killed, ends well at last" 0
[ $kills -ge 6 ] && ok "mine: was killed" || bad "mine: was killed" "$kills times"
is "mine: killed, the same" "$(mined killed)" "$want"
is "mine: killed, nothing is in the log twice" "$(log_keys killed | sort | uniq -d)" ""
is "mine: killed, as many replies" "$(log_lines killed | wc -l)" "$lines"
requests=$(sim_stat sim .requests)
again=$((requests - lines))
echo "# $kills kills, $requests requests, $lines replies"
# probes of each start, and what was in flight or not yet synced at a kill
[ $again -le $(((kills + 1) * 4 + kills * (8 + 64))) ] && ok "mine: asked again is what was not durable" || bad "mine: asked again" "$again"
sim_stop sim
sim_options=

# stopped by a signal: calls end, 75, and on
sim_start sim "latency fixed 20"
start taxonomy mine talk.jsonl -o stopped --llm "${sim_url[sim]}" --in-flight 4
until [ -n "$(ls stopped/replies 2>/dev/null)" ]; do sleep 0.05; done
sleep 0.3
kill -TERM "$child"
await
ends "mine: a signal" 75 "run the same command again to go on"
before=$(log_lines stopped | wc -l)
start taxonomy mine talk.jsonl -o stopped --llm "${sim_url[sim]}" --in-flight 16
sleep 0.2
mine stopped
ends "mine: one writer" 6 "another process is working in stopped"
await
ends "mine: goes on" 0 "$((lines - before)) calls made now"
is "mine: stopped, the same" "$(mined stopped)" "$want"
sim_stop sim
mine() { pop taxonomy mine talk.jsonl -o "$@"; }
pop taxonomy mine talk.jsonl -o nobody --llm http://127.0.0.1:9/v1
ends "mine: nobody answers" 5
pop taxonomy tree panel.yaml --pairs 3
ends "an option of mine" 2 "tree has no --pairs"
pop taxonomy
ends "no word" 2 "first tree, stats"
finish
