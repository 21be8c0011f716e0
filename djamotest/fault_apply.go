package djamotest

import (
	"context"
	"fmt"
	"math"
	"net"
	"net/http"
	"strings"
	"time"
)

// wait passes real time. It ends early, and says false, when ctx ends or the API is closed.
func (a *API) wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
	case <-a.closing:
	}
	return false
}

// cut ends a connection without another byte. Over TCP, reset makes the caller see "connection reset by peer" rather than
// the end of the stream.
func cut(w http.ResponseWriter, reset bool) {
	if p, ok := w.(*pipeWriter); ok {
		p.cut(reset)
		return
	}
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // how a handler tells net/http to drop a connection
	}
	if tcp, ok := conn.(*net.TCPConn); ok && reset {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

// answerBefore is what comes back instead of processing; false means nothing does.
func (a *API) answerBefore(c *call, f *Fault) (rawReply, bool) {
	switch {
	case f.status == 0:
		return rawReply{}, false
	case f.retry != nil:
		raw := a.render(c, reply{}, refuse(f.status, "ThrottlerException: Too Many Requests"))
		if value := f.retry(moment(c.at)); value != "" {
			raw.header = http.Header{"Retry-After": {value}}
		}
		return raw, true
	case f.status == http.StatusForbidden:
		return rawReply{status: f.status, html: true, header: http.Header{"Server": {"cloudflare"}},
			body: firewallPage(a.correlationID(c.number))}, true
	}
	return proxyPage(f.status), true
}

// send writes the answer, or what the plan makes of it.
func (a *API) send(w http.ResponseWriter, r *http.Request, c *call, raw rawReply) {
	p := &c.plan
	if f := p.after; f != nil {
		switch {
		case f.status == http.StatusInternalServerError:
			raw = a.render(c, reply{}, refuse(f.status, "Internal server error"))
		case f.status != 0:
			raw = proxyPage(f.status)
		case f.name == truncated:
			raw.writeHeader(w)
			_, _ = w.Write(raw.body[:len(raw.body)/2])
			_ = http.NewResponseController(w).Flush()
			cut(w, false)
			return
		case f.name == stalled:
			silence := f.delay
			if silence == 0 {
				silence = math.MaxInt64
			}
			if !a.wait(r.Context(), silence) {
				cut(w, false)
				return
			}
		default:
			cut(w, f.name == replyReset)
			return
		}
	}
	raw.writeHeader(w)
	if p.pace > 0 {
		a.trickle(w, r, raw.body, p.pace)
		return
	}
	_, _ = w.Write(raw.body) // the caller may have disconnected; the ledger records what was done
}

// trickle writes a body in ten pieces over the given time.
func (a *API) trickle(w http.ResponseWriter, r *http.Request, body []byte, over time.Duration) {
	const pieces = 10
	flush := http.NewResponseController(w)
	for i := range pieces {
		_ = flush.Flush()
		if !a.wait(r.Context(), over/pieces) {
			cut(w, false)
			return
		}
		_, _ = w.Write(body[len(body)*i/pieces : len(body)*(i+1)/pieces])
	}
}

func proxyPage(status int) rawReply {
	title := fmt.Sprintf("%d %s", status, http.StatusText(status))
	return rawReply{status: status, html: true, body: []byte(strings.ReplaceAll(
		"<html>\r\n<head><title>TITLE</title></head>\r\n<body>\r\n"+
			"<center><h1>TITLE</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n",
		"TITLE", title))}
}

func firewallPage(ray string) []byte {
	return []byte(`<!DOCTYPE html>
<html lang="en-US">
<head><title>Attention Required! | Cloudflare</title></head>
<body>
<h1>Sorry, you have been blocked</h1>
<h2>You are unable to access djamo.test</h2>
<p>This website is using a security service to protect itself from online attacks.</p>
<p>Cloudflare Ray ID: ` + ray[:16] + `</p>
</body>
</html>
`)
}
