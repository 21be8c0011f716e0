// Package wallet reads a Djamo wallet through an open-finance gateway, with the consent of its holder.
//
// The gateway's shapes are not confirmed by a gateway yet, so hosts, paths, headers and error codes are options, fields that
// are not known stay in Event.Raw, and types, rails and statuses are open strings. The package is outside of the module's
// compatibility promise until a gateway confirms the shapes.
//
// Amounts are whole francs with a sign: money that leaves the wallet is negative.
//
// To keep a wallet in step with the gateway use package walletsync; this package reads and decodes.
package wallet
