/* date.h: days of the calendar. */
#ifndef POP_TAXONOMY_DATE_H
#define POP_TAXONOMY_DATE_H

#include "pipeline/base/base.h"

/* Days since 1970-01-01 in the proleptic Gregorian calendar; years 1 to 9999. */
#define DATE_MIN (-719162)                                      /* 0001-01-01 */
#define DATE_MAX 2932896                                        /* 9999-12-31 */
bool date_make(int64_t y, int64_t m, int64_t d, int64_t *days); /* false: there is no such day */
bool date_parse(str s, int64_t *days);                          /* YYYY-MM-DD and nothing else */
void date_print(buf *b, int64_t days);

#endif
