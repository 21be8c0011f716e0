package review

import (
	"errors"
	"iter"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/payroll"
)

// maxRuns is how many earlier runs make up a payee's history: a year of months.
const maxRuns = 12

// Past is what earlier runs have paid to whom. Runs are added with the newest first: the plan is compared with that one,
// and an amount with what its payee got in all of them.
type Past struct {
	// Runs are the runs that were read, the newest first.
	Runs   []Run
	payees map[djamo.MSISDN]*payee
}

// Run is an earlier run.
type Run struct {
	Name  string
	Count int64
	Total djamo.XOF
}

// payee is what one phone number has got.
type payee struct {
	name      string // in the newest run that names it
	latest    djamo.XOF
	reference string // of the first payout in the newest run
	inLatest  bool
	least     djamo.XOF
	most      djamo.XOF
}

// sum is what one payee got in one run.
type sum struct {
	name, reference string
	paid, asked     djamo.XOF // what was paid or may have been, and everything
}

// amount is what the payee got, or was to get when nothing was paid.
func (s sum) amount() djamo.XOF {
	if s.paid > 0 {
		return s.paid
	}
	return s.asked
}

// Add adds a run that is older than those before it. States that mean that nothing was paid do not count, unless nothing else
// is known of the payee.
func (p *Past) Add(name string, payouts iter.Seq2[payroll.Payout, error]) error {
	if len(p.Runs) == maxRuns {
		return nil
	}
	run, sums := Run{Name: name}, map[djamo.MSISDN]sum{}
	for payout, err := range payouts {
		if err != nil {
			return err
		}
		s := sums[payout.MSISDN]
		if s.reference == "" {
			s.reference = payout.Reference
		}
		if payout.Name != "" {
			s.name = payout.Name
		}
		var totalErr, askedErr, paidErr error
		run.Count++
		run.Total, totalErr = run.Total.Add(payout.Amount)
		s.asked, askedErr = s.asked.Add(payout.Amount)
		switch payout.State {
		case payroll.Failed, payroll.Refused, payroll.Conflict:
		default:
			s.paid, paidErr = s.paid.Add(payout.Amount)
		}
		if err := errors.Join(totalErr, askedErr, paidErr); err != nil {
			return err
		}
		sums[payout.MSISDN] = s
	}
	p.merge(sums, len(p.Runs) == 0)
	p.Runs = append(p.Runs, run)
	return nil
}

func (p *Past) merge(sums map[djamo.MSISDN]sum, newest bool) {
	if p.payees == nil {
		p.payees = make(map[djamo.MSISDN]*payee, len(sums))
	}
	for number, s := range sums {
		amount := s.amount()
		known, ok := p.payees[number]
		if !ok {
			known = &payee{least: amount, most: amount}
			p.payees[number] = known
		}
		known.least, known.most = min(known.least, amount), max(known.most, amount)
		if known.name == "" {
			known.name = s.name
		}
		if newest {
			known.latest, known.inLatest, known.reference = amount, true, s.reference
		}
	}
}

// sameName reports whether two names may be one person's: the same words in any order, whatever their case and accents. No
// name is like any.
func sameName(a, b string) bool {
	one, other := wordsOf(a), wordsOf(b)
	if one == "" || other == "" {
		return true
	}
	return one == other
}

// wordsOf is a name's words in plain small letters, in the order of the alphabet.
func wordsOf(name string) string {
	plain := strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Mn, r):
			return -1
		case unicode.IsLetter(r), unicode.IsDigit(r):
			return unicode.ToLower(r)
		}
		return ' '
	}, norm.NFKD.String(name))
	words := strings.Fields(plain)
	sortWords(words)
	return strings.Join(words, " ")
}
