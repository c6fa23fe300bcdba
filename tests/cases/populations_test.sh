#!/usr/bin/env bash
# The built-in populations: the commands that list, show, verify and export them, their numbers against the published ones, and
# whether the people they draw make sense.
. "$(dirname "$0")/../lib.sh"
folder=$ROOT/taxonomy/populations
names=$(ls "$folder")

# ---- the commands ------------------------------------------------------------------------------------------

pop populations
ends "list" 0
is "list: all there are, sorted" "$(awk '{print $1}' "$work/out")" "$(printf '%s\n' $names | sort)"
cp "$work/out" "$work/plain"
pop populations list
is "list: the same by name" "$(cat "$work/out")" "$(cat "$work/plain")"
pop populations list --json
is "list: JSON" "$(jq -rs 'map(.name) | join(" ")' "$work/out")" "$(echo $names)"
is "list: titles, cells and years" "$(jq -c 'select(.name == "us-students") | [.title, .cells, .years]' "$work/out")" \
    '["Pupils of US public schools, pre-kindergarten to grade 12",28,[1999,2024]]'
is "list: every one has a title and cells" "$(jq -s 'all(.[]; (.title | length > 10) and .cells > 0)' "$work/out")" true

for p in $names; do
    pop check $p
    ends "check $p: no error" 0 "$p: ok"
    grep -q warning "$work/out" && bad "check $p warns" "$(cat "$work/out")"
    pop populations show $p
    ends "show $p" 0 "$p: " "attributes"
    pop populations show $p --json
    is "show $p: every data set says on what it stands" \
        "$(jq '[.datasets[] | select(.basis == "assumed" or ((.basis == "quoted" or (.basis == "derived" and .method != ""))
            and .source != "" and .year != "" and .licence != "" and .measure != "") | not) | .name] | length' "$work/out")" 0
done
pop populations show world-2024
ends "show: tables with what is said of them" 0 "table area_sex: population by area and sex" "over     area, age_table, sex" \
    "licence  CC BY 3.0 IGO" "measure  thousand persons at 31 December 2024" "basis    quoted" "basis    derived" "method   Ages 0 to 14"
pop populations show us-adults-2024 --json
is "show: an attribute with its parents" "$(jq -c '.datasets[] | select(.name == "marital") | [.kind, .form, .by, .basis]' "$work/out")" \
    '["attribute","given","age, sex","derived"]'
is "show: values and bounds" "$(jq -c '[.attributes[] | select(.path == "age") | .from, .to], [.attributes[] | select(.path == "sex") | .values]' "$work/out" | tr '\n' ' ')" \
    '[18,104] [["female","male"]] '

pop populations verify
ends "verify: all of them" 0
is "verify: one line each" "$(grep -c ': ok, [0-9]* data sets' "$work/out")" "$(echo $names | wc -w)"
pop populations verify us-students world-2024 --json
is "verify: JSON of those named" "$(jq -c '[.name, .ok, .faults]' "$work/out" | tr '\n' ' ')" '["us-students",true,[]] ["world-2024",true,[]] '

# ---- export ----------------------------------------------------------------------------------------------

for p in world-2024 us-adults-2024 students-k12; do
    pop populations export $p -o "$work/copy/$p"
    ends "export $p" 0 "population.yaml"
    is "export $p: every file, byte for byte" "$(diff -r "$folder/$p" "$work/copy/$p" && echo same)" same
    "$POPULACE" draw $p -n 500 >"$work/here" && "$POPULACE" draw "$work/copy/$p/population.yaml" -n 500 >"$work/there"
    is "export $p: draws the same people" "$(cmp -s "$work/here" "$work/there" && echo same)" same
