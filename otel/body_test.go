package djamootel_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"weak"

	"github.com/stretchr/testify/require"
)

// send makes one request that is answered with a body, and returns what the caller gets for it.
func send(t *testing.T, r *recorder, status int, content io.ReadCloser) io.ReadCloser {
	t.Helper()
	resp, err := r.around(t, roundTripper(func(req *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: status, Body: content, Request: req}, nil
	})).RoundTrip(httptest.NewRequest(http.MethodGet, "http://api.example/", nil))
	require.NoError(t, err)
	return resp.Body
}

func TestBody_EndsTheSpanOnce(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		content io.Reader
		read    func(io.ReadCloser)
		ended   bool // before it is closed
		kind    any
	}{
		"read to the end":  {strings.NewReader("answer"), func(b io.ReadCloser) { _, _ = io.Copy(io.Discard, b) }, true, nil},
		"read in part":     {strings.NewReader("answer"), func(b io.ReadCloser) { _, _ = b.Read(make([]byte, 2)) }, false, nil},
		"not read":         {strings.NewReader("answer"), func(io.ReadCloser) {}, false, nil},
		"torn":             {broken{io.ErrUnexpectedEOF}, func(b io.ReadCloser) { _, _ = io.ReadAll(b) }, true, "connection_closed"},
		"given up":         {broken{context.Canceled}, func(b io.ReadCloser) { _, _ = io.ReadAll(b) }, true, "canceled"},
		"read by a buffer": {struct{ io.Reader }{strings.NewReader("answer")}, func(b io.ReadCloser) { _, _ = new(bytes.Buffer).ReadFrom(b) }, true, nil},
		"torn, then again": {broken{io.ErrUnexpectedEOF}, func(b io.ReadCloser) { _, _ = io.ReadAll(b); _, _ = io.ReadAll(b) }, true, "connection_closed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, content := newRecorder(), &tracked{Reader: row.content}
			answer := send(t, r, 200, content)
			require.Empty(t, r.spans.GetSpans(), "the answer is not read yet")
			row.read(answer)
			require.Equal(t, row.ended, len(r.spans.GetSpans()) == 1)
			require.EqualError(t, answer.Close(), "closing fails")
			require.EqualError(t, answer.Close(), "closing fails")
			require.Equal(t, 2, content.closed)
			require.Len(t, r.spans.GetSpans(), 1)
			require.EqualValues(t, 1, r.durations(t)[0].Count)
			require.Equal(t, row.kind, flat(r.spans.GetSpans()[0].Attributes)["error.type"])
		})
	}
}

type tracked struct {
	io.Reader

	closed int
}

func (b *tracked) Close() error { b.closed++; return errors.New("closing fails") }

// io.Copy asks a body whether it writes itself, and must get the answer that the body itself would give.
func TestBody_KeepsWriteTo(t *testing.T) {
	t.Parallel()
	r := newRecorder()
	answer := send(t, r, 200, io.NopCloser(struct{ io.Reader }{strings.NewReader("answer")}))
	require.NotImplements(t, (*io.WriterTo)(nil), answer)

	own := &writing{text: "answer"}
	answer = send(t, r, 200, own)
	var out strings.Builder
	n, err := io.Copy(struct{ io.Writer }{&out}, answer)
	require.NoError(t, err)
	require.EqualValues(t, 6, n)
	require.Equal(t, "answer", out.String())
	require.Equal(t, 1, own.asked)
	require.Len(t, r.spans.GetSpans(), 1)

	answer = send(t, r, 200, &writing{err: io.ErrUnexpectedEOF})
	_, err = io.Copy(io.Discard, answer)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.Equal(t, "connection_closed", flat(r.spans.GetSpans()[1].Attributes)["error.type"])
}

type writing struct {
	untouched

	text  string
	err   error
	asked int
}

func (w *writing) WriteTo(to io.Writer) (int64, error) {
	w.asked++
	n, err := io.WriteString(to, w.text)
	return int64(n), errors.Join(err, w.err)
}

// After 101 the body is the connection, which net/http lets a caller write to.
func TestBody_OfASwitchedConnectionIsLeftAlone(t *testing.T) {
	t.Parallel()
	r := newRecorder()
	connection := struct{ io.ReadWriteCloser }{}
	require.Equal(t, connection, send(t, r, http.StatusSwitchingProtocols, connection))
	require.Len(t, r.spans.GetSpans(), 1)
}

// What is empty stays what net/http knows to be empty.
func TestBody_ThatIsNoneIsLeftAlone(t *testing.T) {
	t.Parallel()
	r := newRecorder()
	require.Equal(t, http.NoBody, send(t, r, http.StatusNoContent, http.NoBody))
	require.Nil(t, send(t, r, http.StatusNoContent, nil))
	require.Len(t, r.spans.GetSpans(), 2)
}

// A body that is never closed is the caller's leak. Nothing of ours keeps it alive.
func TestBody_NeverClosedIsCollected(t *testing.T) {
	t.Parallel()
	r := newRecorder()
	forgotten := func() weak.Pointer[tracked] {
		content := &tracked{Reader: strings.NewReader("answer")}
		require.NotNil(t, send(t, r, 200, content))
		return weak.Make(content)
	}()
	require.Eventually(t, func() bool { runtime.GC(); return forgotten.Value() == nil }, eventually, tick)
	require.Empty(t, r.spans.GetSpans())
	runtime.KeepAlive(r)
}
