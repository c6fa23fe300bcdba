/* function_words.c: the commonest words without a subject of their own, by language: articles, pronouns,
 * prepositions, conjunctions, auxiliaries. They weigh nothing when texts are compared. Folded; a language
 * without a list has none, and is then left to the document frequencies. Of Chinese, single characters. */
#include "pipeline/base/base.h"

static const struct {
    const char *language, *words;
} lists[] = {
    {"en", "a about after all also always am an and any are as at be because been before being but by can "
           "could did do does down each even every few for from get gets got had has have having he her "
           "here hers herself him himself his how i if in into is it its itself just like made make makes "
           "many may me might more most much must my myself never no nor not now of off often on once one "
           "only or other our out over own same she should since so some still such than that the their "
           "them then there these they this those though through to too under until up upon us very was "
           "way we well were what when where which while who whom whose why will with within without would "
           "you your i'm i've i'd it's don't didn't doesn't wasn't isn't can't couldn't wouldn't he's "
           "she's that's"},
    {"de", "aber alle als also am an auch auf aus bei bin bis da damit dann das dass daß dem den denn der "
           "des die dies diese diesem diesen dieser dieses doch du durch ein eine einem einen einer eines "
           "er es etwas für gegen habe haben hat hatte hatten hier ich ihm ihn ihnen ihr ihre ihrem ihren "
           "ihrer im immer in ist ja jede jeder jedes jetzt kann kein keine können man mehr mein meine "
           "meinem meinen meiner mich mir mit muss nach nicht nichts noch nur ob oder ohne schon sehr sein "
           "seine seinem seinen seiner sich sie sind so über um und uns unter viel vom von vor war waren "
           "was weil wenn wer werden wie wieder will wir wird wurde würde zu zum zur zwischen"},
    {"fr", "a à ai alors après au aussi autre aux avait avant avec avoir c'est ce cela ces cet cette ceux "
           "chaque chez comme d dans de depuis des deux donc du elle elles en encore entre est et étaient "
           "était être eux fait faire fut il ils j j'ai jamais je l la le les leur leurs lui ma mais me "
           "même mes moi moins mon n n'est ne ni nos notre nous on ont ou où par parce pas pendant peu "
           "peut plus pour qu qu'il quand que quel quelle qui s sa sans se ses si son sont sous suis sur "
           "ta tous tout toute toutes très tu un une vers vous y"},
    {"es", "a al algo ante antes así aún aunque bien cada casi como con cómo cuando de del desde donde dos "
           "e el él ella ellas ellos en entre era eran eres es esa ese eso esta está estaba están este "
           "esto estos fue fueron ha había hace hacer han hasta hay he la las le les lo los más me mi mis "
           "mientras mucho muy nada ni no nos o otra otro para pero poco por porque que qué quien se ser "
           "si sí sido siempre sin sobre son soy su sus también tan tanto te tener tiene toda todas todo "
           "todos tras tu tus un una uno unos y ya yo"},
    {"it", "a abbiamo ad agli ai al alla alle anche ancora aveva avere c'è che chi ci come con così cosa "
           "cui da dagli dai dal dalla dalle degli dei del dell della delle dello di dopo dove due e è ed "
           "era erano essere fa fatto fra gli ha hanno ho i il in io l la le lei li lo loro lui ma mai me "
           "mi mia mio molto ne negli nei nel nell nella nelle no noi non o ogni per perché più poi prima "
           "proprio quando quanto quella quello questa questo qui sé se sempre senza si sia solo sono sta "
           "su sua sue sugli sui sul sulla suo suoi tra tutta tutti tutto un un'altra una uno vi"},
    {"pt", "a à ainda ao aos antes as às até cada com como da das de dela dele depois do dos e é ela elas "
           "ele eles em entre era eram essa esse esta está este eu fazer foi foram há isso isto já lá lhe "
           "mais mas me mesmo meu minha muito na não nas nem no nos nós num numa nunca o onde os ou outra "
           "outro para pela pelo pelos per por porque quando que quem se sem sempre ser seu seus só sobre "
           "sua suas também tem têm ter tinha toda todas todo todos tudo um uma você"},
    {"nl", "aan af al alle als altijd andere ben bij daar dan dat de den der deze die dit doen door dus "
           "een en er ge geen had hadden heb hebben heeft hem het hier hij hoe hun iets ik in is ja je kan "
           "kon kunnen maar me meer men met mij mijn moet na naar niet niets nog nu of om omdat onder ons "
           "ook op over reeds te tegen toch toen tot u uit uw van veel voor want waren was wat we wel werd "
           "wezen wie wij wil worden wordt zal ze zei zelf zich zij zijn zo zonder zou"},
    {"zh",
     "的 了 是 在 我 他 她 它 们 这 那 和 与 及 也 都 而 着 就 不 有 又 一 个 上 下 中 里 到 说 要 会 能 可 "
     "以 对 为 于 之 其 把 被 让 从 向 但 并 或 如 很 还 只 再 更 最 没 得 地 过 来 去 时 后 前 所 你 吗 呢 "
     "吧 啊 因 此 些 每 自 己"},
};

str function_words(str language) {
    for (size_t i = 0; i < COUNT_OF(lists); i++)
        if (str_is(language, lists[i].language)) return str_of(lists[i].words);
    return STR("");
}
