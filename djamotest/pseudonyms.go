package djamotest

import (
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// pseudonyms tells phone numbers apart without telling them. Each gets a tag of 24 bits out of a slow hash with a salt of
// the recording's own: too short to single a number out even for who tries all of them (some twenty share each tag), long
// enough for two numbers of one recording not to share it.
type pseudonyms struct {
	salt []byte
	mu   sync.Mutex
	tags map[string]uint32
}

const (
	saltFile   = "salt" // beside the exchanges
	slowness   = 4096   // rounds of the hash: a millisecond or so for each number
	tagDigits  = "%06x"
	bitsBeyond = 8 // of 32 that are left out of a tag
)

// newSalt makes the salt of a recording that begins.
func newSalt(dir string) ([]byte, error) {
	salt := []byte(rand.Text() + "\n")
	return salt, os.WriteFile(filepath.Join(dir, saltFile), salt, 0o600)
}

// readSalt reads a recording's salt. One written by hand may have none.
func readSalt(dir string) ([]byte, error) {
	salt, err := os.ReadFile(filepath.Join(dir, saltFile)) //nolint:gosec // the caller names the directory
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return salt, err
}

func (p *pseudonyms) tag(number string) uint32 {
	p.mu.Lock()
	defer p.mu.Unlock()
	if tag, ok := p.tags[number]; ok {
		return tag
	}
	key, err := pbkdf2.Key(sha256.New, number, p.salt, slowness, 4)
	if err != nil { // only where the machine forbids this hash: then numbers share a tag, and are hidden all the same
		key = make([]byte, 4)
	}
	tag := binary.BigEndian.Uint32(key) >> bitsBeyond
	if p.tags == nil {
		p.tags = make(map[string]uint32)
	}
	p.tags[number] = tag
	return tag
}

// mask hides a number and keeps its country: +225**********~3f0a91.
func (p *pseudonyms) mask(number string) string {
	head := 0
	if strings.HasPrefix(number, "+") {
		head = min(4, len(number))
	}
	return number[:head] + strings.Repeat("*", len(number)-head) + "~" + fmt.Sprintf(tagDigits, p.tag(number))
}