done
pop populations export students-brief --out "$work/brief"
ends "export: with what it includes" 0
is "export: the include is a path to the copy" "$(grep '^include' "$work/brief/population.yaml")" "include: students-k12/population.yaml"
is "export: which is whole" "$(diff -r "$folder/students-k12" "$work/brief/students-k12" && echo same)" same
sed -i 's/^locale: en/locale: en-GB/' "$work/brief/students-k12/population.yaml"
pop check "$work/brief/population.yaml"
ends "export: the copy of an include can be edited" 0 "students-brief: ok"
before=$(find "$work/brief" -type f -exec sha256sum {} + | sort)
pop populations export world-2024 -o "$work/brief"
ends "export overwrites nothing" 2 "not an empty folder"
is "export: nothing was touched" "$(find "$work/brief" -type f -exec sha256sum {} + | sort)" "$before"
pop populations export world-2024 -o "$work/brief/population.yaml"
ends "export: a file stands there" 2 "not an empty folder"
mkdir "$work/vacant"
pop populations export us-students -o "$work/vacant"
ends "export into an empty folder" 0
pop populations export no-such -o "$work/none"
ends "export: no such population" 2 "no-such"
pop populations export "$work/vacant/population.yaml" -o "$work/none"
ends "export: a file is no name" 2 "no name of a built-in population"
is "export: what fails leaves no folder" "$(ls "$work/none" 2>&1 | grep -c 'No such')" 1
for wrong in "export us-students" "show" "show a b" "list a" "shw world-2024" "verify -o $work/none" "export us-students -o $work/none --json"; do
    pop populations $wrong
    ends "populations $wrong: usage" 2 "populations"
done

# populations of one's own beside the built-in ones
mkdir -p "$work/share/populations/mine/tables/more" "$work/share/populations/torn"
for p in $names; do ln -s "$folder/$p" "$work/share/populations/$p"; done
printf '%s\n' 'populace: 1' "include: [\"big5-johnson\", 'us-adults-2024']  # ä" 'name: mine' 'title: Mine, of both' >"$work/share/populations/mine/population.yaml"
echo 'populace: 1' >"$work/share/populations/torn/population.yaml"
echo x >"$work/share/populations/mine/tables/more/notes.txt"
export POPULACE_SHARE=$work/share
pop populations
ends "list: one's own, and one that is torn" 0 "Mine, of both" "cannot be used"
pop populations export mine -o "$work/mine"
ends "export: several includes" 0
is "export: each is a path" "$(sed -n 2p "$work/mine/population.yaml")" "include: [\"big5-johnson/population.yaml\", 'us-adults-2024/population.yaml']  # ä"
is "export: folders in folders" "$(cat "$work/mine/tables/more/notes.txt")" x
pop populations export torn -o "$work/none"
ends "export: one that cannot be used" 2 'torn:1:1: P02'
ln -s . "$work/share/populations/mine/loop"
pop populations export mine -o "$work/loop"
ends "export: a folder in itself" 2 "nested too deep"
unset POPULACE_SHARE
pop check "$work/mine/population.yaml"
ends "export: the copy stands by itself" 0 "mine: ok"

# ---- verify objects --------------------------------------------------------------------------------------

# spoilt NAME POPULATION FILE SED STATUS TEXT...: a copy with one change
spoilt() {
    local name=$1 p=$2 file=$3 change=$4 want=$5
    shift 5
    rm -rf "$work/spoilt"
    "$POPULACE" populations export $p -o "$work/spoilt" 2>/dev/null
    sed -i "$change" "$work/spoilt/$file"
    cmp -s "$work/spoilt/$file" "$folder/$p/$file" && bad "verify: $name" "the change changes nothing"
    pop populations verify "$work/spoilt/population.yaml"
    ends "verify: $name" "$want" "$@"
}
spoilt "a count that was changed" world-2024 tables/area-sex.csv 's/705863/705864/' 2 "table \`area_sex\`: the numbers sum to 8196982, \`total\` says 8196981"
spoilt "a row of shares" us-adults-2024 tables/marital.csv '2s/3.6/13.6/' 2 "attribute \`marital\`: the rows sum to 100..110, \`total\` says 99.8..100.2"
spoilt "no licence" world-2024 population.yaml '/^licence/d' 2 "table \`area_sex\`: \`licence\` is missing" "table \`age\`: \`licence\` is missing"
spoilt "no basis" us-students population.yaml '/basis: quoted/d' 2 "table \`level\`: \`basis\` is missing"
spoilt "a basis there is not" us-students population.yaml 's/basis: quoted/basis: rumoured/' 2 "not \`rumoured\`"
spoilt "derived, but how" big5-sapa population.yaml '/method: people of/d' 2 "table \`sample\`: \`method\` is missing"
spoilt "no total" cn-students-2024 population.yaml '/total: 100$/d' 2 "table \`sex\`: \`total\` is missing"
spoilt "a total that is none" cn-students-2024 population.yaml 's/total: 100$/total: about 100/' 2 "not \`about 100\`"
spoilt "a file that cannot be read" us-students population.yaml 's/^attributes:/atributes:/' 2 'key `attributes` is missing'
cat >"$work/ring.yaml" <<'Y'
populace: 1
name: ring
basis: assumed
attributes: {a: {choice: [x, y]}, b: {choice: [x, y]}, c: {choice: [x, y]}}
tables:
  ab: {over: [a, b], shares: {x: {x: 50}, y: {y: 50}}}
  bc: {over: [b, c], shares: {x: {x: 50}, y: {y: 50}}}
  ac: {over: [a, c], shares: {x: {y: 50}, y: {x: 50}}}
