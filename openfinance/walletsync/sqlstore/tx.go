package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/djamo/djamo-go/internal/sqldb"
	"github.com/djamo/djamo-go/openfinance/audit"
	"github.com/djamo/djamo-go/openfinance/consent"
	"github.com/djamo/djamo-go/openfinance/walletsync"
)

// transaction implements walletsync.Tx. What it is told to write it keeps, and writes all of it together.
type transaction struct {
	ctx    context.Context //nolint:containedctx // it lasts as long as the transaction
	c      *session
	wallet string
	state  walletsync.State

	items, changes, audit rows

	head    audit.Head // of the wallet's audit chain
	audited bool       // records were appended to it

	looked           bool // whether the wallet has items aside, and announced ones
	aside, announced bool
}

var _ walletsync.Tx = (*transaction)(nil)

// Update implements walletsync.Store.
func (s *Store) Update(ctx context.Context, wallet string, change func(walletsync.Tx) error) error {
	return s.transact(ctx, func(ctx context.Context, c *session) error {
		before, err := load(ctx, c, wallet, s.postgres)
		if err != nil {
			return err
		}
		tx := &transaction{ctx: ctx, c: c, wallet: wallet, state: before}
		tx.items.table, tx.changes.table, tx.audit.table = itemRows(), changeRows(), auditRows()
		if err := change(tx); err != nil {
			return err
		}
		return tx.finish(&before)
	})
}

// finish writes what is left, and the state of the wallet when it is another than before.
func (tx *transaction) finish(before *walletsync.State) error {
	changed := tx.state != *before
	if !tx.c.postgres || !changed {
		if err := tx.flush(); err != nil {
			return err
		}
		if err := tx.saveHead(); err != nil || !changed {
			return err
		}
		return save(tx.ctx, tx.c, &tx.state)
	}
	// One statement, one round trip.
	var text strings.Builder
	var args []any
	head := rows{table: headRows()}
	if tx.audited {
		head.values = tx.head.Values()
	}
	for i, r := range []*rows{&tx.items, &tx.changes, &tx.audit, &head} {
		if len(r.values) == 0 {
			continue
		}
		text.WriteString([]string{"WITH ", ", "}[min(len(args), 1)] + []string{"i", "c", "a", "h"}[i] + " AS (" + r.table.arrays() + ")")
		args = append(args, r.args(tx.wallet)...)
	}
	_, err := tx.c.exec(tx.ctx, text.String()+" "+updateState, append(args, stateArgs(&tx.state)...)...)
	return err
}

// flush writes what is kept, before something is read.
func (tx *transaction) flush() error {
	for _, r := range []*rows{&tx.items, &tx.changes, &tx.audit} {
		if err := tx.c.insert(tx.ctx, r, tx.wallet); err != nil {
			return err
		}
		r.values = r.values[:0]
	}
	return nil
}

// saveHead writes where the audit chain stands, behind its rows.
func (tx *transaction) saveHead() error {
	if !tx.audited {
		return nil
	}
	return tx.c.insert(tx.ctx, &rows{table: headRows(), values: tx.head.Values()}, tx.wallet)
}

const walletColumns = `id, owner, fence, consent, cursor, first_cursor, first_seq, cursor_epoch, pass, recon_from, tries, in_step, seq,
	items, total,
	balance, has_balance, last_ok, failing, fails, backfill_from, backfill_cursor, backfill_done, look_back_at,
	looking_back, covered_from`

// scanState reads a row of walletColumns, with more columns behind it.
func scanState(rows *sql.Rows, more ...any) (walletsync.State, error) {
	var s walletsync.State
	var inStep, hasBalance, lastOK, backfillDone, lookBackAt, lookingBack int64
	err := rows.Scan(append([]any{
		&s.Wallet, &s.Owner, &s.Fence, &s.Consent, &s.Cursor, &s.FirstCursor, &s.FirstSeq, &s.CursorEpoch, &s.Pass, &s.ReconFrom, &s.Tries,
		&inStep, &s.Seq,
		&s.Items, &s.Sum, &s.Balance, &hasBalance, &lastOK, &s.Failing, &s.Fails, &s.BackfillFrom,
		&s.BackfillCursor, &backfillDone,
		&lookBackAt, &lookingBack, &s.CoveredFrom,
	}, more...)...)
	s.InStep, s.HasBalance, s.BackfillDone, s.LookingBack = inStep != 0, hasBalance != 0, backfillDone != 0, lookingBack != 0
	s.LastOK, s.LookBackAt = sqldb.Moment(lastOK), sqldb.Moment(lookBackAt)
	return s, err
}

