/* sim_chinese.c: Chinese sentences of exactly n characters, full stop and commas included, from a seeded
 * grammar.
 *
 * A sentence is clauses with a comma between: somebody, perhaps a time or a place, perhaps a manner, and what
 * is done to what. Clauses are added while there is room; the last one is filled up by a manner of just the
 * length that is missing. Words are of everyday life: no numbers, ages, names or levels, and nobody's sex but
 * the pronoun. Each chinese_list is walked with a step of its own, so that its words come round as late as they
 * can.
 */
#include "tests/llmsim/llmsim.h"

#include <string.h>

typedef struct chinese_list {
    const char *const *row;
    uint32_t n;
} chinese_list;
#define LIST(name)     ((chinese_list){name, COUNT_OF(name)})
#define CLAUSE_MARK    1u /* characters of a comma or full stop */
#define MANNER_LONGEST 6u /* characters that manners can fill up */
#define CLAUSE_LEAST                                                                                           \
    8u /* of a clause: two for somebody, two for what is done, three for what to, and its mark */

static const char *const MANNER_1[] = {"又", "还", "便", "才"};
static const char *const MANNER_2[] = {"慢慢", "悄悄", "轻轻", "独自", "照例", "随手", "偶尔",
                                       "连忙", "仔细", "主动", "低头", "抬头", "当场", "顺路",
                                       "常常", "重新", "匆匆", "静静", "索性", "特意"};
static const char *const MANNER_3[] = {"慢吞吞", "静悄悄", "急匆匆", "笑着就", "跟着去",
                                       "先动手", "一个人", "笑嘻嘻", "乐呵呵", "懒洋洋"};
static const char *const MANNER_4[] = {"不慌不忙", "小心翼翼", "一声不响", "兴冲冲地", "仔仔细细",
                                       "安安静静", "从头到尾", "不厌其烦", "三步两步", "自言自语",
                                       "一边哼歌", "有说有笑", "认认真真", "磨磨蹭蹭"};
static const char *const MANNER_5[] = {"蹲在地上去", "踮着脚尖去", "靠在墙边就",
                                       "坐在窗边就", "趁着雨停去", "借着灯光去"};
static const char *const MANNER_6[] = {"抱着书包慢慢", "顺着楼梯跑去", "站在门口悄悄",
                                       "隔着窗户轻轻", "趁着天亮赶紧", "放下书包马上"};
static const chinese_list MANNERS[MANNER_LONGEST + 1] = {
    {0}, LIST(MANNER_1), LIST(MANNER_2), LIST(MANNER_3), LIST(MANNER_4), LIST(MANNER_5), LIST(MANNER_6)};

static const char *const DO[] = {"修好", "擦净", "收好", "搬走", "画出", "折好", "找到", "借来",
                                 "送来", "洗净", "捡起", "摆好", "拼好", "缝好", "翻看", "抄下",
                                 "数过", "挂起", "卷起", "打开", "合上", "递过", "系好", "补上",
                                 "量过", "装满", "倒空", "晒干", "换掉", "围住", "抱来", "贴好",
                                 "剪下", "涂满", "照看", "摇响", "推开", "拉开", "提起", "放下"};
static const char *const THING[] = {
    "旧书包", "铅笔盒", "练习本", "小板凳", "红领巾", "乒乓球", "花毽子", "毛笔字", "作业本", "课程表",
    "小黑板", "粉笔盒", "植物角", "小鱼缸", "图书角", "旧报纸", "彩色纸", "橡皮泥", "小风筝", "竹蜻蜓",
    "纸飞机", "小水桶", "长扫帚", "湿抹布", "玻璃窗", "木头门", "石板路", "梧桐叶", "桂花枝", "野菊花",
    "小石子", "小蜗牛", "蒲公英", "向日葵", "丝瓜藤", "西红柿", "小白菜", "玉米棒", "烤红薯", "豆浆碗",
    "芝麻饼", "米饭盒", "热水瓶", "搪瓷缸", "花雨衣", "布书签", "旧地图", "小闹钟", "手电筒", "收音机",
    "自行车", "车铃铛", "打气筒", "螺丝刀", "工具箱", "长麻绳", "竹篮子", "棉手套", "毛线帽", "花围巾",
    "旧相册", "明信片", "邮票册", "小人书", "故事书", "大词典", "象棋盘", "围棋子", "旧口琴", "竹笛子",
    "小鼓槌", "舞台灯", "奖状框", "值日牌", "门钥匙", "木饭勺", "小沙包", "羽毛球", "皮筋圈", "弹珠罐",
    "旧积木", "小齿轮", "电池盒", "温度计", "放大镜", "显微镜", "标本夹", "量角器", "圆规盒", "算盘珠",
    "小台灯", "门帘子", "竹椅子", "旧草帽", "蓝布包", "白手帕"};