output: {columns: [a, b, c]}
Y
pop populations verify "$work/ring.yaml"
ends "verify: plans that cannot be made" 3 "n = 1000: " "n = 1000000: "
pop populations verify us-students "$work/ring.yaml" no-such
ends "verify: what is wrong does not hide what is right" 2 "us-students: ok" "no-such: " "2 of 3 populations do not hold"

# ---- published numbers ---------------------------------------------------------------------------------------

# quotas POPULATION N FILTER: of [{cell, quota}...] of the plan
quotas() { quotas_named $1 -n $2 | jq -c "def sum(f): [.quotas[] | select(.cell | f) | .quota] | add; $3"; }

# one person a thousand: the published counts themselves
is "world: total, India, China, Viet Nam, the rest of Oceania" \
    "$(quotas world-2024 8196981 '[([.quotas[].quota] | add), sum(.area == "India" and .sex == "male"), sum(.area == "China" and .sex == "female"),
        sum(.area == "Viet Nam"), sum(.area == "other Oceania")]')" '[8196981,751572,695771,101300,19507]'
is "world: each area and sex" "$(quotas_named world-2024 -n 8196981 |
    jq -r '[.quotas[] | {k: (.cell.area + "," + .cell.sex), q: .quota}] | group_by(.k)[] | .[0].k + "," + (map(.q) | add | tostring)' | sort)" \
    "$(awk -F, 'NR > 1 {print $1 ",female," $3; print $1 ",male," $4}' "$folder/world-2024/tables/area-sex.csv" | sort)"
# UN: 50.272 % men; Africa 18.694 % and Asia 58.818 % of all; published ages of the world: 24.50 % below 15, 10.43 % of 65 and more
quotas world-2024 1M '[sum(.sex == "male"), sum(.area == "Nigeria"), sum(.age | split("..")[0] | tonumber < 15), sum(.age | split("..")[0] | tonumber > 64)]' >"$work/world"
is "world at 1M: men, Nigeria, below 15, 65 and more" "$(jq -c '[(.[0] - 502718 | fabs < 10), (.[1] - (235088 / 8.196981) | fabs < 3),
    (.[2] - 245000 | fabs < 300), (.[3] - 104300 | fabs < 300)]' "$work/world")" '[true,true,true,true]'
is "US: states, one person a thousand" "$(quotas us-adults-2024 340110 '[sum(.state == "California"), sum(.state == "Wyoming"), sum(.state == "District of Columbia")]')" \
    '[39431,588,706]'
# (0.4 x (3.34 + 3.09) + 3.41 + 3.17) of the 79.612 percent who are 18 and older; women of 50 to 54: 2.92
is "US at 1M: 18 to 24, women of 50 to 54" "$(quotas us-adults-2024 1M '[(sum(.age == "18..19" or .age == "20..24") - 114957.5 | fabs < 2.5),
    (sum(.age == "50..54" and .sex == "female") - 36677.9 | fabs < 1)]')" '[true,true]'
