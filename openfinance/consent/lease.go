package consent

import (
	"strings"
	"time"
)

// lease is for how long nobody else exchanges a token: an exchange, and then the transaction that stores its pair, which package
// sqlstore ends after 20 s.
func (k *Keeper) lease() time.Duration { return k.limit() + 25*time.Second }

// sighting is a lease of another process, and since when this one sees it.
type sighting struct {
	lessee   string
	exchange int64
	until    int64
	since    time.Time
}

// outlived reports whether a lease is older than an exchange can be. This process goes by for how long it has seen the lease itself: the
// clocks of two machines may differ by more than a lease, and a token that both exchange is lost with its grant. Only what ended
// more than MaxHold ago is believed to be over at first sight, for the sake of processes that live for seconds. The time that this
// process waited for the store does not count: the lessee, who has a new pair to store, may have waited as well.
func (k *Keeper) outlived(r *Record, now time.Time, waited time.Duration) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	lease := sighting{lessee: r.Lessee, exchange: r.Exchange, until: r.LeaseUntil.UnixNano(), since: k.seen[r.Key].since}
	if k.seen[r.Key] != lease || now.Before(lease.since) {
		lease.since = now
	} else {
		lease.since = lease.since.Add(max(0, waited))
	}
	if k.seen == nil {
		k.seen = map[string]sighting{}
	}
	k.seen[r.Key] = lease
	return now.Sub(lease.since) >= k.lease() || now.After(r.LeaseUntil.Add(MaxHold))
}

// unsee forgets since when the lease of another is seen: it is over, or the store is away, and whoever has the lease cannot store
// anything either.
func (k *Keeper) unsee(key string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.seen, key)
}

// alive reports whether a lessee may still be at work.
func (k *Keeper) alive(lessee string) bool {
	if k.Alive == nil {
		return true
	}
	if at := strings.LastIndexByte(lessee, '#'); at >= 0 {
		lessee = lessee[:at]
	}
	return k.Alive(lessee)
}