static const char *const PERSONS[] = {"同桌", "班长", "门卫",   "校医",   "邻居",   "店主",  "司机",
                                      "学姐", "学弟", "组长",   "队友",   "裁判",   "摊主",  "客人",
                                      "亲戚", "伙伴", "值日生", "图书员", "送报人", "修车人"};
static const char *const PLACES_AT[] = {"在操场边", "在走廊里", "在楼梯口", "在食堂里", "在校门口", "在图书室",
                                        "在车棚下", "在花坛旁", "在院子里", "在小河边", "在巷子口", "在菜地旁",
                                        "在公交站", "在书店里", "在屋檐下", "在桥头上", "在晒场上", "在球场边",
                                        "在水池旁", "在教室后", "在讲台边", "在窗台前", "在石阶上", "在大树下"};
static const char *const TIMES[] = {"早读前",   "课间时",   "午饭后",   "放学后",   "下雨天",
                                    "周末里",   "晚饭前",   "天黑前",   "下课铃后", "大扫除时",
                                    "运动会上", "赶集那天", "过节前后", "开学头天", "放假以后",
                                    "起风时",   "雪停后",   "值日那天", "停电那晚", "春游路上"};
static const char *const PAIR[][2] = {{"安静", "细心"}, {"内向", "谨慎"}, {"开朗", "热心"}, {"急躁", "直率"},
                                      {"腼腆", "温和"}, {"倔强", "要强"}, {"好奇", "粗心"}, {"敏感", "犹豫"}};
static const char *const HELPER[] = {"老师", "妈妈", "爸爸", "同学", "奶奶", "朋友"};
static const char *const TINY[] = {"好。",         "走了。",         "天晴了。",        "雨停下来。",
                                   "大家都笑了。", "铃声响了起来。", "外面的雨下大了。"};

static uint32_t characters(const char *s) {
    uint32_t n = 0;
    for (; *s; s++) n += ((unsigned char)*s & 0xc0) != 0x80;
    return n;
}

/* One word of a chinese_list; *left loses its length. */
static void choose_put(grammar *g, buf *out, chinese_list l, uint32_t *left) {
    const char *w = l.row[sim_grammar_below(g, l.n)];
    buf_z(out, w);
    *left -= characters(w);
}

/* The next thing, of a walk through all of them. */
static void chinese_thing(grammar *g, buf *out, uint32_t *left) {
    const char *w = THING[g->at[WORD_THING] % COUNT_OF(THING)];
    g->at[WORD_THING] += 2 * (g->step[WORD_THING] % (uint32_t)(COUNT_OF(THING) / 2)) + 1;
    buf_z(out, w);
    *left -= characters(w);
}

static const char *chinese_pronoun(const grammar *g) {
    return g->who == PRONOUN_SHE ? "她" : g->who == PRONOUN_HE ? "他" : "自己";
}

/* Somebody. The pronoun opens a sentence; `other` is for the clauses behind it. */
static void chinese_who(grammar *g, buf *out, bool other, uint32_t *left) {
    if (other && sim_grammar_below(g, 3) == 0 && *left > CLAUSE_LEAST + 1) {
        choose_put(g, out, LIST(PERSONS), left);
        return;
    }
    if (other) return;
    buf_z(out, chinese_pronoun(g));
    *left -= characters(chinese_pronoun(g));
}

/* How many characters to fill up before what is done: all of `spare` in the last clause, else as it comes. */
static void chinese_manner(grammar *g, buf *out, uint32_t spare, uint32_t *left) {
    while (spare > 0) {
        uint32_t n = spare > MANNER_LONGEST ? 2 + sim_grammar_below(g, MANNER_LONGEST - 2) : spare;
        choose_put(g, out, MANNERS[n], left);
        spare -= n;
    }
}

