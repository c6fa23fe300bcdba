/* stage_table.c: the stages in the order in which they are gone through: write, check, send back what is
 * objected to, then let judges look for what code cannot see. */
#include "stages/work_parts.h"

const stage *const stage_table[] = {
    &stage_propose, &stage_validate, &stage_revise, &stage_judge, NULL,
};
