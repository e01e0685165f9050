"""What the Python judges share: reading what judge.sh laid out, flipping bits, counting. It judges nothing."""
import base64
import os
import random
import sys
from collections import Counter

SAME_RECORD = "of an index name another record with the same bytes, so nothing false is said"


class Refused(Exception):
    """Material that is malformed, so that no judge needs to see it."""


def read(*parts):
    with open(os.path.join(*parts), "rb") as file:
        return file.read()


def decode(text):
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise Refused(str(error))
    if base64.b64encode(data).decode() != text:
        raise Refused("base64 is not canonical")
    return data


class Material:
    """One log at one size: package, printed checkpoint and proofs, signed checkpoints of earlier sizes."""

    def __init__(self, folder):
        self.folder = folder
        self.name = os.path.basename(folder)
        self.checkpoint = read(folder, "package", "checkpoint")
        self.printed = read(folder, "checkpoint")
        self.vkey = self.verifier_key()
        self.signer, self.key_id, key = self.vkey.split("+", 2)
        self.key = decode(key)  # its type, then the Ed25519 key
        self.public_key = self.key[1:]
        lines = self.checkpoint.decode().split("\n")
        self.size, self.root = int(lines[1]), decode(lines[2])
        self.inclusion, self.consistency, self.earlier = (
            {int(number): read(folder, kind, number) for number in sorted(os.listdir(os.path.join(folder, kind)), key=int)}
            for kind in ("inclusion", "consistency", "earlier")
        )

    def verifier_key(self):
        """The key from the policy (C2SP tlog-policy, its first log) where there is one, else from `key`."""
        try:
            policy = read(self.folder, "package", "policy").decode()
        except FileNotFoundError:
            return read(self.folder, "package", "key").decode().removesuffix("\n")
        return next(line.split()[1] for line in policy.split("\n") if line.split()[:1] == ["log"])

    def records(self):
        return [record for first in range(0, self.size, 256) for record in split(self.bundle(first // 256))]

    def bundle(self, index):
        return read(self.folder, "package", path("entries", index, min(256, self.size - 256 * index)))

    def tile(self, level, index, width):
        return read(self.folder, "package", path(level, index, width))


def path(level, index, width):
    groups = ["%03d" % (index % 1000)]
    while index >= 1000:
        index //= 1000
        groups.insert(0, "x%03d" % (index % 1000))
    return "/".join(["tile", str(level)] + groups) + ("" if width == 256 else ".p/%d" % width)


def split(data):
    """The records of a bundle."""
    records, offset = [], 0
    while offset < len(data):
        end = offset + 2 + int.from_bytes(data[offset:offset + 2], "big")
        if end > len(data):
            raise Refused("a bundle is cut short")
        records.append(data[offset + 2:end])
        offset = end
    return records


def proof(text, first_line=None):
    """The head's words, the hashes and the checkpoint of a printed proof."""
    head, gap, note = text.partition(b"\n\n")
    lines = head.decode().split("\n")
    if first_line is not None and lines.pop(0) != first_line:
        raise Refused("not a " + first_line)
    if not gap or not lines:
        raise Refused("no empty line before the checkpoint")
    hashes = [decode(line) for line in lines[1:]]
    if any(len(one) != 32 for one in hashes):
        raise Refused("a hash has not 32 bytes")
    return lines[0].split(" "), hashes, note


def inclusion(text):
    words, hashes, note = proof(text, "c2sp.org/tlog-proof@v1")
    if len(words) != 2 or words[0] != "index" or str(int(words[1])) != words[1]:
        raise Refused("no index")
    return int(words[1]), hashes, note


def consistency(text):
    words, hashes, note = proof(text)
    if len(words) != 3 or words[0] != "old" or str(int(words[1])) != words[1]:
        raise Refused("no old size")
    return int(words[1]), decode(words[2]), hashes, note


def flipped(data, bit):
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


class Tally:
    """What was to be accepted and refused, and what was; by class."""

    def __init__(self, judge):
        self.judge = judge
        self.accepted, self.acceptable, self.refused, self.refusable = Counter(), Counter(), Counter(), Counter()
        self.told = Counter()  # remarks on flips, by text
        self.wrong = 0

    def attempt(self, body):
        """The reason why a judge refuses; None when it accepts."""
        try:
            outcome = body()
        except Exception as error:  # a judge may refuse by any error of its own
            return "%s: %s" % (type(error).__name__, error)
        return "it says no" if outcome is False else None

    def accept(self, kind, what, body):
        self.acceptable[kind] += 1
        reason = self.attempt(body)
        if reason is None:
            self.accepted[kind] += 1
        else:
            self.wrong += 1
            print("  WRONG: refused %s: %s: %s" % (kind, what, reason))

    def refuse(self, kind, what, body):
        self.refusable[kind] += 1
        reason = self.attempt(body)
        if reason is not None:
            self.refused[kind] += 1
        else:
            self.wrong += 1
            print("  WRONG: ACCEPTED %s: %s" % (kind, what))
        return reason

    def totals(self):
        return tuple(sum(counts.values()) for counts in (self.accepted, self.acceptable, self.refused, self.refusable))

    def line(self, label, counts):
        print("%-24s accepted %d of %d, refused %d of %d" % (label, *counts), flush=True)

    def finish(self):
        print("by class:")
        for verb, got, want in (("accepted", self.accepted, self.acceptable), ("refused ", self.refused, self.refusable)):
            for kind in sorted(want):
                print("  %s %-34s %7d of %d" % (verb, kind, got[kind], want[kind]))
        for text, count in sorted(self.told.items()):
            print("  note: %d flips %s" % (count, text))
        self.line(self.judge + ":", self.totals())
        return 1 if self.wrong or not all(self.totals()) else 0


def run(judge, body):
    """Judges each directory given on the command line; the exit status is 1 when anything was judged otherwise."""
    seed, flips, folders = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    tally = Tally(judge)
    for number, folder in enumerate(folders):
        before = tally.totals()
        try:
            body(Material(folder), tally, random.Random(seed * 1000 + number), flips)
        except Exception as error:  # so malformed that it could not even be taken apart
            tally.wrong += 1
            print("  WRONG: %s could not be judged: %s: %s" % (os.path.basename(folder), type(error).__name__, error))
        tally.line(os.path.basename(folder), [after - old for after, old in zip(tally.totals(), before)])
    sys.exit(tally.finish())
