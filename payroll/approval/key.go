package approval

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
)

// Key is a public key of SSH: ssh-ed25519, ecdsa-sha2-nistp256, -384 and -521, ssh-rsa of 2,048 bits and more, and the two kinds
// that live in a security key, sk-ssh-ed25519@openssh.com and sk-ecdsa-sha2-nistp256@openssh.com. The zero value is no key.
type Key struct {
	kind        string
	blob        string
	public      crypto.PublicKey
	application string // of a key that lives in a security key
}

// ParseKey reads a key in SSH's wire format, which is what stands behind its kind in a .pub file, in base64.
func ParseKey(blob []byte) (Key, error) {
	r := &reader{left: blob}
	key := Key{kind: string(r.field()), blob: string(blob)}
	var err error
	switch key.kind {
	case "ssh-ed25519", "sk-ssh-ed25519@openssh.com":
		public := r.field()
		if r.err == nil && len(public) != ed25519.PublicKeySize {
			return Key{}, fmt.Errorf("a key of Ed25519 has %d bytes, not %d", ed25519.PublicKeySize, len(public))
		}
		key.public = ed25519.PublicKey(public)
	case "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "sk-ecdsa-sha2-nistp256@openssh.com":
		named, point := string(r.field()), r.field()
		if r.err == nil {
			key.public, err = ecdsaKey(key.kind, named, point)
		}
	case "ssh-rsa":
		exponent, modulus := r.field(), r.field()
		if r.err == nil {
			key.public, err = rsaKey(exponent, modulus)
		}
	default:
		if r.err == nil {
			return Key{}, errors.New("its kind is none of ssh-ed25519, ecdsa-sha2-nistp256, -384, -521, ssh-rsa, sk-ssh-ed25519@openssh.com " +
				"and sk-ecdsa-sha2-nistp256@openssh.com")
		}
	}
	if err == nil && key.isSecurityKey() {
		key.application = string(r.field())
	}
	if err == nil {
		err = r.end()
	}
	if err != nil {
		return Key{}, fmt.Errorf("the key cannot be read: %w", err)
	}
	return key, nil
}

func ecdsaKey(kind, named string, point []byte) (*ecdsa.PublicKey, error) {
	curves := map[string]elliptic.Curve{"nistp256": elliptic.P256(), "nistp384": elliptic.P384(), "nistp521": elliptic.P521()}
	curve := curves[named]
	if curve == nil || kind != "ecdsa-sha2-"+named && kind != "sk-ecdsa-sha2-"+named+"@openssh.com" {
		return nil, errors.New("its curve is not that of its kind")
	}
	public, err := ecdsa.ParseUncompressedPublicKey(curve, point)
	if err != nil {
		return nil, errors.New("its point is not one of its curve")
	}
	return public, nil
}

func rsaKey(exponent, modulus []byte) (*rsa.PublicKey, error) {
	const minBits, maxBits, maxExponent = 2048, 16384, 4
	e, n := new(big.Int).SetBytes(exponent), new(big.Int).SetBytes(modulus)
	switch {
	case n.BitLen() < minBits || n.BitLen() > maxBits:
		return nil, fmt.Errorf("a key of RSA must have from %d to %d bits, not %d", minBits, maxBits, n.BitLen())
	case len(exponent) > maxExponent || e.BitLen() > 31 || e.Int64() < 3 || e.Bit(0) == 0:
		return nil, errors.New("its exponent is none of RSA")
	}
	return &rsa.PublicKey{N: n, E: int(e.Int64())}, nil
}

func (k Key) isSecurityKey() bool {
	return k.kind == "sk-ssh-ed25519@openssh.com" || k.kind == "sk-ecdsa-sha2-nistp256@openssh.com"
}

// IsZero reports whether it is no key.
func (k Key) IsZero() bool { return k.blob == "" }

// Equal reports whether two keys are the same.
func (k Key) Equal(other Key) bool { return k.blob == other.blob }

// Fingerprint is what ssh-keygen -l shows: SHA256 and 43 letters.
func (k Key) Fingerprint() string {
	sum := sha256.Sum256([]byte(k.blob))
	return "SHA256:" + base64.RawStdEncoding.EncodeToString(sum[:])
}

// String is the key as it stands in a .pub file, without a comment.
func (k Key) String() string { return k.kind + " " + base64.StdEncoding.EncodeToString([]byte(k.blob)) }

// errSignature is a signature that the key has not made of this text.
var errSignature = errors.New("the signature is not of this key and this text")

// verify checks a signature in SSH's wire format.
func (k Key) verify(message, signature []byte) error {
	r := &reader{left: signature}
	format, blob := string(r.field()), r.field()
	if k.isSecurityKey() {
		var flags, counter []byte
		flags, counter = r.fixed(1), r.fixed(4)
		if r.err == nil && flags[0]&1 == 0 {
			return errors.New("nobody has touched the security key")
		}
		application, digest := sha256.Sum256([]byte(k.application)), sha256.Sum256(message)
		message = append(append(append(application[:], flags...), counter...), digest[:]...)
	}
	if err := r.end(); err != nil {
		return fmt.Errorf("the signature cannot be read: %w", err)
	}
	if !k.accepts(format) {
		return fmt.Errorf("a signature of the kind %q is not accepted from a key of the kind %s", shownText(format), k.kind)
	}
	good := false
	switch public := k.public.(type) {
	case ed25519.PublicKey:
		good = len(blob) == ed25519.SignatureSize && ed25519.Verify(public, message, blob)
	case *ecdsa.PublicKey:
		numbers := &reader{left: blob}
		a, b := new(big.Int).SetBytes(numbers.field()), new(big.Int).SetBytes(numbers.field())
		good = numbers.end() == nil && ecdsa.Verify(public, ecdsaDigest(public, message), a, b)
	case *rsa.PublicKey:
		good = verifyRSA(public, format, message, blob)
	}
	if !good {
		return errSignature
	}
	return nil
}

// accepts reports whether a kind of signature is one that ssh-keygen makes with the key. Those over SHA-1, and those that a browser
// makes with a security key, are not.
func (k Key) accepts(format string) bool {
	if k.kind == "ssh-rsa" {
		return format == "rsa-sha2-256" || format == "rsa-sha2-512"
	}
	return format == k.kind
}

func ecdsaDigest(public *ecdsa.PublicKey, message []byte) []byte {
	switch public.Curve {
	case elliptic.P384():
		sum := sha512.Sum384(message)
		return sum[:]
	case elliptic.P521():
		sum := sha512.Sum512(message)
		return sum[:]
	}
	sum := sha256.Sum256(message)
	return sum[:]
}

func verifyRSA(public *rsa.PublicKey, format string, message, signature []byte) bool {
	if format == "rsa-sha2-256" {
		sum := sha256.Sum256(message)
		return rsa.VerifyPKCS1v15(public, crypto.SHA256, sum[:], signature) == nil
	}
	sum := sha512.Sum512(message)
	return rsa.VerifyPKCS1v15(public, crypto.SHA512, sum[:], signature) == nil
}
