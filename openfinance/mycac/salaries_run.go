package mycac

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/djamo/djamo-go/internal/clock"
)

// SalaryGateway is where salaries are submitted: what [Session.Salaries] makes is one.
type SalaryGateway interface {
	// SubmitSalaries hands the file over and returns the bank's id of it. An error that matches ErrSalariesRefused or
	// ErrSalariesNotSubmitted says that the file provably did nothing; after any other nobody knows.
	SubmitSalaries(ctx context.Context, file SalaryFile) (batchID string, err error)
	// FindSalaries asks for a file by its reference; found is false when the bank, and not something in front of it, says that it
	// has none.
	FindSalaries(ctx context.Context, reference string) (batch SalaryBatch, found bool, err error)
	// SalaryConfirmations reads a page of what became of the entries, from page 1 on.
	SalaryConfirmations(ctx context.Context, batchID string, page int) (SalaryConfirmationPage, error)
}

// ErrSalariesNotSubmitted is a submission that provably did nothing, such as one with a session that has expired: log in and run
// again.
var ErrSalariesNotSubmitted = errors.New("mycac: the salaries were not submitted")

// SalaryRunner submits salaries, once, and follows them to the end. Gateway, Journal and Writer are required; every other field
// has a default. It holds no state: all of it is in the journal.
type SalaryRunner struct {
	Gateway SalaryGateway
	Journal *Journal
	Writer  FileWriter
	Options SalaryOptions // its Currencies

	// SendTimeout bounds one submission; default 60 s.
	SendTimeout time.Duration
	// QuietPeriod is how long after a submission with a lost answer it may be taken for not submitted, if the bank does not know
	// its reference then. It must be longer than SendTimeout and the bank's slowest processing together. Default: SendTimeout and
	// 2 min.
	QuietPeriod time.Duration
	// PollMin and PollMax bound the pauses between questions to the bank, which double; defaults 2 s and 1 min.
	PollMin, PollMax time.Duration
	// IdleTimeout is how long a run goes on without news; default 15 min. What is open then stays open in the journal, for Resume.
	IdleTimeout time.Duration
	// MaxAttempts is how often a submission leaves at most, all runs together; default 5.
	MaxAttempts int

	// Progress is called after every step that was recorded. It must return soon.
	Progress func(SalaryTotals)
	Logger   *slog.Logger // nil: silence
}

// Run submits a plan, or goes on where an earlier run of it stopped, and returns when every entry is final or there was no news
// for IdleTimeout: the totals say what is open. Safe to repeat, also after the process was killed: the plan is kept before it is
// submitted, and submitted once.
//
// Errors: ErrSalariesDiffer, ErrSalariesRefused, ErrSalariesConflict, ErrSalariesNotSubmitted, *[SalariesUnknownError], and what
// Journal returns. The totals come with an error too, as far as they are known.
func (r SalaryRunner) Run(ctx context.Context, plan *SalaryPlan) (SalaryTotals, error) {
	set, err := r.withDefaults()
	if err != nil {
		return SalaryTotals{}, err
	}
	if plan == nil || plan.Digest == "" || plan.Digest != plan.digest() {
		return SalaryTotals{}, errors.New("mycac: the plan was made by neither ReadSalaries nor NewSalaryPlan, or changed afterwards")
	}
	if err := set.plan(ctx, plan); err != nil {
		return SalaryTotals{}, err
	}
	return set.Resume(ctx, plan.Reference)
}

// plan keeps a plan and its file, or finds the plan in the journal.
func (r SalaryRunner) plan(ctx context.Context, plan *SalaryPlan) error {
	err := r.Journal.compareSalaries(ctx, plan)
	if !errors.Is(err, ErrNoSalaries) {
		return err
	}
	file, err := renderSalaries(r.Writer, plan)
	if err != nil {
		return err
	}
	return r.Journal.planSalaries(ctx, plan, file)
}

// Resume goes on with salaries that the journal holds, as Run does.
func (r SalaryRunner) Resume(ctx context.Context, reference string) (SalaryTotals, error) {
	set, err := r.withDefaults()
	if err != nil {
		return SalaryTotals{}, err
	}
	run := &salaryRun{SalaryRunner: set, reference: reference, news: time.Now(), pause: set.PollMin}
	err = run.drive(ctx)
	reading, cancel := recording(ctx)
	defer cancel()
	totals, readErr := set.Journal.totals(reading, reference, set.Options)
	return totals, errors.Join(err, readErr)
}

