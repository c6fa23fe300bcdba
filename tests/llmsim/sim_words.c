/* sim_words.c: the words of the grammar: everyday life, benign, without digits, names, number words, ages, and
 * without words that say somebody's sex. One list a word class; the grammar (sim_sentence.c) walks each of them
 * with a step of its own, so that no word comes twice before its list is through. That needs a prime
 * number of words: the last few of a list may go unused.
 */
#include "tests/llmsim/llmsim.h"

#include <stdlib.h>
#include <string.h>

static const char THING_WORDS[] =
    "apron armchair axle awning bag bagpipe bakery banjo banner barley barrel basin basket battery bead "
    "bean beehive bell belt bench berry bicycle binder birdbath birdhouse biscuit blackboard blanket "
    "blender blossom blouse boat bolt bonnet book bookcase bookmark boot bottle bouquet bowl box bracelet "
    "bread brick bridle broom broth brush bucket buckle bulb bundle bunting bus butter button cabbage "
    "cabinet cable cake calendar camera candle canoe canvas cap cape caravan card cardboard cardigan "
    "carpet carriage carrot cart cartoon casserole catalogue cauliflower celery cello chain chair chalk "
    "cheese cherry chess chestnut chimney chisel chocolate choir chutney cinnamon clarinet clay cloak "
    "clock cloth clover coat cobweb cocoa coconut coin collar collage comb comet comic compass compost "
    "cookie copper cork corn costume cottage couch crate crayon cream crossword crown cruet cucumber cup "
    "cupboard curtain cushion custard dahlia daisy dandelion desk diary dictionary dinghy dish doll "
    "dollhouse domino door doorbell doormat dough drawer drawing dress drum duck duster earring easel egg "
    "elastic engine envelope eraser fabric fan feather fence fern ferry fiddle fig fire firewood flag "
    "flannel flask flour flower flute folder fork fountain frame fridge fruit funnel garland garlic gate "
    "gazette ginger glass glitter globe glove glue goat goose gooseberry grape grapefruit grater gravel "
    "gravy greenhouse guitar hammer hammock handkerchief handle hanger harmonica harp hat hay hazelnut "
    "hedge helmet herb hinge hoe honey hook hoop hose hourglass icing ink iron ivy jacket jam jar jelly "
    "jersey jigsaw jug juice jumper kaleidoscope kettle key keyboard kite knapsack knot label lace ladder "
    "ladle lamp lantern lasagne lavender lawnmower leaf leek lemon lemonade lens letter lettuce lever lid "
    "lilac lily lock locket log loom lunchbox lute magazine magnet magnifier mailbox mallet mandolin "
    "mango map maple marble marigold marmalade mask mat mattress melody melon microscope milk mint mirror "
    "mitten mosaic moss muffin mug mural mushroom mustard nail napkin necklace needle nest net newspaper "
    "noodle notebook notice nutmeg oak oar oatmeal oboe omelette onion orange orchid oregano organ "
    "ornament oven overcoat paddle page pail paint paintbrush painting pancake panel pansy paper parade "
    "parasol parcel parsley parsnip pasta paste pastry patch path patio peach peanut pear pearl pebble "
    "pedal pencil pendant pepper peppermint perch petal petunia phone photograph piano pickle picnic "
    "picture pie pillow pin pineapple pinwheel pipe pitcher plank plant plaster plate platter playbook "
    "plum pocket poem poncho poppy porridge postcard poster pot potato pottery pouch powder primrose "
    "printer propeller pudding pulley pump pumpkin puppet purse puzzle quill quilt quince rack radio "
    "radish raft rail raincoat rake raisin raspberry recipe record recorder reel rhubarb ribbon rice "
    "riddle ring robe rocket roller rope rose rosemary rowboat rucksack rudder ruler rug rye sack saddle "
    "sail salad salt sand sandal sandcastle sandwich satchel sauce saucepan saucer saxophone scale scarf "
    "scenery scissors scone scooter scrapbook screen screw screwdriver sculpture seashell seed shawl shed "
    "sheet shelf shell shirt shoe shoelace shovel sieve signpost silk sink skateboard sketch ski skirt "
    "skylight sled sleeve slide slipper sneaker snow snowman soap sock sofa song soup soy spade spanner "
    "sparkler spice spinach sponge spoon spring sprinkler stamp staple star statue stencil step stew "
    "sticker stocking stool stopwatch stove straw strawberry stream string suitcase sundial sunflower "
    "sunhat sweater sweetcorn swing syrup table tablecloth tambourine tandem tap tapestry tart tassel tea "
    "teapot teaspoon telescope tent thermometer thermos thimble thread thyme ticket tie tile timber toast "
    "toaster toffee tomato toolbox top torch towel toy train trampoline tray treacle tricycle tripod "
    "trombone trophy trousers trowel truck trumpet trunk tub tulip tunic turnip turntable typewriter "
    "ukulele umbrella uniform utensil vacuum valentine valve vanilla varnish vase veil velvet vest "
    "vinegar viola violet violin waffle wagon waistcoat wallet wallpaper walnut wardrobe washbasin watch "
    "watercolour watercress watermelon waterwheel wax weathervane wheel wheelbarrow whistle wicker "
    "windmill windowsill wire wood wool wrapper wreath wrench wristband yarn yoghurt yoyo zipper zucchini ";

