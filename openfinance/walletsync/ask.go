package walletsync

import (
	"context"
	"errors"

	"github.com/djamo/djamo-go/openfinance/wallet"
)

// read asks for one page, or some in a row where a wallet catches up, and stores them.
func (e *Engine) read(ctx context.Context, m *memory, from source) (out outcome, items int, err error) {
	r := &request{lease: m.lease, source: from, memory: m}
	if r.state, err = e.load(ctx, m); err != nil {
		return out, 0, err
	}
	m.backfilling = r.state.BackfillFrom != "" && !r.state.BackfillDone
	switch {
	case r.state.Owner != m.lease.Owner || r.state.Fence != m.lease.Fence:
		return out, 0, ErrLeaseLost
	case from == history && !m.backfilling:
		return outcome{state: r.state, ended: true}, 0, nil
	}
	r.params = wallet.PageParams{WalletID: m.lease.Wallet, Cursor: r.state.Cursor, Limit: e.pageSize()}
	if from == history {
		r.params.Cursor = r.state.BackfillCursor
		if r.params.From, err = wallet.ParseDate(r.state.BackfillFrom); err != nil {
			return out, 0, err
		}
	}
	began := e.now()
	asked, failure := e.askPages(ctx, r)
	m.read, m.stored = e.now().Sub(began), 0
	out.state = r.state
	if len(r.pages) > 0 {
		stored, err := e.store(ctx, r)
		switch {
		case errors.Is(err, errSum):
			err = e.refused(ctx, r, err)
			if asked && failure != nil {
				err = errors.Join(err, e.failed(ctx, r, failure))
			}
			return out, 0, err
		case err != nil:
			return out, 0, err
		}
		out, r.state = stored, stored.state
		for _, page := range r.pages {
			items += len(page.Items)
		}
	}
	if failure != nil {
		out.ended, out.confirm = false, false
		if asked {
			failure = e.failed(ctx, r, failure)
		}
		return out, items, failure
	}
	m.backfilling = out.state.BackfillFrom != "" && !out.state.BackfillDone
	if !out.ended {
		m.known = &out.state
	}
	return out, items, e.circles(ctx, r, out)
}

// load is the state of a wallet. What was just stored is not read again: should another have stored something since, the page
// is refused.
func (e *Engine) load(ctx context.Context, m *memory) (State, error) {
	known := m.known
	m.known = nil
	if known != nil && known.Owner == m.lease.Owner && known.Fence == m.lease.Fence {
		return *known, nil
	}
	return e.Store.Load(ctx, m.lease.Wallet)
}

// askPages asks for pages as long as one leads to the next. asked says that it was the gateway's answer that failed.
func (e *Engine) askPages(ctx context.Context, r *request) (asked bool, err error) {
	began := e.now()
	for {
		access, err := e.Keeper.Use(ctx, r.state.Consent)
		if err != nil {
			return false, err
		}
		if len(r.pages) > 0 && access.Epoch != r.access.Epoch {
			return false, ErrStale // what came under the consent as it was is not to be stored
		}
		r.access = access
		page, err := e.ask(ctx, r)
		if err == nil {
			err = page.Check(r.lease.Wallet, e.currency())
		}
		if err != nil {
			return true, err
		}
		if r.access.New {
			if err := e.Keeper.Confirm(ctx, r.access); err != nil {
				return false, err
			}
		}
		r.pages = append(r.pages, received{Page: page, params: r.params})
		if len(r.pages) > 1 { // the one before was not the end
			r.memory.confirming[r.source] = 0
		}
		if !r.more(e.now().Sub(began)) {
			return false, nil
		}
		r.params.Cursor = page.NextCursor
	}
}

func (e *Engine) store(ctx context.Context, r *request) (outcome, error) {
	switch {
	case len(r.pages) == 1 && r.quiet(r.pages[0].Page):
		return outcome{state: r.state, ended: true, resumed: true}, nil
	case r.source == history:
		if r.memory.storing != nil {
			select {
			case r.memory.storing <- struct{}{}:
				defer func() { <-r.memory.storing }()
			case <-ctx.Done():
				return outcome{}, ctx.Err()
			}
			began := e.now()
			defer func() { r.memory.stored = e.now().Sub(began) }()
		}
		return e.storeHistory(ctx, r)
	case e.cursorFirst:
		return e.storeCursorFirst(ctx, r)
	}
	return e.storeLive(ctx, r)
}

// refused records that pages came of which nothing can be stored. They are asked for again, later.
func (e *Engine) refused(ctx context.Context, r *request, cause error) error {
	return errors.Join(cause, e.Store.Update(ctx, r.lease.Wallet, func(tx Tx) error {
		if err := r.guard(tx); err != nil {
			return err
		}
		tx.State().fail(r.source, cause)
		for _, page := range r.pages {
			if err := tx.Audit(r.audit(e.now(), page.params, 200, page.Items)); err != nil {
				return err
			}
		}
		return nil
	}))
}

// storeCursorFirst breaks the rule: the cursor is stored before the items, apart. Only tests that must fail with it use it.
func (e *Engine) storeCursorFirst(ctx context.Context, r *request) (outcome, error) {
	next := r.last().NextCursor
	err := e.Store.Update(ctx, r.lease.Wallet, func(tx Tx) error {
		if err := r.guard(tx); err != nil {
			return err
		}
		if next != "" {
			tx.State().Cursor = next
		}
		return nil
	})
	if err != nil {
		return outcome{}, err
	}
	if next != "" {
		r.state.Cursor = next
	}
	return e.storeLive(ctx, r)
}

// ask sends the request, and once more with newer tokens when the gateway does not take these.
func (e *Engine) ask(ctx context.Context, r *request) (*wallet.Page, error) {
	page, err := e.send(ctx, r)
	if !errors.Is(err, wallet.ErrInvalidToken) {
		return page, err
	}
	r.turnedAway = append(r.turnedAway, turnedAway{params: r.params, status: statusOf(err)})
	renewed, renewErr := e.Keeper.Renew(ctx, r.access)
	switch {
	case renewErr != nil:
		return nil, renewErr
	case len(r.pages) > 0 && renewed.Epoch != r.access.Epoch:
		return nil, ErrStale // what came under the consent as it was is not to be stored
	}
	r.access = renewed
	return e.send(ctx, r)
}

func (e *Engine) send(ctx context.Context, r *request) (*wallet.Page, error) {
	limited, cancel := context.WithTimeout(ctx, e.readTimeout())
	defer cancel()
	return e.Gateway.Page(limited, wallet.Access{ConsentID: r.access.ID, Token: r.access.Token}, r.params)
}