is "China: each grade, one person a hundred" "$(quotas_named cn-students-2024 -n 1889281 | jq -c '[.quotas[] | {g: .cell.grade, q: .quota}] |
    group_by(.g | tonumber) | map(map(.q) | add)')" '[161663,187788,170139,178258,180809,179780,184875,175463,178278,103620,96780,91828]'
is "China at 1M: first grade, its girls, girls of grade 10" "$(quotas cn-students-2024 1M '[(sum(.grade == "1") - 85568.5 | fabs < 1),
    (sum(.grade == "1" and .sex == "female") - 39960.5 | fabs < 1), (sum(.grade == "10" and .sex == "female") - 27533.1 | fabs < 1)]')" '[true,true,true]'
is "US pupils: levels in hundred thousands, kindergarten at 1M" "$(quotas us-students 495 '[sum(.level == "elementary"), sum(.level == "high")]') \
$(quotas us-students 1M '(sum(.grade == "K") - (33.9 / 49.5 * 3397 / 33071 * 1000000) | fabs < 1)')" '[339,156] true'
is "SAPA: the sample itself" "$(quotas big5-sapa 3920 '[.quotas[] | .quota] | sort')" "$(awk -F, 'NR > 1 {print $3}' "$folder/big5-sapa/tables/sample.csv" | sort -n | jq -cs .)"

# ---- people -------------------------------------------------------------------------------------------------

# people POPULATION N ARGS...: attributes of N skeletons, one object a line
people() { "$POPULACE" draw "$1" -n "$2" "${@:3}" | jq -c .attributes; }
none() { is "$1" "$(jq -s "map(select($2)) | length" "$work/people")" 0; }

people us-adults-2024 20000 >"$work/people"
none "US: nobody is widowed below 35, retired below 45, a bachelor below 21 or a graduate below 23" \
    '(.age < 35 and .marital == "widowed") or (.age < 45 and .work == "retired") or (.age < 21 and .education == "bachelor") or (.age < 23 and .education == "graduate")'
none "US: who has no work has no occupation, and the reverse" '(.occupation == null) == (.work | IN("full_time", "part_time", "away"))'
none "US: no profession without a certificate" '.education == "less_than_high_school" and .occupation == "professional"'
none "US: race, religion and politics are off" '.race != null or .religion != null or .political_views != null or .party != null'
# GSS: of 55 and more 12.5 % are widowed and 49.1 % retired; of 18 to 34 30.1 % married; women keep house more often than men
is "US: shares of the age groups are those of the survey" "$(jq -sc 'def share(a; b): (map(select(a)) | length) as $n | (map(select(a and b)) | length) / $n * 100;
    [(share(.age > 54; .marital == "widowed") - 12.5 | fabs < 1.5), (share(.age > 54; .work == "retired") - 49.1 | fabs < 1.5),
     (share(.age < 35; .marital == "married") - 30.1 | fabs < 1.5), (share(.age < 25; .education == "bachelor") - 10.3 | fabs < 1.5),
     share(.sex == "female"; .work == "home") > 5 * share(.sex == "male"; .work == "home")]' "$work/people")" '[true,true,true,true,true]'
