#include "chash.h"

#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>
#include <string.h>

#define WITH_SHA __attribute__((target("sha,sse4.1,ssse3")))

// Round constants (FIPS 180-4 section 4.2.2).
static const uint32_t K[64] __attribute__((aligned(16))) = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be,
    0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa,
    0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85,
    0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3,
    0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f,
    0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

// The state as the instructions want it: words (a, b, e, f) and (c, d, g, h), the first of each in the highest lane.
typedef struct {
    __m128i abef, cdgh;
} state;

// One message: a prefix byte and then the record.
typedef struct {
    const uint8_t *record;
    size_t length, blocks;
    uint8_t prefix;
    uint8_t buffer[64];
} message;

int chash_is_available(void) {
    unsigned a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_SSE4_1) || !(c & bit_SSSE3)) return 0;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & (1u << 29));
}

static void begin(message *m, const uint8_t *record, size_t length, uint8_t prefix) {
    m->record = record, m->length = length, m->prefix = prefix;
    // Prefix, record, the bit that ends it, and 64 bits of length.
    m->blocks = (1 + length + 1 + 8 + 63) / 64;
}

// Where block `index` of the message lies: in the record itself, or, when the prefix or the padding is part of it, in the buffer.
static inline const uint8_t *block(message *m, size_t index) {
    size_t start = index * 64, total = m->length + 1;
    if (index > 0 && start + 64 <= total) return m->record + start - 1;
    size_t filled = 0;
    if (index == 0) m->buffer[filled++] = m->prefix;
    size_t from = index == 0 ? 0 : start - 1;
    size_t take = from < m->length ? m->length - from : 0;
    if (take > 64 - filled) take = 64 - filled;
    memcpy(m->buffer + filled, m->record + from, take);
    filled += take;
    if (filled < 64) {
        memset(m->buffer + filled, 0, 64 - filled);
        if (total >= start) m->buffer[total - start] = 0x80;
        if (index + 1 == m->blocks) {
            uint64_t bits = __builtin_bswap64((uint64_t)total * 8);
            memcpy(m->buffer + 56, &bits, 8);
        }
    }
    return m->buffer;
}

WITH_SHA static inline state initial(void) {
    return (state){_mm_set_epi32(0x6a09e667, (int)0xbb67ae85, 0x510e527f, (int)0x9b05688c),
                   _mm_set_epi32(0x3c6ef372, (int)0xa54ff53a, 0x1f83d9ab, 0x5be0cd19)};
}

WITH_SHA static inline __m128i load(const uint8_t *bytes) {
    const __m128i swap = _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3);
    return _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)bytes), swap);
}

// Four rounds with message words `w` and constants from `at`.
#define ROUNDS(s, w, at)                                                           \
    do {                                                                           \
        __m128i sum = _mm_add_epi32(w, _mm_load_si128((const __m128i *)(K + at))); \
        s.cdgh = _mm_sha256rnds2_epu32(s.cdgh, s.abef, sum);                       \
        s.abef = _mm_sha256rnds2_epu32(s.abef, s.cdgh, _mm_shuffle_epi32(sum, 0x0E)); \
    } while (0)

// The next four message words, into the place of the oldest.
#define EXPAND(a, b, c, d) \
    a = _mm_sha256msg2_epu32(_mm_add_epi32(_mm_sha256msg1_epu32(a, b), _mm_alignr_epi8(d, c, 4)), d)

WITH_SHA static inline void compress_one(state *s, const uint8_t *bytes) {
    state t = *s;
    __m128i w[4] = {load(bytes), load(bytes + 16), load(bytes + 32), load(bytes + 48)};
#pragma clang loop unroll(full)
    for (int at = 0; at < 64; at += 16) {
        if (at) EXPAND(w[0], w[1], w[2], w[3]);
        ROUNDS(t, w[0], at);
        if (at) EXPAND(w[1], w[2], w[3], w[0]);
        ROUNDS(t, w[1], at + 4);
        if (at) EXPAND(w[2], w[3], w[0], w[1]);
        ROUNDS(t, w[2], at + 8);
        if (at) EXPAND(w[3], w[0], w[1], w[2]);
        ROUNDS(t, w[3], at + 12);
    }
    s->abef = _mm_add_epi32(s->abef, t.abef), s->cdgh = _mm_add_epi32(s->cdgh, t.cdgh);
}

