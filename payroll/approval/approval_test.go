package approval_test

import (
	"crypto/ed25519"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/approval"
	"github.com/djamo/djamo-go/payroll/approval/approvaltest"
)

func refused(t testing.TB, err error, reason approval.Reason, text string) {
	t.Helper()
	require.ErrorIs(t, err, payroll.ErrNotApproved)
	refusal := (*approval.Refusal)(nil)
	require.ErrorAs(t, err, &refusal)
	require.Equal(t, reason, refusal.Reason, err)
	require.ErrorContains(t, err, text)
	require.NotContains(t, err.Error(), "%!", "the sentence has all of its words")
	require.NotContains(t, err.Error(), "\n", "one sentence")
}

// signed signs a statement, and fails the test when it cannot.
func signed(t testing.TB, s approval.Statement, by approvaltest.Person) approval.Signed {
	t.Helper()
	text, err := approval.Sign(s, by.Key, by.Sign)
	require.NoError(t, err)
	return text
}

// world is a record that allows the run, for a test to spoil.
type world struct {
	signers           approval.Signers
	validity          time.Duration
	planner, approver approvaltest.Person
	planBy, approveBy string // other names than theirs
	planAt, approveAt time.Time
	now               time.Time
	record            func(*approval.Record)
	plan              string
	account           djamo.Account
}

func TestCheck(t *testing.T) {
	t.Parallel()
	plan := planOf(t, 3)
	other := planOf(t, 4)
	at := noon.Add
	for name, row := range map[string]struct {
		spoil  func(*world)
		reason approval.Reason
		text   string
	}{
		"approved":                  {func(*world) {}, "", ""},
		"at its last moment":        {func(w *world) { w.now = at(24 * time.Hour) }, "", ""},
		"a clock that is a bit off": {func(w *world) { w.now = at(-4 * time.Minute) }, "", ""},
		"nobody has asked": {
			func(w *world) { w.record = func(r *approval.Record) { *r = approval.Record{Policies: r.Policies} } },
			approval.NotRequested, `the run "july" needs the approval of a second person`,
		},
		"nobody has approved": {
			func(w *world) { w.record = func(r *approval.Record) { r.Approval = approval.Signed{} } },
			approval.NotApproved, "awa@example.ci asked for it on 2026-07-28 12:00:00 UTC",
		},
		"ended": {func(w *world) { w.now = at(24*time.Hour + time.Second) }, approval.Expired, "has ended on 2026-07-29 12:00:00 UTC"},
		"ended after an hour": {
			func(w *world) { w.validity, w.now = time.Hour, at(time.Hour+time.Second) }, approval.Expired, "bintou@example.ci has ended",
		},
		"signed in the future": {
			func(w *world) { w.approveAt = at(6 * time.Minute) }, approval.ClockDisagrees, "it is only 2026-07-28 12:00:00 UTC here",
		},
		"asked for in the future": {func(w *world) { w.planAt = at(time.Hour) }, approval.ClockDisagrees, "awa@example.ci has signed on"},
		"unknown key":             {func(w *world) { w.approver = chantal }, approval.UnknownKey, chantal.Key.Fingerprint()},
		"unknown planner":         {func(w *world) { w.planner = chantal }, approval.UnknownKey, chantal.Key.Fingerprint()},
		"planner approves":        {func(w *world) { w.approver = awa }, approval.SamePerson, "awa@example.ci has planned the run"},
		"two keys of one person": {func(w *world) {
			w.signers = append(w.signers, approval.Signer{Name: awa.Name, Key: chantal.Key})
			w.approver, w.approveBy = chantal, awa.Name
		}, approval.SamePerson, "somebody else must approve it"},
		"in another's name": {func(w *world) { w.approveBy = chantal.Name }, approval.OtherName, "names chantal@example.ci"},
		"may only plan": {func(w *world) {
			w.signers = append(w.signers, approval.Signer{Name: chantal.Name, Key: chantal.Key, Namespaces: []string{"djamo-payroll-plan"}})
			w.approver = chantal
		}, approval.MayNotSign, "may not sign for djamo-payroll-approve"},
		"a key that has ended":   {func(w *world) { w.signers[1].Before = noon }, approval.KeyNotValid, "is not valid on 2026-07-28 12:00:00 UTC"},
		"a key that ended since": {func(w *world) { w.signers[1].Before, w.now = at(time.Hour), at(2*time.Hour) }, approval.KeyNotValid, "14:00:00"},
		"a key of tomorrow":      {func(w *world) { w.signers[1].After = at(time.Hour) }, approval.KeyNotValid, "bintou@example.ci"},
		"another plan":           {func(w *world) { w.plan = other.Digest }, approval.OtherPlan, other.Digest[:16]},
		"another company":        {func(w *world) { w.account.CompanyID = "biz_2" }, approval.OtherAccount, "biz_1, and this is"},
		"another host":           {func(w *world) { w.account.Host = "elsewhere" }, approval.OtherAccount, "elsewhere"},
		"planned again": {func(w *world) {
			w.record = func(r *approval.Record) {
				again, err := approvaltest.Plan(awa, at(time.Minute), plan, account)
				require.NoError(t, err)
				r.Request = again
			}
		}, approval.OtherRequest, "must be approved again"},
		"a text that was changed": {func(w *world) {
			w.record = func(r *approval.Record) {
				r.Approval.Text = strings.Replace(r.Approval.Text, `"payouts": 3`, `"payouts": 4`, 1)
			}
		}, approval.BadSignature, "does not hold"},
		"a signature of another text": {func(w *world) {
			w.record = func(r *approval.Record) { r.Approval.Signature = r.Request.Signature }
		}, approval.BadSignature, `signed for "djamo-payroll-plan"`},
		"no signature": {func(w *world) { w.record = func(r *approval.Record) { r.Approval.Signature = "yes" } }, approval.BadSignature, "ssh-keygen"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := world{
				signers: approvaltest.Signers(awa, bintou), planner: awa, approver: bintou, planAt: noon, approveAt: noon, now: noon,
				plan: plan.Digest, account: account,
			}
			row.spoil(&w)
			policy, err := approval.NewPolicy(w.signers, w.validity)
			require.NoError(t, err)
			name := func(other string, p approvaltest.Person) string {
				if other != "" {
					return other
				}
				return p.Name
			}
			terms := approval.TermsOf(plan, account)
			record := approval.Record{Policies: []approval.Signed{
				signed(t, approval.Statement{Act: approval.Appoint, By: awa.Name, At: noon, Policy: &policy}, awa),
			}}
			record.Request = signed(t, approval.Statement{Act: approval.Plan, By: name(w.planBy, w.planner), At: w.planAt, Terms: &terms}, w.planner)
			record.Approval = signed(t, approval.Statement{
				Act: approval.Approve, By: name(w.approveBy, w.approver), At: w.approveAt, Terms: &terms, Follows: record.Request.Digest(),
			}, w.approver)
			if w.record != nil {
				w.record(&record)
			}
			standing, err := record.At(w.now)
			require.NoError(t, err)
			err = standing.Check("july", w.plan, w.account)
			if row.reason == "" {
				require.NoError(t, err)
				require.Equal(t, bintou.Name, standing.Approval.By)
				return
			}
			refused(t, err, row.reason, row.text)
		})
	}
}

