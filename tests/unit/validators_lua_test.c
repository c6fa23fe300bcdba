/* Rules of the kind lua: what a function sees and gives back, what is refused when the file is loaded, what it
 * cannot do while it runs, and that its answer is the same every time. */
#include "tests/unit/validators_kit.h"

#include <pthread.h>

/* One rule L1 over `of`, its code in the population file. */
static void lua_rules(char out[8192], const char *of, const char *code) {
    buf b = {0};
    buf_printf(&b, "  L1:\n    kind: lua\n    of: %s\n    function: check\n    file: |\n", of);
    str line, rest, text = str_of(code);
    while (text.n) {
        rest = STR("");
        str_cut(text, '\n', &line, &rest);
        buf_printf(&b, "      " STR_FMT "\n", STR_ARG(line));
        text = rest;
    }
    assert_true(b.n < 8192);
    memcpy(out, b.p, b.n);
    out[b.n] = 0;
    buf_free(&b);
}

static void lua_open(rig *x, const char *of, const char *code) {
    char rows[8192];
    lua_rules(rows, of, code);
    rig_open(x, PUPILS, rows);
}

static void it_sees_the_persona(void **state) {
    (void)state;
    rig x;
    lua_open(&x, "[report, mood, wishes]",
             "function check(p)\n"
             "  if math.type(p.age) ~= 'integer' or p.age ~= 14 then return 'age ' .. tostring(p.age) end\n"
             "  if p.grade ~= 9 then return 'grade ' .. tostring(p.grade) end\n"
             "  if p.hours ~= 2.5 then return 'hours ' .. tostring(p.hours) end\n"
             "  if p.skill.moral ~= 'fairly_high' then return 'moral ' .. tostring(p.skill.moral) end\n"
             "  if p.skill.health ~= nil or p.nothing ~= nil then return 'health' end\n"
             "  if #p.strong ~= 2 or p.strong[2] ~= 'music' then return 'strong' end\n"
             "  if p.story ~= nil or p.letter ~= nil then return 'sees what `of` does not name' end\n"
             "  if p.mood ~= 'calm' or p.wishes[1] ~= 'a dog' then return 'written' end\n"
             "  local names = {}\n"
             "  for k, v in pairs(p.skill) do names[#names + 1] = k .. '=' .. v end\n"
             "  if table.concat(names, ' ') ~= 'moral=fairly_high reading=low' then return table.concat(names, "
             "' ') end\n"
             "  for k in pairs(p) do names[#names + 1] = k end\n"
             "  if table.concat(names, ' ', 3) ~= 'age grade hours mood report skill strong wishes' then\n"
             "    return table.concat(names, ' ', 3) end\n"
             "  if p.report == 'no' then return {field = 'mood', message = 'not ' .. p.mood, hint = 'be "
             "tense'} end\n"
             "  if p.report == 'two' then return {'one', {message = 'two', field = 'wishes'}} end\n"
             "  return p.report == 'false' and false or nil\n"
             "end\n");
    rig_set(&x, "age", "14");
    rig_set(&x, "grade", "9");
    rig_set(&x, "hours", "2.5");
    rig_set(&x, "skill.moral", "\"fairly_high\"");
    rig_set(&x, "skill.reading", "\"low\"");
    rig_set(&x, "strong", "[\"art\", \"music\"]");
    rig_set(&x, "mood", "\"calm\"");
    rig_set(&x, "wishes", "[\"a dog\"]");
    rig_set(&x, "story", "a story");
    rig_passes(&x, "L1", "report", "well");
    rig_passes(&x, "L1", "report", "false");
    rig_objects(&x, "L1", "report", "no", 1, "be tense");
    const finding *f = rig_finding(&x, "L1");
    assert_true(f->leaf == rig_node(&x, "mood")->leaf && f->hard && f->owner == rig_node(&x, "mood")->owner);
    assert_true(str_is(f->message, "not calm"));
    rig_objects(&x, "L1", "report", "two", 2, "two");
    rig_close(&x);
}

