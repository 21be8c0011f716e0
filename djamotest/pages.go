package djamotest

import "sort"

// Page selects a part of a history by the numbers of its items, newest first.
type Page struct {
	Before int64 // only items with a smaller number; 0 starts at the newest
	After  int64 // only items with a greater number
	Limit  int   // how many at most; 0 means 50, and more than 1,000 means 1,000
}

func (p Page) limit() int {
	if p.Limit <= 0 {
		return 50
	}
	return min(p.Limit, 1000)
}

// Listing is a page of a history.
type Listing[T any] struct {
	Items []T   // newest first
	Total int64 // how many there are in all, whatever the page selects
	More  bool  // older ones match too
}

// pageOf cuts a page out of items that are numbered from first on, oldest first. It looks at no item beyond the page but
// those that keep refuses.
func pageOf[S, T any](p Page, all []S, first int64, keep func(S) bool, view func(S, int64) T) Listing[T] {
	l := Listing[T]{Items: []T{}, Total: int64(len(all))}
	last := first + int64(len(all)) - 1
	if p.Before > 0 {
		last = min(last, p.Before-1)
	}
	for number := last; number >= max(first, p.After+1); number-- {
		item := all[number-first]
		if keep != nil && !keep(item) {
			continue
		}
		if len(l.Items) == p.limit() {
			l.More = true
			break
		}
		l.Items = append(l.Items, view(item, number))
	}
	return l
}

// TransferPage is a page of transfers, of one status unless it is empty. A transfer's number is its place among all,
// counted from 1.
func (a *API) TransferPage(p Page, status string) Listing[Transaction] {
	a.lock()
	defer a.mu.Unlock()
	if status == StatusPending && a.pending == 0 { // nothing to look for among a hundred thousand
		return Listing[Transaction]{Items: []Transaction{}, Total: int64(len(a.transactions))}
	}
	var keep func(*transaction) bool
	if status != "" {
		keep = func(t *transaction) bool { return t.status.String() == status }
	}
	return pageOf(p, a.transactions, 1, keep, func(t *transaction, _ int64) Transaction { return t.view() })
}

// FindTransfers returns the transfers with an id or a reference, oldest first; none is no error.
func (a *API) FindTransfers(name string) []Transaction {
	a.lock()
	defer a.mu.Unlock()
	out := []Transaction{}
	for _, t := range a.find(name) {
		out = append(out, t.view())
	}
	return out
}

// ChargePage is a page of charges, of one status unless it is empty. A charge's number is its place among all, counted from 1.
func (a *API) ChargePage(p Page, status string) Listing[Charge] {
	a.lock()
	defer a.mu.Unlock()
	var keep func(*charge) bool
	if status != "" {
		keep = func(ch *charge) bool { return ch.status == status }
	}
	return pageOf(p, a.charges, 1, keep, func(ch *charge, _ int64) Charge { return a.viewCharge(ch) })
}

// FindCharge returns the charge with an id or an externalId.
func (a *API) FindCharge(name string) (Charge, bool) {
	a.lock()
	defer a.mu.Unlock()
	ch, err := a.findCharge(name)
	if err != nil {
		return Charge{}, false
	}
	return a.viewCharge(ch), true
}

// LedgerPage is a page of the ledger.
func (a *API) LedgerPage(p Page) Listing[LedgerEntry] {
	a.lock()
	defer a.mu.Unlock()
	return pageOf(p, a.ledger, 1, nil, func(_ ledgerLine, number int64) LedgerEntry { return a.viewEntry(int(number - 1)) })
}

// RequestPage is a page of the requests that are remembered.
func (a *API) RequestPage(p Page) Listing[Request] {
	l := &a.journal
	l.mu.Lock()
	defer l.mu.Unlock()
	return pageOf(p, l.ring, l.first(), nil, func(_ record, number int64) Request { return a.viewRequest(number) })
}

// FindRequest returns a request by its number, and the ledger lines it caused. It finds nothing of one that is no longer
// remembered.
func (a *API) FindRequest(number int64) (r Request, caused []LedgerEntry, ok bool) {
	l := &a.journal
	l.mu.Lock()
	if ok = number >= l.first() && number <= l.count; ok {
		r = a.viewRequest(number)
	}
	l.mu.Unlock()
	if !ok {
		return r, nil, false
	}
	a.lock()
	defer a.mu.Unlock()
	from := sort.Search(len(a.ledger), func(i int) bool { return a.ledger[i].at >= r.At.UnixNano() })
	for i := from; i < len(a.ledger) && len(caused) < 1000; i++ {
		if a.ledger[i].call == number {
			caused = append(caused, a.viewEntry(i))
		}
	}
	return r, caused, true
}

// DeliveryPage is a page of the webhooks that are remembered.
func (a *API) DeliveryPage(p Page) Listing[WebhookDelivery] {
	a.lock()
	defer a.mu.Unlock()
	return pageOf(p, a.deliveries, a.firstDelivery(), nil, a.viewDelivery)
}

// FindDelivery returns a webhook by its id.
func (a *API) FindDelivery(id string) (WebhookDelivery, bool) {
	a.lock()
	defer a.mu.Unlock()
	d := a.findDelivery(id)
	if d == nil {
		return WebhookDelivery{}, false
	}
	return a.viewDelivery(d, d.number()), true
}
