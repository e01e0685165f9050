#include "creference.h"

long creference_judge(
    const uint8_t *scope, long clauses, const int32_t *starts, const int32_t *checks, const uint8_t *whole, const uint8_t *results, long systems,
    long result_stride, creference_row *out) {
    long written = 0;
    for (long system = 0; system < systems; system++) {
        const uint8_t *seen = results + system * result_stride;
        for (long clause = 0; clause < clauses; clause++) {
            creference_row row = {(int32_t)clause, (int32_t)system, 0, 0, 0, 0, 0, 0, 0, 0};
            if (scope[clause]) {
                int unknown = 0, pass = 0, fail = 0;
                for (int32_t at = starts[clause]; at < starts[clause + 1]; at++) {
                    switch (seen[checks[at]]) {
                    case 0: pass |= 1 + whole[at]; break;
                    case 1: fail = 1; break;
                    case 2: unknown = 1; break;
                    default: break;
                    }
                }
                row.measured = fail ? 1 : unknown ? 2 : pass;
                row.verdict = fail ? 2 : (unknown || pass < 2) ? 4 : 0;
            } else {
                row.verdict = 3;
            }
            out[written++] = row;
        }
    }
    return written;
}
