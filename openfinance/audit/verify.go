package audit

import (
	"context"
	"crypto/ed25519"
	"database/sql"
	"fmt"
	"io"
	"iter"
	"time"
)

// Fault is the first bad row of a chain.
type Fault struct { //nolint:errname // it is found in a log, and an error only to be printed
	Chain   string
	N       int64
	Problem string
}

// Error names the row.
func (f *Fault) Error() string { return fmt.Sprintf("audit: row %d of %s %s", f.N, f.Chain, f.Problem) }

// Report is what a verification found.
type Report struct {
	Rows   int64
	Chains int64
	Pruned int64   // rows that the retention has taken: who could write to the database can have taken them too, so compare with the rule
	Faults []Fault // one for each bad chain, in the order of their names: the first hundred
	Bad    int64   // chains
	Open   int64   // chains with reads of an hour that is not over: those are not chained yet

	Checkpoint time.Time // against which it was verified; zero: none
}

// Signed is a checkpoint to verify against, and the key of who signed it.
type Signed struct {
	Checkpoint io.Reader
	PublicKey  ed25519.PublicKey
}

// maxFaults is how many bad chains a report names.
const maxFaults = 100

// Verify reads the whole log, in one state of the database, and names the first bad row of each chain: edited, deleted, out of
// order or cut off. Against a checkpoint it also finds a chain that was cut off or written anew together with the place that
// says where it ends. An altered log is a report with faults; the error is about a log that cannot be read, and matches
// ErrCheckpoint when a checkpoint cannot be trusted.
func (l *Log) Verify(ctx context.Context, against *Signed) (Report, error) {
	return l.verify(ctx, against, nil)
}

// verify shows each row that was read, and whether the checkpoint covers it. A database that gives way has it begin anew.
func (l *Log) verify(ctx context.Context, against *Signed, show func(row *Row, covered bool)) (Report, error) {
	var report Report
	err := l.db.Transact(ctx, false, func(ctx context.Context, conn *sql.Conn) error {
		report = Report{}
		marks := iter.Seq2[mark, error](func(func(mark, error) bool) {})
		if against != nil {
			marks = readCheckpoint(against, &report.Checkpoint)
		}
		v := &verifier{report: &report, show: show}
		var stop, end func()
		v.nextHead, stop = iter.Pull2(l.heads(ctx, conn, ""))
		defer stop()
		v.nextMark, end = iter.Pull2(marks)
		defer end()
		return v.run(l.rows(ctx, conn, ""))
	})
	return report, err
}

// verifier goes through the rows, the heads and the marks of a checkpoint together: all are in the order of their chains.
type verifier struct {
	report   *Report
	show     func(row *Row, covered bool) // nil: nobody asks
	nextHead func() (chainHead, error, bool)
	nextMark func() (mark, error, bool)

	head    chainHead
	hasHead bool
	mark    mark
	hasMark bool

	chain string
	begun bool // a chain is being read
	n     int64
	hash  string
	bad   bool

	prunedN    int64 // of the last row that was pruned; 0: none was
	prunedHash string
	vouched    bool // a row tells of that
}

func (v *verifier) run(rows iter.Seq2[*Row, error]) error {
	if err := v.advance(true, true); err != nil {
		return err
	}
	for row, err := range rows {
		if err != nil {
			return err
		}
		if !v.begun || row.Chain != v.chain {
			if err := v.begin(row.Chain); err != nil {
				return err
			}
		}
		v.report.Rows++
		if v.show != nil {
			v.show(row, v.hasMark && v.mark.Chain == row.Chain && row.N <= v.mark.N)
		}
		v.row(row)
	}
	if err := v.finish(); err != nil {
		return err
	}
	return v.missing(func(string) bool { return true })
}

// advance moves on to the next head, and to the next mark.
func (v *verifier) advance(head, mark bool) (err error) {
	if head {
		if v.head, err, v.hasHead = v.nextHead(); err != nil {
			return err
		}
		if v.hasHead && v.head.Open.Count > 0 {
			v.report.Open++
		}
	}
	if mark {
		if v.mark, err, v.hasMark = v.nextMark(); err != nil {
			return err
		}
	}
	return nil
}

func (v *verifier) faultf(chain string, n int64, format string, args ...any) {
	v.bad = true
	v.report.Bad++
	if len(v.report.Faults) < maxFaults {
		v.report.Faults = append(v.report.Faults, Fault{chain, n, fmt.Sprintf(format, args...)})
	}
}