static void it_reads_dates_flags_and_texts(void **state) {
    (void)state;
    rig x;
    rig_open(
        &x,
        "populace: 1\nname: b\nattributes:\n  day: {date: 2020-01-01..2020-12-31}\n  well: {flag: 0.5}\n"
        "  call: {template: \"{{well}}!\"}\n"
        "facets: {f: {fields: {letter: {text: {}}}, prompt: \"a\\n{{@fields}}\\n---\\nb\\n\"}}\nrules:\n",
        "  L1:\n    kind: lua\n    of: letter\n    function: check\n    file: |\n"
        "      local function is(x, want) assert(x == want, tostring(x)) end\n"
        "      function check(p)\n"
        "        is(p.day, '2020-02-29'); is(p.well, true); is(p.call, 'yes!')\n"
        "        is(table.concat(text.words(\"Don’t STOP, 中国!\"), '|'), \"don't|stop|中|国\")\n"
        "        is(#text.sentences('One. Two! 三。'), 3); is(text.fold('ÄB'), 'äb')\n"
        "        is(text.count('low or lower', 'low'), 1); is(text.count('low or lower', 'low*'), 2)\n"
        "        is(text.count('其中，中国', '中国'), 1)\n"
        "        is(('abc'):find('b.'), nil); is(('a.b.c'):find('.b', 1), 2); is((('abab'):find('b', -1)), 4)\n"
        "        is(('x'):rep(1) or 'none', 'none')\n"
        "      end\n");
    rig_set(&x, "day", "\"2020-02-29\"");
    rig_set(&x, "well", "true");
    rig_set(&x, "call", "yes!");
    rig_set(&x, "letter", "a");
    rig_check(&x);
    assert_true(holds_text(rig_finding(&x, "L1")->message, "nil value (method 'rep')"));
    assert_int_equal(rig_count(&x, "L1"), 1);
    rig_close(&x);
}

static void it_is_the_same_every_time(void **state) {
    (void)state;
    rig x;
    lua_open(
        &x, "report",
        "calls = 0\n"
        "function check(p)\n"
        "  calls = calls + 1\n"
        "  local t, s = {}, {}\n"
        "  for i = 1, 200 do t['k' .. (i * 7919) % 1000] = i; t[i / 2] = true end\n"
        "  t[true] = 1; t[false] = 2\n"
        "  for k, v in pairs(t) do s[#s + 1] = tostring(k) end\n"
        "  local rows = {}\n"
        "  for i = 1, 150 do rows[i] = {i % 3, i} end\n"
        "  table.sort(rows, function(a, b) return a[1] < b[1] end)\n"
        "  for i = 2, 150 do\n"
        "    if rows[i - 1][1] == rows[i][1] and rows[i - 1][2] > rows[i][2] then return 'not stable' end\n"
        "  end\n"
        "  return calls .. tostring({}) .. tostring(check) .. 0.1 .. table.concat(s, ',')\n"
        "end\n");
    rig_set(&x, "report", "a");
    rig_check(&x);
    str first = str_dup(x.mem, rig_finding(&x, "L1")->message);
    assert_true(str_starts(first, "1tablefunction0.10.5,"));
    for (int i = 0; i < 5; i++) {
        rig_check(&x);
        assert_true(str_eq(first, rig_finding(&x, "L1")->message));
    }
    rig_close(&x);
}

static void *check_in_a_thread(void *arg) {
    const rig *x = arg;
    arena *mem = arena_new(0);
    bool same = true;
    for (int i = 0; i < 3; i++) {
        findings f;
        findings_init(&f, mem);
        rules_check_all(x->r, &x->rec, mem, &f);
        findings_sort(&f);
        same = same && f.n == x->found.n;
        for (size_t k = 0; same && k < f.n; k++) same = str_eq(f.row[k].message, x->found.row[k].message);
    }
    arena_free(mem);
    return same ? NULL : arg;
}

