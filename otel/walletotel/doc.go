// Package walletotel measures the reading of wallets with OpenTelemetry: package walletsync has the hooks, and this is what
// they are handed to.
//
//	metrics, err := walletotel.New(walletotel.WithTotals(store.Totals))
//	engine := &walletsync.Engine{Observe: metrics.Read, …}
//	keeper := &consent.Keeper{Observe: metrics.Refresh, …}
//
// # What happens
//
// The histogram djamo.wallet.read.duration has every read, in seconds, with djamo.wallet.source (feed or history) and, when
// it brought no page, error.type. djamo.wallet.read.lag is the time between when a read of the feed was due and when it
// began. djamo.wallet.items, djamo.wallet.changes and djamo.wallet.quarantined count the items that came, the changes that
// were stored and the items that were kept aside. djamo.wallet.token.refresh.duration has every exchange of a refresh
// token.
//
// # How it stands
//
// With [WithTotals] these are read from the store whenever metrics are collected, for all wallets of all processes
// together: djamo.wallet.count by djamo.wallet.state (in_step, syncing, failing, quarantined, rate_limited, stopped),
// djamo.wallet.consent.count by djamo.wallet.consent.state, djamo.wallet.stored.items, djamo.wallet.quarantine.size,
// djamo.wallet.expected for the items that pushes announced and that have not come, djamo.wallet.expected.age for the
// oldest of them, djamo.wallet.read.age for the wallet that was not read for longest, djamo.wallet.unread.count for those
// that were never read, and djamo.wallet.balance_gap.count for the wallets whose balance is not the sum of their items. It
// is enough that one process does so.
//
// # What is never recorded
//
// No wallet, no consent, no amount, no counterparty and no text of an error, only its kind. djamo wallets status names the
// wallets.
//
// Like package walletsync it is outside of the module's compatibility promise until a gateway confirms the shapes.
package walletotel