func load(ctx context.Context, c *session, wallet string, lock bool) (walletsync.State, error) {
	query := "SELECT " + walletColumns + " FROM djamo_wallets WHERE id = ?"
	if lock {
		query += " FOR UPDATE"
	}
	var state walletsync.State
	found := false
	err := c.query(ctx, func(rows *sql.Rows) (err error) {
		found = true
		state, err = scanState(rows)
		return err
	}, query, wallet)
	if err == nil && !found {
		err = walletsync.ErrUnknownWallet
	}
	return state, err
}

func save(ctx context.Context, c *session, s *walletsync.State) error {
	_, err := c.exec(ctx, updateState, stateArgs(s)...)
	return err
}

const updateState = `UPDATE djamo_wallets SET owner = ?, fence = ?, consent = ?, cursor = ?, first_cursor = ?, first_seq = ?,
	cursor_epoch = ?, pass = ?, recon_from = ?, tries = ?, in_step = ?, seq = ?, items = ?, total = ?, balance = ?, has_balance = ?,
	last_ok = ?, failing = ?, fails = ?, backfill_from = ?, backfill_cursor = ?, backfill_done = ?,
	look_back_at = ?, looking_back = ?, covered_from = ? WHERE id = ?`

// stateArgs are the parameters of updateState.
func stateArgs(s *walletsync.State) []any {
	return []any{
		s.Owner, s.Fence, s.Consent, s.Cursor, s.FirstCursor, s.FirstSeq, s.CursorEpoch, s.Pass, s.ReconFrom, s.Tries, number(s.InStep), s.Seq,
		s.Items, s.Sum, s.Balance, number(s.HasBalance), sqldb.Nanoseconds(s.LastOK), text(s.Failing), s.Fails, s.BackfillFrom,
		s.BackfillCursor, number(s.BackfillDone), sqldb.Nanoseconds(s.LookBackAt), number(s.LookingBack), s.CoveredFrom, s.Wallet,
	}
}

// text is what every database takes.
func text(value string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(value, "\uFFFD"), "\x00", "")
}

func (tx *transaction) State() *walletsync.State { return &tx.state }

func (tx *transaction) Consent() (consent.Record, error) {
	aside := lookAside{wallet: tx.wallet}
	record, found, err := loadConsent(tx.ctx, tx.c, tx.state.Consent, " FOR SHARE", &aside)
	if found && err == nil {
		tx.sees(&aside)
	}
	return record, err
}

// lookAside asks, beside something else, whether a wallet has items in quarantine, and announced ones, and where its audit
// chain stands. It is asked after the wallet was locked: what is announced later sees what this transaction stored, and
// nobody else appends to the chain.
type lookAside struct {
	wallet           string
	aside, announced int64
	head             audit.Head
}

const lookAsideColumns = `CASE WHEN EXISTS (SELECT 1 FROM djamo_wallet_quarantine WHERE wallet = ?) THEN 1 ELSE 0 END,
	CASE WHEN EXISTS (SELECT 1 FROM djamo_wallet_expected WHERE wallet = ?) THEN 1 ELSE 0 END, `

// columns are those of lookAsideColumns and of the head, with their parameters.
func (l *lookAside) columns() (text string, args []any) {
	args = []any{l.wallet, l.wallet}
	var of []string
	for i, column := range strings.Split(audit.HeadColumns, ", ") {
		of = append(of, "COALESCE((SELECT "+column+" FROM djamo_audit_heads WHERE chain = ?), "+
			map[byte]string{'n': "0", 't': "''"}[audit.HeadTypes[i]]+")")
		args = append(args, l.wallet)
	}
	return lookAsideColumns + strings.Join(of, ", "), args
}

