// What the machine can do at C speed, on the same events and in the same run as the vault: the denominators of its ratios.
//
//   reference generate N FILE      N synthetic audit events of 266 bytes, a line each
//   reference noise N FILE         N lines of 4,000 random hexadecimal digits, for what must fill a disk with few records
//   reference hash FILE            leaf hashes and tree, one thread
//   reference seal FILE OUT        leaf hashes, tree, zstd -1 of each MiB, write, fdatasync of each block; one thread, then two
//   reference scan FILE NEEDLE     expand blocks and look for a string, one thread
//   reference size FILE            bytes of zstd -1 over the whole file
//   reference sync DIR             fdatasync of 4 KiB into a file written before, one after the other
//
// Each prints `name value` lines. Build: cc -O2 reference.c -lcrypto -lzstd -lpthread
#define _GNU_SOURCE
#define OPENSSL_SUPPRESS_DEPRECATED
#include <fcntl.h>
#include <openssl/sha.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zstd.h>

enum { LINE = 266, BLOCK = 1 << 20 };

static void die(const char *what) { perror(what); exit(1); }

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static uint64_t seed = 0x9E3779B97F4A7C15u;
static uint64_t random64(void) {
    seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
    return seed;
}

static void generate(long count, const char *path) {
    static const char *actions[] = {"login", "logout", "order.new", "order.cancel", "order.amend", "password.change", "report.read", "config.write"};
    static const char *objects[] = {"account", "session", "order", "limit", "customer", "terminal"};
    static const char *results[] = {"success", "success", "success", "success", "failure", "denied"};
    FILE *file = fopen(path, "w");
    if (!file) die(path);
    for (long index = 0; index < count; index++) {
        char line[LINE + 64];
        uint64_t r = random64();
        long second = index / 600;
        int length = snprintf(
            line, sizeof line,
            "{\"time\":\"2026-11-20T%02ld:%02ld:%02ld.%06ldZ\",\"seq\":%ld,\"host\":\"trd-%02u\",\"app\":\"order-gw\",\"actor\":\"u%05u\",\"action\":\"%s\","
            "\"object\":\"%s\",\"result\":\"%s\",\"ip\":\"10.%u.%u.%u\",\"session\":\"%016llx\",\"took_us\":%u,\"detail\":\"",
            second / 3600 % 24, second / 60 % 60, second % 60, index % 600 * 1666, index, (unsigned)(r % 24), (unsigned)(r >> 8) % 3000, actions[r >> 20 & 7],
            objects[(r >> 24) % 6], results[(r >> 28) % 6], (unsigned)(r >> 32 & 3), (unsigned)(r >> 36 & 63), (unsigned)(r >> 44 & 255),
            (unsigned long long)random64(), (unsigned)(r >> 50));
        while (length < LINE - 3) line[length] = "terminal policy check passed for branch desk "[length % 45], length++;
        memcpy(line + LINE - 3, "\"}\n", 3);
        if (fwrite(line, 1, LINE, file) != LINE) die(path);
    }
    if (fclose(file)) die(path);
}

static void noise(long count, const char *path) {
    FILE *file = fopen(path, "w");
    if (!file) die(path);
    for (long index = 0; index < count; index++) {
        char line[4001];
        for (int at = 0; at < 4000;) {
            uint64_t r = random64();
            for (int digit = 0; digit < 16; digit++, r >>= 4) line[at++] = "0123456789abcdef"[r & 15];
        }
        line[4000] = '\n';
        if (fwrite(line, 1, sizeof line, file) != sizeof line) die(path);
    }
    if (fclose(file)) die(path);
}

static char *load(const char *path, size_t *size) {
    int file = open(path, O_RDONLY);
    struct stat status;
    if (file < 0 || fstat(file, &status)) die(path);
    char *bytes = malloc(status.st_size);
    for (size_t done = 0; done < (size_t)status.st_size;) {
        ssize_t got = read(file, bytes + done, status.st_size - done);
        if (got <= 0) die(path);
        done += got;
    }
    close(file);
    *size = status.st_size;
    return bytes;
}

// RFC 6962 with OpenSSL's direct calls: deprecated since 3.0, but a good part faster on short records than EVP with a digest fetched once.
typedef struct { unsigned char nodes[64][32]; uint64_t size; } tree;

static void digest(unsigned char prefix, const void *bytes, size_t length, unsigned char *out) {
    SHA256_CTX context;
    SHA256_Init(&context);
    SHA256_Update(&context, &prefix, 1);
    SHA256_Update(&context, bytes, length);
    SHA256_Final(out, &context);
}

static void tree_add(tree *t, const char *record, size_t length) {
    unsigned char hash[64];
    digest(0, record, length, hash + 32);
    int level = 0;
    for (uint64_t rest = t->size; rest & 1; rest >>= 1, level++) {
        memcpy(hash, t->nodes[level], 32);
        digest(1, hash, 64, hash + 32);
    }
    memcpy(t->nodes[level], hash + 32, 32);
    t->size++;
}

static double hash_all(const char *bytes, size_t size) {
    tree t = {.size = 0};
    double start = now();
    for (size_t at = 0; at < size; at += LINE) tree_add(&t, bytes + at, LINE - 1);
    return now() - start;
}

static size_t compress_and_write(const char *bytes, size_t size, int out, ZSTD_CCtx *context, char *buffer, size_t room, off_t offset) {
    size_t stored = ZSTD_compressCCtx(context, buffer, room, bytes, size, 1);
    if (ZSTD_isError(stored) || pwrite(out, buffer, stored, offset) != (ssize_t)stored || fdatasync(out)) die("write");
    return stored;
}

