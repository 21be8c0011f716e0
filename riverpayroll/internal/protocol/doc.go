// Package protocol is a model of how workers pay one part of a run, small enough that every interleaving of it can be
// tried: two workers, one part of two payouts, its jobs in both queues, its lease, and a person who cancels and resumes.
//
// Each action of the model is one transaction or one message of the program, and any worker may be frozen between two of
// them for as long as it takes. Workers crash, leases end, answers are lost, requests arrive late, and the API would pay a
// reference twice. Explore tries all of it and looks, in each state, for a request that left after a cancellation
// although the database was asked after it, for a payout that was paid twice, and for a part that nobody would go on with.
//
// Rules leaves out one lock or check at a time. The tests show that each of them is needed, and with it that the model
// would notice.
package protocol
