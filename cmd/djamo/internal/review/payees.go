package review

import (
	"strconv"
	"strings"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
	"github.com/djamo/djamo-go/payroll"
)

// payees are those of a plan. All that is known of each is kept only where there is something to compare it with: of a
// million payees it would take hundreds of megabytes.
type payees struct {
	all      bool
	findings map[djamo.MSISDN]*Finding
	order    []*Finding
	numbers  distinct // in place of findings
}

// add takes a payout in.
func (p *payees) add(payout payroll.Payout) (err error) {
	if !p.all {
		number, err := strconv.ParseUint(strings.TrimPrefix(payout.MSISDN.E164(), "+"), 10, 64)
		if err != nil {
			return lang.Errorf("the payee of payout %d is no phone number", payout.ID) // a plan has checked them
		}
		p.numbers.add(number)
		return nil
	}
	f, ok := p.findings[payout.MSISDN]
	if !ok {
		f = &Finding{Line: lineOf(payout), Reference: payout.Reference, MSISDN: payout.MSISDN, Name: payout.Name}
		p.findings[payout.MSISDN] = f
		p.order = append(p.order, f)
	}
	if f.Name == "" {
		f.Name = payout.Name
	}
	f.Amount, err = f.Amount.Add(payout.Amount)
	return err
}

// count is how many different payees there are.
func (p *payees) count() int {
	if p.all {
		return len(p.order)
	}
	return p.numbers.total()
}
