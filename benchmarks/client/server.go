// Package client measures the SDK beside a hand-written net/http and encoding/json client making the same calls to
// the same loopback server. The server answers with canned bytes and allocates nothing, so that the figures are the
// clients' own.
package client

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"strconv"
	"strings"
)

const transaction = `{"id":"txn_2cdc8ab1-6d50-49cc-ba14-54e4ac7ec231","createdAt":"2023-11-24T17:43:15.970Z","updatedAt":"2023-11-24T17:43:16.970Z",` +
	`"amount":50000,"fee":500,"totalAmount":50500,"status":"completed","msisdn":"+2250748710523","reference":"17f9956f-0965-4964-b2c1-40b4fef141a7",` +
	`"failureReason":null,"description":"Salaire de juin","type":"transfer","batchId":"17f9956f-0965-4964-b2c1-40b4fef141a7"}`

// pageSize and pages make a listing of 1,000 payments.
const pageSize, pages = 100, 10

// Server is a loopback HTTP/1.1 server for this package's requests and no others.
type Server struct {
	URL      string
	listener net.Listener
	single   []byte
	created  []byte
	page     [pages][]byte
}

// StartServer listens on a free port until Close.
func StartServer() (*Server, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &Server{listener: listener, URL: "http://" + listener.Addr().String()}
	s.single = response("200 OK", transaction)
	s.created = response("201 Created", strings.Replace(transaction, "17f9956f-0965-4964-b2c1-40b4fef141a7", reference, 1))
	for i := range s.page {
		next := strconv.Quote("page_" + strconv.Itoa(i+1))
		if i == pages-1 {
			next = "null"
		}
		items := strings.TrimSuffix(strings.Repeat(transaction+",", pageSize), ",")
		s.page[i] = response("200 OK", fmt.Sprintf(`{"count":%d,"limit":%d,"cursor":{"prev":null,"next":%s},"data":[%s]}`, pageSize, pageSize, next, items))
	}
	go s.accept()
	return s, nil
}

// Close stops listening.
func (s *Server) Close() error { return s.listener.Close() }

func response(status, body string) []byte {
	return fmt.Appendf(nil, "HTTP/1.1 %s\r\nContent-Type: application/json; charset=utf-8\r\nDate: Fri, 24 Nov 2023 17:43:16 GMT\r\nContent-Length: %d\r\n\r\n%s", status, len(body), body)
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
		length := 0
		for {
			header, err := reader.ReadSlice('\n')
			if err != nil {
				return
			}
			if len(header) <= 2 {
				break
			}
			if value, ok := bytes.CutPrefix(header, []byte("Content-Length: ")); ok {
				for _, c := range bytes.TrimSpace(value) {
					length = length*10 + int(c-'0')
				}
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
	switch {
	case line[0] == 'P':
		return s.created
	case bytes.Contains(line, []byte("/txn_")):
		return s.single
	}
	if _, cursor, ok := bytes.Cut(line, []byte("cursor=page_")); ok {
		return s.page[cursor[0]-'0']
	}
	return s.page[0]
}
