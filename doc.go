// Package djamo is a client for the Djamo Business API, through which companies in Côte d'Ivoire and Senegal pay
// salaries, suppliers and customers, and collect money.
//
//	client, err := djamo.NewClient(token, djamo.WithEnvironment(djamo.ProductionCIV))
//	…
//	payment, err := client.Transactions.Create(ctx, djamo.TransactionParams{
//		MSISDN: "+2250748710523", Amount: 50_000, Reference: "payroll-2026-06/0042", Description: "Salaire de juin"})
//
// The services are fields of [Client]: Transactions, Batches, Customers, Balance, SubCompanies, Charges and
// WebhookEndpoints. Calls without a method of their own go through [Client.Do]. Guides, from getting started to the
// security model, are in the directory docs of the repository.
//
// # Where to find what
//
// Send: [TransactionService.Create] pays one person, [BatchService.Create] many in one request, [ChargeService.Create] asks a
// customer for money and [ChargeService.Refund] gives it back. Package payroll pays a file of thousands, each person once.
//
// Look up: [TransactionService.Get] by id, [TransactionService.GetByReference] by your reference, [ChargeService.Get],
// [CustomerService.Check] (has this number an account?), [BalanceService.Get]. [TransactionService.Wait] returns when a
// transfer is completed or failed.
//
// List: [TransactionService.List], [ChargeService.List] and the other List methods walk every page; ListPage reads one, whose
// Cursor.Next is where to go on.
//
// Receive: [WebhookEndpointService.Create] tells the API where to deliver, [WebhookHandler] receives, [ParseWebhook] and
// [VerifyWebhook] fit into a handler that exists.
//
// Test: package djamotest is the API in memory, with faults. [SignWebhook] makes a delivery, and package dedupertest tests a
// [Deduper]. [WithBaseURL] and [WithHTTPClient] lead a client to any other server.
//
// # What happens when an answer is lost
//
// Every call belongs to a class, and the class says what is done when no answer comes, or one that leaves open what
// happened (500 and above, 408, a success that cannot be read):
//
//   - Reads (GET, and PUT, which changes only what it names) are sent again with exponential back-off.
//   - Payments and charges carry a key that the caller supplies, the reference or external id. They are settled: the key is
//     looked up. Found with the same payee and amount, that is the result. Found with another, the error is
//     [ErrDuplicateReference]. Absent, it is looked up again after a quiet period, since the lost request may still be
//     on its way, and only then sent again under the same key; a 409 then means that the first one landed after all,
//     and it is looked up until it shows. Once a success of the API has come, even one that cannot be read or
//     believed, nothing is sent again.
//   - Batches, refunds, and new sub-companies and webhook endpoints carry no key. They are never sent again.
//
// Where the API cannot tell, the error is an [*OutcomeUnknownError] with the references in question. It never means
// "failed": look them up, or show them to a person, and never send them again under other references.
//
// All classes send again what provably never left (no connection was made) and what was turned away with 429. A
// Retry-After is honoured up to [RetryPolicy].MaxRetryAfter, and holds back every call of the client until then. The
// context bounds everything, waiting included: when it ends, a payment that had left comes back as an
// *OutcomeUnknownError.
//
// # Money
//
// Amounts are [XOF], whole francs: the franc has no minor unit, and no float comes near an amount. Sums are checked
// for overflow. Phone numbers are [MSISDN], which prints itself masked; [MSISDN.E164] is the whole number.
//
// # Errors
//
// Answers that are no success are [*Error], with the API's messages and the correlation id that Djamo's support asks
// for. The kinds are asked for with errors.Is: [ErrInvalidRequest], [ErrUnauthorized], [ErrForbidden], [ErrBlocked],
// [ErrNotFound], [ErrDuplicateReference], [ErrUnprocessable], [ErrRateLimited], [ErrServer]. What is wrong with the
// caller's own input is a [*ValidationError], before anything is sent. A transfer that fails later is no error but a
// [Transaction] whose Status is [TransactionFailed].
//
// The access token and whole phone numbers never appear in an error or a log record.
//
// # Webhooks
//
// [WebhookHandler] receives deliveries: it verifies the raw bytes, drops repeats, and calls back once, on several machines
// too when they share a [Deduper]. In a handler that exists already, [ParseWebhook] verifies and parses, and
// [VerifyWebhook] is the same as middleware. Deliveries come in any order: [Event.Stale] says whether one is news.
package djamo