typedef struct { const char *bytes; size_t size; int out; } job;

static void *compress_all(void *argument) {
    job *j = argument;
    ZSTD_CCtx *context = ZSTD_createCCtx();
    size_t room = ZSTD_compressBound(BLOCK + LINE);
    char *buffer = malloc(room);
    off_t offset = 0;
    size_t block = BLOCK / LINE * LINE;
    for (size_t at = 0; at < j->size; at += block)
        offset += compress_and_write(j->bytes + at, j->size - at < block ? j->size - at : block, j->out, context, buffer, room, offset);
    return NULL;
}

static void seal(const char *path, const char *target) {
    size_t size;
    char *bytes = load(path, &size);
    for (int threads = 1; threads <= 2; threads++) {
        job j = {bytes, size, open(target, O_RDWR | O_CREAT | O_TRUNC, 0600)};
        if (j.out < 0) die(target);
        double start = now();
        if (threads == 1) {
            tree t = {.size = 0};
            ZSTD_CCtx *context = ZSTD_createCCtx();
            size_t room = ZSTD_compressBound(BLOCK + LINE), block = BLOCK / LINE * LINE;
            char *buffer = malloc(room);
            off_t offset = 0;
            for (size_t at = 0; at < size; at += block) {
                size_t end = size - at < block ? size : at + block;
                for (size_t line = at; line < end; line += LINE) tree_add(&t, bytes + line, LINE - 1);
                offset += compress_and_write(bytes + at, end - at, j.out, context, buffer, room, offset);
            }
        } else {
            pthread_t other;
            if (pthread_create(&other, NULL, compress_all, &j)) die("thread");
            hash_all(bytes, size);
            pthread_join(other, NULL);
        }
        printf("seal_%d %.0f\n", threads, size / LINE / (now() - start));
        close(j.out);
    }
}

static void scan(const char *path, const char *needle) {
    size_t size, block = BLOCK / LINE * LINE;
    char *bytes = load(path, &size);
    size_t count = (size + block - 1) / block, room = ZSTD_compressBound(block);
    char **stored = malloc(count * sizeof *stored), *expanded = malloc(block);
    size_t *lengths = malloc(count * sizeof *lengths);
    for (size_t i = 0; i < count; i++) {
        size_t length = size - i * block < block ? size - i * block : block;
        stored[i] = malloc(room);
        lengths[i] = ZSTD_compress(stored[i], room, bytes + i * block, length, 1);
        stored[i] = realloc(stored[i], lengths[i]);
    }
    free(bytes);
    ZSTD_DCtx *context = ZSTD_createDCtx();
    long hits = 0;
    double start = now();
    for (size_t i = 0; i < count; i++) {
        size_t length = ZSTD_decompressDCtx(context, expanded, block, stored[i], lengths[i]);
        for (char *at = expanded; (at = memmem(at, length - (at - expanded), needle, strlen(needle))); at++) hits++;
    }
    printf("scan %.0f\nscan_hits %ld\n", size / LINE / (now() - start), hits);
}

static int by_value(const void *a, const void *b) { return *(double *)a < *(double *)b ? -1 : *(double *)a > *(double *)b; }

static void sync_all(const char *directory) {
    char path[4096], page[4096] = {1};
    enum { TIMES = 4000, PAGES = 4096 };
    static double took[TIMES];
    snprintf(path, sizeof path, "%s/sync", directory);
    int file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    if (file < 0) die(path);
    for (int i = 0; i < PAGES; i++) if (write(file, page, sizeof page) != sizeof page) die(path);
    if (fsync(file)) die(path);
    double start = now();
    for (int i = 0; i < TIMES; i++) {
        double before = now();
        page[0] = (char)i;
        if (pwrite(file, page, sizeof page, (off_t)i % PAGES * sizeof page) != sizeof page || fdatasync(file)) die(path);
        took[i] = now() - before;
    }
    double all = now() - start;
    qsort(took, TIMES, sizeof *took, by_value);
    printf("sync %.0f\nsync_p99_ms %.3f\n", TIMES / all, took[TIMES * 99 / 100] * 1e3);
    unlink(path);
}

int main(int count, char **arguments) {
    size_t size;
    const char *what = count > 2 ? arguments[1] : "";
    if (!strcmp(what, "generate") && count == 4) generate(atol(arguments[2]), arguments[3]);
    else if (!strcmp(what, "noise") && count == 4) noise(atol(arguments[2]), arguments[3]);
    else if (!strcmp(what, "hash")) {
        char *bytes = load(arguments[2], &size);
        printf("hash %.0f\n", size / LINE / hash_all(bytes, size));
    } else if (!strcmp(what, "seal") && count == 4) seal(arguments[2], arguments[3]);
    else if (!strcmp(what, "scan") && count == 4) scan(arguments[2], arguments[3]);
    else if (!strcmp(what, "sync")) sync_all(arguments[2]);
    else if (!strcmp(what, "size")) {
        char *bytes = load(arguments[2], &size);
        size_t room = ZSTD_compressBound(size);
        printf("size %zu\n", ZSTD_compress(malloc(room), room, bytes, size, 1));
    } else {
        fprintf(stderr, "usage: reference generate N FILE | noise N FILE | hash FILE | seal FILE OUT | scan FILE NEEDLE | size FILE | sync DIR\n");
        return 64;
    }
    return 0;
}
