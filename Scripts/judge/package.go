package main

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// One log at one size as the program wrote it: an exported package, the checkpoint as printed, printed proofs, and the signed
// checkpoints of the same log at earlier sizes. Everything is read once; a flipped bit is put over it in memory.
type material struct {
	name        string
	files       map[string][]byte // the package, by path
	printed     []byte            // what `checkpoint` printed
	inclusion   map[int64][]byte  // what `prove INDEX` printed
	consistency map[int64][]byte  // what `prove --since SIZE` printed
	earlier     map[int64][]byte  // signed checkpoints of earlier sizes
}

func readMaterial(dir string) (*material, error) {
	m := &material{name: filepath.Base(dir), files: map[string][]byte{}}
	root := filepath.Join(dir, "package")
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		m.files[filepath.ToSlash(strings.TrimPrefix(path, root+string(filepath.Separator)))] = data
		return err
	})
	if err != nil {
		return nil, err
	}
	if m.printed, err = os.ReadFile(filepath.Join(dir, "checkpoint")); err != nil {
		return nil, err
	}
	for folder, into := range map[string]*map[int64][]byte{
		"inclusion": &m.inclusion, "consistency": &m.consistency, "earlier": &m.earlier,
	} {
		*into = map[int64][]byte{}
		entries, err := os.ReadDir(filepath.Join(dir, folder))
		if err != nil {
			return nil, err
		}
		for _, entry := range entries {
			number, err := strconv.ParseInt(entry.Name(), 10, 64)
			if err != nil {
				return nil, err
			}
			if (*into)[number], err = os.ReadFile(filepath.Join(dir, folder, entry.Name())); err != nil {
				return nil, err
			}
		}
	}
	return m, nil
}

// The same material with one file of the package exchanged.
func (m *material) with(path string, data []byte) *material {
	changed := *m
	changed.files = make(map[string][]byte, len(m.files))
	for name, old := range m.files {
		changed.files[name] = old
	}
	changed.files[path] = data
	return &changed
}

// The verifier key: from the policy (C2SP tlog-policy, its first log) where there is one, else from `key`.
func (m *material) vkey() (string, error) {
	policy, ok := m.files["policy"]
	if !ok {
		return strings.TrimSuffix(string(m.files["key"]), "\n"), nil
	}
	for _, line := range strings.Split(string(policy), "\n") {
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] == "log" {
			return fields[1], nil
		}
	}
	return "", fmt.Errorf("the policy names no log")
}

// Opens a checkpoint with Go's note package and reads its three lines with Go's tlog package, which knows one origin only: the
// origin is compared here and exchanged.
func openCheckpoint(message []byte, vkey string) (tlog.Tree, error) {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return tlog.Tree{}, err
	}
	opened, err := note.Open(message, note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, err
	}
	if !strings.HasPrefix(opened.Text, verifier.Name()+"\n") {
		return tlog.Tree{}, fmt.Errorf("the origin is not %s", verifier.Name())
	}
	if strings.Count(opened.Text, "\n") != 3 {
		return tlog.Tree{}, fmt.Errorf("the checkpoint has not three lines")
	}
	return tlog.ParseTree([]byte("go.sum database tree" + strings.TrimPrefix(opened.Text, verifier.Name())))
}

// The path of C2SP tlog-tiles: Go's without its tile height, for the height there is always 8.
func tilePath(tile tlog.Tile) string {
	path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
	return strings.Replace(path, "tile/data/", "tile/entries/", 1)
}

// Gives Go's TileHashReader the tiles of a package.
type tiles struct{ m *material }

func (t tiles) Height() int { return 8 }

func (t tiles) SaveTiles([]tlog.Tile, [][]byte) {}

func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(wanted))
	for i, tile := range wanted {
		var ok bool
		if data[i], ok = t.m.files[tilePath(tile)]; !ok {
			return nil, fmt.Errorf("%s is not in the package", tilePath(tile))
		}
	}
	return data, nil
}

// Every hash tile that a tree of this size has, level by level; level -1 for the bundles of records.
func allTiles(size int64) []tlog.Tile {
	var all []tlog.Tile
	level := func(l int, count int64) {
		for n := int64(0); n < count; n += 256 {
			width := count - n
			if width > 256 {
				width = 256
			}
			all = append(all, tlog.Tile{H: 8, L: l, N: n / 256, W: int(width)})
		}
	}
	level(-1, size)
	for l, count := 0, size; count > 0; l, count = l+1, count>>8 {
		level(l, count)
	}
	return all
}

// The records of a bundle: each behind its length as a big-endian 16-bit number.
func splitBundle(data []byte) ([][]byte, error) {
	var records [][]byte
	for len(data) > 0 {
		if len(data) < 2 || len(data) < 2+int(data[0])<<8+int(data[1]) {
			return nil, fmt.Errorf("a bundle is cut short")
		}
		end := 2 + int(data[0])<<8 + int(data[1])
		records = append(records, data[2:end])
		data = data[end:]
	}
	return records, nil
}

// The text of a printed proof: number and root of its head, hashes, checkpoint.
type proof struct {
	number int64
	root   tlog.Hash // of the old tree; consistency proofs only
	hashes []tlog.Hash
	note   []byte
}

var strict = base64.StdEncoding.Strict()

func parseHash(text string) (hash tlog.Hash, err error) {
	data, err := strict.DecodeString(text)
	if err != nil || len(data) != tlog.HashSize || strings.ContainsAny(text, "\r\n") {
		return hash, fmt.Errorf("%q is not a hash", text)
	}
	copy(hash[:], data)
	return hash, nil
}

// Reads a C2SP tlog-proof, or the program's own form of consistency proofs (`old SIZE ROOT`).
func parseProof(text []byte, isInclusion bool) (p proof, err error) {
	head, rest, found := bytes.Cut(text, []byte("\n\n"))
	if !found {
		return p, fmt.Errorf("no empty line before the checkpoint")
	}
	p.note = rest
	lines := strings.Split(string(head), "\n")
	if isInclusion {
		if lines[0] != "c2sp.org/tlog-proof@v1" || len(lines) < 2 {
			return p, fmt.Errorf("not a tlog-proof")
		}
		lines = lines[1:]
	}
	fields := strings.Split(lines[0], " ")
	switch {
	case isInclusion && len(fields) == 2 && fields[0] == "index":
	case !isInclusion && len(fields) == 3 && fields[0] == "old":
		if p.root, err = parseHash(fields[2]); err != nil {
			return p, err
		}
	default:
		return p, fmt.Errorf("%q is not the head of a proof", lines[0])
	}
	if p.number, err = strconv.ParseInt(fields[1], 10, 64); err != nil || strconv.FormatInt(p.number, 10) != fields[1] {
		return p, fmt.Errorf("%q is not a number", fields[1])
	}
	for _, line := range lines[1:] {
		hash, err := parseHash(line)
		if err != nil {
			return p, err
		}
		p.hashes = append(p.hashes, hash)
	}
	return p, nil
}

func sortedKeys(of map[int64][]byte) []int64 {
	var keys []int64
	for key := range of {
		keys = append(keys, key)
	}
	sort.Slice(keys, func(i, j int) bool { return keys[i] < keys[j] })
	return keys
}