/* After an error, a full memory and a library spoilt as far as it goes; in other threads too. */
static void nothing_is_left_of_a_call(void **state) {
    (void)state;
    rig x;
    lua_open(&x, "report",
             "local kept, calls = {}, 0\n"
             "function check(p)\n"
             "  calls = calls + 1\n"
             "  if calls > 1 or #kept > 0 or string.spoilt then return 'not new' end\n"
             "  string.spoilt, text.count, check = true, nil, nil\n"
             "  for i = 1, 5000 do kept[i] = 'a text of some length ' .. i end\n"
             "  if p.report == 'error' then error('wanted') end\n"
             "  if p.report == 'full' then while true do kept[#kept + 1] = 'more ' .. #kept end end\n"
             "  return 'call ' .. calls .. ' of ' .. p.report\n"
             "end\n");
    static const char *const rows[][2] = {{"a", "call 1 of a"},
                                          {"error", "wanted"},
                                          {"b", "call 1 of b"},
                                          {"full", "not enough memory"},
                                          {"a", "call 1 of a"}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        rig_set(&x, "report", rows[i][0]);
        rig_check(&x);
        assert_int_equal(rig_count(&x, "L1"), 1);
        assert_true(holds_text(rig_finding(&x, "L1")->message, rows[i][1]));
    }
    pthread_t thread[3];
    for (size_t i = 0; i < COUNT_OF(thread); i++)
        assert_int_equal(pthread_create(&thread[i], NULL, check_in_a_thread, &x), 0);
    for (size_t i = 0; i < COUNT_OF(thread); i++) {
        void *differs;
        pthread_join(thread[i], &differs);
        assert_null(differs);
    }
    rig_close(&x);
}

/* Whatever it does, there is one finding and the checks go on. */
static void it_is_bounded(void **state) {
    (void)state;
    static const struct {
        const char *code, *says;
    } bad[] = {
        {"while true do end", "more than 1000000 steps"},
        {"local t = {} for i = 1, 1e9 do t[i] = i end", "not enough memory"},
        {"local s = 'x' while true do s = s .. s end", "not enough memory"},
        {"local s = 'x' for i = 1, 15 do s = s .. s end for i = 1, 1e6 do local t = s .. i end",
         "not enough memory"},
        {"local function f() return 1 + f() end f()", "not enough memory"},
        {"local s = ('abcdefghij') for i = 1, 15 do s = s .. s end while true do s:find('zz') end",
         "more than 1000000"},
        {"local s = ('abcdefghij') for i = 1, 15 do s = s .. s end while true do utf8.len(s) end",
         "more than 1000000"},
        {"local s = ('abcde. ') for i = 1, 10 do s = s .. s end while true do text.words(s) end",
         "more than 1000000"},
        {"local function f(...) for i = 1, 2000 do select('#', ...) end end f(table.unpack({p.report:byte(1, "
         "-1)}, "
         "1, 7000))",
         "more than 1000000"},
        {"local function big(s) for i = 1, 17 do s = s .. s end return s end local a, b, n = big('ab'), "
         "big('ab'), 0\n"
         "  for i = 1, 50000 do if a < b or a ~= b then n = n + 1 end end return nil",
         "more than 1000000"},
        {"return string.char(65, 0)", "a NUL character"},
        {"return utf8.char(0)", "a NUL character"},
        {"return ('%c'):format(0)", "a NUL character"},
        {"return 7", "neither nil nor a message"},
        {"return function() end", "neither nil nor a message"},
        {"return {message = 3}", "`message`, `field` and `hint` are texts"},
        {"return {hint = 'x'}", "a message without text"},
        {"return {message = 'x', field = 'story'}", "`field` is none of those"},
        {"return '\\xff'", "not UTF-8"},
        {"error({})", "error() with a value that is no text"},
        {"error('\\xff\\xfe')", "not UTF-8"},
        {"return p.nothing.at_all", "attempt to index a nil value (field 'nothing')"},
        {"return io.open('/etc/passwd')", "global 'io'"},
        {"return os.time()", "global 'os'"},
        {"return debug.getinfo(1)", "global 'debug'"},
        {"return load('return 1')()", "global 'load'"},
        {"return require('x')", "global 'require'"},
        {"return setmetatable({}, {})", "global 'setmetatable'"},
        {"return getmetatable('')", "global 'getmetatable'"},
        {"return pcall(check)", "global 'pcall'"},
        {"return coroutine.wrap(check)", "global 'coroutine'"},
        {"return next({})", "global 'next'"},
        {"return collectgarbage('count')", "global 'collectgarbage'"},
        {"return math.random()", "field 'random'"},
        {"return math.exp(1)", "field 'exp'"},
        {"return string.gsub('a', 'a', 'b')", "field 'gsub'"},
        {"return ('a'):match('a')", "method 'match'"},
        {"return ('%p'):format({})", "format has no %p"},
        {"return ('%s'):format({})", "format cannot print a table"},
        {"return '1' + 1", "arithmetic on a string"},
        {"for k in pairs({[{}] = 1}) do end", "a key that is a table has no order"},
        {"return table.unpack({}, 1, 1e8)", "too many results"},
        {"local t <close> = p", "non-closable"},
        {"table.sort({1, 'a'})", "attempt to compare"},
        {"local x = 1\n  return ('a'):sub({})", "Lua:4: bad argument #1 to 'sub'"},
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        char code[1024];
        rig x;
        snprintf(code, sizeof code,
                 "function check(p)\n  if p.report == 'well' then return nil end\n  %s\nend\n", bad[i].code);
        lua_open(&x, "[report, mood]", code);
        rig_passes(&x, "L1", "report", "well");
        rig_objects(&x, "L1", "report", "ill", 1, bad[i].says);
        assert_true(rig_finding(&x, "L1")->hard);
        rig_passes(&x, "L1", "report", "well");
        rig_close(&x);
    }
}