func (l *lookAside) scan(rows *sql.Rows, before ...any) (err error) {
	l.head, err = audit.ScanHead(rows.Scan, append(before, &l.aside, &l.announced)...)
	return err
}

func (tx *transaction) sees(l *lookAside) {
	if !tx.looked {
		tx.looked, tx.aside, tx.announced, tx.head = true, l.aside != 0, l.announced != 0, l.head
	}
}

func (tx *transaction) look() error {
	if tx.looked {
		return nil
	}
	aside := lookAside{wallet: tx.wallet}
	columns, args := aside.columns()
	err := tx.c.query(tx.ctx, func(rows *sql.Rows) error { return aside.scan(rows) }, "SELECT "+columns, args...)
	if err == nil {
		tx.sees(&aside)
	}
	return err
}

const itemColumns = "id, hash, version, seen, gone, replaced_by, amount, final, seq"

// scanItem reads a row of itemColumns, with more columns behind it.
func scanItem(rows *sql.Rows, more ...any) (walletsync.StoredItem, error) {
	var item walletsync.StoredItem
	var final int64
	err := rows.Scan(append([]any{
		&item.ID, &item.Hash, &item.Version, &item.Seen, &item.Gone, &item.By, &item.Amount, &final, &item.Seq,
	}, more...)...)
	item.Final = final != 0
	return item, err
}

func (tx *transaction) Items(ids []string) (map[string]walletsync.StoredItem, error) {
	found := make(map[string]walletsync.StoredItem, len(ids))
	scan := func(rows *sql.Rows) error {
		item, err := scanItem(rows)
		found[item.ID] = item
		return err
	}
	if len(ids) == 0 {
		return found, nil
	}
	list, err := tx.c.list(ids)
	if err == nil {
		err = tx.flush()
	}
	if err != nil {
		return found, err
	}
	// The planner of neither database may begin with the items: they are far more than those of a page.
	const columns = "SELECT i.id, i.hash, i.version, i.seen, i.gone, i.replaced_by, i.amount, i.final, i.seq"
	query := columns + `
		FROM json_each(?) AS c CROSS JOIN djamo_wallet_items AS i WHERE i.wallet = ? AND i.id = c.value`
	if tx.c.postgres {
		query = columns + " FROM unnest(CAST(? AS TEXT[])) AS c (value) CROSS JOIN LATERAL (SELECT " + itemColumns + `
			FROM djamo_wallet_items WHERE wallet = ? AND id = c.value OFFSET 0) AS i`
	}
	return found, tx.c.query(tx.ctx, scan, query, list, tx.wallet)
}

func (tx *transaction) Save(items []walletsync.StoredItem) error {
	if len(tx.items.values) > 0 { // an item may be among both
		if err := tx.flush(); err != nil {
			return err
		}
	}
	tx.items.values = slices.Grow(tx.items.values, len(items)*len(tx.items.table.types))
	for _, i := range items {
		tx.items.values = append(tx.items.values, i.ID, i.Hash, i.Version, i.Seen, int64(i.Gone), i.By, i.Amount, number(i.Final), i.Seq)
	}
	return nil
}

func (tx *transaction) Append(changes []walletsync.Change) error {
	tx.changes.values = slices.Grow(tx.changes.values, len(changes)*len(tx.changes.table.types))
	for _, c := range changes {
		tx.changes.values = append(tx.changes.values, c.Seq, string(c.Kind), c.ID, c.Version, string(c.Raw))
	}
	return nil
}

func (tx *transaction) Unseen(from, before int64, all bool) ([]walletsync.UnseenItem, error) {
	if err := tx.flush(); err != nil {
		return nil, err
	}
	var items []walletsync.UnseenItem
	// What came by history alone has no pass, and a reading of the feed says nothing of it.
	err := tx.c.query(tx.ctx, func(rows *sql.Rows) (err error) {
		var item walletsync.UnseenItem
		var replaces int64
		item.StoredItem, err = scanItem(rows, (*[]byte)(&item.Raw), &replaces)
		item.Replaces = replaces != 0
		items = append(items, item)
		return err
	}, `SELECT `+itemColumns+`, body, replaces FROM (SELECT `+itemColumns+`,
			(SELECT c.body FROM djamo_wallet_changes c WHERE c.wallet = i.wallet AND c.seq = i.seq) AS body,
			CASE WHEN id IN (SELECT p.replaced_by FROM djamo_wallet_items p WHERE p.wallet = ? AND p.replaced_by <> '') THEN 1 ELSE 0 END AS replaces
		FROM djamo_wallet_items i WHERE wallet = ? AND seen > 0 AND seen >= ? AND seen < ? AND gone <> 1) AS i
		WHERE gone = 0 OR replaces = 1 OR ? = 1 ORDER BY seq`, tx.wallet, tx.wallet, from, before, number(all))
	return items, err
}

