package djamotest

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"syscall"
)

// barred is the addresses that no webhook may go to.
type barred struct {
	mu    sync.Mutex
	addrs []netip.AddrPort
}

// BarWebhooks keeps webhooks from some listeners, whatever name leads to them: a connection is refused by the address that
// was resolved, so neither another spelling nor another host name gets around it. A sandbox bars its own listeners, since
// a webhook is a request without Origin that its own control would take for a program's. It has no effect on webhooks that
// [WithWebhookTransport] sends. An address that is no IP and port is misuse.
func (a *API) BarWebhooks(listeners ...net.Addr) error {
	t := a.test.tb()
	t.Helper()
	for _, listener := range listeners {
		addr, err := netip.ParseAddrPort(listener.String())
		if err != nil {
			return misuse(t, "BarWebhooks(%s): want the address of a listener, an IP and a port", listener)
		}
		a.barred.mu.Lock()
		a.barred.addrs = append(a.barred.addrs, netip.AddrPortFrom(addr.Addr().Unmap(), addr.Port()))
		a.barred.mu.Unlock()
	}
	return nil
}

// check is a dialer's: it sees the address that a name was resolved to, before the connection is made.
func (b *barred) check(_, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("not sent: %q is no address", address)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if slices.ContainsFunc(b.addrs, func(own netip.AddrPort) bool {
		everywhere := own.Addr().IsUnspecified() // every address of this machine: those of others are beyond reach anyway
		return own.Port() == to.Port() && (everywhere || own.Addr() == to.Addr().Unmap())
	}) {
		return fmt.Errorf("not sent: %s is an address of this server itself", address)
	}
	return nil
}
