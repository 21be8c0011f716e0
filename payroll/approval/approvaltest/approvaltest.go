// Package approvaltest has people with keys, for tests of runs that two of them must answer for. Their keys are made of their
// names: none of them must ever be on a real list.
package approvaltest

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/approval"
)

// Person is somebody with a key of Ed25519.
type Person struct {
	Name    string
	Key     approval.Key
	private ed25519.PrivateKey
}

// NewPerson returns the person of a name, always with the same key.
func NewPerson(name string) Person {
	seed := sha256.Sum256([]byte("djamo approvaltest " + name))
	private := ed25519.NewKeyFromSeed(seed[:])
	public := private.Public().(ed25519.PublicKey) //nolint:forcetypeassert // it is one
	key, err := approval.ParseKey(fields([]byte("ssh-ed25519"), public))
	if err != nil { // it cannot be: the zero key signs nothing
		return Person{Name: name}
	}
	return Person{Name: name, Key: key, private: private}
}

func fields(texts ...[]byte) (wire []byte) {
	for _, text := range texts {
		wire = append(binary.BigEndian.AppendUint32(wire, uint32(len(text))), text...) //nolint:gosec // short
	}
	return wire
}

// Seed is what the person's private key is made of.
func (p Person) Seed() []byte { return p.private.Seed() }

// Sign signs what a key has been given, as approval.Sign asks.
func (p Person) Sign(data []byte) ([]byte, error) {
	return fields([]byte("ssh-ed25519"), ed25519.Sign(p.private, data)), nil
}

// Signers is a list of people who may sign everything.
func Signers(people ...Person) approval.Signers {
	var signers approval.Signers
	for _, p := range people {
		signers = append(signers, approval.Signer{Name: p.Name, Key: p.Key})
	}
	return signers
}

// Appoint is a first list of people who may sign everything, signed by the first of them.
func Appoint(at time.Time, people ...Person) (approval.Signed, error) {
	policy, err := approval.NewPolicy(Signers(people...), 0)
	if err != nil || len(people) == 0 {
		return approval.Signed{}, errors.Join(err, errors.New("there is nobody"))
	}
	first := people[0]
	return approval.Sign(approval.Statement{Act: approval.Appoint, By: first.Name, At: at, Policy: &policy}, first.Key, first.Sign)
}

// Plan is the request of a person to have a plan paid.
func Plan(by Person, at time.Time, plan *payroll.Plan, account djamo.Account) (approval.Signed, error) {
	terms := approval.TermsOf(plan, account)
	return approval.Sign(approval.Statement{Act: approval.Plan, By: by.Name, At: at, Terms: &terms}, by.Key, by.Sign)
}

// Approve is a person's approval of a request.
func Approve(by Person, at time.Time, request approval.Signed) (approval.Signed, error) {
	asked, _, err := request.Open(approval.Plan)
	if err != nil {
		return approval.Signed{}, err
	}
	return approval.Sign(approval.Statement{
		Act: approval.Approve, By: by.Name, At: at, Terms: asked.Terms, Follows: request.Digest(),
	}, by.Key, by.Sign)
}
