package consent

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
)

// KeySize is the length of a sealing key, in bytes.
const KeySize = 32

// Sealer encrypts what a store keeps of a consent, with AES-256-GCM, and names consents by a keyed hash.
type Sealer struct {
	aead cipher.AEAD
	mac  []byte
}

// NewSealer makes a Sealer of a key of KeySize bytes.
func NewSealer(key []byte) (*Sealer, error) {
	if len(key) != KeySize {
		return nil, fmt.Errorf("consent: the key has %d bytes, it must have %d", len(key), KeySize)
	}
	derive := func(purpose string) []byte {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(purpose))
		return mac.Sum(nil)
	}
	block, err := aes.NewCipher(derive("djamo consent seal"))
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	return &Sealer{aead: aead, mac: derive("djamo consent name")}, nil
}

// ParseKey reads a key in base64.
func ParseKey(text string) ([]byte, error) {
	for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
		if key, err := encoding.DecodeString(text); err == nil {
			if len(key) != KeySize {
				return nil, fmt.Errorf("consent: the key has %d bytes, it must have %d", len(key), KeySize)
			}
			return key, nil
		}
	}
	return nil, fmt.Errorf("consent: the key is no base64 of %d bytes", KeySize)
}

// Key names a consent in a store.
func (s *Sealer) Key(id string) string { return s.hash("id", id) }

// hash is a keyed hash of texts.
func (s *Sealer) hash(texts ...string) string {
	mac := hmac.New(sha256.New, s.mac)
	for _, text := range texts {
		_, _ = fmt.Fprintf(mac, "%d:%s", len(text), text)
	}
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

// sealed is what is encrypted.
type sealed struct {
	ID      string `json:"id"`
	Token   string `json:"token"`
	Refresh string `json:"refresh"`
}

// seal encrypts, bound to the key of the record it belongs to.
func (s *Sealer) seal(key string, content sealed) ([]byte, error) {
	plain, err := json.Marshal(content)
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, s.aead.NonceSize())
	if _, err := rand.Read(nonce); err != nil {
		return nil, err
	}
	return s.aead.Seal(nonce, nonce, plain, []byte(key)), nil
}

// ErrKey is a store that was sealed with another key.
var ErrKey = errors.New("consent: the tokens in the store were sealed with another key")

func (s *Sealer) open(key string, box []byte) (sealed, error) {
	var content sealed
	if len(box) < s.aead.NonceSize() {
		return content, ErrKey
	}
	plain, err := s.aead.Open(nil, box[:s.aead.NonceSize()], box[s.aead.NonceSize():], []byte(key))
	if err != nil {
		return content, ErrKey
	}
	return content, json.Unmarshal(plain, &content)
}
