package pgtest

import (
	"encoding/binary"
	"io"
	"net"
	"sync/atomic"
	"testing"

	"github.com/djamo/djamo-go/internal/nettest"
)

// Mute plays a server until the test ends that lets everybody in and then answers nothing. It returns the address of a
// database on it, whose password is "secret", and how many were let in so far.
func Mute(t testing.TB) (address string, visits *atomic.Int64) {
	t.Helper()
	visits = new(atomic.Int64)
	host := nettest.Serve(t, func(conn net.Conn) {
		if letIn(conn) == nil {
			visits.Add(1)
		}
		_, _ = io.Copy(io.Discard, conn)
	})
	return "postgres://postgres:secret@" + host + "/payroll?sslmode=disable&connect_timeout=1", visits
}

// letIn reads what a client begins with, and welcomes it.
func letIn(conn net.Conn) error {
	var length [4]byte
	if _, err := io.ReadFull(conn, length[:]); err != nil {
		return err
	}
	if _, err := io.CopyN(io.Discard, conn, int64(binary.BigEndian.Uint32(length[:]))-int64(len(length))); err != nil {
		return err
	}
	_, err := io.WriteString(conn, "R\x00\x00\x00\x08\x00\x00\x00\x00"+ // no password is asked for
		"K\x00\x00\x00\x0c\x00\x00\x00\x01\x00\x00\x00\x02"+ // process and key, by which a statement is cancelled
		"Z\x00\x00\x00\x05I") // ready
	return err
}

// Proxy stands before the server of an address until the test ends, and returns the address that leads through it. Once mute is
// called, nothing that the server says comes through any more, and whoever comes anew is let in and gets no answer.
func Proxy(t testing.TB, address string) (through string, mute func()) {
	t.Helper()
	leads := parse(t, address)
	server := leads.Host
	var muted atomic.Bool
	host := nettest.Serve(t, func(conn net.Conn) {
		if muted.Load() {
			_ = letIn(conn)
			_, _ = io.Copy(io.Discard, conn)
			return
		}
		behind, err := new(net.Dialer).DialContext(t.Context(), "tcp", server)
		if err != nil {
			return
		}
		defer func() { _ = behind.Close() }()
		go func() {
			buffer := make([]byte, 32<<10)
			for {
				n, err := behind.Read(buffer)
				if err != nil {
					_ = conn.Close()
					return
				}
				if muted.Load() {
					continue
				}
				if _, err := conn.Write(buffer[:n]); err != nil {
					return
				}
			}
		}()
		_, _ = io.Copy(behind, conn)
	})
	leads.Host = host
	return leads.String(), func() { muted.Store(true) }
}