static const char VERB_WORDS[] =
    "admired adored arranged assembled balanced borrowed brushed built bundled carried carved checked "
    "chose cleaned collected coloured compared copied counted covered created cushioned decorated "
    "delivered described designed discovered displayed discussed dried drew dusted emptied enjoyed "
    "examined exchanged explored fastened fetched filled finished fixed folded followed found framed "
    "gathered glued guarded handled hung imagined inspected invented ironed joined kept knitted labelled "
    "lifted liked loaded loved lowered matched measured mended mixed moved noticed observed offered "
    "opened ordered organised packed painted parked patched photographed picked placed planned polished "
    "postponed poured praised prepared preserved presented protected purchased pushed recognised recorded "
    "recycled remembered rented repaired replaced rescued restored returned rinsed rolled sanded saved "
    "scrubbed selected sewed shaped shared shelved showed sketched smelled sorted spotted stacked "
    "stitched stored studied swapped tasted tested tidied tied touched traced traded treasured tried "
    "trimmed unfolded unpacked unwrapped used valued varnished visited washed watched watered waxed "
    "weighed welcomed wiped wrapped ";

static const char ACT_WORDS[] =
    "applauded argued arrived awoke baked bathed beamed blinked blushed bowed breathed camped chatted "
    "cheered chuckled clapped climbed commuted cooked crouched cycled danced dawdled daydreamed departed "
    "dined dozed dreamed drifted drove fished fidgeted frowned gardened giggled glanced grinned groaned "
    "grumbled gossiped hesitated hiked hopped hovered hummed hurried improvised jogged joked juggled "
    "jumped kneeled knelt laughed leaned leaped lingered listened loitered marched meditated mumbled "
    "murmured nibbled nodded overslept paddled paused performed picnicked played pondered practised "
    "queued raced rambled reappeared reflected rehearsed relaxed rested rode rowed rushed sailed sang "
    "sauntered shivered shopped shrugged sighed skated skied skipped slept smiled snacked sneezed snored "
    "splashed sprinted squinted stargazed stared strolled stretched swam swayed swept tiptoed travelled "
    "trembled trotted twirled volunteered waded waited walked waltzed wandered waved whispered whistled "
    "winked wondered worked wrote yawned yodelled ";

static const char ADJ_WORDS[] =
    "airy amber ample ancient antique apple artful ashen autumn azure baggy balmy bare beige beloved "
    "blank bleached blue blunt bold bouncy brass brief bright brisk bristly broad bronze brown bubbly "
    "bulky bumpy burly bushy buttery candid chalky charming chewy chilly chipped chubby chunky circular "
    "clean clear clever cloudy clumsy coarse cobalt comfortable compact cool coral cosy cracked craggy "
    "creamy creased crimson crinkled crisp crooked crumbly crunchy curly curved dainty damp dappled dark "
    "dazzling decent deep delicate dense dented dim distant dotted downy drab dreamy droopy dry durable "
    "dusky dusty eager earthen elaborate elegant emerald empty enormous everyday exact fabulous faded "
    "faint fair familiar famous fancy favourite feathery festive filmy fine firm flaky flat fleecy "
    "flexible floppy floral fluffy foamy foggy foreign forgotten fragile fragrant fresh frilly frosty "
    "frozen fruity furry fuzzy gentle gigantic gilded glassy gleaming glittery glossy glowing golden "
    "graceful grainy grand grassy gray green grubby handmade handsome handy hardy harmless hazel hazy "
    "heavy hefty hidden hollow homely homemade humble icy immense indigo inky intricate ivory jagged "
    "jaunty jolly juicy jumbo khaki knobbly lacy lavish layered lazy leafy lean leathery lemony light "
    "lilting lime linen lively lofty long loose lopsided lovely loyal lucky lumpy lush magnetic "
    "magnificent maroon massive matted mauve mellow melodic merry metallic mild milky miniature minty "
    "misty modern modest moist mossy muddy muffled musical musty mysterious narrow natural navy neat "
    "noisy nutty ochre oily olive opal orderly ordinary ornate oval padded pale papery parched patterned "
    "peaceful peachy pearly peculiar peppery perfumed petite pink plaid plain plaited playful pleasant "
    "pleated plump plush pointed popular portable powdery precious pretty prickly printed pristine proud "
    "puffy purple quaint quilted quirky ragged rare reddish reliable remote rich rippled robust rosy "
    "rough round rounded royal ruby rusty rustic salty sandy satin savoury scarlet scented scratchy "
    "seaside secret sepia shabby shady shaggy shallow sharp sheer shiny short silent silken silver simple "
    "sizeable skinny sleek slender slim slippery sloping smart smoky smooth snug soaked soft solid sour "
    "spacious sparkling spare speckled spicy spiky splendid spongy spotless square squat squeaky steady "
    "steep sticky stiff stout straight strange striped stripy sturdy subtle sugary sunlit sunny supple "
    "surprising sweet swift tall tame tangled tangy tapered tasty tattered teal tender thick thin thorny "
    "tidy tight tiny toasted towering tranquil trim tropical turquoise twisted unusual upright vast "
    "vibrant vintage vivid warm wavy weathered wide wiry wispy wobbly wooden woollen woven wrinkled "
    "yellow zesty ";

