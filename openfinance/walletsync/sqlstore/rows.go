package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/djamo/djamo-go/openfinance/audit"
)

// table says how rows go into a table, many with one statement. The first column has one value for all rows, unless each.
type table struct {
	into     string // INSERT INTO …, with all columns
	columns  string // but the first
	types    string // of those columns: t for a text, n for a number
	conflict string
	each     bool // every row has its own first value too, which columns and types have as well
}

// The tables that a page writes to.
func itemRows() *table {
	return &table{
		into: "INSERT INTO djamo_wallet_items (wallet, " + itemColumns + ")", columns: itemColumns, types: "ttnnntnnn",
		conflict: ` ON CONFLICT (wallet, id) DO UPDATE SET hash = excluded.hash, version = excluded.version, seen = excluded.seen,
			gone = excluded.gone, replaced_by = excluded.replaced_by, amount = excluded.amount, final = excluded.final, seq = excluded.seq`,
	}
}

func changeRows() *table {
	const columns = "seq, kind, id, version, body"
	return &table{into: "INSERT INTO djamo_wallet_changes (wallet, " + columns + ")", columns: columns, types: "nttnt"}
}

func auditRows() *table {
	return &table{
		into: "INSERT INTO djamo_audit (chain, " + audit.RowColumns + ")", columns: audit.RowColumns, types: audit.RowTypes,
	}
}

func headRows() *table {
	t := &table{
		into: "INSERT INTO djamo_audit_heads (chain, " + audit.HeadColumns + ")", columns: audit.HeadColumns, types: audit.HeadTypes,
	}
	var set []string
	for column := range strings.SplitSeq(t.columns, ", ") {
		set = append(set, column+" = excluded."+column)
	}
	t.conflict = " ON CONFLICT (chain) DO UPDATE SET " + strings.Join(set, ", ")
	return t
}

// manyChains is a table whose rows go to as many chains.
func manyChains(t *table) *table {
	t.columns, t.types, t.each = "chain, "+t.columns, "t"+t.types, true
	return t
}

// rows are values, row by row, without the one that all have.
type rows struct {
	table  *table
	values []any
}

// statement is one for so many rows at a time.
func (t *table) statement(count int) string {
	row := ",(?1" + strings.Repeat(",?", len(t.types)) + ")"
	if t.each {
		row = ",(" + strings.Repeat(",?", len(t.types))[1:] + ")"
	}
	return t.into + " VALUES " + strings.Repeat(row, count)[1:] + t.conflict
}

// arrays writes a statement that takes each column as an array.
func (t *table) arrays() string {
	var text strings.Builder
	text.WriteString(t.into + " SELECT ")
	if !t.each {
		text.WriteString("CAST(? AS TEXT), ")
	}
	text.WriteString(t.columns + " FROM unnest(")
	for i, kind := range t.types {
		if i > 0 {
			text.WriteString(", ")
		}
		if kind == 't' {
			text.WriteString("CAST(? AS TEXT[])")
		} else {
			text.WriteString("CAST(? AS BIGINT[])")
		}
	}
	text.WriteString(") AS r (" + t.columns + ")" + t.conflict)
	return text.String()
}

// args are the parameters of arrays.
func (r *rows) args(first string) []any {
	args := make([]any, 0, 1+len(r.table.types))
	if !r.table.each {
		args = append(args, first)
	}
	for column := range r.table.types {
		args = append(args, arrayOf(r.values, column, len(r.table.types)))
	}
	return args
}

// arrayOf writes a column of rows as PostgreSQL writes an array, which any driver takes for a text.
func arrayOf(values []any, column, columns int) string {
	text := make([]byte, 0, len(values)/columns*16)
	text = append(text, '{')
	for i := column; i < len(values); i += columns {
		if i > column {
			text = append(text, ',')
		}
		switch value := values[i].(type) {
		case int64:
			text = strconv.AppendInt(text, value, 10)
		case string:
			text = appendElement(text, value)
		}
	}
	return string(append(text, '}'))
}

func appendElement(text []byte, value string) []byte {
	text = append(text, '"')
	for from := 0; ; {
		next := strings.IndexAny(value[from:], `"\`)
		if next < 0 {
			return append(append(text, value[from:]...), '"')
		}
		text = append(text, value[from:from+next]...)
		text = append(text, '\\', value[from+next])
		from += next + 1
	}
}

// list writes texts so that inList reads them.
func (c *session) list(texts []string) (string, error) {
	if c.postgres {
		text := []byte{'{'}
		for i, value := range texts {
			if i > 0 {
				text = append(text, ',')
			}
			text = appendElement(text, value)
		}
		return string(append(text, '}')), nil
	}
	text, err := json.Marshal(texts)
	return string(text), err
}

// inList is a condition on a column, with a list as its parameter.
func (c *session) inList(column string) string {
	if c.postgres {
		return column + " = ANY(CAST(? AS TEXT[]))"
	}
	return column + " IN (SELECT value FROM json_each(?))"
}

// insert writes rows. SQLite takes some at a time, in a statement that is prepared once.
func (c *session) insert(ctx context.Context, r *rows, first string) error {
	if len(r.values) == 0 {
		return nil
	}
	if c.postgres {
		_, err := c.exec(ctx, r.table.arrays(), r.args(first)...)
		return err
	}
	values := r.values
	for _, size := range []int{25, 5, 1} {
		for width := size * len(r.table.types); len(values) >= width; values = values[width:] {
			key, query := insertKey{r.table.into, size}, func() string { return r.table.statement(size) }
			statement, err := c.prepared(ctx, key, query) //nolint:sqlclosecheck // it is closed with the session
			if err != nil {
				return err
			}
			if c.args = c.args[:0]; !r.table.each {
				c.args = append(c.args, first)
			}
			c.args = append(c.args, values[:width]...)
			if _, err := statement.ExecContext(ctx, c.args...); err != nil {
				return err
			}
		}
	}
	return nil
}

// insertKey names a prepared statement: a query, or an insertion of so many rows.
type insertKey struct {
	query string
	rows  int
}

func (c *session) prepared(ctx context.Context, key insertKey, query func() string) (*sql.Stmt, error) {
	if statement, ok := c.statements[key]; ok {
		return statement, nil
	}
	statement, err := c.conn.PrepareContext(ctx, query())
	if err == nil {
		c.statements[key] = statement
	}
	return statement, err
}
