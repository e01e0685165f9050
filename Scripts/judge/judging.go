package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// Judges one log: first as it is, then with flipped bits.
func judge(m *material, t *tally, seed int64, flips int) {
	vkey, err := m.vkey()
	t.accept("key", m.name, err)
	tree, err := openCheckpoint(m.files["checkpoint"], vkey)
	t.accept("checkpoint", m.name, err)
	if err != nil {
		return
	}
	printed, err := openCheckpoint(m.printed, vkey)
	if err == nil && printed != tree {
		err = fmt.Errorf("it is not the checkpoint of the package")
	}
	t.accept("checkpoint", m.name+", as printed", err)
	t.accept("list of tiles", m.name, onlyExpectedTiles(m, tree.N))

	if tree.N == 0 {
		// Versions of tlog before June 2024 say 32 zeros where RFC 6962 section 2.1 says SHA-256 of nothing; RFC 6962 decides.
		if tree.Hash != sha256.Sum256(nil) {
			err = fmt.Errorf("it is not the hash of nothing")
		}
		t.accept("root of no record (RFC 6962)", m.name, err)
	} else {
		judgeTree(m, t, tree)
	}
	judgeProofs(m, t, vkey, tree)
	flip(m, t, vkey, tree, seed, flips)
}

// The package holds the tiles and bundles of its size and no other: tlog-tiles forbids empty ones, and a stray one would mislead.
func onlyExpectedTiles(m *material, size int64) error {
	expected := map[string]bool{}
	for _, tile := range allTiles(size) {
		expected[tilePath(tile)] = true
	}
	for path := range m.files {
		if strings.HasPrefix(path, "tile/") && !expected[path] {
			return fmt.Errorf("%s is not expected", path)
		}
	}
	return nil
}

// Tiles and records against the signed root, and against the hashes that Go computes from the records alone.
func judgeTree(m *material, t *tally, tree tlog.Tree) {
	own, err := rebuild(m, tree.N)
	t.accept("root computed from the records", m.name, err)
	if err != nil {
		return
	}
	root, err := tlog.TreeHash(tree.N, own)
	if err == nil && root != tree.Hash {
		err = fmt.Errorf("the records have the root %s, signed is %s", root, tree.Hash)
	}
	t.accept("root computed from the records", m.name, err)
	root, err = tlog.TreeHash(tree.N, tlog.TileHashReader(tree, tiles{m}))
	if err == nil && root != tree.Hash {
		err = fmt.Errorf("the tiles have the root %s, signed is %s", root, tree.Hash)
	}
	t.accept("root read from the tiles", m.name, err)

	for _, tile := range allTiles(tree.N) {
		if tile.L < 0 {
			t.accept("bundle of records", m.name+" "+tilePath(tile), checkBundle(m, tree, tile))
			continue
		}
		err := checkTile(m, tree, tile)
		if err == nil {
			computed, failure := tlog.ReadTileData(tile, own)
			if err = failure; err == nil && !bytes.Equal(computed, m.files[tilePath(tile)]) {
				err = fmt.Errorf("it is not what the records give")
			}
		}
		t.accept(fmt.Sprintf("tile of level %d", tile.L), m.name+" "+tilePath(tile), err)
	}
	// Go's own proofs over the rebuilt tree must lead to our root: every record, and every earlier size.
	for index := int64(0); index < tree.N; index++ {
		path, err := tlog.ProveRecord(tree.N, index, own)
		if err == nil {
			var leaf tlog.Hash
			if leaf, err = own.at(tlog.StoredHashIndex(0, index)); err == nil {
				err = tlog.CheckRecord(path, tree.N, tree.Hash, index, leaf)
			}
		}
		t.accept("ProveRecord and CheckRecord", fmt.Sprintf("%s record %d", m.name, index), err)
		old := index + 1
		prefix, err := tlog.TreeHash(old, own)
		if err == nil {
			var path tlog.TreeProof
			if path, err = tlog.ProveTree(tree.N, old, own); err == nil {
				err = tlog.CheckTree(path, tree.N, tree.Hash, old, prefix)
			}
		}
		t.accept("ProveTree and CheckTree", fmt.Sprintf("%s from size %d", m.name, old), err)
	}
}

