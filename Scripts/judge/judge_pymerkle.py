"""Judges our roots, tiles and proofs by pymerkle: python3 judge_pymerkle.py SEED FLIPS DIRECTORY...

pymerkle counts records from one, puts the leaf before an inclusion path, and cuts consistency proofs in its own way: where RFC 6962
gives one hash of a whole subtree of the old tree, or leaves the old root away, it goes on down to single leaves. So

* an inclusion proof of ours must be the very hashes of its own, and its verifier must accept it;
* a consistency proof of ours must be the hashes that it computes for the ranges that RFC 6962 names, and lead, by its hashing,
  to its old and its new root;
* its own consistency proof must hold between our two roots.
"""
from pymerkle import ConsistencyProof, InclusionProof, InmemoryTree, verify_consistency, verify_inclusion
from pymerkle.core import _inclusion_path_layout

from material import SAME_RECORD, Refused, consistency, decode, flipped, inclusion, run, split


def expect(condition, reason):
    if not condition:
        raise Refused(reason)


def rfc_layout(old, new):
    """The hashes of a consistency proof (RFC 6962 section 2.1.2), lowest first, as pymerkle describes its own: on which side of the
    next one what is folded so far lies, whether it is part of the old tree, and its range of records."""
    first, last, steps, side = 0, new, [], 0
    while old != last:
        middle = first + (1 << (last - first - 1).bit_length() - 1)
        if old <= middle:
            steps.append((side, 0, (middle, last)))
            last, side = middle, 0
        else:
            steps.append((side, 1, (first, middle)))
            first, side = middle, 1
    return [(side, 1, (first, last))] + steps[::-1]


def resolve(old, new, old_root, new_root, hashes):
    """Folds a consistency proof of ours to both roots by pymerkle's hashing."""
    expect(0 < old <= new, "no such sizes")
    layout = rfc_layout(old, new)
    if layout[0][2] == (0, old):
        hashes = [old_root] + hashes  # the old tree is one of the subtrees, so the proof leaves its hash away
    expect(len(hashes) == len(layout), "the path has another length")
    sides, masks, _ = zip(*layout)
    proof = ConsistencyProof("sha256", True, new, old, list(sides), list(masks), hashes)
    expect(proof.retrieve_prior_state() == old_root, "the path leads to another old root")
    expect(proof.compute_root() == new_root, "the path leads to another new root")


def ranges(tree, old, new):
    """What pymerkle computes for the ranges of a consistency proof."""
    return [tree._get_root(*place) for _, _, place in rfc_layout(old, new) if place != (0, old)]


def tile_hashes(tree, level, index, width):
    span = 256**level
    return b"".join(tree._get_root(number * span, (number + 1) * span) for number in range(256 * index, 256 * index + width))


def includes(material, leaf, index, hashes, root):
    rule = _inclusion_path_layout(index + 1, material.size)[0] if index < material.size else []
    proof = InclusionProof("sha256", True, material.size, index + 1, rule, [leaf] + hashes)
    verify_inclusion(leaf, root, proof, index=index + 1, size=material.size, algorithm="sha256")


def judge(material, tally, random, flips):
    tree = InmemoryTree(algorithm="sha256")
    tree.append_entries(material.records())
    tally.accept("root", material.name, lambda: (tree.get_size(), tree.get_root()) == (material.size, material.root))
    for size, message in material.earlier.items():
        lines = message.decode().split("\n")
        tally.accept("root of an earlier checkpoint", "%s of size %d" % (material.name, size),
                     lambda: (int(lines[1]), decode(lines[2])) == (size, tree.get_root(size)))
    judge_tiles(material, tally, random, flips, tree)
    for index, text in material.inclusion.items():
        judge_inclusion(material, tally, random, flips, tree, index, text)
    for old, text in material.consistency.items():
        judge_consistency(material, tally, random, flips, tree, old, text)