WITH_SHA static inline void compress_two(state *s, const uint8_t *bytes, state *r, const uint8_t *others) {
    state t = *s, u = *r;
    __m128i w[4] = {load(bytes), load(bytes + 16), load(bytes + 32), load(bytes + 48)};
    __m128i x[4] = {load(others), load(others + 16), load(others + 32), load(others + 48)};
#define STEP(a, b, c, d, at)                                                   \
    if (at >= 16) { EXPAND(w[a], w[b], w[c], w[d]); EXPAND(x[a], x[b], x[c], x[d]); } \
    ROUNDS(t, w[a], at);                                                       \
    ROUNDS(u, x[a], at);
#pragma clang loop unroll(full)
    for (int at = 0; at < 64; at += 16) {
        STEP(0, 1, 2, 3, at)
        STEP(1, 2, 3, 0, at + 4)
        STEP(2, 3, 0, 1, at + 8)
        STEP(3, 0, 1, 2, at + 12)
    }
    s->abef = _mm_add_epi32(s->abef, t.abef), s->cdgh = _mm_add_epi32(s->cdgh, t.cdgh);
    r->abef = _mm_add_epi32(r->abef, u.abef), r->cdgh = _mm_add_epi32(r->cdgh, u.cdgh);
}

WITH_SHA static inline void finish(const state *s, uint8_t *out) {
    const __m128i swap = _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    // (a, b, e, f), (c, d, g, h) to (a, b, c, d), (e, f, g, h), each word big-endian.
    _mm_storeu_si128((__m128i *)out, _mm_shuffle_epi8(_mm_unpackhi_epi64(s->cdgh, s->abef), swap));
    _mm_storeu_si128((__m128i *)(out + 16), _mm_shuffle_epi8(_mm_unpacklo_epi64(s->cdgh, s->abef), swap));
}

WITH_SHA static void hash_two(message *m, uint8_t *out, message *n, uint8_t *other) {
    state s = initial(), r = initial();
    size_t index = 0, both = m->blocks < n->blocks ? m->blocks : n->blocks;
    for (; index < both; index++) compress_two(&s, block(m, index), &r, block(n, index));
    for (size_t rest = index; rest < m->blocks; rest++) compress_one(&s, block(m, rest));
    for (size_t rest = index; rest < n->blocks; rest++) compress_one(&r, block(n, rest));
    finish(&s, out), finish(&r, other);
}

WITH_SHA static void hash_one(message *m, uint8_t *out) {
    state s = initial();
    for (size_t index = 0; index < m->blocks; index++) compress_one(&s, block(m, index));
    finish(&s, out);
}

static const uint8_t *next_record(message *m, const uint8_t *packed) {
    size_t length = (size_t)packed[0] << 8 | packed[1];
    begin(m, packed + 2, length, 0);
    return packed + 2 + length;
}

void chash_leaves(const uint8_t *packed, size_t count, uint8_t *hashes) {
    message m, n;
    for (; count >= 2; count -= 2, hashes += 64) {
        packed = next_record(&m, packed);
        packed = next_record(&n, packed);
        hash_two(&m, hashes, &n, hashes + 32);
    }
    if (count) {
        next_record(&m, packed);
        hash_one(&m, hashes);
    }
}

void chash_nodes(const uint8_t *pairs, size_t count, uint8_t *hashes) {
    message m, n;
    for (; count >= 2; count -= 2, pairs += 128, hashes += 64) {
        begin(&m, pairs, 64, 1), begin(&n, pairs + 64, 64, 1);
        hash_two(&m, hashes, &n, hashes + 32);
    }
    if (count) {
        begin(&m, pairs, 64, 1);
        hash_one(&m, hashes);
    }
}

int chash_has_crc32c(void) {
    unsigned a, b, c, d;
    return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_SSE4_2);
}

__attribute__((target("sse4.2"))) uint32_t chash_crc32c(const uint8_t *bytes, size_t length, uint32_t seed) {
    uint64_t value = ~seed;
    size_t at = 0;
    for (; at + 8 <= length; at += 8) {
        uint64_t word;
        memcpy(&word, bytes + at, 8);
        value = _mm_crc32_u64(value, word);
    }
    uint32_t rest = (uint32_t)value;
    for (; at < length; at++) rest = _mm_crc32_u8(rest, bytes[at]);
    return ~rest;
}

#else

int chash_is_available(void) { return 0; }
void chash_leaves(const uint8_t *packed, size_t count, uint8_t *hashes) { (void)packed, (void)count, (void)hashes; }
void chash_nodes(const uint8_t *pairs, size_t count, uint8_t *hashes) { (void)pairs, (void)count, (void)hashes; }

int chash_has_crc32c(void) { return 0; }

uint32_t chash_crc32c(const uint8_t *bytes, size_t length, uint32_t seed) {
    (void)bytes, (void)length;
    return seed;
}

#endif