// The list is changed by one who stands in the list before it, and by nobody else; so is the demand for approvals switched off.
func TestAppoint_ByOneOfTheListBefore(t *testing.T) {
	t.Parallel()
	first, err := approvaltest.Appoint(noon, awa, bintou)
	require.NoError(t, err)
	policy, err := approval.NewPolicy(approvaltest.Signers(chantal, bintou), 0)
	require.NoError(t, err)
	off := policy
	off.Required = false
	next := func(by approvaltest.Person, p approval.Policy, follows string) approval.Record {
		return approval.Record{Policies: []approval.Signed{
			first, signed(t, approval.Statement{Act: approval.Appoint, By: by.Name, At: noon, Policy: &p, Follows: follows}, by),
		}}
	}
	standing, err := next(bintou, policy, first.Digest()).At(noon)
	require.NoError(t, err)
	require.Len(t, standing.Signers, 2)
	require.True(t, standing.Policy.Required)
	standing, err = next(bintou, off, first.Digest()).At(noon)
	require.NoError(t, err)
	require.NoError(t, standing.Check("july", "any", account), "switched off by one who may")

	_, err = next(chantal, policy, first.Digest()).At(noon)
	refused(t, err, approval.UnknownKey, chantal.Key.Fingerprint())
	_, err = next(chantal, off, first.Digest()).At(noon)
	refused(t, err, approval.UnknownKey, "not on the list")
	_, err = next(bintou, policy, "").At(noon)
	refused(t, err, approval.OtherPolicy, "was changed meanwhile")
	_, err = approval.Record{Policies: []approval.Signed{
		signed(t, approval.Statement{Act: approval.Appoint, By: awa.Name, At: noon, Policy: &policy}, awa),
	}}.At(noon)
	refused(t, err, approval.UnknownKey, awa.Key.Fingerprint())

	_, err = approval.NewPolicy(approvaltest.Signers(awa), 0)
	refused(t, err, approval.NoSigners, "names on it: 1")
	for _, validity := range []time.Duration{-time.Hour, time.Millisecond, 32 * 24 * time.Hour} {
		_, err = approval.NewPolicy(approvaltest.Signers(awa, bintou), validity)
		require.ErrorContains(t, err, "an approval must hold from 1 second to 744 hours")
	}
}

