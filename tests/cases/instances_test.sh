#!/usr/bin/env bash
# A population with lists of sections, drawn and written, dates and rows of CSVs, as a whole: a server that errs has its lists
# sent back until they fit; what comes of it keeps its own rules, does not depend on what is in flight, and replays.
. "$(dirname "$0")/../lib.sh"

n=300
mkdir "$work/p"
cat >"$work/p/places.csv" <<'END'
city,land,weight
Lagos,Nigeria,5
Kano,Nigeria,2
Paris,France,2
Rome,Italy,1
END
cat >"$work/p/p.yaml" <<'END'
populace: 1
name: listed
attributes:
  sex: {choice: [f, m]}
  home: {row: places.csv, city: {choice: {column: city}}, land: {choice: {column: land}}}
  born: {date: 1950-01-01..1999-12-31}
  trip:
    list: {1..3: 70, 4: 30}
    distinct: [city]
    row: places.csv
    city: {choice: {column: city}}
    land: {choice: {column: land}}
    from: {date: 2024-01-01..2024-06-30}
    days: {number: 1..20, unit: days}
    to: {date: {equals: {trip.from: 1, trip.days: 1}}}
facets:
  talk:
    fields:
      story: {text: {words: 10..60}}
      scenes:
        list: 2..3
        distinct: [place]
        place: {text: {words: 2..12}}
        feeling: {choice: [glad, sad, angry], list: 1..2}
        day: {date: 2024-01-01..2024-12-31}
        inner: {size: {number: 1..9}, late: {flag: {}}}
        title: {template: "{{scenes.place}} ({{scenes.day}})"}
    prompt: "Answer as JSON.\n{{@fields}}\n---\n{{@attributes}}\n{{trip}}\n"
rules:
  L1: {kind: never, when: {trip.land: Italy, trip.days: 15..}}
  L2: {kind: never, when: {trip: {city: Rome}, home.city: Rome}}
  C1: {kind: implies, if: {scenes.feeling: angry}, then: {scenes.inner.size: 2..}}
tables: {t: {over: [home.land, sex], shares: {Nigeria: {f: 20, m: 30}, France: {f: 10, m: 10}, Italy: {f: 15, m: 15}}}}
output: {columns: [sex, land: home.land], narrative: story}
END
sed -i 's/columns: \[sex, land: home.land\]/columns: {sex: sex, land: home.land}/' "$work/p/p.yaml"

sim_start sim "wrong_value 0.05" "truncate 0.02" "garbage 0.01"
generate run "$work/p/p.yaml" $n sim -- --in-flight 64
ends "a run with faults" 0
zstdcat "$work"/run/shards/*.zst >"$work/rows"
is "rows" "$(wc -l <"$work/rows")" $n
quotas_exact "lists" "$work/run" $n
holds "some lists were sent back" test "$(jq -s 'map(.provenance.revisions) | add' "$work/rows")" -gt 5

# each of these is true of every row
every() { is "$1" "$(jq -c "select(($2) | not) | .slot" "$work/rows" | wc -l)" 0; }
every "one to four trips" '.attributes.trip | length >= 1 and length <= 4'
every "trips differ in their city" '[.attributes.trip[].city] | length == (unique | length)'
every "a city with its land" '[.attributes.trip[], {city: .attributes.home.city, land}] | all(.land == {Lagos: "Nigeria", Kano: "Nigeria", Paris: "France", Rome: "Italy"}[.city])'
every "trips end so many days after they begin" '.attributes.trip | all(((.to + "T00:00:00Z" | fromdate) - (.from + "T00:00:00Z" | fromdate)) / 86400 == .days)'
every "L1, in no instance" '.attributes.trip | all((.land == "Italy" and .days >= 15) | not)'
every "L2, over the list and a home" '(.attributes.home.city == "Rome" and any(.attributes.trip[]; .city == "Rome")) | not'
every "two or three scenes" '.scenes | length == 2 or length == 3'
every "scenes differ in their place" '[.scenes[].place | ascii_downcase] | length == (unique | length)'
every "scenes are as their fields say" '.scenes | all((.feeling | length >= 1 and length <= 2) and (.day | test("^2024-[0-9]{2}-[0-9]{2}$")) and .inner.size >= 1 and .inner.size <= 9 and (.inner.late | type) == "boolean")'
every "C1, in each scene" '.scenes | all((any(.feeling[]; . == "angry") | not) or .inner.size >= 2)'
every "templates inside a list" '.scenes | all(.title == "\(.place) (\(.day))")'
holds "there are lists of every length" test "$(jq '.attributes.trip | length' "$work/rows" | sort -u | wc -l)" = 4

first=$(rows_hash "$work/run")
generate again "$work/p/p.yaml" $n sim -- --in-flight 1
is "one call at a time gives the same rows" "$(rows_hash "$work/again")" "$first"
pop replay "$work/run" --json
is "replay makes every shard again" "$(jq -c '[.shards == .same, .rows]' "$work/out")" "[true,$n]"

# an edited instance is found
pop cat "$work/run" --slot 0
holds "cat shows the lists" jq -e '.scenes[0].inner.size and .attributes.trip[0].from' "$work/out"

# findings name the instance
pop preview "$work/p/p.yaml" -n 40 --llm "${sim_url[sim]}"
holds "findings name list, instance and field" grep -qE '^ *- scenes\.[1-3]: ' "$work/out"
finish
