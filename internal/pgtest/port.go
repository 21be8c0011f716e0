package pgtest

import (
	"math/rand/v2"
	"net"
	"testing"
)

// FreePort is a port of this machine that nobody listens on, for a server that is told where to listen. It is none of those that
// systems give to whoever asks for any, so that nobody gets it before the server does, and no other test is given it until this one
// ends: each keeps the UDP port of that number.
func FreePort(t testing.TB) int {
	t.Helper()
	const first, last, tries = 10_000, 30_000, 1_000
	for range tries {
		port := first + rand.IntN(last-first) //nolint:gosec // nobody need be surprised
		address := net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port}
		kept, err := net.ListenUDP("udp", &address)
		if err != nil {
			continue
		}
		listener, err := net.ListenTCP("tcp", &net.TCPAddr{IP: address.IP, Port: port})
		if err != nil {
			_ = kept.Close()
			continue
		}
		t.Cleanup(func() { _ = kept.Close() })
		if err := listener.Close(); err != nil {
			t.Fatal(err)
		}
		return port
	}
	t.Fatal("there is no free port")
	return 0
}
