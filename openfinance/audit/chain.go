package audit

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/djamo/djamo-go/internal/sqldb"
)

// Record is one use of a consent, or several that found nothing and are folded into one.
type Record struct {
	At      time.Time // of the use; of the last one, when several are folded
	Consent string    // keyed hash of the consent's id, never the id
	Action  string    // read, backfill, idle, granted, revoked, …
	Scope   string    // under which it was read; empty: none was needed
	Request string    // hash of what was asked; empty: nothing was, or several requests are folded
	Status  int       // of the answer; 0: there was none
	Count   int64     // items that came, or reads that are folded
	Fields  string    // names of the fields that were kept, with commas between them
}

// Row is a record in its chain.
type Row struct {
	Record

	Chain  string // wallet or account; ConsentChain for what happened to a consent itself
	N      int64  // from 1, without gaps
	Hash   string // of this row and of all before it; empty: a row of the hour that is not over, which is not chained yet
	format int64
}

// ConsentChain is the chain of what happened to a consent: that it was granted, refreshed, revoked.
func ConsentChain(key string) string { return consentPrefix + key }

const consentPrefix = "consent:"

// Account is the wallet or account of the row; empty for what happened to a consent itself.
func (r *Row) Account() string {
	if strings.HasPrefix(r.Chain, consentPrefix) {
		return ""
	}
	return r.Chain
}

// Formats of a row, which say what its hash covers.
const (
	formatFirst = 1 // without scope and fields, as the first stores of package walletsync wrote them
	formatNow   = 2
)

// sum is the hash that a row must have behind another.
func (r *Row) sum(before string) string {
	var text []byte
	if r.format == formatFirst {
		text = fmt.Appendf(nil, "%s\x1f%s\x1f%d\x1f%d\x1f%s\x1f%s\x1f%s\x1f%d\x1f%d", before, r.Chain, r.N,
			sqldb.Nanoseconds(r.At), r.Consent, r.Action, r.Request, r.Status, r.Count)
	} else {
		text = make([]byte, 0, 512) //nolint:mnd // room for most
		for _, part := range [...]string{"djamo-audit-2", before, r.Chain, r.Consent, r.Action, r.Scope, r.Request, r.Fields} {
			text = binary.AppendUvarint(text, uint64(len(part)))
			text = append(text, part...)
		}
		for _, part := range [...]int64{r.N, sqldb.Nanoseconds(r.At), int64(r.Status), r.Count} {
			text = binary.AppendVarint(text, part)
		}
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// Head is where a chain stands. Its zero value is that of a chain without rows.
type Head struct {
	N    int64  // of the latest row
	Hash string // of the latest row
	Open Reads  // reads that found nothing, in an hour that is not over
}

// Reads is a number of reads that found nothing. They become one row when their hour is over.
type Reads struct {
	Last    time.Time // of the reads
	Count   int64     // 0: there are none
	Consent string
	Scope   string
}

// Columns of a row behind its chain, and of a head behind its chain, for stores that write many with one statement.
const (
	RowColumns  = "n, at, consent, action, scope, request, status, items, fields, format, hash"
	RowTypes    = "nnttttnntnt" // n: a number, t: a text
	HeadColumns = "n, hash, open_last, open_count, open_consent, open_scope"
	HeadTypes   = "ntnntt"
)

// Values are those of RowColumns: int64 and string.
func (r *Row) Values() []any {
	return []any{
		r.N, sqldb.Nanoseconds(r.At), r.Consent, r.Action, r.Scope, r.Request, int64(r.Status), r.Count, r.Fields, r.format, r.Hash,
	}
}

// Values are those of HeadColumns: int64 and string.
func (h *Head) Values() []any {
	return []any{h.N, h.Hash, sqldb.Nanoseconds(h.Open.Last), h.Open.Count, h.Open.Consent, h.Open.Scope}
}

// ScanHead reads HeadColumns with a function such as that of sql.Rows. Values that lie before them go into before.
func ScanHead(scan func(...any) error, before ...any) (Head, error) {
	var h Head
	var last int64
	err := scan(append(before, &h.N, &h.Hash, &last, &h.Open.Count, &h.Open.Consent, &h.Open.Scope)...)
	h.Open.Last = sqldb.Moment(last)
	return h, err
}

// Append makes the rows of records, behind that of an open hour which is over by then. The caller stores them together with
// the head.
func (h *Head) Append(chain string, records ...Record) []Row {
	rows := make([]Row, 0, len(records)+1)
	for _, record := range records {
		rows = append(rows, h.Close(chain, record.At)...)
		rows = append(rows, h.next(chain, record))
	}
	return rows
}

// Idle counts reads that found nothing. Rows come of it when reads of another hour, consent or scope were counted before.
func (h *Head) Idle(chain string, reads Reads) []Row {
	if reads.Count <= 0 {
		return nil
	}
	var rows []Row
	if open := h.Open; open.Count > 0 && (!hourOf(open.Last).Equal(hourOf(reads.Last)) || open.Consent != reads.Consent ||
		open.Scope != reads.Scope) {
		rows = h.close(chain)
	}
	if h.Open.Count == 0 {
		h.Open = reads
		return rows
	}
	h.Open.Count += reads.Count
	if reads.Last.After(h.Open.Last) {
		h.Open.Last = reads.Last
	}
	return rows
}

// Close makes a row of the reads that were counted in an hour that is over by now. Those of this hour stay open.
func (h *Head) Close(chain string, now time.Time) []Row {
	if h.Open.Count == 0 || !hourOf(h.Open.Last).Before(hourOf(now)) {
		return nil
	}
	return h.close(chain)
}

func (h *Head) close(chain string) []Row {
	record := h.Open.record()
	h.Open = Reads{}
	return []Row{h.next(chain, record)}
}

// record is what becomes of open reads.
func (o *Reads) record() Record {
	return Record{At: o.Last, Consent: o.Consent, Action: ActionIdle, Scope: o.Scope, Status: 200, Count: o.Count} //nolint:mnd // HTTP
}

// ActionIdle is the action of reads that found nothing and are folded into one row for each hour.
const ActionIdle = "idle"

func (h *Head) next(chain string, record Record) Row {
	record.Consent, record.Action, record.Scope = clean(record.Consent), clean(record.Action), clean(record.Scope)
	record.Request, record.Fields = clean(record.Request), clean(record.Fields)
	row := Row{Record: record, Chain: chain, N: h.N + 1, format: formatNow}
	row.Hash = row.sum(h.Hash)
	h.N, h.Hash = row.N, row.Hash
	return row
}

// clean is what every database takes, and gives back as it was: else a row would not fit its hash.
func clean(value string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(value, "\uFFFD"), "\x00", "")
}

func hourOf(at time.Time) time.Time { return at.UTC().Truncate(time.Hour) }
