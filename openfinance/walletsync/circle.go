package walletsync

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/djamo/djamo-go/openfinance/wallet"
)

// ErrCircle is a gateway whose cursors lead back to where they came from.
var ErrCircle = errors.New("walletsync: the gateway's cursors go in a circle")

// circles notices cursors and pages that come back without anything new, and has the wallet show it.
func (e *Engine) circles(ctx context.Context, r *request, out outcome) error {
	for i := range r.pages {
		if !r.circle(&r.pages[i], out.ended && i == len(r.pages)-1) {
			continue
		}
		r.memory.known = nil
		return errors.Join(ErrCircle, e.Store.Update(ctx, r.lease.Wallet, func(tx Tx) error {
			if err := r.guard(tx); err != nil {
				return err
			}
			tx.State().fail(r.source, ErrCircle)
			return nil
		}))
	}
	return nil
}

// returns is what came again while a wallet is read on and nothing new comes. It is small, however long the texts of a gateway are.
type returns struct {
	often map[[16]byte]int // cursors and pages
	items int64
	found int // circles
}

// count counts a text and says how often it was counted.
func (r *returns) count(kind, text string) int {
	const maxRemembered = 100_000
	if len(r.often) >= maxRemembered || r.often == nil {
		r.often = map[[16]byte]int{}
	}
	sum := sha256.Sum256([]byte(kind + text))
	key := [16]byte(sum[:])
	r.often[key]++
	return r.often[key]
}

// circle reports whether a page has come too often: its cursor, or its items under whatever cursor, also as other versions of what
// is there. So do pages that are all different, and bring what is there many times over. A page with an item that is new leads
// somewhere.
func (r *request) circle(page *received, ended bool) bool {
	came := &r.memory.came[r.source]
	if ended || page.added > 0 {
		*came = nil
		return false
	}
	if *came == nil {
		*came = &returns{}
	}
	const (
		maxReturns, maxStill  = 3, 12       // a page that does not lead on is read some times before it is believed
		maxVersions, minItems = 20, 100_000 // of an item, each of which may have a page of its own
	)
	tooOften := false
	content := digestOf(page.Items, func(item *wallet.Item) string {
		if page.changes > 0 {
			return item.ID
		}
		return string(item.Raw)
	})
	if page.changes == 0 && unmoved(page.Page, page.params.Cursor) {
		tooOften = (*came).count("still", content) > maxStill
	} else {
		cursor, items := (*came).count("cursor", page.NextCursor), (*came).count("items", content)
		tooOften = cursor > maxReturns || items > maxVersions
	}
	(*came).items += int64(len(page.Items))
	const sooner = 4 // each time by so many bits
	if tooOften || (*came).items > (maxVersions*r.state.Items+minItems)>>min(sooner*(*came).found, 40) {
		*came = &returns{found: (*came).found + 1}
		return true
	}
	return false
}

// digestOf is the same for pages whose items say the same.
func digestOf(items []wallet.Item, say func(*wallet.Item) string) string {
	sum := sha256.New()
	for i := range items {
		text := say(&items[i])
		_, _ = fmt.Fprintf(sum, "%d:%s", len(text), text)
	}
	return string(sum.Sum(nil))
}
