/* taxonomy.h: who there should be. The population file loaded, linted and compiled; the plan of exact quotas;
 * the skeleton of (slot, attempt); templates and schemas; the record that a persona is while it is made.
 *
 * The one header of this folder, and of those below it, that others include.
 * Order of life: population_load -> rules_compile (validators: adds constraints) -> population_finish ->
 * plan_make -> draw. All that a population holds lives in its own arena; `str` and pointers read from it live
 * as long as it does.
 */
#ifndef POP_TAXONOMY_H
#define POP_TAXONOMY_H

#include "taxonomy/census.h"
#include "taxonomy/compiled.h"
#include "taxonomy/csv.h"
#include "taxonomy/dataset.h"
#include "taxonomy/date.h"
#include "taxonomy/diag.h"
#include "taxonomy/population.h"
#include "taxonomy/prompt.h"
#include "taxonomy/record.h"
#include "taxonomy/slots.h"
#include "taxonomy/taxon.h"
#include "taxonomy/tree.h"

#endif
