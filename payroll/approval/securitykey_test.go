package approval_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/payroll/approval"
)

// securityKey signs as a FIDO key does, by OpenSSH's PROTOCOL.u2f: over the application, flags, a counter and the digest.
type securityKey struct {
	kind, application string
	flags             byte
	counter           uint32
	public            [][]byte                    // between the kind and the application
	sign              func(message []byte) []byte // the signature itself
	format            string                      // "" for the kind
}

func fields(texts ...[]byte) (wire []byte) {
	for _, text := range texts {
		wire = append(binary.BigEndian.AppendUint32(wire, uint32(len(text))), text...)
	}
	return wire
}

func (k *securityKey) key(t testing.TB) approval.Key {
	t.Helper()
	blob := fields([]byte(k.kind))
	blob = append(blob, fields(k.public...)...)
	key, err := approval.ParseKey(append(blob, fields([]byte(k.application))...))
	require.NoError(t, err)
	return key
}

func (k *securityKey) signature(data []byte) ([]byte, error) {
	application, digest := sha256.Sum256([]byte(k.application)), sha256.Sum256(data)
	more := binary.BigEndian.AppendUint32([]byte{k.flags}, k.counter)
	message := append(append(application[:], more...), digest[:]...)
	format := k.kind
	if k.format != "" {
		format = k.format
	}
	return append(fields([]byte(format), k.sign(message)), more...), nil
}

func ed25519Key(t testing.TB) *securityKey {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	return &securityKey{
		kind: "sk-ssh-ed25519@openssh.com", application: "ssh:", flags: 1, counter: 7, public: [][]byte{public},
		sign: func(message []byte) []byte { return ed25519.Sign(private, message) },
	}
}

func ecdsaKey(t testing.TB) *securityKey {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	point, err := private.PublicKey.Bytes()
	require.NoError(t, err)
	return &securityKey{
		kind: "sk-ecdsa-sha2-nistp256@openssh.com", application: "ssh:djamo", flags: 5, counter: 1 << 31,
		public: [][]byte{[]byte("nistp256"), point},
		sign: func(message []byte) []byte {
			digest := sha256.Sum256(message)
			a, b, err := ecdsa.Sign(rand.Reader, private, digest[:])
			require.NoError(t, err)
			mpint := func(n *big.Int) []byte { return append([]byte{0}, n.Bytes()...) }
			return fields(mpint(a), mpint(b))
		},
	}
}

// What a security key has signed holds when somebody has touched it, and not otherwise.
func TestSign_BySecurityKey(t *testing.T) {
	t.Parallel()
	for name, made := range map[string]func(testing.TB) *securityKey{"ed25519": ed25519Key, "ecdsa": ecdsaKey} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			terms := approval.TermsOf(planOf(t, 2), account)
			statement := approval.Statement{Act: approval.Plan, By: awa.Name, At: noon, Terms: &terms}
			key := made(t)
			signed, err := approval.Sign(statement, key.key(t), key.signature)
			require.NoError(t, err)
			_, by, err := signed.Open(approval.Plan)
			require.NoError(t, err)
			require.Equal(t, key.key(t), by)

			for why, spoil := range map[string]func(*securityKey){
				"nobody has touched the security key": func(k *securityKey) { k.flags &^= 1 },
				`a signature of the kind "webauthn-sk-ecdsa-sha2-nistp256@openssh.com" is not accepted from a key of the kind ` + key.kind: func(
					k *securityKey,
				) {
					k.format = "webauthn-sk-ecdsa-sha2-nistp256@openssh.com"
				},
				"the signature is not of this key and this text": func(k *securityKey) {
					sign := k.sign
					k.sign = func(message []byte) []byte { return sign(append(message, 0)) }
				},
			} {
				spoilt := *key
				spoil(&spoilt)
				_, err := approval.Sign(statement, spoilt.key(t), spoilt.signature)
				refused(t, err, approval.BadSignature, why)
			}
			_, err = approval.Sign(statement, key.key(t), func(data []byte) ([]byte, error) {
				whole, err := key.signature(data)
				return whole[:len(whole)-1], err
			})
			refused(t, err, approval.BadSignature, "cut off")
			_, err = approval.Sign(statement, key.key(t), func([]byte) ([]byte, error) { return nil, errors.New("the key was taken out") })
			require.EqualError(t, err, "signing: the key was taken out")
		})
	}
}
