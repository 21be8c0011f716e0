package clustercmd

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/approval"
	"github.com/djamo/djamo-go/payroll/sqljournal"
)

// standingOf says where a run stands with its approval. The clock is this machine's; the database looks by its own.
func standingOf(ctx context.Context, db *sql.DB, run string) (approval.Standing, error) {
	record, err := sqljournal.ReadRecord(ctx, db, sqljournal.PostgreSQL, run)
	if err != nil {
		return approval.Standing{}, err
	}
	return record.At(time.Now())
}

// checkApproval refuses, before anything is asked or stored, a run that needs an approval and has none.
func checkApproval(ctx context.Context, db *sql.DB, plan payroll.PlanInfo, account djamo.Account, required bool) error {
	standing, err := standingOf(ctx, db, plan.Run)
	if err == nil && required && !standing.Policy.Required {
		return exit.BadInput(lang.Errorf("nothing was enqueued: %w", &approval.Refusal{Reason: approval.ApprovalNotUsed}))
	}
	if err == nil {
		err = standing.Check(plan.Run, plan.Digest, account)
	}
	if errors.Is(err, payroll.ErrNotApproved) {
		return exit.BadInput(lang.Errorf("nothing was enqueued: %w", err))
	}
	return err
}

// approvalOf says what a run waits for of which something is still to be sent, or who has approved it; "" where no approval is demanded.
func approvalOf(ctx context.Context, db *sql.DB, run string, unsent bool, t terminal.Terminal) (string, error) {
	standing, err := standingOf(ctx, db, run)
	switch {
	case errors.Is(err, payroll.ErrNotApproved):
		return terminal.Plain(t.Lang.Error(err)), nil
	case err != nil || !standing.Policy.Required:
		return "", err
	case standing.Refusal == nil:
		return t.Lang.Say("approved by %s", standing.Approval.By), nil
	case unsent:
		return terminal.Plain(t.Lang.Error(standing.Check(run, "", djamo.Account{}))), nil
	}
	return "", nil
}
