// Package audit keeps a record of every use of a consent that cannot be altered unseen: who was read, when, under which
// consent and scope, what was asked (as a hash), what was answered, and which fields were kept.
//
// A record is a row of one table, djamo_audit. The rows of a wallet or an account are a chain: each has the hash of the one
// before. They are inserted in the transaction of what they record, and never updated or deleted; triggers refuse both.
// [Log.Verify] names the first bad row after an edit, a deletion or a reorder.
//
// A chain alone does not show that its end was cut off together with the row that says where it ends, nor that somebody
// wrote it anew from some row on. A checkpoint does: [Log.Checkpoint] writes where each chain stands, signed with ed25519, to
// wherever the operator keeps it out of the reach of those who can write to the database.
//
// Nothing secret is recorded: consents are keyed hashes, requests are hashes, fields are names without values.
//
// Like the other packages below openfinance it is outside of the module's compatibility promise until a gateway confirms the
// shapes.
package audit