// The digest stands for every payout, the run and the account.
func TestTerms_Digest(t *testing.T) {
	t.Parallel()
	base := []payroll.Payout{
		{MSISDN: "+2250748710523", Amount: 10_000, Reference: "a", Description: "Salaire"},
		{MSISDN: "+2250748710524", Amount: 20_000, Reference: "b", Description: "Salaire"},
	}
	digest := func(run string, account djamo.Account, change func([]payroll.Payout) []payroll.Payout) string {
		rows := change(append([]payroll.Payout(nil), base...))
		plan, err := payroll.NewPlan(payroll.Rows(rows...), payroll.PlanOptions{Run: run})
		require.NoError(t, err)
		return approval.TermsOf(plan, account).Digest()
	}
	same := func(rows []payroll.Payout) []payroll.Payout { return rows }
	seen := map[string]string{digest("july", account, same): "as it is"}
	require.Contains(t, seen, digest("july", account, same), "the same terms have one digest")
	staging := account
	staging.Environment = djamo.StagingCIV
	host := account
	host.Host = "elsewhere"
	company := account
	company.CompanyID = "biz_2"
	for name, got := range map[string]string{
		"phone":       digest("july", account, func(r []payroll.Payout) []payroll.Payout { r[0].MSISDN = "+2250748710525"; return r }),
		"amount":      digest("july", account, func(r []payroll.Payout) []payroll.Payout { r[0].Amount++; return r }),
		"reference":   digest("july", account, func(r []payroll.Payout) []payroll.Payout { r[0].Reference = "c"; return r }),
		"made":        digest("july", account, func(r []payroll.Payout) []payroll.Payout { r[0].Reference = ""; return r }),
		"description": digest("july", account, func(r []payroll.Payout) []payroll.Payout { r[0].Description = ""; return r }),
		"order":       digest("july", account, func(r []payroll.Payout) []payroll.Payout { return []payroll.Payout{r[1], r[0]} }),
		"one less":    digest("july", account, func(r []payroll.Payout) []payroll.Payout { return r[:1] }),
		"run":         digest("june", account, same), "environment": digest("july", staging, same),
		"host": digest("july", host, same), "company": digest("july", company, same),
	} {
		require.NotContains(t, seen, got, "%s has the digest of %s", name, seen[got])
		seen[got] = name
	}
}

// What a journal has stored is paid only as it was approved.
func TestStanding_CheckStored(t *testing.T) {
	t.Parallel()
	plan := planOf(t, 3)
	list, err := approvaltest.Appoint(noon, awa, bintou)
	require.NoError(t, err)
	request, err := approvaltest.Plan(awa, noon, plan, account)
	require.NoError(t, err)
	approved, err := approvaltest.Approve(bintou, noon, request)
	require.NoError(t, err)
	standing, err := approval.Record{Policies: []approval.Signed{list}, Request: request, Approval: approved}.At(noon)
	require.NoError(t, err)
	held, err := payroll.Describe(plan.Run, plan.Payouts())
	require.NoError(t, err)
	require.Equal(t, plan.PlanInfo, held)
	require.NoError(t, standing.CheckStored(held))
	other := planOf(t, 4)
	refused(t, standing.CheckStored(other.PlanInfo), approval.Altered, other.Digest[:16])
	refused(t, standing.CheckStored(payroll.PlanInfo{}), approval.Altered, plan.Digest[:16])
	held.Total++
	refused(t, standing.CheckStored(held), approval.Altered, "were changed after they were approved")
	require.NoError(t, approval.Standing{}.CheckStored(held), "nobody has to approve")
}

