package sqljournal

import (
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/approval"
)

// Seals remember, in one process and for one database, what the payouts of approved runs were when all of them together were what
// was approved: whoever can write into the tables must not change what is paid after two people have signed. A Journal has its
// own; the parts of a run share those that [Part.Share] gives them, or each reads the whole run. The zero value is ready to use,
// and safe for concurrent use. A payout takes eight bytes.
type Seals struct {
	random sync.Once
	key    [sha256.Size]byte

	mu   sync.Mutex
	runs []sealedRun // the one that was read last is the last
}

type sealedRun struct {
	run   int64
	plan  string // the digest
	seals []uint64
}

// keptRuns is how many runs are remembered. A worker has few at the same time.
const keptRuns = 8

const selectContents = `SELECT id, msisdn, amount, reference, description FROM djamo_payroll_payouts WHERE run = ? ORDER BY id`

// check refuses a run whose stored payouts are not those of the plan that was approved, and claims of payouts that are not.
func (s *Seals) check(read query, run int64, standing approval.Standing, changes []payroll.Change) error {
	if !standing.Policy.Required {
		return nil
	}
	sealed := s.find(run, standing)
	if sealed == nil {
		var err error
		if sealed, err = s.read(read, run, standing); err != nil {
			return err
		}
	}
	for _, c := range changes {
		p := c.Payout
		if c.From != payroll.Planned || p.ID >= 1 && p.ID <= int64(len(sealed)) && sealed[p.ID-1] == s.seal(p) {
			continue
		}
		if _, err := s.read(read, run, standing); err != nil {
			return err
		}
		return fmt.Errorf("%w: payout %d was changed when it was read, and was changed back since", payroll.ErrLeaseLost, p.ID)
	}
	return nil
}

// find returns the seals of a run; nil when it was not read.
func (s *Seals) find(run int64, standing approval.Standing) []uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.runs {
		if r.run == run && r.plan == standing.Approval.Terms.Plan {
			return r.seals
		}
	}
	return nil
}

func (s *Seals) keep(kept sealedRun) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.runs = slices.DeleteFunc(s.runs, func(r sealedRun) bool { return r.run == kept.run })
	if len(s.runs) == keptRuns {
		s.runs = s.runs[1:]
	}
	s.runs = append(s.runs, kept)
}

// read reads a whole run, and remembers it if it is what was approved. Nothing is locked meanwhile: who asks may have the connection
// of the journal, or be about to wait for it.
func (s *Seals) read(read query, run int64, standing approval.Standing) ([]uint64, error) {
	s.random.Do(func() { _, _ = rand.Read(s.key[:]) }) // it never fails
	terms := *standing.Approval.Terms
	seals := make([]uint64, 0, min(terms.Payouts, 1<<20))
	stopped, inOrder := false, true
	held, err := payroll.Describe(terms.Run, func(yield func(payroll.Payout, error) bool) {
		err := read(func(rows *sql.Rows) error {
			var p payroll.Payout
			var msisdn string
			var amount int64
			if err := rows.Scan(&p.ID, &msisdn, &amount, &p.Reference, &p.Description); err != nil || stopped {
				return err
			}
			p.MSISDN, p.Amount = djamo.MSISDN(msisdn), djamo.XOF(amount)
			seals = append(seals, s.seal(p))
			inOrder = inOrder && p.ID == int64(len(seals))
			stopped = !yield(p, nil)
			return nil
		}, selectContents, run)
		if err != nil && !stopped {
			yield(payroll.Payout{}, err)
		}
	})
	if err != nil && !errors.Is(err, djamo.ErrOverflow) { // what does not add up is no plan
		return nil, err
	}
	if !inOrder {
		held = payroll.PlanInfo{}
	}
	if err := standing.CheckStored(held); err != nil {
		return nil, err
	}
	s.keep(sealedRun{run, terms.Plan, seals})
	return seals, nil
}

// seal is a fingerprint of what a payout pays, which nobody outside of this process can aim at.
func (s *Seals) seal(p payroll.Payout) uint64 {
	text := make([]byte, 0, 160)
	text = append(text, s.key[:]...)
	text = binary.AppendVarint(text, p.ID)
	text = binary.AppendVarint(text, int64(p.Amount))
	for _, field := range []string{p.MSISDN.E164(), p.Reference, p.Description} {
		text = append(binary.AppendUvarint(text, uint64(len(field))), field...)
	}
	sum := sha256.Sum256(text)
	return binary.BigEndian.Uint64(sum[:])
}

// Share has the part use what others of its process have read. It must be called before the part is driven.
func (p *Part) Share(seals *Seals) { p.seals = seals }
