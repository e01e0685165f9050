package main

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"math/rand"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

const spareBits = "change only bits of a signature's base64 that belong to no byte, which Go does not mind"

func flipped(data []byte, bit int) []byte {
	changed := append([]byte(nil), data...)
	changed[bit/8] ^= 1 << (bit % 8)
	return changed
}

// Seeded places, always with the first and the last bit.
func places(random *rand.Rand, bits, count int) []int {
	if bits == 0 {
		return nil
	}
	chosen := []int{0, bits - 1}
	for len(chosen) < count {
		chosen = append(chosen, random.Intn(bits))
	}
	return chosen
}

// Feeds the judge material with one bit flipped. Each class is judged by the one check that guards it, so that no other check
// hides its failure.
func flip(m *material, t *tally, vkey string, tree tlog.Tree, seed int64, count int) {
	random := rand.New(rand.NewSource(seed))
	flipCheckpoint(m, t, vkey)
	flipTiles(m, t, tree, random, count)
	for _, index := range sortedKeys(m.inclusion) {
		flipInclusion(m, t, vkey, tree, random, count, index)
	}
	for _, old := range sortedKeys(m.consistency) {
		flipConsistency(m, t, vkey, tree, random, count, old)
	}
}

// Places spread over all tiles of a level, and in the last one, which is partial as a rule; so too for bundles.
func flipTiles(m *material, t *tally, tree tlog.Tree, random *rand.Rand, count int) {
	byLevel := map[int][]tlog.Tile{}
	for _, tile := range allTiles(tree.N) {
		byLevel[tile.L] = append(byLevel[tile.L], tile)
	}
	for level := -1; len(byLevel[level]) > 0; level++ {
		for i := 0; i < count; i++ {
			tile := byLevel[level][len(byLevel[level])-1]
			if i%2 == 1 {
				tile = byLevel[level][random.Intn(len(byLevel[level]))]
			}
			path := tilePath(tile)
			bit := places(random, 8*len(m.files[path]), 3)[random.Intn(3)]
			changed := m.with(path, flipped(m.files[path], bit))
			what := fmt.Sprintf("%s %s bit %d", m.name, path, bit)
			if level < 0 {
				t.refuse("bundle of records", what, checkBundle(changed, tree, tile))
				_, err := rebuiltRoot(changed, tree)
				t.refuse("root of a changed bundle", what, err)
			} else {
				t.refuse(fmt.Sprintf("tile of level %d", level), what, checkTile(changed, tree, tile))
				if readTile(changed, tree, tile) == nil {
					t.told["of a tile passed TileHashReader alone (CVE-2026-56865; see checkTile)"]++
				}
			}
		}
	}
}

func flipInclusion(m *material, t *tally, vkey string, tree tlog.Tree, random *rand.Rand, count int, index int64) {
	text := m.inclusion[index]
	what := fmt.Sprintf("%s proof of record %d", m.name, index)
	for _, bit := range places(random, 8*len(text), 8*count) {
		if changed := flipped(text, bit); !sameNote(proofNote(text), proofNote(changed)) || !sameHead(text, changed) {
			t.refuse("text of an inclusion proof", fmt.Sprintf("%s bit %d", what, bit),
				checkInclusion(m, vkey, tree, index, changed))
		} else {
			t.told[spareBits]++
		}
	}
	p, err := parseProof(text, true)
	leaf, failure := m.leaf(tree.N, index)
	if err != nil || failure != nil {
		return // already told
	}
	for i := range p.hashes {
		bit := random.Intn(8 * tlog.HashSize)
		t.refuse("hash of an inclusion proof", fmt.Sprintf("%s hash %d bit %d", what, i, bit),
			tlog.CheckRecord(flipHash(p.hashes, i, bit), tree.N, tree.Hash, index, leaf))
	}
	for bit := 0; bit < 63; bit++ {
		other := index ^ 1<<bit
		hash, err := m.leaf(tree.N, other)
		if err == nil && hash == leaf {
			t.told["of an index name another record with the same bytes, so nothing false is said"]++
			continue
		}
		t.refuse("index of an inclusion proof", fmt.Sprintf("%s as record %d", what, other),
			tlog.CheckRecord(p.hashes, tree.N, tree.Hash, other, leaf))
		// Nor may the path of one record prove its neighbour.
		if err == nil {
			t.refuse("index of an inclusion proof", fmt.Sprintf("%s for record %d", what, other),
				tlog.CheckRecord(p.hashes, tree.N, tree.Hash, other, hash))
		}
	}
	for _, bit := range places(random, 8*tlog.HashSize, count) {
		t.refuse("hash of a record", fmt.Sprintf("%s leaf bit %d", what, bit),
			tlog.CheckRecord(p.hashes, tree.N, tree.Hash, index, flipHash([]tlog.Hash{leaf}, 0, bit)[0]))
	}
}