func (r SalaryRunner) withDefaults() (SalaryRunner, error) {
	if r.Gateway == nil || r.Journal == nil {
		return r, errors.New("mycac: SalaryRunner needs a Gateway and a Journal")
	}
	set := func(field *time.Duration, value time.Duration) {
		if *field == 0 {
			*field = value
		}
	}
	set(&r.SendTimeout, time.Minute)
	set(&r.QuietPeriod, r.SendTimeout+2*time.Minute)
	set(&r.PollMin, 2*time.Second)
	set(&r.PollMax, max(time.Minute, r.PollMin))
	set(&r.IdleTimeout, 15*time.Minute)
	if r.MaxAttempts == 0 {
		r.MaxAttempts = 5
	}
	switch {
	case min(r.SendTimeout, r.PollMin, r.PollMax, r.IdleTimeout) < 0 || r.MaxAttempts < 0:
		return r, errors.New("mycac: the times of a SalaryRunner, and MaxAttempts, must not be negative")
	case r.QuietPeriod <= r.SendTimeout:
		return r, fmt.Errorf("mycac: SalaryRunner.QuietPeriod %s must be longer than SendTimeout %s: a submission could still be on its way",
			r.QuietPeriod, r.SendTimeout)
	}
	if r.Logger == nil {
		r.Logger = slog.New(slog.DiscardHandler)
	}
	return r, nil
}

// recording is for what must be written down after the context has ended.
func recording(ctx context.Context) (context.Context, context.CancelFunc) {
	const maxTime = 10 * time.Second
	return context.WithTimeout(context.WithoutCancel(ctx), maxTime)
}

// salaryRun is one call of Run or Resume.
type salaryRun struct {
	SalaryRunner

	reference string
	news      time.Time // when the journal was last taken further
	pause     time.Duration
	attempt   int       // whose answer is missing
	since     time.Time // when this process first knew of that
}

// drive takes the submission as far as it goes.
func (r *salaryRun) drive(ctx context.Context) error {
	for {
		s, err := r.Journal.Submission(ctx, r.reference)
		if err != nil {
			return err
		}
		finished := false
		switch s.State {
		case SubmissionPlanned:
			err = r.submit(ctx, s)
		case SubmissionSending, SubmissionUnknown:
			finished, err = r.settle(ctx, s)
		case SubmissionAccepted:
			finished, err = r.follow(ctx, s)
		case SubmissionRefused:
			return fmt.Errorf("%w: %s: %s", ErrSalariesRefused, s.Reference, s.Reason)
		case SubmissionConflict:
			return fmt.Errorf("%w: %s: %s", ErrSalariesConflict, s.Reference, s.Reason)
		default:
			return fmt.Errorf("%w: %s is in the state %q: update the program", ErrJournal, s.Reference, s.State)
		}
		if errors.Is(err, ErrSalariesMoved) { // by another process: read on from where it is
			err = clock.Sleep(ctx, r.PollMin)
		}
		if err != nil || finished {
			return err
		}
	}
}

// submit claims the submission, in the journal, before the first byte leaves, and records what came of it.
func (r *salaryRun) submit(ctx context.Context, s Submission) error {
	if s.Attempt >= r.MaxAttempts {
		return fmt.Errorf("%w: %s left %d times and the bank does not know it: ask the bank", ErrSalariesNotSubmitted, s.Reference, s.Attempt)
	}
	file, err := r.Journal.salaryFile(ctx, s.Reference)
	if err != nil {
		return err
	}
	started := time.Now()
	claimed := s
	claimed.State, claimed.Attempt, claimed.SentAt, claimed.Reason = SubmissionSending, s.Attempt+1, started, ""
	if err := r.Journal.move(ctx, s, claimed); err != nil {
		return err
	}
	r.attempt, r.since = claimed.Attempt, started
	after := claimed
	sending, cancel := context.WithDeadline(ctx, started.Add(r.SendTimeout))
	defer cancel()
	if clock.Elapsed(started, time.Now()) >= r.SendTimeout { // the machine slept: another may have sent it
		err = context.DeadlineExceeded
	} else {
		after.BatchID, err = r.Gateway.SubmitSalaries(sending, file)
	}
	r.since = time.Now()
	switch {
	case err == nil && after.BatchID != "":
		after.State = SubmissionAccepted
	case err == nil:
		after.State, after.Reason = SubmissionUnknown, "the bank's answer names no batch"
	case errors.Is(err, ErrSalariesRefused):
		after.State, after.Reason = SubmissionRefused, reasonOf(err)
	case errors.Is(err, ErrSalariesNotSubmitted):
		after.State, after.Reason = SubmissionPlanned, reasonOf(err)
	default:
		after.State, after.Reason = SubmissionUnknown, reasonOf(err)
	}
	keeping, done := recording(ctx)
	defer done()
	if err := r.record(keeping, claimed, after); err != nil {
		return err
	}
	switch {
	case after.State == SubmissionPlanned:
		return err
	case after.State == SubmissionUnknown && ctx.Err() != nil:
		return r.unknown(after, context.Cause(ctx))
	}
	return nil
}

