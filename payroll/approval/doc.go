// Package approval has a run paid only when two people answer for it: one signs what is to be paid, and another signs the same.
//
// Both sign with SSH keys, in the form of ssh-keygen -Y sign. Who may is said by a list in the form of ssh-keygen's
// allowed_signers, in which each person stands under one name. [Terms] are what is signed for: the run, the account, and the
// digest of every payout. [Policy.Check] decides whether a request and its approval allow a run to be paid, at a moment.
//
// What this proves is that two keys were used that the list has under two names. It does not prove that these are two people:
// whoever writes the list answers for that.
package approval
