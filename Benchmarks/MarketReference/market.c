// The same market by SQLite's own interface: reads the answers of every quarter in order and counts them by item, without tiers, register or
// anything else. What the program does besides is what it costs.
//
//   market DATABASE
//
// Prints `name value` lines: rows, answers counted, milliseconds.
// Build: cc -O2 market.c -lsqlite3
#define _GNU_SOURCE
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

int main(int arguments, char **argument) {
    if (arguments != 2) return fprintf(stderr, "usage: market DATABASE\n"), 64;
    double start = now();
    sqlite3 *database;
    sqlite3_stmt *rows;
    if (sqlite3_open_v2(argument[1], &database, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK
        || sqlite3_prepare_v2(database, "SELECT quarter, firm, declared FROM standings ORDER BY quarter, layout, firm", -1, &rows, NULL) != SQLITE_OK)
        return fprintf(stderr, "%s\n", sqlite3_errmsg(database)), 1;
    static uint32_t counts[4096][4];
    long count = 0, answers = 0, last = -1;
    uint64_t sum = 0;
    int result;
    while ((result = sqlite3_step(rows)) == SQLITE_ROW) {
        long quarter = sqlite3_column_int64(rows, 0);
        const unsigned char *text = sqlite3_column_text(rows, 2);
        int length = sqlite3_column_bytes(rows, 2);
        if (quarter != last) {
            for (int i = 0; i < 4096; i++)
                for (int j = 0; j < 4; j++) sum += (uint64_t)counts[i][j] * (uint64_t)(i + j), counts[i][j] = 0;
            last = quarter;
        }
        for (int i = 0; i < length && i < 4096; i++) counts[i][text[i] & 3]++;
        count++;
        answers += length;
    }
    if (result != SQLITE_DONE) return fprintf(stderr, "%s\n", sqlite3_errmsg(database)), 1;
    double took = now() - start;
    sqlite3_finalize(rows);
    sqlite3_close(database);
    printf("rows %ld\nanswers %ld\nmilliseconds %.0f\nsum %llu\n", count, answers, took * 1e3, (unsigned long long)sum);
    return 0;
}
