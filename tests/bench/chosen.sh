#!/usr/bin/env bash
# A population with 2,304 attributes in 12 sections of which a persona has 250, near and far by six anchors; with
# `all` everybody has all of them: what `choose` costs is the difference.
awk -v all="${1:-}" 'function word(n,   s, i) { # of three syllables, another one for each n
        s = ""
        for (i = 0; i < 3; i++) { s = s substr("bdfghklmnprstvz", n % 15 + 1, 1) substr("aeiou", int(n / 15) % 5 + 1, 1); n = int(n / 9) + 7 }
        return s
    }
    BEGIN {
        print "populace: 1\nname: chosen\ntypes:\n  liking: {choice: {dislikes: 2, is indifferent to: 3, likes: 4, loves: 1}, ordered: true}"
        print "attributes:\n  anchor:\n    age: {number: 18..89, unit: years}\n    sex: {choice: [female, male]}\n    trade: {choice: ["
        for (i = 0; i < 40; i++) printf "      %s %s%s", word(i * 57), word(i * 131 + 5), i < 39 ? ",\n" : "]}\n"
        print "    town: {choice: ["
        for (i = 0; i < 40; i++) printf "      %s%s", word(i * 219 + 3), i < 39 ? ",\n" : "]}\n"
        print "    outlook: {choice: [positive, mixed, negative]}\n    schooling: {choice: [none, primary, secondary, tertiary], ordered: true}"
        for (s = 0; s < 12; s++) {
            printf "  s%d:\n    label: %s and %s\n", s, word(s * 71), word(s * 91 + 2)
            for (t = 0; t < 12; t++) {
                printf "    t%d:\n      label: %s\n      type: liking\n      each:\n", t, word(s * 12 + t + 1000)
                for (u = 0; u < 16; u++) printf "        u%d: {label: %s %s%s}\n", u, word((s * 12 + t) * 16 + u), word(u * 301 + t * 17 + s), u % 5 ? "" : ", prior: 3"
            }
        }
        if (!all) print "choose:\n  traits: {from: [s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11], count: 250, to: [anchor], tail: 0.3, least: 6}"
    }'