// reasonOf is why a submission failed, without what its state says already.
func reasonOf(err error) string {
	text := err.Error()
	for _, kind := range []error{ErrSalariesRefused, ErrSalariesNotSubmitted} {
		text = strings.TrimPrefix(text, kind.Error()+": ")
	}
	return saidText(text)
}

// record takes the submission further and says so.
func (r *salaryRun) record(ctx context.Context, from, to Submission) error {
	if err := r.Journal.move(ctx, from, to); err != nil {
		return err
	}
	r.news, r.pause = time.Now(), r.PollMin
	r.Logger.InfoContext(ctx, "salaries", "reference", to.Reference, "state", string(to.State), "attempt", to.Attempt, "reason", to.Reason)
	r.report(ctx)
	return nil
}

func (r *salaryRun) report(ctx context.Context) {
	if r.Progress == nil {
		return
	}
	if totals, err := r.Journal.totals(ctx, r.reference, r.Options); err == nil {
		r.Progress(totals)
	}
}

// settle asks the bank what became of a submission whose answer is missing. It is sent again only when the bank does not know its
// reference after nothing of it can be on its way any more.
func (r *salaryRun) settle(ctx context.Context, s Submission) (finished bool, err error) {
	if r.attempt != s.Attempt {
		r.attempt, r.since = s.Attempt, time.Now() // of another process, which may be sending until now
	}
	asked := time.Now()
	batch, found, err := r.Gateway.FindSalaries(ctx, s.Reference)
	after := s
	switch {
	case err != nil && (ctx.Err() != nil || errors.Is(err, ErrSessionOver)):
		return true, r.unknown(s, err)
	case err != nil:
		r.Logger.WarnContext(ctx, "salaries: the bank does not say what became of a submission", "reference", s.Reference, "error", err.Error())
		if time.Since(r.news) > r.IdleTimeout {
			return true, r.unknown(s, err)
		}
		return false, r.wait(ctx, s, r.pause)
	case found && batch.Digest != "" && batch.Digest != r.fileDigest(ctx, s):
		after.State, after.BatchID = SubmissionConflict, batch.ID
		after.Reason = "the bank has a file of another content under this reference"
	case found:
		after.State, after.BatchID, after.Reason = SubmissionAccepted, batch.ID, ""
	case clock.Elapsed(r.since, asked) > r.QuietPeriod:
		after.State, after.Reason = SubmissionPlanned, "the bank does not know it: it was never submitted"
	default:
		return false, r.wait(ctx, s, min(r.pause, max(time.Millisecond, r.QuietPeriod-clock.Elapsed(r.since, time.Now()))))
	}
	return false, r.record(ctx, s, after)
}

// fileDigest is that of the file that was submitted; empty when it cannot be read, which no digest is.
func (r *salaryRun) fileDigest(ctx context.Context, s Submission) string {
	file, err := r.Journal.salaryFile(ctx, s.Reference)
	if err != nil {
		return ""
	}
	return file.Digest
}

func (r *salaryRun) unknown(s Submission, cause error) error {
	return &SalariesUnknownError{Reference: s.Reference, Attempt: s.Attempt, SentAt: s.SentAt, Cause: cause}
}

// wait pauses before the bank is asked again.
func (r *salaryRun) wait(ctx context.Context, s Submission, pause time.Duration) error {
	if err := clock.Sleep(ctx, pause); err != nil {
		if s.State == SubmissionAccepted {
			return err
		}
		return r.unknown(s, err)
	}
	r.pause = min(2*r.pause, r.PollMax)
	return nil
}