/* A clause of exactly n characters with its mark: n >= CLAUSE_LEAST. */
static void chinese_clause(grammar *g, buf *out, bool first, uint32_t n, const char *mark) {
    uint32_t left = n - CLAUSE_MARK;
    if (first && left >= 12 && sim_grammar_below(g, 3) == 0) choose_put(g, out, LIST(TIMES), &left);
    chinese_who(g, out, !first, &left);
    if (left >= 10 && sim_grammar_below(g, 2)) choose_put(g, out, LIST(PLACES_AT), &left);
    chinese_manner(g, out, left - 5, &left);
    choose_put(g, out, LIST(DO), &left);
    chinese_thing(g, out, &left);
    buf_z(out, mark);
}

/* Clauses of n characters in all. */
static void chinese_clauses(grammar *g, buf *out, bool first, uint32_t n) {
    while (n > 0) {
        uint32_t most = 13 + sim_grammar_below(g, 6);
        uint32_t here = n <= most ? n : CLAUSE_LEAST + 1 + sim_grammar_below(g, most - CLAUSE_LEAST);
        if (n - here < CLAUSE_LEAST) here = n - here == 0 ? n : n >= 2 * CLAUSE_LEAST ? n - CLAUSE_LEAST : n;
        chinese_clause(g, out, first, here, here == n ? "。" : "，");
        n -= here;
        first = false;
    }
}

void sim_chinese_put(grammar *g, buf *out, uint32_t n) {
    if (n < CLAUSE_LEAST + 1)
        buf_z(out, TINY[(n < 2 ? 2 : n) - 2]);
    else
        chinese_clauses(g, out, true, n);
}

void sim_chinese_put_temper(grammar *g, buf *out, uint32_t n) {
    const char *const *pair = PAIR[sim_grammar_below(g, COUNT_OF(PAIR))];
    const char *helper = HELPER[sim_grammar_below(g, COUNT_OF(HELPER))];
    uint32_t at = (uint32_t)out->n;
    buf_printf(out, "%s看起来%s又%s，", chinese_pronoun(g), pair[0], pair[1]);
    buf_printf(out, "有%s在旁边陪着", helper);
    uint32_t used = 0;
    for (size_t i = at; i < out->n; i++) used += ((unsigned char)out->p[i] & 0xc0) != 0x80;
    if (n >= used + CLAUSE_MARK + CLAUSE_LEAST + 1) {
        buf_z(out, "，");
        chinese_clauses(g, out, false, n - used - CLAUSE_MARK);
        return;
    }
    static const char *const END[] = {
        "",           "呢",           "说话",           "说说话",          "一起说话",
        "听听怎么说", "慢慢听怎么说", "慢慢听事情经过", "一直听到事情说完"};
    uint32_t spare = n > used + CLAUSE_MARK ? n - used - CLAUSE_MARK : 0;
    buf_z(out, END[spare < COUNT_OF(END) ? spare : 0]);
    buf_z(out, "。");
}

void sim_chinese_put_closing(grammar *g, buf *out, uint32_t n) {
    buf_z(out, "总体来看，");
    chinese_clauses(g, out, true, n > 5 + CLAUSE_LEAST ? n - 5 : CLAUSE_LEAST + 1);
}

void sim_chinese_phrase_put(grammar *g, buf *out, uint32_t n) {
    static const char *const ONE[] = {"花", "书", "灯", "路", "风", "雨", "船", "桥"};
    while (n > 0) {
        uint32_t left = n;
        if (n >= 5)
            choose_put(g, out, LIST(DO), &left);
        else if (n >= 3)
            chinese_thing(g, out, &left);
        else
            choose_put(g, out, LIST(ONE), &left);
        n = left;
    }
}

uint32_t sim_chinese_length(str s) {
    uint32_t n = 0;
    for (size_t i = 0; i < s.n; i++) n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
    return n;
}

bool sim_chinese_is(str text) {
    uint32_t han = 0, letters = 0;
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        han += c >= 0xe4 && c <= 0xe9;
        letters += (unsigned)((c | 32) - 'a') < 26;
    }
    return han > 20 && 3 * han > letters;
}

/* Whether two characters that stand together in `words` stand so in the text: both Han. */
bool sim_chinese_shares(str text, str words) {
    for (size_t i = 0; i + 6 <= words.n; i++) {
        unsigned char a = (unsigned char)words.p[i], b = (unsigned char)words.p[i + 3];
        size_t at;
        if (a < 0xe4 || a > 0xe9 || b < 0xe4 || b > 0xe9) continue;
        if (str_find(text, str_part(words, i, i + 6), &at)) return true;
    }
    return false;
}
