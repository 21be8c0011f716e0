package delivery

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"time"
)

// maxRead is how long a body may take to come.
const maxRead = 10 * time.Second

type readError string

func (e readError) Error() string { return string(e) }

// errNoBody is a request that no server made.
const errNoBody readError = "the request has no body to read"

// incoming is what is needed of a request to read its body: where that goes on after the request is answered, no more than
// the body may be touched.
type incoming struct {
	body   io.Reader
	again  func() (io.ReadCloser, error) // what was read already, if there is a copy
	length int64
}

// Read returns the whole body, at most MaxBytes of it. A body that was read already is read again from the copy that
// GetBody gives, where there is one. It sets no deadline.
func (rc *Receiver) Read(r *http.Request) ([]byte, error) {
	if r == nil || r.Body == nil {
		return nil, rc.reading(errNoBody)
	}
	return rc.read(incoming{body: r.Body, again: r.GetBody, length: r.ContentLength})
}

func (rc *Receiver) reading(err error) error {
	return fmt.Errorf("%s: reading a webhook: %w", rc.Name, err)
}

func (rc *Receiver) tooLarge(limit int64) error {
	return fmt.Errorf("%w: its body is longer than %d bytes", rc.TooLarge, limit)
}

func (rc *Receiver) read(in incoming) ([]byte, error) {
	if in.length > rc.MaxBytes {
		return nil, rc.tooLarge(rc.MaxBytes)
	}
	body, err := rc.readAll(in.body, in.length)
	if err != nil || len(body) > 0 || in.again == nil {
		return body, err
	}
	copied, err := in.again()
	if err != nil {
		return nil, fmt.Errorf("%s: reading a webhook again: %w", rc.Name, err)
	}
	defer func() { _ = copied.Close() }()
	return rc.readAll(copied, in.length)
}

// readAll reads a body that should be of the given length, if that is known. It takes at most as much memory as came, or a
// little: a length is announced easily. A body that keeps giving nothing is given up.
func (rc *Receiver) readAll(body io.Reader, length int64) ([]byte, error) {
	const unknown, maxFirst, maxEmpty = 2 << 10, 16 << 10, 100
	if length < 0 {
		length = unknown
	}
	read := make([]byte, 0, min(length, maxFirst)+1) // one more, so that the end shows without growing
	for empty := 0; ; {
		n, err := body.Read(read[len(read):cap(read)])
		read = read[:len(read)+n]
		if empty++; n > 0 {
			empty = 0
		}
		switch {
		case int64(len(read)) > rc.MaxBytes:
			return nil, rc.tooLarge(rc.MaxBytes)
		case errors.Is(err, io.EOF):
			return read, nil
		case err != nil:
			if tooManyBytes, ok := errors.AsType[*http.MaxBytesError](err); ok {
				return nil, rc.tooLarge(tooManyBytes.Limit)
			}
			return nil, rc.reading(err)
		case empty == maxEmpty:
			return nil, rc.reading(io.ErrNoProgress)
		}
		if len(read) == cap(read) {
			read = slices.Grow(read, len(read))
		}
	}
}

// readWithin cuts slow senders off, by a deadline of the connection where there is one.
func (rc *Receiver) readWithin(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	limit := min(rc.Timeout, maxRead)
	if server, ok := r.Context().Value(http.ServerContextKey).(*http.Server); ok && server.ReadTimeout > 0 {
		limit = min(limit, server.ReadTimeout) // ours replaces the server's, and must not be longer
	}
	connection := http.NewResponseController(w)
	if connection.SetReadDeadline(time.Now().Add(limit)) != nil {
		return rc.readAside(r, limit)
	}
	return rc.Read(r)
}

// readAside is for writers that know of no deadlines, such as those of test recorders and of some frameworks: the handler
// goes on in time, and the reading ends when the body does. It touches nothing of the request but that, since frameworks
// use requests again once they are answered.
func (rc *Receiver) readAside(r *http.Request, limit time.Duration) ([]byte, error) {
	type result struct {
		body []byte
		err  error
	}
	if r.Body == nil {
		return nil, rc.reading(errNoBody)
	}
	in := incoming{body: r.Body, again: r.GetBody, length: r.ContentLength}
	read := make(chan result, 1)
	reader := *rc
	go func() {
		got := result{err: reader.reading(errors.New("reading stopped halfway"))} // unless it is said to be read
		defer func() {
			if value := recover(); value != nil { // out here it would end the process
				got = result{nil, reader.reading(fmt.Errorf("panic: %v", value))}
			}
			read <- got
		}()
		got.body, got.err = reader.read(in)
	}()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case got := <-read:
		return got.body, got.err
	case <-timer.C:
		return nil, rc.reading(os.ErrDeadlineExceeded)
	}
}

// drain takes in some of a body that was not read. A connection closed on a sender that is still writing is reset, and the
// answer may be lost with it.
func drain(w http.ResponseWriter, r *http.Request) {
	const maxTime, maxBytes = 500 * time.Millisecond, 8 << 20
	connection := http.NewResponseController(w)
	if r.Body == nil || connection.Flush() != nil || connection.SetReadDeadline(time.Now().Add(maxTime)) != nil {
		return
	}
	_, _ = io.CopyN(io.Discard, r.Body, maxBytes)
}
