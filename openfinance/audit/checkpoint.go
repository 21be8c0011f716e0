package audit

import (
	"bufio"
	"bytes"
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"hash"
	"io"
	"iter"
	"time"
)

// ErrCheckpoint is a checkpoint that cannot be trusted: it was altered or cut off, or somebody else signed it.
var ErrCheckpoint = errors.New("audit: the checkpoint cannot be trusted")

// checkpointFormat names the format, and keeps its signatures apart from any others that are made with the key.
const checkpointFormat = "djamo-audit-checkpoint-1"

// A checkpoint is lines of JSON: an opening, a mark for each chain in the order of their names, and a closing.
type (
	opening struct {
		Format string    `json:"format"`
		At     time.Time `json:"at"`
		Key    string    `json:"key"` // fingerprint of the public key
	}
	mark struct {
		Chain string `json:"chain"`
		N     int64  `json:"n"`
		Hash  string `json:"hash"`
	}
	closing struct {
		Chains    int64  `json:"chains"`
		Rows      int64  `json:"rows"`
		Signature []byte `json:"signature"`
	}
)

// Summary is what a checkpoint covers.
type Summary struct {
	Chains int64
	Rows   int64
}

// Checkpoint writes where each chain stands, signed. Reads of hours that are over become rows first; those of the hour of at
// are not covered. It reads one row a chain, so that it is cheap: verify the log first. What was written is of no use after
// an error.
//
// Keep it where those who can write to the database cannot: it names wallets and accounts, and has nothing else of them.
func (l *Log) Checkpoint(ctx context.Context, to io.Writer, key ed25519.PrivateKey, at time.Time) (Summary, error) {
	if len(key) != ed25519.PrivateKeySize {
		return Summary{}, errors.New("audit: a checkpoint needs an ed25519 key")
	}
	if err := l.CloseHours(ctx, at); err != nil {
		return Summary{}, err
	}
	var sum Summary
	public, _ := key.Public().(ed25519.PublicKey)
	buffered := bufio.NewWriter(to)
	began := false
	err := l.db.Transact(ctx, false, func(ctx context.Context, conn *sql.Conn) error {
		if began {
			return errors.New("audit: the database gave way to another while a checkpoint was written: write another")
		}
		began = true
		digest := sha256.New()
		out := json.NewEncoder(io.MultiWriter(buffered, digest))
		out.SetEscapeHTML(false)
		if err := out.Encode(opening{checkpointFormat, at.UTC().Truncate(time.Second), Fingerprint(public)}); err != nil {
			return err
		}
		for head, err := range l.heads(ctx, conn, "") {
			if err != nil {
				return err
			}
			if head.N == 0 {
				continue
			}
			sum.Chains++
			sum.Rows += head.N
			if err := out.Encode(mark{head.chain, head.N, head.Hash}); err != nil {
				return err
			}
		}
		return out.Encode(closing{sum.Chains, sum.Rows, ed25519.Sign(key, signed(digest, sum))})
	})
	if err != nil {
		return Summary{}, err
	}
	return sum, buffered.Flush()
}

// signed is what the signature is over.
func signed(digest hash.Hash, sum Summary) []byte {
	return fmt.Appendf(nil, "%s\n%x\n%d\n%d", checkpointFormat, digest.Sum(nil), sum.Chains, sum.Rows)
}

// Fingerprint tells public keys apart.
func Fingerprint(key ed25519.PublicKey) string {
	sum := sha256.Sum256(key)
	return hex.EncodeToString(sum[:8])
}

// maxLine of a checkpoint.
const maxLine = 8 << 10

// readCheckpoint yields the marks. Only when it ends without an error do they come from who has the key.
func readCheckpoint(from *Signed, at *time.Time) iter.Seq2[mark, error] {
	return func(yield func(mark, error) bool) {
		refuse := func(format string, args ...any) {
			yield(mark{}, fmt.Errorf("%w: %s", ErrCheckpoint, fmt.Sprintf(format, args...)))
		}
		if len(from.PublicKey) != ed25519.PublicKeySize {
			refuse("an ed25519 public key is needed")
			return
		}
		digest := sha256.New()
		lines := bufio.NewScanner(from.Checkpoint)
		lines.Buffer(make([]byte, 0, maxLine), maxLine)
		var start opening
		if !lines.Scan() || strict(lines.Bytes(), &start) != nil || start.Format != checkpointFormat {
			refuse("it does not begin as one (%s)", checkpointFormat)
			return
		}
		if start.Key != Fingerprint(from.PublicKey) {
			refuse("it is signed with the key %q, and the public key is %s", start.Key, Fingerprint(from.PublicKey))
			return
		}
		*at = start.At
		digest.Write(lines.Bytes())
		digest.Write([]byte{'\n'})
		var sum Summary
		var last string
		for line := 2; lines.Scan(); line++ {
			var end closing
			if strict(lines.Bytes(), &end) == nil && len(end.Signature) > 0 {
				if sum != (Summary{end.Chains, end.Rows}) || !ed25519.Verify(from.PublicKey, signed(digest, sum), end.Signature) {
					refuse("its signature is not right: it was altered")
				} else if lines.Scan() {
					refuse("line %d: it goes on behind its signature", line+1)
				}
				return
			}
			var m mark
			if strict(lines.Bytes(), &m) != nil || m.N < 1 || m.Chain <= last {
				refuse("line %d cannot be read", line)
				return
			}
			digest.Write(lines.Bytes())
			digest.Write([]byte{'\n'})
			last = m.Chain
			sum.Chains++
			sum.Rows += m.N
			if !yield(m, nil) {
				return
			}
		}
		refuse("it is cut off: its last line has no signature")
	}
}

// strict decodes one JSON object and nothing else.
func strict(line []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) { // More takes a bracket too many for the end
		return errors.New("more than one value")
	}
	return nil
}

// ParsePrivateKey reads a key as "openssl genpkey -algorithm ed25519" writes it (PEM, PKCS #8). The error has nothing of it.
func ParsePrivateKey(text []byte) (ed25519.PrivateKey, error) {
	block, _ := pem.Decode(text)
	if block == nil || block.Type != "PRIVATE KEY" {
		return nil, errors.New("audit: it is no private key in PEM: make one with: openssl genpkey -algorithm ed25519")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	private, ok := key.(ed25519.PrivateKey)
	if err != nil || !ok {
		return nil, errors.New("audit: it is no ed25519 key: make one with: openssl genpkey -algorithm ed25519")
	}
	return private, nil
}

// ParsePublicKey reads a key as "openssl pkey -pubout" writes it (PEM, SubjectPublicKeyInfo).
func ParsePublicKey(text []byte) (ed25519.PublicKey, error) {
	block, _ := pem.Decode(text)
	if block == nil || block.Type != "PUBLIC KEY" {
		return nil, errors.New("audit: it is no public key in PEM: take it from the private key with: openssl pkey -pubout")
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	public, ok := crypto.PublicKey(key).(ed25519.PublicKey)
	if err != nil || !ok {
		return nil, errors.New("audit: it is no ed25519 key: take it from the private key with: openssl pkey -pubout")
	}
	return public, nil
}
