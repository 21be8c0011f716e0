package djamootel

import (
	"io"
	"sync/atomic"
)

// body is an answer's body that reports once when it has ended. It buffers nothing: whatever reads it reads the
// connection.
type body struct {
	io.ReadCloser

	end   func(error)
	ended atomic.Bool
}

// newBody keeps the one habit of a body that io.Copy asks for.
func newBody(answer io.ReadCloser, end func(error)) io.ReadCloser {
	b := &body{ReadCloser: answer, end: end}
	if writerTo, ok := answer.(io.WriterTo); ok {
		return writingBody{b, writerTo}
	}
	return b
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	switch {
	case err == io.EOF:
		b.finish(nil)
	case err != nil:
		b.finish(err)
	}
	return n, err
}

// Close ends it as well: whoever closes has read as much as they wanted.
func (b *body) Close() error {
	err := b.ReadCloser.Close()
	b.finish(nil)
	return err
}

func (b *body) finish(err error) {
	if !b.ended.Swap(true) {
		b.end(err)
	}
}

// writingBody is one whose answer writes itself. net/http's do not; another RoundTripper's may.
type writingBody struct {
	*body

	to io.WriterTo
}

// WriteTo takes an error of the writer's for the answer's, as it cannot tell: either way it was not read to its end.
func (b writingBody) WriteTo(w io.Writer) (int64, error) {
	n, err := b.to.WriteTo(w)
	b.finish(err)
	return n, err
}