static void what_is_refused_when_it_is_loaded(void **state) {
    (void)state;
    static const struct {
        const char *code, *says, *hint;
    } bad[] = {
        {"function check(p\n", "Lua, line 2 of the text: ')' expected", NULL},
        {"function chek(p) end\n", "has no function `check`", "did you mean `chek`?"},
        {"check = 3\n", "has no function `check`", "a global function"},
        {"local function check() end\n", "has no function `check`", "a global function"},
        {"check = string.len\n", "has no function `check`", "a global function"},
        {"function check(p) end\nerror('no')\n", "line 2 of the text: no", NULL},
        {"function check(p) end\nwhile true do end\n", "more than 1000000 steps", NULL},
        {"-- ^ [[\nlocal s, t = '^', [=[ ^\n]]^]=]\nfunction check(p) return 2 ^ 0.5 end\n",
         "line 4 of the text: the operator `^`", NULL},
        {"x = \"a\\z\n\" .. 2 ^ 0.3 .. \"\"\nfunction check(p) end\n", "line 2 of the text: the operator `^`",
         NULL},
        {"x = 'a\\\r\n' .. 2 ^ 0.3 .. ''\nfunction check(p) end\n", "the operator `^`", NULL},
        {"x = [[\n]] .. '\\10\\\\0\\0'\nfunction check(p) end\n", "line 2 of the text: a text with a NUL",
         NULL},
        {"x = '\\x00'\nfunction check(p) end\n", "line 1 of the text: a text with a NUL", NULL},
        {"x = '\\u{000}'\nfunction check(p) end\n", "line 1 of the text: a text with a NUL", NULL},
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        char rows[8192];
        rig x;
        lua_rules(rows, "report", bad[i].code);
        rig_try(&x, PUPILS, rows);
        const diag *row = rig_row(&x, DIAG_P13);
        if (!holds_text(row->text, bad[i].says) || (bad[i].hint && !holds_text(row->hint, bad[i].hint))) {
            rig_print(&x);
            fail_msg("%zu does not say: %s", i, bad[i].says);
        }
        assert_null(x.r);
        rig_close(&x);
    }
}

