// Package payroll pays a file of salaries, each payout exactly once, through crashes, lost answers and rate limits.
//
// A run goes through three steps, each safe to repeat:
//
//	plan    [ReadCSV] checks a whole file; nothing is sent from a file with one bad row
//	run     [Runner.Run] sends what the [Journal] does not hold as sent, settles what is unclear, and waits for outcomes
//	report  [WriteReportFile] writes what became of each payout, with totals that add up
//
// The journal is the memory of a run: before a payout's first byte leaves, the journal records that it is about to be
// sent, and afterwards what became of it. A program that was killed is started again with the same file and the same
// journal, and resumes where it stopped. Package sqljournal keeps a journal in SQLite or PostgreSQL.
//
// Amounts are whole XOF francs.
package payroll
