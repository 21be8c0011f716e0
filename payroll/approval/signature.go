package approval

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
)

// The frame of a signature in text, and what begins it and what it signs in bytes.
const (
	armorBegin = "-----BEGIN SSH SIGNATURE-----"
	armorEnd   = "-----END SSH SIGNATURE-----"
	magic      = "SSHSIG"
)

// signature is what ssh-keygen -Y sign writes: OpenSSH's PROTOCOL.sshsig.
type signature struct {
	key       Key
	namespace string
	hash      string // sha256 or sha512
	blob      []byte
}

// maxSignature is more than the longest signature has, in bytes of text.
const maxSignature = 32 << 10

// parseSignature reads a signature in its frame.
func parseSignature(armored string) (signature, error) {
	text := strings.TrimSpace(strings.ReplaceAll(armored, "\r\n", "\n"))
	body, ok := strings.CutPrefix(text, armorBegin+"\n")
	body, closed := strings.CutSuffix(body, "\n"+armorEnd)
	if len(armored) > maxSignature || !ok || !closed {
		return signature{}, fmt.Errorf("it is no signature of ssh-keygen: it must begin with %s", armorBegin)
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(strings.ReplaceAll(body, "\n", ""))
	if err != nil {
		return signature{}, errors.New("it is no signature of ssh-keygen: its base64 cannot be read")
	}
	r := &reader{left: raw}
	begin, version := r.fixed(len(magic)), r.fixed(4)
	if r.err != nil || string(begin) != magic || binary.BigEndian.Uint32(version) != 1 {
		return signature{}, errors.New("it is no signature of ssh-keygen, or of another version than 1")
	}
	blob, namespace, reserved, hash, signed := r.field(), r.field(), r.field(), r.field(), r.field()
	_ = reserved // verifiers must ignore it
	if err := r.end(); err != nil {
		return signature{}, fmt.Errorf("the signature cannot be read: %w", err)
	}
	s := signature{namespace: string(namespace), hash: string(hash), blob: bytes.Clone(signed)}
	if s.hash != "sha256" && s.hash != "sha512" {
		return signature{}, errors.New("the signature is over another hash than sha256 and sha512")
	}
	s.key, err = ParseKey(bytes.Clone(blob))
	return s, err
}

// verify checks that the key has signed this text in the namespace.
func (s signature) verify(namespace, message string) error {
	if s.namespace != namespace {
		return fmt.Errorf("it was signed for %q, and not for %q", shownText(s.namespace), namespace)
	}
	return s.key.verify(signedText(namespace, s.hash, message), s.blob)
}

// signedText is what a key signs for a text.
func signedText(namespace, hash, message string) []byte {
	var sum []byte
	if hash == "sha256" {
		digest := sha256.Sum256([]byte(message))
		sum = digest[:]
	} else {
		digest := sha512.Sum512([]byte(message))
		sum = digest[:]
	}
	text := appendField([]byte(magic), []byte(namespace))
	text = appendField(text, nil)
	text = appendField(text, []byte(hash))
	return appendField(text, sum)
}

// Sign has a key sign a statement, in the form of ssh-keygen -Y sign. sign is given what is to be signed and returns the
// signature in SSH's wire format, as golang.org/x/crypto/ssh makes it; the keys of ssh-rsa must not sign with SHA-1. What comes back
// is checked.
func Sign(s Statement, key Key, sign func(data []byte) ([]byte, error)) (Signed, error) {
	text, err := s.text()
	if err != nil {
		return Signed{}, err
	}
	const hash = "sha512"
	blob, err := sign(signedText(s.Act.Namespace(), hash, text))
	if err != nil {
		return Signed{}, fmt.Errorf("signing: %w", err)
	}
	raw := binary.BigEndian.AppendUint32([]byte(magic), 1)
	for _, field := range [][]byte{[]byte(key.blob), []byte(s.Act.Namespace()), nil, []byte(hash), blob} {
		raw = appendField(raw, field)
	}
	signed := Signed{Text: text, Signature: armor(raw)}
	_, _, err = signed.open(s.Act)
	return signed, err
}

func armor(raw []byte) string {
	const width = 70
	var text strings.Builder
	text.WriteString(armorBegin + "\n")
	for encoded := base64.StdEncoding.EncodeToString(raw); encoded != ""; {
		n := min(width, len(encoded))
		text.WriteString(encoded[:n] + "\n")
		encoded = encoded[n:]
	}
	text.WriteString(armorEnd + "\n")
	return text.String()
}
