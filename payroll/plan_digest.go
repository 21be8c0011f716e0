package payroll

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"iter"
	"strings"
)

// reference makes a reference of the run's name and the payout's content: the same for the same row however often the
// file is read, and wherever in it the row stands. Eighty bits of SHA-256 tell the rows of one run apart; two that met
// would be refused as repeated, not paid as one.
func (r *rules) reference(p Payout) string {
	content := appendText(nil, "djamo payroll reference 1")
	content = appendText(content, r.run)
	sum := sha256.Sum256(appendContent(content, p))
	return r.run + "/" + r.letters.EncodeToString(sum[:10])
}

// isDerived reports whether a reference was made of the name of a run and a row.
func isDerived(reference, run string) bool {
	const letters = 16
	row, ok := strings.CutPrefix(reference, run+"/")
	return ok && len(row) == letters && strings.Trim(row, "abcdefghijklmnopqrstuvwxyz234567") == ""
}

// digest is the fingerprint of a plan: a SHA-256 over its run's name and over what is to be paid, in order. Where a row
// stands in its file and how it is written there does not count: the same salaries in another format are the same plan.
type digest struct {
	hash   hash.Hash
	buffer []byte
}

func newDigest(run string) *digest {
	d := &digest{hash: sha256.New()}
	d.write(appendText(appendText(nil, "djamo payroll plan 1"), run))
	return d
}

func (d *digest) add(p Payout) {
	d.write(appendContent(appendText(d.buffer[:0], p.Reference), p))
}

// Describe says which plan of a run these payouts are, in their order. A journal asks it whether what it has stored is still what it
// was given. The error is that of the payouts, or of amounts that cannot be added up.
func Describe(run string, payouts iter.Seq2[Payout, error]) (PlanInfo, error) {
	info, digest := PlanInfo{Run: run}, newDigest(run)
	for p, err := range payouts {
		if err == nil {
			info.Total, err = info.Total.Add(p.Amount)
		}
		if err != nil {
			return PlanInfo{}, err
		}
		info.Count++
		digest.add(p)
	}
	info.Digest = digest.String()
	return info, nil
}

func (d *digest) write(content []byte) {
	d.hash.Write(content)
	d.buffer = content
}

func (d *digest) String() string { return hex.EncodeToString(d.hash.Sum(nil)) }

// appendContent writes what is to be paid, but for the reference, in a form that no other content has.
func appendContent(to []byte, p Payout) []byte {
	to = appendText(to, p.MSISDN.E164())
	to = binary.AppendVarint(to, int64(p.Amount))
	return appendText(to, p.Description)
}

// appendText writes a text's length before it, so that no two lists of texts become the same bytes.
func appendText(to []byte, text string) []byte {
	return append(binary.AppendUvarint(to, uint64(len(text))), text...)
}
