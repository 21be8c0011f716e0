package audit

import (
	"context"
	"database/sql"
	"iter"

	"github.com/djamo/djamo-go/internal/sqldb"
)

// batch is how many rows are read with one statement: a connection can have only one that is not read to its end.
const batch = 4000

// rows are those of all chains or of one, in order: by chain, then by number.
func (l *Log) rows(ctx context.Context, conn *sql.Conn, chain string) iter.Seq2[*Row, error] {
	where, args := "(chain, n) > (?, ?)", []any{"", int64(0)}
	if chain != "" {
		where, args = "chain = ? AND n > ?", []any{chain, int64(-1 << 63)}
	} else {
		args[1] = int64(-1 << 63)
	}
	query := l.db.Rebind("SELECT chain, " + RowColumns + " FROM djamo_audit WHERE " + where + " ORDER BY chain, n LIMIT ?")
	return func(yield func(*Row, error) bool) {
		list := make([]Row, 0, batch)
		for {
			list = list[:0]
			found, err := conn.QueryContext(ctx, query, args[0], args[1], batch)
			if err := sqldb.Scan(found, err, func(rows *sql.Rows) error {
				var r Row
				var at, status int64
				err := rows.Scan(&r.Chain, &r.N, &at, &r.Consent, &r.Action, &r.Scope, &r.Request, &status, &r.Count, &r.Fields, &r.format, &r.Hash)
				r.At, r.Status = sqldb.Moment(at), int(status)
				list = append(list, r)
				return err
			}); err != nil {
				yield(nil, err)
				return
			}
			for i := range list {
				if !yield(&list[i], nil) {
					return
				}
			}
			if len(list) < batch {
				return
			}
			args[0], args[1] = list[batch-1].Chain, list[batch-1].N
		}
	}
}

// chainHead is where a chain says that it stands.
type chainHead struct {
	Head

	chain      string
	prunedN    int64 // of the last row that was pruned; 0: none was
	prunedHash string
}

// heads are those of all chains or of one, in the order of their names.
func (l *Log) heads(ctx context.Context, conn *sql.Conn, chain string) iter.Seq2[chainHead, error] {
	where, after := "chain > ?", ""
	if chain != "" {
		where, after = "chain = ?", chain
	}
	return func(yield func(chainHead, error) bool) {
		pruned := "pruned_n, pruned_hash"
		if found, err := versionOf(ctx, conn, l.dialect); err != nil {
			yield(chainHead{}, err)
			return
		} else if found < version { // whoever only reads changes nothing
			pruned = "0, ''"
		}
		query := l.db.Rebind("SELECT chain, " + pruned + ", " + HeadColumns + " FROM djamo_audit_heads WHERE " + where +
			" ORDER BY chain LIMIT ?")
		list := make([]chainHead, 0, batch)
		for {
			list = list[:0]
			found, err := conn.QueryContext(ctx, query, after, batch)
			if err := sqldb.Scan(found, err, func(rows *sql.Rows) error {
				var h chainHead
				var err error
				h.Head, err = ScanHead(rows.Scan, &h.chain, &h.prunedN, &h.prunedHash)
				list = append(list, h)
				return err
			}); err != nil {
				yield(chainHead{}, err)
				return
			}
			for _, head := range list {
				if !yield(head, nil) {
					return
				}
			}
			if chain != "" || len(list) < batch {
				return
			}
			after = list[batch-1].chain
		}
	}
}
