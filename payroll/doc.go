// Package payroll pays a file of salaries, each payout exactly once, through crashes, lost answers and rate limits.
//
// A run goes through three steps, each safe to repeat:
//
//	plan    [ReadCSV] checks a whole file; nothing is sent from a file with one bad row
//	run     [Runner.Run] sends what the [Journal] does not hold as sent, settles what is unclear, and waits for outcomes
//	report  [WriteReportFile] writes what became of each payout, with totals that add up
//
// The journal is the memory of a run: it is told that a payout is about to be sent before its first byte leaves, and
// what came of it afterwards. A program that was killed is started again with the same file and the same journal, and
// goes on where it stopped. Package sqljournal keeps a journal in SQLite or PostgreSQL.
//
// Amounts are whole XOF francs.
package payroll