people us-adults-2024 2000 --set attributes.ask.race.given=on --set attributes.ask.religion.given=on --set attributes.ask.politics.given=views >"$work/people"
none "US: asked for, all have race, religion and views, and no party beside them" '.race == null or .religion == null or .political_views == null or .party != null'
people us-adults-2024 2000 --set attributes.ask.politics.given=party >"$work/people"
none "US: or a party and no views" '.party == null or .political_views != null or .race != null'
people world-2024 20000 >"$work/people"
none "world: region and age table are those of the area" '(.area == "Brazil" and .region != "Latin America and the Caribbean") or (.area == "Japan" and .age_table != "rest of Asia")'
none "world: the stage is that of the age" '(.age < 3) != (.stage == "infant") or (.age > 69) != (.stage == "old")'
people cn-students-2024 5000 >"$work/people"
none "China: the age is usual in the grade" '(.grade | tonumber) as $g | .age - $g | IN(5, 6) | not'
people us-students 5000 >"$work/people"
none "US pupils: the age is usual in the grade" '.age as $a | {PK: 3, K: 5}[.grade] // ((.grade | tonumber) + 5) | IN($a, $a - 1) | not'
people big5-johnson 40000 >"$work/people"
# women of 21 to 40: N 72.14 (16.16), A 91.91 (11.39, of which 120 cuts a little off); men above 60: N 58.42
is "Johnson: means and SD are the norms'" "$(jq -sc 'def mean(f): (map(f) | add) / length;
    (map(select(.sex == "female" and .age > 20 and .age < 41)) | [(mean(.["big_five.neuroticism"]) - 72.14 | fabs < 0.6),
        (mean(.["big_five.agreeableness"]) - 91.91 | fabs < 0.6), ((mean(.["big_five.neuroticism"] - 72.14 | . * .) | sqrt) - 16.16 | fabs < 0.5)]) +
    (map(select(.sex == "male" and .age > 60)) | [(mean(.["big_five.neuroticism"]) - 58.42 | fabs < 0.8)])' "$work/people")" '[true,true,true,true]'
people big5-sapa 40000 >"$work/people"
# T scores of the published groups: girls of 11 to 17 N 54.6, women of 45 to 54 A 56.1
is "SAPA: means of groups are the published T scores" "$(jq -sc 'def mean(f): (map(f) | add) / length;
    (map(select(.sex == "female" and .age < 18)) | [((mean(.["big_five.neuroticism"]) - 3.737) / 1.021 * 10 + 50 - 54.6 | fabs < 0.5)]) +
    (map(select(.sex == "female" and .age > 44 and .age < 55)) | [((mean(.["big_five.agreeableness"]) - 4.251) / 0.792 * 10 + 50 - 56.1 | fabs < 0.7)])' "$work/people")" '[true,true]'

# published for all: A-C .240, A-N -.122, A-E .225, N-E -.202, E-O .133, age with A .179 and N -.173
is "SAPA: correlations of all are the published ones" "$(jq -sc 'def mean(f): (map(f) | add) / length;
    def r(f; g): mean(f) as $a | mean(g) as $b | mean((f - $a) * (g - $b)) / ((mean((f - $a) * (f - $a)) * mean((g - $b) * (g - $b))) | sqrt);
    def A: .["big_five.agreeableness"]; def C: .["big_five.conscientiousness"]; def N: .["big_five.neuroticism"];
    def E: .["big_five.extraversion"]; def O: .["big_five.openness"];
    [r(A; C) - 0.240, r(A; N) + 0.122, r(A; E) - 0.225, r(N; E) + 0.202, r(E; O) - 0.133, r(.age; A) - 0.179, r(.age; N) + 0.173] | map(fabs < 0.025)' \
    "$work/people")" '[true,true,true,true,true,true,true]'

# personality laid under the adults of the US: their ages and sexes, quotas kept
printf '%s\n' 'populace: 1' 'include: [big5-johnson, us-adults-2024]' 'name: both' >"$work/both.yaml"
pop check "$work/both.yaml"
ends "included: big5-johnson under us-adults-2024" 0 "both: ok"
people "$work/both.yaml" 3000 >"$work/people"
none "included: everybody has both" '.["big_five.openness"] == null or .state == null'
is "included: people above 80 too" "$(jq -s 'map(select(.age > 85)) | length > 20' "$work/people")" true

# ---- with a model ---------------------------------------------------------------------------------------------

sim_start writer
for p in world-2024 us-adults-2024 us-students big5-johnson big5-sapa cn-students-2024; do
    generate run $p 30 writer
    ends "$p: runs with a model" 0
    quotas_exact "$p" "$work/run" 30
    is "$p: every persona has its text" "$(zstdcat "$work"/run/shards/*.zst | jq -s 'map(select(.narrative | length > 60)) | length')" 30
    rm -rf "$work/run"
done
finish
