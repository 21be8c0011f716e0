// Package mycac reads accounts of CAC International Bank, Djibouti, through an open-finance gateway in front of its app MyCAC,
// with the consent of their holder: a login with a code by SMS, statements whose running balance is checked line by line,
// standing orders, loans, the wallet ledger, bills and cross-border confirmations.
//
// The gateway's shapes are not confirmed by a gateway yet, so hosts, paths and error codes are options, fields that are not
// known stay in Raw, and channels, statuses and frequencies are open strings. The package is outside of the module's
// compatibility promise until a gateway confirms the shapes.
//
// Amounts are exact, of package money, and money that leaves an account is negative. A fraction that a currency has not is
// refused and never rounded, and amounts of two currencies are never added.
package mycac
