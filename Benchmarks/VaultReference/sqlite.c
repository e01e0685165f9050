// SQLite on the same events: one text column, WAL, synchronous=FULL, so many lines in a transaction. In C, so that no interpreter is measured.
//
//   sqlite EVENTS DATABASE BATCH
//
// Prints `name value` lines: events/s until the last commit, and bytes of the database after its last checkpoint.
// Build: cc -O2 sqlite.c -lsqlite3
#define _GNU_SOURCE
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

static sqlite3 *database;

static void check(int result, const char *what) {
    if (result == SQLITE_OK || result == SQLITE_DONE || result == SQLITE_ROW) return;
    fprintf(stderr, "%s: %s\n", what, sqlite3_errmsg(database));
    exit(1);
}

static void run(const char *sql) { check(sqlite3_exec(database, sql, NULL, NULL, NULL), sql); }

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

int main(int arguments, char **argument) {
    if (arguments != 4 || atol(argument[3]) < 1) return fprintf(stderr, "usage: sqlite EVENTS DATABASE BATCH\n"), 64;
    FILE *events = fopen(argument[1], "r");
    if (!events) return perror(argument[1]), 1;
    check(sqlite3_open(argument[2], &database), argument[2]);
    run("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE events (line TEXT NOT NULL)");
    sqlite3_stmt *insert;
    check(sqlite3_prepare_v2(database, "INSERT INTO events VALUES (?)", -1, &insert, NULL), "prepare");
    char *line = NULL;
    size_t room = 0;
    ssize_t length;
    long count = 0, batch = atol(argument[3]);
    double start = now();
    while ((length = getline(&line, &room, events)) > 0) {
        if (count % batch == 0) run("BEGIN");
        check(sqlite3_bind_text(insert, 1, line, (int)length - 1, SQLITE_STATIC), "bind");
        check(sqlite3_step(insert), "insert");
        check(sqlite3_reset(insert), "reset");
        if (++count % batch == 0) run("COMMIT");
    }
    if (count % batch != 0) run("COMMIT");
    double took = now() - start;
    sqlite3_finalize(insert);
    run("PRAGMA wal_checkpoint(TRUNCATE)");
    sqlite3_close(database);
    struct stat status;
    if (stat(argument[2], &status)) return perror(argument[2]), 1;
    printf("events %.0f\nbytes %lld\n", count / took, (long long)status.st_size);
    return 0;
}
