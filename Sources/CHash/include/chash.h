#ifndef CHASH_H
#define CHASH_H

#include <stddef.h>
#include <stdint.h>

// SHA-256 (FIPS 180-4) of many short messages at once, with the SHA instructions of x86-64: two messages are worked on side by side, because
// one alone leaves the unit waiting for its own results half of the time. Only for the hashes of a Merkle tree (RFC 6962 section 2.1); where
// the instructions are missing the caller takes an ordinary library.

// Whether this processor has the instructions.
int chash_is_available(void);

// Leaf hashes, SHA-256(0x00 | record), of `count` records. `packed` holds each behind its length as a big-endian 16-bit number, and the caller
// has checked that exactly `count` are there. Writes 32 bytes for each.
void chash_leaves(const uint8_t *packed, size_t count, uint8_t *hashes);

// Node hashes, SHA-256(0x01 | left | right), of `count` pairs of 32 + 32 bytes. Writes 32 bytes for each; may not overlap.
void chash_nodes(const uint8_t *pairs, size_t count, uint8_t *hashes);

// CRC-32C (Castagnoli, RFC 3720 appendix B.4) with the instruction of SSE 4.2; only where `chash_has_crc32c`.
int chash_has_crc32c(void);
uint32_t chash_crc32c(const uint8_t *bytes, size_t length, uint32_t seed);

#endif