func flipConsistency(m *material, t *tally, vkey string, tree tlog.Tree, random *rand.Rand, count int, old int64) {
	text := m.consistency[old]
	what := fmt.Sprintf("%s proof from size %d", m.name, old)
	for _, bit := range places(random, 8*len(text), 8*count) {
		if changed := flipped(text, bit); !sameNote(proofNote(text), proofNote(changed)) || !sameHead(text, changed) {
			t.refuse("text of a consistency proof", fmt.Sprintf("%s bit %d", what, bit),
				checkConsistency(m, vkey, tree, old, changed))
		} else {
			t.told[spareBits]++
		}
	}
	p, err := parseProof(text, false)
	if err != nil {
		return // already told
	}
	for i := range p.hashes {
		bit := random.Intn(8 * tlog.HashSize)
		t.refuse("hash of a consistency proof", fmt.Sprintf("%s hash %d bit %d", what, i, bit),
			tlog.CheckTree(flipHash(p.hashes, i, bit), tree.N, tree.Hash, old, p.root))
	}
	for bit := 0; bit < 63; bit++ {
		t.refuse("old size of a consistency proof", fmt.Sprintf("%s as from %d", what, old^1<<bit),
			tlog.CheckTree(p.hashes, tree.N, tree.Hash, old^1<<bit, p.root))
	}
	for _, bit := range places(random, 8*tlog.HashSize, count) {
		t.refuse("old root of a consistency proof", fmt.Sprintf("%s root bit %d", what, bit),
			tlog.CheckTree(p.hashes, tree.N, tree.Hash, old, flipHash([]tlog.Hash{p.root}, 0, bit)[0]))
	}
}

// Every bit of the checkpoint and of the key.
func flipCheckpoint(m *material, t *tally, vkey string) {
	message := m.files["checkpoint"]
	split := bytes.LastIndex(message, []byte("\n\n")) + 1
	for bit := 0; bit < 8*len(message); bit++ {
		changed := flipped(message, bit)
		if sameNote(message, changed) {
			t.told[spareBits]++
			continue
		}
		class := "text of the checkpoint"
		if bit/8 >= split {
			class = "signature line of the checkpoint"
		}
		_, err := openCheckpoint(changed, vkey)
		t.refuse(class, fmt.Sprintf("%s bit %d", m.name, bit), err)
	}
	for bit := 0; bit < 8*len(vkey); bit++ {
		changed := string(flipped([]byte(vkey), bit))
		if sameKey(vkey, changed) {
			t.told["change only the case of a hexadecimal letter in a key id"]++
			continue
		}
		_, err := openCheckpoint(message, changed)
		t.refuse("key", fmt.Sprintf("%s bit %d", m.name, bit), err)
	}
}

func rebuiltRoot(m *material, tree tlog.Tree) (root tlog.Hash, err error) {
	own, err := rebuild(m, tree.N)
	if err != nil {
		return root, err
	}
	if root, err = tlog.TreeHash(tree.N, own); err == nil && root != tree.Hash {
		err = fmt.Errorf("the records have another root")
	}
	return root, err
}

func flipHash(hashes []tlog.Hash, which, bit int) []tlog.Hash {
	changed := append([]tlog.Hash(nil), hashes...)
	changed[which][bit/8] ^= 1 << (bit % 8)
	return changed
}

// Whether two notes say the same: Go reads base64 without minding the last bits that belong to no byte, so a flip there leaves
// text, signer and signature as they are. That forges nothing, but it is not to be counted as refused either.
func sameNote(a, b []byte) bool {
	parts := func(message []byte) string {
		split := bytes.LastIndex(message, []byte("\n\n"))
		if split < 0 {
			return "malformed " + string(message)
		}
		text := string(message[:split+2])
		for _, line := range strings.SplitAfter(string(message[split+2:]), "\n") {
			space := strings.LastIndex(line, " ")
			data, err := base64.StdEncoding.DecodeString(strings.TrimSuffix(line[space+1:], "\n"))
			if err != nil || !strings.HasSuffix(line, "\n") {
				text += line
				continue
			}
			text += line[:space+1] + string(data) + "\n"
		}
		return text
	}
	return parts(a) == parts(b)
}

func proofNote(text []byte) []byte {
	_, rest, _ := bytes.Cut(text, []byte("\n\n"))
	return rest
}

func sameHead(a, b []byte) bool {
	first, _, _ := bytes.Cut(a, []byte("\n\n"))
	second, _, _ := bytes.Cut(b, []byte("\n\n"))
	return bytes.Equal(first, second)
}

// Go reads the hexadecimal key id in either case.
func sameKey(a, b string) bool {
	first, second := strings.SplitN(a, "+", 3), strings.SplitN(b, "+", 3)
	return len(first) == 3 && len(second) == 3 && first[0] == second[0] && strings.EqualFold(first[1], second[1]) &&
		first[2] == second[2]
}
