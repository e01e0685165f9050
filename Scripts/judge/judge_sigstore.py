"""Judges our checkpoints and inclusion proofs by sigstore's client: python3 judge_sigstore.py SEED FLIPS DIRECTORY...

Its classes for checkpoints and Merkle trees are internal, so the version is pinned. They ask for an entry of a transparency log; it
is given one with the parts that they look at.
"""
import hashlib
from types import SimpleNamespace

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sigstore._internal.merkle import verify_merkle_inclusion
from sigstore._internal.rekor.checkpoint import SignedCheckpoint, verify_checkpoint
from sigstore._internal.trust import Keyring
from sigstore_models.common import v1 as common

from material import SAME_RECORD, consistency, flipped, inclusion, run


def keyring(public_key):
    der = Ed25519PublicKey.from_public_bytes(public_key).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    key = common.PublicKey.model_construct(raw_bytes=der, key_details=common.PublicKeyDetails.PKIX_ED25519, valid_for=None)
    return Keyring([key])


def entry(material, message, record=b"", index=0, hashes=()):
    """What sigstore looks at: the log's id is the hash whose first four bytes are a note's key id."""
    log_id = hashlib.sha256(material.signer.encode() + b"\n\x01" + material.public_key).digest()
    proof = SimpleNamespace(
        checkpoint=SimpleNamespace(envelope=message.decode()), root_hash=material.root, log_index=index,
        tree_size=material.size, hashes=list(hashes))
    return SimpleNamespace(
        _inner=SimpleNamespace(log_id=SimpleNamespace(key_id=log_id), canonicalized_body=record, inclusion_proof=proof))


def judge(material, tally, random, flips):
    keys = keyring(material.public_key)

    def opens(message, size=None, keys=keys):
        def body():
            read = SignedCheckpoint.from_text(message.decode())
            if size is None:
                verify_checkpoint(keys, entry(material, message))
            else:
                # Of an earlier size, so of another root than the package's: the signature alone.
                read.signed_note.verify(keys, entry(material, message)._inner.log_id.key_id)
            return (read.checkpoint.origin, read.checkpoint.log_size) == (material.signer, size or material.size)
        return body

    def includes(record, index, hashes):
        return lambda: verify_merkle_inclusion(entry(material, material.checkpoint, record, index, hashes))

    tally.accept("checkpoint", material.name, opens(material.checkpoint))
    tally.accept("checkpoint", material.name + " as printed", opens(material.printed))
    for size, message in material.earlier.items():
        if size > 0:
            tally.accept("checkpoint", "%s of size %d" % (material.name, size), opens(message, size))
    for size, text in material.consistency.items():
        tally.accept("checkpoint in a proof", "%s from %d" % (material.name, size), opens(consistency(text)[-1]))
    records = material.records()
    for index, text in material.inclusion.items():
        what = "%s record %d" % (material.name, index)
        claimed, hashes, message = inclusion(text)
        tally.accept("checkpoint in a proof", what, opens(message))
        tally.accept("inclusion proof", what, includes(records[claimed], claimed, hashes))
        for place in range(len(hashes)):
            changed = list(hashes)
            changed[place] = flipped(changed[place], random.randrange(256))
            tally.refuse("hash of an inclusion proof", "%s hash %d" % (what, place), includes(records[index], index, changed))
        for bit in range(63):
            other = index ^ 1 << bit
            if other < material.size and records[other] == records[index]:
                tally.told[SAME_RECORD] += 1
                continue
            tally.refuse("index of an inclusion proof", "%s as %d" % (what, other), includes(records[index], other, hashes))
        for _ in range(flips):
            if records[index]:
                tally.refuse("record", what,
                             includes(flipped(records[index], random.randrange(8 * len(records[index]))), index, hashes))

    for bit in range(8 * len(material.checkpoint)):
        judge_flip(material, tally, bit, opens)
    for bit in range(8 * len(material.public_key)):
        other = flipped(material.public_key, bit)
        tally.refuse("key", "%s bit %d" % (material.name, bit),
                     lambda: opens(material.checkpoint, keys=keyring(other))())


def judge_flip(material, tally, bit, opens):
    """One bit of the checkpoint. On the signature line sigstore does not look at everything."""
    message = material.checkpoint
    changed = flipped(message, bit)
    gap = message.rindex(b"\n\n") + 1
    name = message.index(b" ", gap) + 1
    base64 = name + len(material.signer.encode()) + 1
    if bit // 8 < gap:
        kind = "text of the checkpoint"
    elif name <= bit // 8 < base64 - 1:
        # Signatures are found by key id; who is named as the signer is not compared.
        outcome = tally.attempt(opens(changed))
        tally.told["of the signer's name were %s: sigstore does not compare it" % ("accepted" if outcome is None else "refused")] += 1
        return
    elif bit // 8 == len(message) - 3 and changed[-3:-2] in equal_tails(message[-3:-2]):
        tally.told["are in bits of base64 that belong to no byte: sigstore does not mind them"] += 1
        return
    else:
        kind = "signature line of the checkpoint"
    tally.refuse(kind, "%s bit %d" % (material.name, bit), opens(changed))


def equal_tails(character):
    """The characters that say the same before one `=`, where the two last bits of six belong to no byte."""
    alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    value = alphabet.index(character)
    return [alphabet[other:other + 1] for other in range(64) if other >> 2 == value >> 2]


run("sigstore", judge)