static const char PLACE_WORDS[] =
    "aisle alcove allotment apartment aquarium arcade archway arena atrium attic avenue backyard balcony "
    "bandstand barn basement bay bazaar beach bistro boathouse bookshop border boulevard brook bungalow "
    "cabin cafe camp campsite canal canteen canyon carousel castle cathedral cave cellar chapel chateau "
    "cinema cliff cloister clubhouse coast conservatory corner corridor counter courtyard cove creek "
    "crossroads deck delta depot diner dock doorway downtown driveway dune embankment entrance estuary "
    "exhibition fairground farm farmhouse farmyard fireplace fjord florist foothill footbridge footpath "
    "forecourt forest forge foyer gallery garage garden gatehouse glade glen gorge grocery grove gulf "
    "gymnasium hallway hamlet harbour haven headland heath hill hillside hotel house hut inlet inn island "
    "islet jetty junction kiosk kitchen laboratory lagoon lake landing landmark lane lawn library "
    "lighthouse loft lodge lounge manor market marketplace marsh meadow mill millpond moor mountain "
    "mudflat museum nook nursery oasis observatory office orchard outhouse outskirts paddock palace park "
    "passage pasture patisserie pavement pavilion peninsula pier plateau platform playground plaza pond "
    "pool porch port prairie promenade quarry quay railway ranch rapids ravine refectory reef reservoir "
    "restaurant ridge river riverbank roadside rooftop roundabout ruins sawmill seafront seaport shore "
    "shoreline showroom shrubbery sideboard sidewalk slope spire stable stadium staircase stairwell stall "
    "station storeroom street studio suburb summit terminus terrace theatre thicket tollgate tower town "
    "tramway tunnel turret valley veranda viaduct vicarage village villa vineyard wall warehouse "
    "waterfall waterfront well wharf wilderness windbreak woodland workshop yard zoo ";

static const char PERSON_WORDS[] =
    "acrobat apprentice archer architect artist astronomer aunt baker barber bargee beekeeper birdwatcher "
    "blacksmith boatbuilder bookbinder bookseller botanist builder butcher caretaker carpenter "
    "cartographer cashier chef choirmaster clerk cobbler collector colleague comedian composer conductor "
    "confectioner cook cousin craftsperson cyclist dancer decorator dentist designer diver doorkeeper "
    "dressmaker driver drummer editor electrician engineer explorer farmer ferryman fiddler gardener "
    "geologist glazier goldsmith grandmother grandfather grocer guest guide hairdresser hiker host "
    "housekeeper inventor janitor jeweller joiner journalist juggler keeper knitter landlord lecturer "
    "librarian lifeguard locksmith mapmaker mason mechanic milkmaid miller milliner musician navigator "
    "neighbour nephew newcomer niece novelist optician painter passenger pharmacist photographer pianist "
    "pilot plumber poet porter postmaster potter programmer publisher puppeteer ranger reader referee "
    "reporter roofer runner saddler sailor scholar sculptor seamstress shepherd shopkeeper signalman "
    "singer soloist stonemason storyteller surveyor swimmer tailor tenant tinker toymaker translator "
    "traveller tutor uncle usher vendor veterinarian violinist visitor volunteer waiter watchmaker weaver "
    "welder wheelwright zoologist ";

