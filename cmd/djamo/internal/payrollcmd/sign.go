package payrollcmd

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
	"github.com/djamo/djamo-go/cmd/djamo/internal/payoutfile"
	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/approval"
	"github.com/djamo/djamo-go/payroll/sqljournal"
)

// signing is a person with a key, at the journal of the run to sign for.
type signing struct {
	key     *sshKey
	journal *sqljournal.Journal
	record  approval.Record
	close   func()
}

// openToSign opens the key and the journal, and reads what was signed so far.
func openToSign(ctx context.Context, set settings) (*signing, error) {
	key, err := openKey(set.key)
	if err != nil {
		return nil, err
	}
	journal, done, err := openJournal(ctx, set)
	if err != nil {
		key.close()
		return nil, exit.OrInterrupted(ctx, err)
	}
	s := &signing{key: key, journal: journal, close: func() { done(); key.close() }}
	if s.record, err = journal.Record(ctx); err != nil {
		s.close()
		return nil, notSigned(ctx, err)
	}
	return s, nil
}

// signer finds out, before a person is asked anything, who owns the key.
func (s *signing) signer() (string, error) {
	standing, err := s.record.At(time.Now())
	if err != nil {
		return "", err
	}
	if !standing.Policy.Required {
		return "", &approval.Refusal{Reason: approval.ApprovalNotUsed}
	}
	return nameOf(s.key, standing.Signers)
}

// nameOf finds a key's owner among those who may sign.
func nameOf(key *sshKey, signers approval.Signers) (string, error) {
	signer, ok := signers.Find(key.public)
	if !ok {
		return "", &approval.Refusal{Reason: approval.UnknownKey, Args: []any{key.public.Fingerprint()}}
	}
	return signer.Name, nil
}

// sign signs a statement now, and stores it.
func (s *signing) sign(ctx context.Context, statement approval.Statement) error {
	statement.At = time.Now()
	signed, err := payoutfile.Await(ctx, func() (approval.Signed, error) { return approval.Sign(statement, s.key.public, s.key.sign) })
	if err != nil { // such as an agent that waits for somebody to touch a key
		return notSigned(ctx, err)
	}
	err = s.journal.Sign(ctx, statement.Act, signed)
	switch {
	case err == nil:
		return nil
	case exit.IsAwayDatabase(err):
		return lang.Errorf("whether this was stored is not known; the same command again is safe: %w", err)
	}
	return notSigned(ctx, err)
}

// notSigned is an error before which nothing was signed or stored.
func notSigned(ctx context.Context, err error) error {
	coded := (*exit.Error)(nil)
	if errors.As(err, &coded) {
		return err
	}
	if ctx.Err() != nil {
		return exit.NotSent(ctx, err)
	}
	failure := lang.Errorf("nothing was signed: %w", err)
	if exit.IsAwayDatabase(err) {
		return failure
	}
	return exit.BadInput(failure)
}

// request has whoever plans sign what is to be paid, and stores that for a second person to approve.
func request(ctx context.Context, client *djamo.Client, plan *payroll.Plan, set settings, t terminal.Terminal) error {
	s, err := openToSign(ctx, set)
	if err != nil {
		return err
	}
	defer s.close()
	by, err := s.signer()
	if err != nil {
		return notSigned(ctx, err)
	}
	terms := approval.TermsOf(plan, client.Account())
	if err := s.sign(ctx, approval.Statement{Act: approval.Plan, By: by, Terms: &terms}); err != nil {
		return err
	}
	t.Tell("%s asks for the approval of a second person, who types: %s", terminal.Plain(by), approveLine(set))
	return nil
}

// approveLine is what the second person types.
func approveLine(set settings) string {
	journal := strconv.Quote(set.journal)
	if isPostgres(set.journal) { // its address may hold a password
		journal = "postgres://…"
	}
	return fmt.Sprintf("djamo payroll approve %q --run %q --journal %s --key …", set.file.Path, set.file.Run, journal)
}