// Hashes in Go's storage order, computed by Go from records.
type stored []tlog.Hash

func (s stored) at(index int64) (tlog.Hash, error) {
	if index < 0 || index >= int64(len(s)) {
		return tlog.Hash{}, fmt.Errorf("no hash is stored at %d", index)
	}
	return s[index], nil
}

func (s stored) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		var err error
		if hashes[i], err = s.at(index); err != nil {
			return nil, err
		}
	}
	return hashes, nil
}

func rebuild(m *material, size int64) (stored, error) {
	own := make(stored, 0, 2*size)
	next := int64(0)
	for _, tile := range allTiles(size) {
		if tile.L >= 0 {
			break
		}
		records, err := splitBundle(m.files[tilePath(tile)])
		if err != nil {
			return nil, err
		}
		for _, record := range records {
			hashes, err := tlog.StoredHashes(next, record, own)
			if err != nil {
				return nil, err
			}
			own = append(own, hashes...)
			next++
		}
	}
	if next != size {
		return nil, fmt.Errorf("the bundles hold %d records, the checkpoint says %d", next, size)
	}
	return own, nil
}

// Reads a tile through TileHashReader, which is to prove each tile by those above it up to the signed root.
func readTile(m *material, tree tlog.Tree, tile tlog.Tile) error {
	data, err := tlog.ReadTileData(tile, tlog.TileHashReader(tree, tiles{m}))
	if err == nil && !bytes.Equal(data, m.files[tilePath(tile)]) {
		err = fmt.Errorf("the file has %d bytes, the tile %d", len(m.files[tilePath(tile)]), len(data))
	}
	return err
}

// TileHashReader of versions before August 2026 leaves out that proof for the first few tiles below those of the right edge
// (CVE-2026-56865), and Debian has an older one. So a full tile is proven here once more by the hash that its proven parent holds for it, with
// tlog's own functions. Partial tiles lie on the right edge, which is hashed up to the root.
func checkTile(m *material, tree tlog.Tree, tile tlog.Tile) error {
	if err := readTile(m, tree, tile); err != nil || tile.W < 256 {
		return err
	}
	parent := tlog.Tile{H: 8, L: tile.L + 1, N: tile.N >> 8, W: 256}
	if left := tree.N>>(8*uint(parent.L)) - parent.N<<8; left < 256 {
		parent.W = int(left)
	}
	if err := checkTile(m, tree, parent); err != nil {
		return err
	}
	held, err := tlog.HashFromTile(parent, m.files[tilePath(parent)], tlog.StoredHashIndex(8*parent.L, tile.N))
	if err != nil {
		return err
	}
	data := m.files[tilePath(tile)]
	left, err := tlog.HashFromTile(tile, data, tlog.StoredHashIndex(8*tile.L+7, 2*tile.N))
	if err != nil {
		return err
	}
	right, err := tlog.HashFromTile(tile, data, tlog.StoredHashIndex(8*tile.L+7, 2*tile.N+1))
	if err != nil {
		return err
	}
	if tlog.NodeHash(left, right) != held {
		return fmt.Errorf("it is not the tile of which %s holds the hash", tilePath(parent))
	}
	return nil
}

// The records of a bundle against the proven hashes of level 0.
func checkBundle(m *material, tree tlog.Tree, tile tlog.Tile) error {
	data, ok := m.files[tilePath(tile)]
	if !ok {
		return fmt.Errorf("it is not in the package")
	}
	records, err := splitBundle(data)
	if err != nil {
		return err
	}
	if len(records) != tile.W {
		return fmt.Errorf("it holds %d records, not %d", len(records), tile.W)
	}
	tile.L = 0
	if err := checkTile(m, tree, tile); err != nil {
		return err
	}
	leaves := m.files[tilePath(tile)]
	for i, record := range records {
		if hash := tlog.RecordHash(record); !bytes.Equal(hash[:], leaves[i*tlog.HashSize:(i+1)*tlog.HashSize]) {
			return fmt.Errorf("record %d has another hash", i)
		}
	}
	return nil
}

