// Package client makes the same calls through this SDK, the Go SDKs of others and a hand-written net/http and
// encoding/json client, to one loopback server. The server answers with canned bytes of one size, in the shapes of each
// contender's own API, and allocates nothing, so that the figures are the clients' own even in its process.
package client

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
)

// Server is a loopback HTTP/1.1 server for this package's requests and no others.
type Server struct {
	URL      string
	listener net.Listener
	canned   []canned
	notFound []byte
}

// canned is what one contender is answered with, ready to be written.
type canned struct {
	prefix, one     []byte
	single, created []byte
	pages           [pages][]byte
}

// StartServer listens on a free port until Close.
func StartServer() (*Server, error) { return startServer(Contenders()) }

func startServer(contenders []Contender) (*Server, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &Server{listener: listener, URL: "http://" + listener.Addr().String(),
		notFound: response("404 Not Found", "", `{"message":"not a request of the benchmarks"}`)}
	for _, c := range contenders {
		r := c.replies
		answers := canned{
			prefix:  []byte(" /" + r.prefix),
			one:     []byte(r.one),
			single:  response("200 OK", "", r.single()),
			created: response("201 Created", "", r.single()),
		}
		for i := range answers.pages {
			body, headers := r.listing(i + 1)
			answers.pages[i] = response("200 OK", headers, body)
		}
		s.canned = append(s.canned, answers)
	}
	go s.accept()
	return s, nil
}

// Close stops listening.
func (s *Server) Close() error { return s.listener.Close() }

func response(status, headers, body string) []byte {
	return fmt.Appendf(
		nil,
		"HTTP/1.1 %s\r\nContent-Type: application/json; charset=utf-8\r\nDate: Fri, 24 Nov 2023 17:43:16 GMT\r\n%sContent-Length: %d\r\n\r\n%s",
		status,
		headers,
		len(body),
		body,
	)
}

func (s *Server) accept() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		go s.serve(conn)
	}
}

// serve reads a request line, skips the headers, skips the body, answers, and starts again.
func (s *Server) serve(conn net.Conn) {
	defer conn.Close()
	reader := bufio.NewReader(conn)
	for {
		line, err := reader.ReadSlice('\n')
		if err != nil {
			return
		}
		answer := s.answer(line)
		length, chunked := 0, false
		for {
			header, err := reader.ReadSlice('\n')
			if err != nil {
				return
			}
			if len(header) <= 2 {
				break
			}
			if value, ok := bytes.CutPrefix(header, []byte("Content-Length: ")); ok {
				length = number(value)
			}
			chunked = chunked || bytes.HasPrefix(header, []byte("Transfer-Encoding: chunked"))
		}
		// One SDK sends a body in chunks with a GET. No chunk of a request here has a line with 0 alone in it.
		for chunked {
			chunk, err := reader.ReadSlice('\n')
			if err != nil {
				return
			}
			if bytes.Equal(chunk, []byte("0\r\n")) {
				length, chunked = len("\r\n"), false
			}
		}
		if _, err := reader.Discard(length); err != nil {
			return
		}
		if _, err := conn.Write(answer); err != nil {
			return
		}
	}
}

func (s *Server) answer(line []byte) []byte {
	for i := range s.canned {
		c := &s.canned[i]
		if !bytes.Contains(line, c.prefix) {
			continue
		}
		switch {
		case line[0] == 'P':
			return c.created
		case bytes.Contains(line, c.one):
			return c.single
		}
		if page := pageOf(line); page <= pages {
			return c.pages[page-1]
		}
	}
	return s.notFound
}

// pageOf finds the page that is asked for, by its number or by a cursor with its number in it, and is 1 without any.
func pageOf(line []byte) int {
	for _, mark := range [][]byte{[]byte("page_"), []byte("?page="), []byte("&page=")} {
		if _, after, ok := bytes.Cut(line, mark); ok && number(after) > 0 {
			return number(after)
		}
	}
	return 1
}

// number reads the digits at the start.
func number(text []byte) int {
	n := 0
	for _, c := range text {
		if c < '0' || c > '9' {
			break
		}
		n = n*10 + int(c-'0')
	}
	return n
}