static const char ADV_WORDS[] =
    "absently abruptly accurately actively adeptly aloud amiably amply artfully attentively awkwardly "
    "bashfully blissfully boldly bravely breezily briefly brightly briskly busily candidly carefully "
    "casually cautiously certainly cleanly cleverly clumsily comfortably commonly competently cordially "
    "correctly courteously daily daintily daringly decently deftly deliberately delicately dexterously "
    "diligently discreetly dreamily dutifully eagerly earnestly easily efficiently effortlessly elegantly "
    "endlessly energetically evenly eventually exactly expertly fairly faithfully fervently firmly "
    "fluently fondly formally frankly freely frequently generously gently gladly gleefully gracefully "
    "graciously gratefully happily hastily heartily helpfully honestly hopefully humbly hurriedly idly "
    "immediately impulsively inwardly jokingly jovially joyfully keenly kindly lazily leisurely lightly "
    "lovingly loyally meekly merrily methodically mildly mindfully modestly musically neatly nimbly "
    "noisily obligingly occasionally openly patiently peacefully playfully politely practically precisely "
    "privately promptly properly proudly punctually quickly quietly rapidly rarely readily regularly "
    "reliably repeatedly respectfully rhythmically sensibly seriously serenely sheepishly silently simply "
    "sincerely skilfully sleepily slowly smoothly softly solemnly somehow soundly speedily steadily "
    "straightaway sunnily swiftly tactfully tenderly thoughtfully thoroughly tidily tirelessly tranquilly "
    "trustingly usually vaguely vigorously warmly willingly wisely wistfully wittily wordlessly zealously ";

static const char TOPIC_WORDS[] =
    "adventure advice affection afternoon agreement ambition amusement anecdote answer appetite applause "
    "argument arrangement arrival art atmosphere attention bargain beginning calm carnival celebration "
    "ceremony challenge chance change chapter chat chore circus classic collection comfort commitment "
    "companionship competition compliment concert confidence contest contribution conversation courage "
    "courtesy craft creativity custom debate decision delight departure detail determination dialogue "
    "discovery dream duty ease effort encounter encouragement energy enthusiasm episode errand evening "
    "event example excitement excursion exercise experiment fable fairness fashion feast festival fiction "
    "focus folklore freedom friendship fun game generosity gift goal gratitude greeting guess habit "
    "happening harmony harvest hobby holiday hope hospitality humour idea imagination improvement "
    "initiative insight inspiration intention interest interview invention invitation journey joy "
    "kindness knack laughter lecture legend leisure lesson lifestyle luck luxury manner memory method "
    "mission mistake moment morning motive music mystery news nostalgia opinion opportunity outing "
    "pageant parable party passion pastime patience pattern performance perspective plan play pleasure "
    "poetry politeness practice preference preparation pride privilege project promise proposal proverb "
    "punchline purpose question race reaction reading recital reflection rehearsal reminder remark "
    "request reunion reward rhyme rhythm ritual romance routine satire schedule season sequel serenade "
    "silence skill solution sport story style suggestion surprise symmetry talent task taste teamwork "
    "tempo theme theory thought tournament tradition trick trip trust tune turn variety victory viewpoint "
    "vision vocabulary vocation voice voyage walk warmth weather wisdom wish wonder ";

static const char TIME_WORDS[] =
    "breakfast brunch class closing cookery curfew dancing dawn daybreak dessert dinner drizzle dusk "
    "football frost gymnastics hockey homework lunch lunchtime midday midnight nightfall noon rowing "
    "sailing school shopping sledging snowfall storytime sundown sunrise sunset supper swimming teatime "
    "tennis thunder training twilight vespers weeding work yoga ";

static const char *const TEXT[WORD_CLASSES] = {THING_WORDS,  VERB_WORDS, ACT_WORDS,   ADJ_WORDS, PLACE_WORDS,
                                               PERSON_WORDS, ADV_WORDS,  TOPIC_WORDS, TIME_WORDS};

static word *tables[WORD_CLASSES];
static uint32_t sizes[WORD_CLASSES];

static bool is_prime(uint32_t n) {
    for (uint32_t d = 2; d * d <= n; d++) {
        if (n % d == 0) return false;
    }
    return n > 1;
}

static void load_class(word_class c) {
    uint32_t n = 0;
    for (const char *p = TEXT[c]; *p; p++) n += *p == ' ';
    word *table = xcalloc(n, sizeof *table);
    uint32_t at = 0;
    for (const char *p = TEXT[c]; *p; at++) {
        const char *end = strchr(p, ' ');
        size_t len = (size_t)(end - p);
        memcpy(table[at].text, p, len + 1); /* with its space */
        table[at].n = (uint8_t)(len + 1);
        p = end + 1;
    }
    while (!is_prime(n)) n--;
    tables[c] = table;
    sizes[c] = n;
}

void sim_words_load(void) {
    for (int c = 0; c < WORD_CLASSES; c++) {
        if (!tables[c]) load_class((word_class)c);
    }
}

void sim_words_free(void) {
    for (int c = 0; c < WORD_CLASSES; c++) {
        free(tables[c]);
        tables[c] = NULL;
    }
}

const word *sim_words_of(word_class c, uint32_t *n) {
    *n = sizes[c];
    return tables[c];
}
