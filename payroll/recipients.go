package payroll

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"

	"github.com/djamo/djamo-go"
)

// ReasonNoAccount is the reason of payouts that are not sent since their payee has no Djamo account.
const ReasonNoAccount = "the payee has no Djamo account"

// RecipientOptions say how payees are checked. A zero field takes its default.
type RecipientOptions struct {
	// SubCompanyID is the sub-company that is to pay.
	SubCompanyID string
	// PerSecond bounds how many payees are asked about in a second; default 50. Concurrency is how many at the same time;
	// default 4.
	PerSecond, Concurrency int
	// MaxFailures is after how many failures in a row nothing more is asked; default 5. It keeps a check of thousands from
	// going on against an API that is away.
	MaxFailures int
	// Known reports whether a payee is known to have an account, and need not be asked about. It may be nil.
	Known func(djamo.MSISDN) bool
	// Answered is called with each answer of the API, by one goroutine at a time. It may be nil.
	Answered func(payee djamo.MSISDN, hasAccount bool)
	// Progress is called after each payee with how many are done, by one goroutine at a time. It may be nil.
	Progress func(done, payees int)
}

// Recipients is what is known of the payees of payouts.
type Recipients struct {
	Payees  int      // how many different phone numbers there are
	Asked   int      // about how many the API has answered now; the others were known, or are unknown
	Without []Payout // payouts whose payees have no Djamo account, in their order
	Unknown []Payout // payouts whose payees could not be asked about: they may have an account or not
	Err     error    // why, for the first of them; nil when there are none
}

// CheckRecipients asks for each payee whether the phone number has a Djamo account, once however many payouts it has. It sends
// nothing. Only an answer of the API says that there is no account: after a failure it is not known.
//
// The payouts are read twice. Memory grows with the payees. An error is that of the payouts, of the options, of the context, or one
// by which the API turns everybody away, such as a bad token.
func CheckRecipients(
	ctx context.Context, client *djamo.Client, payouts iter.Seq2[Payout, error], options RecipientOptions,
) (Recipients, error) {
	orElse(&options.PerSecond, 50)
	orElse(&options.Concurrency, 4)
	orElse(&options.MaxFailures, 5)
	if client == nil || payouts == nil || min(options.PerSecond, options.Concurrency, options.MaxFailures) < 1 {
		return Recipients{}, errors.New("payroll: CheckRecipients needs a client, payouts, and options that are not negative")
	}
	c := recipientCheck{options: options, client: client, answers: map[djamo.MSISDN]accountState{}}
	var asked []djamo.MSISDN
	for payout, err := range payouts {
		if err != nil {
			return Recipients{}, err
		}
		if _, ok := c.answers[payout.MSISDN]; ok {
			continue
		}
		c.answers[payout.MSISDN] = accountUnknown
		if options.Known != nil && options.Known(payout.MSISDN) {
			c.answers[payout.MSISDN] = hasAccount
			c.done++
			continue
		}
		asked = append(asked, payout.MSISDN)
	}
	if err := c.askAll(ctx, asked); err != nil {
		return Recipients{}, err
	}
	return c.result(payouts)
}

// accountState is what is known of a payee.
type accountState byte

const (
	accountUnknown accountState = iota
	hasAccount
	noAccount
)

// recipientCheck is a check under way.
type recipientCheck struct {
	options RecipientOptions
	client  *djamo.Client

	mu       sync.Mutex // of what follows, and of calls to the functions of options
	answers  map[djamo.MSISDN]accountState
	asked    int
	done     int
	failures int // in a row
	failure  error
	fatal    error
}

// askAll asks about each payee, no faster than it may.
func (c *recipientCheck) askAll(ctx context.Context, payees []djamo.MSISDN) error {
	asking, stop := context.WithCancel(ctx)
	defer stop()
	queue := make(chan djamo.MSISDN)
	var workers sync.WaitGroup
	for range min(c.options.Concurrency, len(payees)) {
		workers.Go(func() {
			for payee := range queue {
				if !c.ask(asking, payee) {
					stop()
				}
			}
		})
	}
	ticker := time.NewTicker(time.Second / time.Duration(c.options.PerSecond))
	defer ticker.Stop()
feed:
	for _, payee := range payees {
		select {
		case queue <- payee:
		case <-asking.Done():
			break feed
		}
		select {
		case <-ticker.C:
		case <-asking.Done():
			break feed
		}
	}
	close(queue)
	workers.Wait()
	if ctx.Err() != nil {
		return fmt.Errorf("payroll: checking payees: %w", context.Cause(ctx))
	}
	return c.fatal
}

// ask asks about one payee, and reports whether it makes sense to go on.
func (c *recipientCheck) ask(ctx context.Context, payee djamo.MSISDN) bool {
	check, err := c.client.Customers.Check(ctx, djamo.CustomerCheckParams{MSISDN: payee, SubCompanyID: c.options.SubCompanyID})
	if ctx.Err() != nil {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.done++
	if c.options.Progress != nil {
		defer func() { c.options.Progress(c.done, len(c.answers)) }()
	}
	if err != nil {
		return c.failed(err)
	}
	c.failures, c.asked, c.answers[payee] = 0, c.asked+1, noAccount
	if check.HasAccount {
		c.answers[payee] = hasAccount
	}
	if c.options.Answered != nil {
		c.options.Answered(payee, check.HasAccount)
	}
	return true
}

// failed notes a failure, of which nothing follows for the payee.
func (c *recipientCheck) failed(err error) bool {
	if c.failure == nil {
		c.failure = err
	}
	if errors.Is(err, djamo.ErrUnauthorized) || errors.Is(err, djamo.ErrBlocked) {
		c.fatal = fmt.Errorf("payroll: checking payees: %w", err)
		return false
	}
	c.failures++
	return c.failures < c.options.MaxFailures
}

func (c *recipientCheck) result(payouts iter.Seq2[Payout, error]) (Recipients, error) {
	result := Recipients{Payees: len(c.answers), Asked: c.asked}
	for payout, err := range payouts {
		if err != nil {
			return Recipients{}, err
		}
		switch c.answers[payout.MSISDN] {
		case noAccount:
			result.Without = append(result.Without, payout)
		case accountUnknown:
			result.Unknown, result.Err = append(result.Unknown, payout), c.failure
		case hasAccount:
		}
	}
	return result, nil
}

// rejectPlanned records as refused what is not to be sent, before anything is.
func (r *run) rejectPlanned(ctx context.Context) error {
	if len(r.Reject) == 0 || r.sum(Planned).Count == 0 {
		return nil
	}
	for after := int64(0); ; {
		payouts, err := r.Journal.Payouts(ctx, after, readAhead, Planned)
		if err != nil || len(payouts) == 0 {
			return err
		}
		after = payouts[len(payouts)-1].ID
		var changes []Change
		for _, p := range payouts {
			reason, rejected := r.Reject[p.Reference]
			if !rejected {
				continue
			}
			if r.rejected, err = r.rejected.Add(p.Amount); err != nil {
				return err
			}
			p.State, p.Reason = Refused, reason
			changes = append(changes, Change{From: Planned, Payout: p})
		}
		if len(changes) == 0 {
			continue
		}
		if err := r.advance(ctx, changes); err != nil {
			return err
		}
	}
}