def judge_tiles(material, tally, random, flips, tree):
    level, count = 0, material.size
    while count > 0:
        kind = "tile of level %d" % level
        tiles = [(first // 256, min(256, count - first)) for first in range(0, count, 256)]
        for index, width in tiles:
            tally.accept(kind, "%s %d" % (material.name, index),
                         lambda: material.tile(level, index, width) == tile_hashes(tree, level, index, width))
        for attempt in range(flips):
            index, width = tiles[-1] if attempt % 2 else random.choice(tiles)
            data = material.tile(level, index, width)
            bit = random.randrange(8 * len(data))
            tally.refuse(kind, "%s %d bit %d" % (material.name, index, bit),
                         lambda: flipped(data, bit) == tile_hashes(tree, level, index, width))
        level, count = level + 1, count >> 8

    bundles = range((material.size + 255) // 256)
    for attempt in range(flips if bundles else 0):
        index = bundles[-1] if attempt % 2 else random.choice(bundles)
        data = material.bundle(index)
        bit = random.randrange(8 * len(data))

        def changed_bundle():
            records = split(flipped(data, bit))
            expect(len(records) == min(256, material.size - 256 * index), "another number of records")
            for number, record in enumerate(records, 256 * index + 1):
                verify_inclusion(tree.hash_buff(record), material.root, tree.prove_inclusion(number), index=number)

        tally.refuse("bundle of records", "%s %d bit %d" % (material.name, index, bit), changed_bundle)


def judge_inclusion(material, tally, random, flips, tree, index, text):
    what = "%s record %d" % (material.name, index)
    claimed, hashes, _ = inclusion(text)
    leaf, root = tree.get_leaf(index + 1), material.root
    tally.accept("inclusion proof", what, lambda: includes(material, leaf, claimed, hashes, root))
    tally.accept("inclusion proof, same as pymerkle's", what, lambda: tree.prove_inclusion(index + 1).path == [leaf] + hashes)
    for place in range(len(hashes)):
        changed = list(hashes)
        changed[place] = flipped(changed[place], random.randrange(256))
        tally.refuse("hash of an inclusion proof", "%s hash %d" % (what, place),
                     lambda: includes(material, leaf, index, changed, root))
    for bit in range(63):
        other = index ^ 1 << bit
        if other < material.size and tree.get_leaf(other + 1) == leaf:
            tally.told[SAME_RECORD] += 1
            continue
        tally.refuse("index of an inclusion proof", "%s as %d" % (what, other),
                     lambda: includes(material, leaf, other, hashes, root))
    for _ in range(flips):
        bit = random.randrange(256)
        tally.refuse("root", "%s bit %d" % (what, bit), lambda: includes(material, leaf, index, hashes, flipped(root, bit)))
        tally.refuse("hash of a record", "%s bit %d" % (what, bit),
                     lambda: includes(material, flipped(leaf, bit), index, hashes, root))


def judge_consistency(material, tally, random, flips, tree, old, text):
    what = "%s from size %d" % (material.name, old)
    claimed, old_root, hashes, _ = consistency(text)
    new, root = material.size, material.root
    own = tree.prove_consistency(old)
    tally.accept("old root", what, lambda: claimed == old and tree.get_root(old) == old_root)
    tally.accept("consistency proof", what, lambda: resolve(old, new, old_root, root, hashes))
    tally.accept("consistency proof, same hashes", what, lambda: ranges(tree, old, new) == hashes)
    tally.accept("pymerkle's own between our roots", what,
                 lambda: verify_consistency(old_root, root, own, prior_size=old, later_size=new))
    for place in range(len(hashes)):
        changed = list(hashes)
        changed[place] = flipped(changed[place], random.randrange(256))
        tally.refuse("hash of a consistency proof", "%s hash %d" % (what, place),
                     lambda: resolve(old, new, old_root, root, changed))
    for bit in range(63):
        tally.refuse("old size", "%s as %d" % (what, old ^ 1 << bit),
                     lambda: resolve(old ^ 1 << bit, new, old_root, root, hashes))
    for _ in range(flips):
        bit = random.randrange(256)
        changed = flipped(old_root, bit)
        tally.refuse("old root", "%s bit %d" % (what, bit), lambda: resolve(old, new, changed, root, hashes))
        tally.refuse("old root, pymerkle's own", "%s bit %d" % (what, bit), lambda: verify_consistency(changed, root, own))
        changed_new = flipped(root, bit)
        tally.refuse("root", "%s bit %d" % (what, bit), lambda: resolve(old, new, old_root, changed_new, hashes))


run("pymerkle", judge)
