// Package walletsync keeps a store in step with wallets behind an open-finance gateway: nothing lost, nothing twice, in order.
//
// One page is one transaction: the items, the changes they make, the cursor, the consent that was used and the audit record
// are stored together or not at all. So a process may be killed at any instant, a page may come twice, and the cursor is
// neither ahead of the items nor behind them. A reader of Changes sees each change of a wallet once, in order, without gaps.
//
// An Engine decides when a wallet is read; a Store keeps everything, its leases included, so that many processes may share
// one. Package walletsync/sqlstore is a Store for SQLite and PostgreSQL.
//
// Like the other packages below openfinance it is outside of the module's compatibility promise until a gateway confirms the shapes.
package walletsync