static void keys_and_kinds(void **state) {
    (void)state;
    static const struct {
        const char *rule;
        diag_code code;
    } bad[] = {
        {"{kind: lua, of: report, function: check}", DIAG_P02},
        {"{kind: lua, of: report, file: [a], function: check}", DIAG_P03},
        {"{kind: lua, of: report, file: \"function f() end\\n\"}", DIAG_P02},
        {"{kind: lua, of: report, file: \"function f() end\\n\", function: 1f}", DIAG_P03},
        {"{kind: lua, of: report, file: \"function f() end\\n\", function: [f]}", DIAG_P03},
        {"{kind: lua, file: \"function f() end\\n\", function: f}", DIAG_P02},
        {"{kind: lua, of: report, file: \"function f() end\\n\", function: f, terms: [a]}", DIAG_P02},
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        char rows[512];
        rig x;
        snprintf(rows, sizeof rows, "  L1: %s\n", bad[i].rule);
        rig_try(&x, PUPILS, rows);
        rig_row(&x, bad[i].code);
        rig_close(&x);
    }
    rig x;
    rig_open(&x, PUPILS,
             "  L1: {kind: lua, of: [age, grade], file: \"function f(p) return p.age < 9 and 'young' end\\n\", "
             "function: f}\n");
    rig_row(&x, DIAG_W00);
    assert_int_equal(rules_constraints(x.r), 0);
    assert_int_equal(rules_checks(x.r), 1);
    rig_objects(&x, "L1", "age", "8", 1, "young");
    assert_true(rig_finding(&x, "L1")->owner == NO_FACET);
    rig_passes(&x, "L1", "age", "9");
    rig_close(&x);
}

static void each_instance_has_its_own(void **state) {
    (void)state;
    rig x;
    rig_open(&x,
             "populace: 1\nname: b\nattributes:\n  age: {number: 5..19}\n"
             "  event: {list: 0..3, topic: {choice: [a move, a job]}, deep: {cost: {number: 0..9}}}\n"
             "facets: {f: {fields: {letter: {text: {}}}, prompt: \"a\\n{{@fields}}\\n---\\nb\\n\"}}\nrules:\n",
             "  L1: {kind: lua, of: [event.topic], function: one, file: \"function one(p)\\n"
             "  if p.event.deep.cost > p.age then return p.event.topic end\\nend\\n\"}\n"
             "  L2: {kind: lua, of: [letter], function: all, file: \"function all(p)\\n"
             "  local n = 0\\n  for _, e in ipairs(p.event or {}) do n = n + e.deep.cost end\\n"
             "  if n > 9 then return p.letter .. n end\\nend\\n\"}\n");
    const node *list = rig_node(&x, "event"), *topic = rig_node(&x, "event.topic"),
               *cost = rig_node(&x, "event.deep.cost");
    value *topics = arena_new_of(x.mem, value, 2), *costs = arena_new_of(x.mem, value, 2);
    for (int i = 0; i < 2; i++) {
        topics[i] = (value){.kind = V_NUM, .num = i};
        costs[i] = (value){.kind = V_NUM, .num = 4 + i * 3};
    }
    x.rec.value[list->number] = (value){.kind = V_NUM, .num = 2};
    x.rec.value[topic->leaf] = (value){.kind = V_LIST, .n = 2, .item = topics};
    x.rec.value[cost->leaf] = (value){.kind = V_LIST, .n = 2, .item = costs};
    rig_set(&x, "letter", "sum ");
    rig_objects(&x, "L1", "age", "5", 1, "a job");
    assert_int_equal(rig_finding(&x, "L1")->instance, 2);
    assert_true(str_is(rig_finding(&x, "L2")->message, "sum 11"));
    rig_passes(&x, "L1", "age", "7");
    rig_close(&x);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_sees_the_persona),
        cmocka_unit_test(it_reads_dates_flags_and_texts),
        cmocka_unit_test(it_is_the_same_every_time),
        cmocka_unit_test(nothing_is_left_of_a_call),
        cmocka_unit_test(it_is_bounded),
        cmocka_unit_test(what_is_refused_when_it_is_loaded),
        cmocka_unit_test(keys_and_kinds),
        cmocka_unit_test(each_instance_has_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