func TestParseSigners(t *testing.T) {
	t.Parallel()
	key, second := awa.Key.String(), bintou.Key.String()
	abidjan := time.FixedZone("elsewhere", 2*60*60)
	signers, err := approval.ParseSigners("\ufeff# a comment\n\nawa "+key+" awa@laptop\r\n"+
		`"bintou" namespaces="djamo-payroll-*,!djamo-payroll-appoint",valid-after="20260101",valid-before=202612312359Z `+second+"\n", abidjan)
	require.NoError(t, err)
	require.Len(t, signers, 2)
	require.Equal(t, "bintou", signers[1].Name)
	require.True(t, signers[1].May("djamo-payroll-approve"))
	require.False(t, signers[1].May("djamo-payroll-appoint"))
	require.False(t, signers[1].May("git"))
	require.Equal(t, time.Date(2025, 12, 31, 22, 0, 0, 0, time.UTC), signers[1].After, "a day of the zone")
	require.Equal(t, time.Date(2026, 12, 31, 23, 59, 0, 0, time.UTC), signers[1].Before)
	again, err := approval.ParseSigners(signers.String(), time.UTC)
	require.NoError(t, err)
	require.Equal(t, signers, again)

	for name, row := range map[string]struct{ text, want string }{
		"no key":            {"awa", "line 1: the key is missing"},
		"no base64":         {"awa ssh-ed25519 §§§", "line 1: the key of awa is no base64"},
		"cut off":           {"\nawa ssh-ed25519 " + key[12:40], "line 2: the key of awa"},
		"another kind":      {"awa ssh-rsa " + strings.Fields(key)[1], "is of the kind ssh-ed25519"},
		"unknown kind":      {"awa ssh-dss AAAAB3NzaC1kc3M=", "its kind is none of"},
		"two people":        {"awa,bintou " + key, "must name one person"},
		"a wildcard":        {"*@example.ci " + key, "must name one person"},
		"a comment":         {`"#awa" ` + key, "must name one person"},
		"an open quotation": {`awa namespaces="a"b" ` + key, "must list namespaces"},
		"one key twice":     {"awa " + key + "\nbintou " + key, "line 2: the key of bintou stands above already, under awa"},
		"a certificate":     {"awa cert-authority " + key, "certificates are not accepted"},
		"an unknown option": {"awa no-touch-required " + key, "must be namespaces, valid-after or valid-before"},
		"an option twice":   {`awa valid-after="20260101",valid-after="20260102" ` + key, "stands twice"},
		"no time":           {`awa valid-after="tomorrow" ` + key, "must be a time such as"},
		"no such day":       {`awa valid-after="20260231" ` + key, "must be a time such as"},
		"no interval":       {`awa valid-after="20260202",valid-before="20260201" ` + key, "must be before"},
		"no namespace":      {`awa namespaces="" ` + key, "must list namespaces"},
	} {
		_, err := approval.ParseSigners(row.text, time.UTC)
		require.ErrorContains(t, err, row.want, name)
	}
}

// What is read can be written and read again, whatever zone it was read in.
func TestParseSigners_TimesOfEveryZone(t *testing.T) {
	t.Parallel()
	for _, hours := range []int{-12, 14} {
		zone := time.FixedZone("far away", hours*60*60)
		for _, option := range []string{`valid-before="99991231"`, `valid-after="00010101"`, `valid-before="99991230"`, `valid-after="00010103"`} {
			signers, err := approval.ParseSigners("awa "+option+" "+awa.Key.String(), zone)
			if err != nil {
				require.ErrorContains(t, err, "must be a time such as", option)
				continue
			}
			again, err := approval.ParseSigners(signers.String(), time.UTC)
			require.NoError(t, err, option)
			require.Equal(t, signers, again)
		}
	}
}

func FuzzParseSigners(f *testing.F) {
	f.Add(`"#awa" valid-after=20260101 ` + awa.Key.String())
	f.Add(`awa namespaces="a"b",VALID-BEFORE="99991231Z" ` + awa.Key.String() + "\n# x\n\nbintou " + bintou.Key.String() + " c")
	f.Add("awa " + awa.Key.String() + "\n")
	f.Add(`bintou namespaces="djamo-*",valid-before="20261231Z" ` + bintou.Key.String())
	f.Add("awa ssh-rsa AAAA")
	f.Fuzz(func(t *testing.T, text string) {
		signers, err := approval.ParseSigners(text, time.UTC)
		if err != nil {
			return
		}
		again, err := approval.ParseSigners(signers.String(), time.UTC)
		require.NoError(t, err, "what is written can be read")
		require.Equal(t, signers, again)
	})
}

