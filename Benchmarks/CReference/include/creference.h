// The limit for judging: the same walk over the same tables in C, with nothing explained.
#ifndef PLUMBLINE_CREFERENCE_H
#define PLUMBLINE_CREFERENCE_H

#include <stdint.h>

typedef struct {
    int32_t clause, subject;
    uint8_t verdict, force, reason, declared, measured, signed_, accepted, spare;
} creference_row;

// For each system: clause by clause, out of scope or the worst result of the checks that bear on it. Returns the rows written.
long creference_judge(
    const uint8_t *scope, long clauses, const int32_t *starts, const int32_t *checks, const uint8_t *whole, const uint8_t *results, long systems,
    long result_stride, creference_row *out);

#endif