func (tx *transaction) WithBy(id string) ([]walletsync.StoredItem, error) {
	if err := tx.flush(); err != nil {
		return nil, err
	}
	from := "djamo_wallet_items"
	if !tx.c.postgres {
		from += " INDEXED BY djamo_wallet_items_replaced" // else SQLite reads all items of the wallet
	}
	var items []walletsync.StoredItem
	err := tx.c.query(tx.ctx, func(rows *sql.Rows) error {
		item, err := scanItem(rows)
		items = append(items, item)
		return err
	}, "SELECT "+itemColumns+" FROM "+from+" WHERE wallet = ? AND replaced_by <> '' AND replaced_by = ? ORDER BY seq", tx.wallet, id)
	return items, err
}

const changeColumns = "wallet, seq, kind, id, version, body"

func scanChange(rows *sql.Rows) (walletsync.Change, error) {
	var change walletsync.Change
	var body string
	err := rows.Scan(&change.Wallet, &change.Seq, &change.Kind, &change.ID, &change.Version, &body)
	change.Raw = json.RawMessage(body)
	return change, err
}

func (tx *transaction) Change(seq int64) (walletsync.Change, error) {
	change, ok, err := tx.change("seq = ?", seq)
	if err == nil && !ok {
		err = fmt.Errorf("walletsync: the store has no change %d of the wallet: it was altered by hand", seq)
	}
	return change, err
}

func (tx *transaction) LastChange(id string, upTo int64) (walletsync.Change, bool, error) {
	if upTo == 0 {
		return walletsync.Change{}, false, nil
	}
	return tx.change("id = ? AND seq <= ? ORDER BY seq DESC LIMIT 1", id, upTo)
}

func (tx *transaction) change(where string, args ...any) (change walletsync.Change, ok bool, err error) {
	if err := tx.flush(); err != nil {
		return change, false, err
	}
	err = tx.c.query(tx.ctx, func(rows *sql.Rows) (err error) {
		ok = true
		change, err = scanChange(rows)
		return err
	}, "SELECT "+changeColumns+" FROM djamo_wallet_changes WHERE wallet = ? AND "+where, append([]any{tx.wallet}, args...)...)
	return change, ok, err
}

func (tx *transaction) Release(ids []string) error {
	if err := tx.look(); err != nil || !tx.aside {
		return err
	}
	return tx.remove("djamo_wallet_quarantine", ids)
}

func (tx *transaction) Met(ids []string) error {
	if err := tx.look(); err != nil || !tx.announced {
		return err
	}
	return tx.remove("djamo_wallet_expected", ids)
}

func (tx *transaction) remove(from string, ids []string) error {
	ids = slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return id == "" })
	list, err := tx.c.list(ids)
	if err != nil || len(ids) == 0 {
		return err
	}
	_, err = tx.c.exec(tx.ctx, "DELETE FROM "+from+" WHERE wallet = ? AND "+tx.c.inList("id"), tx.wallet, list)
	return err
}

func (tx *transaction) Audit(record walletsync.Audit) error {
	if err := tx.look(); err != nil {
		return err
	}
	tx.audited = true
	for _, row := range tx.head.Append(tx.wallet, recordOf(record)) {
		tx.audit.values = append(tx.audit.values, row.Values()...)
	}
	return nil
}

func recordOf(record walletsync.Audit) audit.Record {
	return audit.Record{
		At: record.At, Consent: record.Consent, Action: record.Action, Scope: record.Scope, Request: record.Request, Status: record.Status,
		Count: record.Count, Fields: record.Fields,
	}
}