// begin starts on a chain. Those before it of which a head or a mark tells have no rows.
func (v *verifier) begin(chain string) error {
	if err := v.finish(); err != nil {
		return err
	}
	if err := v.missing(func(other string) bool { return other < chain }); err != nil {
		return err
	}
	v.chain, v.begun, v.n, v.hash, v.bad = chain, true, 0, "", false
	v.prunedN, v.prunedHash, v.vouched = 0, "", false
	if v.hasHead && v.head.chain == chain {
		v.prunedN, v.prunedHash = v.head.prunedN, v.head.prunedHash
	}
	v.n, v.hash = v.prunedN, v.prunedHash
	v.report.Pruned += v.prunedN
	v.report.Chains++
	return nil
}

// missing tells of chains without rows, as far as they come before.
func (v *verifier) missing(before func(string) bool) error {
	for {
		chain := v.head.chain
		if !v.hasHead || v.hasMark && v.mark.Chain < chain {
			chain = v.mark.Chain
		}
		if !v.hasHead && !v.hasMark || !before(chain) {
			return nil
		}
		ofHead, ofMark := v.hasHead && v.head.chain == chain, v.hasMark && v.mark.Chain == chain
		if ofHead && v.head.N > 0 || ofMark && v.mark.N > 0 {
			v.faultf(chain, 1, "is missing, and with it all of the chain")
		}
		if err := v.advance(ofHead, ofMark); err != nil {
			return err
		}
	}
}

func (v *verifier) row(row *Row) {
	if v.bad {
		return
	}
	switch {
	case row.N < v.n+1:
		v.faultf(v.chain, row.N, "stands where row %d must be", v.n+1)
	case row.N > v.n+1:
		v.faultf(v.chain, v.n+1, "is missing")
	case row.format != formatFirst && row.format != formatNow:
		v.faultf(v.chain, row.N, "has a format that no version of this program writes: %d", row.format)
	case row.sum(v.hash) != row.Hash:
		v.faultf(v.chain, row.N, "does not fit its hash: it was altered, or the row before it was")
	case v.hasMark && v.mark.Chain == v.chain && v.mark.N == row.N && v.mark.Hash != row.Hash:
		v.faultf(v.chain, row.N, "is another than that of the checkpoint: it, or rows before it, were written anew")
	}
	if row.Action == ActionPruned && row.Count == v.prunedN && row.Request == v.prunedHash {
		v.vouched = true
	}
	v.n, v.hash = row.N, row.Hash
}

// finish compares the end of a chain with its head, and with the checkpoint.
func (v *verifier) finish() error {
	if !v.begun {
		return nil
	}
	v.begun = false
	ofHead, ofMark := v.hasHead && v.head.chain == v.chain, v.hasMark && v.mark.Chain == v.chain
	if !v.bad {
		v.end(ofHead, ofMark)
	}
	return v.advance(ofHead, ofMark)
}

func (v *verifier) end(ofHead, ofMark bool) {
	switch {
	case v.prunedN > 0 && !v.vouched:
		v.faultf(v.chain, v.prunedN, "is missing with all before it, and no row says that they were pruned")
	case ofMark && v.mark.N < v.prunedN:
		v.faultf(v.chain, v.mark.N, "was pruned since the checkpoint, which shows nothing of what is left: verify against a later one")
	case ofMark && v.mark.N == v.prunedN && v.mark.Hash != v.prunedHash:
		v.faultf(v.chain, v.mark.N, "was another than the one that is said to be pruned")
	case ofMark && v.mark.N > v.n:
		v.faultf(v.chain, v.n+1, "is missing: the chain was cut off, the checkpoint has %d rows of it", v.mark.N)
	case !ofHead:
		v.faultf(v.chain, v.n+1, "is not known: the place that says where the chain ends was deleted")
	case v.head.N > v.n:
		v.faultf(v.chain, v.n+1, "is missing: the chain was cut off, it had %d rows", v.head.N)
	case v.head.N < v.n:
		v.faultf(v.chain, v.head.N+1, "was added: the chain ends before it")
	case v.head.Hash != v.hash:
		v.faultf(v.chain, v.n, "is not the one with which the chain ends")
	}
}
