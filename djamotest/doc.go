// Package djamotest is the Djamo Business API in memory, for testing code that pays people.
//
// It answers every call of the API over real TCP, checks requests as strictly as the API does, and keeps a ledger that
// says what happened to the money:
//
//	srv := djamotest.NewServer(t)
//	client, err := djamo.NewClient(srv.Token, djamo.WithBaseURL(srv.URL), djamo.WithCompanyID(srv.CompanyID))
//	// … run the code under test …
//	srv.Settle("payroll-2026-06/0042")
//	srv.AssertPaidOnce(t, "payroll-2026-06/0042")
//	srv.AssertBalanced(t)
//
// # Three ways to have one
//
// [NewServer] is for tests: it listens on the loopback interface and closes itself when the test ends. [Start] is the same
// outside tests (demos, a sandbox); call Close yourself. [New] gives the API as an [http.Handler] without any network.
//
// # Money
//
// Amounts are whole XOF francs in an int64. A transfer takes amount plus fee off the balance the moment it is accepted;
// a transfer that fails gives both back. A paid charge adds its amount less its fees, a refund takes the refunded amount
// off. Every movement is a [LedgerEntry], so at any time the starting balance plus all deltas is the balance.
//
// # Time
//
// The server lives on its own clock: the machine's, or the one given to [WithClock], plus whatever [API.Advance] added.
// A transfer settles one minute after it was accepted, or when [API.Settle] says so; see [WithSettleAfter] and
// [WithManualSettlement]. An unpaid charge is dropped after one hour.
//
// # Faults
//
// [API.Inject] makes requests go wrong: [LoseReply], [ProcessLate], [FailBefore], [RateLimitFor], [LookupLag] and more,
// each scoped and counted by rules:
//
//	srv.Inject(djamotest.LoseReply(), djamotest.OneShot(), djamotest.On("POST /v1/transactions"))
//	srv.Inject(djamotest.AnyOf(djamotest.ResetReply(), djamotest.FailBefore(503)), djamotest.Probability(0.3))
//
// [WithVariants] changes the shape of answers where the reference is unsure of it. [API.Transport] reaches the server
// without a network, for tests in testing/synctest bubbles.
//
// # Webhooks
//
// Every change of status is sent to the endpoints registered for it, signed, one at a time and in order, by itself as
// time passes. Methods that steer the server return when the webhooks they caused have been answered; so does
// [API.DeliverNow] with all that wait. Do not steer the server from inside a webhook handler: the call would wait for the
// handler it is in until the webhook times out. Without [WithWebhookTransport] nothing is sent beyond the machine.
//
// # Long runs
//
// The ledger keeps every line. The histories of requests and webhooks are bounded in number and in bytes; see
// [WithRequestHistory], [WithDeliveryHistory], [WithHistoryBytes] and, to keep answers too, [WithAnswerBodies]. Methods such
// as [API.TransferPage] read a part of what there is, [API.AwaitChange] waits for news, and [API.Snapshot], [API.Restore] and
// [API.Reset] keep an account, bring it back and begin anew. Package sandbox serves all of it to other languages.
//
// # The real API
//
// [Record] stores exchanges with a real API, without token or phone numbers; [Replay] answers from them; [Drift] says how
// a new recording differs from a stored one.
//
// # Misuse
//
// Methods that steer the server return an error when they are misused (an unknown reference, a negative balance). On a
// server made by [NewServer] they also fail the test, at the line that called them, so tests may ignore the error.
//
// # Where the reference is silent
//
// Djamo documents no pagination parameters, no reply shape for a lookup by reference, no moment at which money leaves the
// balance and no limits that hold for every account. What this package does there is an assumption, marked so in the doc
// comment of the option that changes it.
//
// The package shares no code with the client on purpose: a fake that decodes with the client's own types cannot catch the
// client's mistakes.
package djamotest
