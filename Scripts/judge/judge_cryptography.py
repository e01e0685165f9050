"""Judges our checkpoints by the Ed25519 of the package `cryptography` (OpenSSL): python3 judge_cryptography.py SEED FLIPS DIRECTORY...

It knows no signed notes, so the note is taken apart here, strictly; the counts tell what this reader refused and what the signature.
"""
import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from material import Refused, consistency, decode, flipped, inclusion, run


def open_note(message, name, public_key):
    text, gap, lines = message.decode().rpartition("\n\n")
    if not gap or lines.count("\n") != 1 or not lines.endswith("\n"):
        raise Refused("not a note with one signature")
    words = lines[:-1].split(" ")
    if len(words) != 3 or words[0] != "\u2014" or words[1] != name:
        raise Refused("not a signature line of " + name)
    signature = decode(words[2])
    if signature[:4] != hashlib.sha256(name.encode() + b"\n\x01" + public_key).digest()[:4]:
        raise Refused("the key id is another's")
    Ed25519PublicKey.from_public_bytes(public_key).verify(signature[4:], (text + "\n").encode())


def judge(material, tally, random, flips):
    def opens(message, key=material.public_key):
        return lambda: open_note(message, material.signer, key)

    own = hashlib.sha256(material.signer.encode() + b"\n" + material.key).hexdigest()[:8]
    tally.accept("key", material.name, lambda: (material.key[0], len(material.key), own) == (1, 33, material.key_id))
    tally.accept("checkpoint", material.name, opens(material.checkpoint))
    tally.accept("checkpoint", material.name + " as printed", opens(material.printed))
    for size, message in material.earlier.items():
        tally.accept("checkpoint", "%s of size %d" % (material.name, size), opens(message))
    for index, text in material.inclusion.items():
        tally.accept("checkpoint in a proof", "%s record %d" % (material.name, index), opens(inclusion(text)[-1]))
    for size, text in material.consistency.items():
        tally.accept("checkpoint in a proof", "%s from %d" % (material.name, size), opens(consistency(text)[-1]))

    gap = material.checkpoint.rindex(b"\n\n") + 1
    for bit in range(8 * len(material.checkpoint)):
        kind = "text of the checkpoint" if bit // 8 < gap else "signature line of the checkpoint"
        reason = tally.refuse(kind, "%s bit %d" % (material.name, bit), opens(flipped(material.checkpoint, bit)))
        if reason and reason.startswith(InvalidSignature.__name__):
            tally.told["of the checkpoint were refused by the signature itself, the others already by the reader"] += 1
    for bit in range(8 * len(material.public_key)):
        # The key alone is changed, not its id, so that nothing but the signature can refuse it.
        key = flipped(material.public_key, bit)
        text, _, line = material.checkpoint.rpartition(b"\n\n")
        signature = decode(line.decode()[:-1].split(" ")[2])[4:]
        tally.refuse("key", "%s bit %d" % (material.name, bit),
                     lambda: Ed25519PublicKey.from_public_bytes(key).verify(signature, text + b"\n"))


run("cryptography", judge)