// The leaf hash of a record, from the bundle it lies in.
func (m *material) leaf(size, index int64) (hash tlog.Hash, err error) {
	if index < 0 || index >= size {
		return hash, fmt.Errorf("there is no record %d", index)
	}
	width := size - index&^255
	if width > 256 {
		width = 256
	}
	records, err := splitBundle(m.files[tilePath(tlog.Tile{H: 8, L: -1, N: index >> 8, W: int(width)})])
	if err != nil {
		return hash, err
	}
	if index&255 >= int64(len(records)) {
		return hash, fmt.Errorf("the bundle holds %d records", len(records))
	}
	return tlog.RecordHash(records[index&255]), nil
}

// The printed proofs: their checkpoint, then Go's check, then that Go would print the very same hashes.
func judgeProofs(m *material, t *tally, vkey string, tree tlog.Tree) {
	for _, index := range sortedKeys(m.inclusion) {
		what := fmt.Sprintf("%s record %d", m.name, index)
		err := checkInclusion(m, vkey, tree, index, m.inclusion[index])
		t.accept("printed inclusion proof", what, err)
		if err != nil {
			continue
		}
		p, _ := parseProof(m.inclusion[index], true)
		own, err := tlog.ProveRecord(tree.N, index, tlog.TileHashReader(tree, tiles{m}))
		t.accept("inclusion proof, same as Go's", what, same(own, p.hashes, err))
	}
	for _, old := range sortedKeys(m.consistency) {
		what := fmt.Sprintf("%s from size %d", m.name, old)
		err := checkConsistency(m, vkey, tree, old, m.consistency[old])
		t.accept("printed consistency proof", what, err)
		if err != nil {
			continue
		}
		p, _ := parseProof(m.consistency[old], false)
		own, err := tlog.ProveTree(tree.N, old, tlog.TileHashReader(tree, tiles{m}))
		t.accept("consistency proof, same as Go's", what, same(own, p.hashes, err))

		before, isSigned := m.earlier[old]
		if !isSigned {
			continue
		}
		// Two signed checkpoints and the proof between them: what a witness asks for.
		signed, err := openCheckpoint(before, vkey)
		if err == nil && signed.N != old {
			err = fmt.Errorf("its checkpoint is of size %d", signed.N)
		}
		if err == nil {
			err = tlog.CheckTree(p.hashes, tree.N, tree.Hash, signed.N, signed.Hash)
		}
		t.accept("two signed checkpoints", what, err)
	}
}

func same(own, printed []tlog.Hash, err error) error {
	if err == nil && fmt.Sprint(own) != fmt.Sprint(printed) {
		err = fmt.Errorf("Go proves it with %v", own)
	}
	return err
}

func checkInclusion(m *material, vkey string, tree tlog.Tree, index int64, text []byte) error {
	p, err := parseProof(text, true)
	if err != nil {
		return err
	}
	signed, err := openCheckpoint(p.note, vkey)
	if err != nil {
		return err
	}
	if signed != tree || p.number != index {
		return fmt.Errorf("it is of record %d in a log of %d", p.number, signed.N)
	}
	leaf, err := m.leaf(tree.N, index)
	if err != nil {
		return err
	}
	return tlog.CheckRecord(p.hashes, signed.N, signed.Hash, index, leaf)
}

// The old root of such a proof is not signed: it must be the one that the tiles give.
func checkConsistency(m *material, vkey string, tree tlog.Tree, old int64, text []byte) error {
	p, err := parseProof(text, false)
	if err != nil {
		return err
	}
	signed, err := openCheckpoint(p.note, vkey)
	if err != nil {
		return err
	}
	if signed != tree || p.number != old {
		return fmt.Errorf("it is from size %d to %d", p.number, signed.N)
	}
	root, err := tlog.TreeHash(old, tlog.TileHashReader(tree, tiles{m}))
	if err != nil {
		return err
	}
	if root != p.root {
		return fmt.Errorf("the tiles give the old root %s", root)
	}
	return tlog.CheckTree(p.hashes, signed.N, signed.Hash, old, p.root)
}
