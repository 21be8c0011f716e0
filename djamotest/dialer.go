package djamotest

import (
	"context"
	"net"
	"sync"
)

// dialer makes the connections that webhooks leave by, and can wait for all of them to be closed.
type dialer struct {
	net    net.Dialer
	mu     sync.Mutex
	open   int // or being opened
	closed bool
	none   chan struct{} // closed when closed and none is open; made by shut
}

func (d *dialer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	d.mu.Lock()
	if d.closed { // net/http dials in the background, for whoever comes next
		d.mu.Unlock()
		return nil, net.ErrClosed
	}
	d.open++
	d.mu.Unlock()
	conn, err := d.net.DialContext(ctx, network, address)
	if err != nil {
		d.gone()
		return nil, err
	}
	return &countedConn{Conn: conn, gone: sync.OnceFunc(d.gone)}, nil
}

func (d *dialer) gone() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.open--
	if d.closed && d.open == 0 {
		close(d.none)
	}
}

// shut lets nobody dial any more, and returns when the last connection is closed. It is called once.
func (d *dialer) shut() {
	d.mu.Lock()
	d.closed, d.none = true, make(chan struct{})
	if d.open == 0 {
		close(d.none)
	}
	d.mu.Unlock()
	<-d.none
}

func (d *dialer) count() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.open
}

// countedConn tells, once, that it was closed.
type countedConn struct {
	net.Conn

	gone func()
}

func (c *countedConn) Close() error {
	defer c.gone()
	return c.Conn.Close()
}