func FuzzOpen(f *testing.F) {
	request, err := approvaltest.Plan(awa, noon, planOf(f, 1), account)
	require.NoError(f, err)
	f.Add(request.Text, request.Signature)
	f.Add("{}", "-----BEGIN SSH SIGNATURE-----\n\n-----END SSH SIGNATURE-----")
	f.Fuzz(func(t *testing.T, text, signature string) {
		statement, key, err := approval.Signed{Text: text, Signature: signature}.Open(approval.Plan)
		if err != nil {
			refused(t, err, approval.BadSignature, "")
			return
		}
		require.True(t, key.Equal(awa.Key), "nobody else has signed anything")
		require.Equal(t, request.Text, text)
		require.Equal(t, awa.Name, statement.By)
	})
}

// FuzzRecord_At has somebody write whatever they like into the table: the run is paid only when the two people whose keys the list has
// have signed this plan, whatever stands beside it.
func FuzzRecord_At(f *testing.F) {
	list, err := approvaltest.Appoint(noon, awa, bintou)
	require.NoError(f, err)
	plan := planOf(f, 1)
	request, err := approvaltest.Plan(awa, noon, plan, account)
	require.NoError(f, err)
	approved, err := approvaltest.Approve(bintou, noon, request)
	require.NoError(f, err)
	f.Add(list.Text, list.Signature, request.Text, request.Signature, approved.Text, approved.Signature)
	f.Add("", "", request.Text, request.Signature, approved.Text, approved.Signature)
	f.Add(list.Text, list.Signature, approved.Text, approved.Signature, request.Text, request.Signature)
	f.Add(list.Text, list.Signature, request.Text, approved.Signature, strings.ReplaceAll(approved.Text, "bintou", "awa"), approved.Signature)
	f.Fuzz(func(t *testing.T, listText, listSignature, requestText, requestSignature, approvedText, approvedSignature string) {
		record := approval.Record{
			Policies: []approval.Signed{list}, Request: approval.Signed{Text: requestText, Signature: requestSignature},
			Approval: approval.Signed{Text: approvedText, Signature: approvedSignature},
		}
		if given := (approval.Signed{Text: listText, Signature: listSignature}); !given.IsZero() && given != list {
			record.Policies = append(record.Policies, given)
		}
		standing, err := record.At(noon.Add(time.Minute))
		if err == nil {
			err = standing.Check(plan.Run, plan.Digest, account)
		}
		if err != nil {
			require.ErrorIs(t, err, payroll.ErrNotApproved)
			require.NotContains(t, err.Error(), "%!")
			return
		}
		require.Equal(t, request.Text, requestText)
		require.Equal(t, approved.Text, approvedText)
	})
}

// FuzzSigned_Armor has the frame of a good signature changed: what is read is the same signature, or none.
func FuzzSigned_Armor(f *testing.F) {
	request, err := approvaltest.Plan(awa, noon, planOf(f, 1), account)
	require.NoError(f, err)
	f.Add(request.Signature)
	f.Add(strings.ReplaceAll(request.Signature, "\n", "\r\n"))
	f.Add(strings.Replace(request.Signature, "\n", "\n\n", 1))
	f.Add(request.Signature + request.Signature)
	f.Fuzz(func(t *testing.T, armored string) {
		_, key, err := approval.Signed{Text: request.Text, Signature: armored}.Open(approval.Plan)
		if err != nil {
			refused(t, err, approval.BadSignature, "")
			return
		}
		require.True(t, key.Equal(awa.Key))
		squeezed := func(text string) string { return strings.Join(strings.Fields(text), "") }
		require.Equal(t, squeezed(request.Signature), squeezed(armored))
	})
}

func FuzzParseKey(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x0bssh-ed25519\x00\x00\x00\x20" + strings.Repeat("k", ed25519.PublicKeySize)))
	f.Add([]byte("\x00\x00\x00\x07ssh-rsa\x00\x00\x00\x01\x03"))
	f.Add([]byte("\x00\x00\x00\x13ecdsa-sha2-nistp256\x00\x00\x00\x08nistp256\x00\x00\x00\x01\x04"))
	f.Fuzz(func(t *testing.T, blob []byte) {
		key, err := approval.ParseKey(blob)
		require.Equal(t, err != nil, key.IsZero())
	})
}
