package payroll

import (
	"context"
	"errors"
)

// plan stores the plan, or finds it in the journal. Without the approval that the journal demands, nothing is stored.
func (r *run) plan(ctx context.Context, plan *Plan) error {
	_, err := r.Journal.Planned(ctx)
	if errors.Is(err, ErrNoPlan) {
		err = r.checkApproval(ctx, plan.PlanInfo)
	}
	if err != nil {
		return err
	}
	return explainDiffers(ctx, r.Journal, plan, r.Journal.Plan(ctx, r.currentLease(), plan))
}

// checkApproval refuses to send what a second person has not approved for the account of the client.
func (r *run) checkApproval(ctx context.Context, plan PlanInfo) error {
	account := r.Client.Account()
	if r.SubCompanyID != "" {
		account.CompanyID = r.SubCompanyID // an approval names the company itself
	}
	return r.Journal.CheckApproval(ctx, plan, account)
}
