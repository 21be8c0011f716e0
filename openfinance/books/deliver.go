package books

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/djamo/djamo-go/internal/clock"
	"github.com/djamo/djamo-go/internal/redact"
	"github.com/djamo/djamo-go/internal/wire"
	"github.com/djamo/djamo-go/openfinance/internal/gateway"
)

// Ledger posts what is in an outbox to the HTTP endpoint of those who keep the books.
//
// Each posting is sent with its key in the header Idempotency-Key and in the body. A posting whose answer was lost, or after
// which the process was killed, is sent again with the same key: the ledger must book a key once, and answer 2xx again.
type Ledger struct {
	Outbox     *Outbox
	URL        string
	HTTPClient *http.Client // of the caller; redirects are not followed, whatever its CheckRedirect says
	Header     http.Header  // sent with each posting, such as Authorization; its values are kept out of every text

	// AlreadyBooked are status codes with which the ledger says that it has the key, such as 409. Without them such an answer
	// parks the posting.
	AlreadyBooked []int
	// Alert is called when postings have expired: once for those of a day, unless the ledger took others in between. After an
	// error, or when the process is killed before it returns, it is called again. nil: Logger alone says so.
	Alert func(ctx context.Context, alert Alert) error

	Now     func() time.Time // nil: time.Now
	Timeout time.Duration    // of one posting; 0: 30 s
	Logger  *slog.Logger     // nil: silence
}

// Alert tells of postings that the ledger has not taken for 24 hours.
type Alert struct {
	Expired    int64
	Deliveries []Delivery // the first twenty of them
}

// Result is what came of one call of Deliver.
type Result struct {
	Posted  int
	Parked  int // refused by the ledger: see Outbox.Aside
	Failed  int // to be tried again
	Expired int // not taken for 24 hours
}

const (
	patience   = 24 * time.Hour
	firstPause = 30 * time.Second
	maxPause   = time.Hour
)

func (l *Ledger) now() time.Time {
	if l.Now != nil {
		return l.Now()
	}
	return time.Now()
}

func (l *Ledger) timeout() time.Duration {
	if l.Timeout > 0 {
		return l.Timeout
	}
	return 30 * time.Second
}

// check refuses a ledger that nothing can be posted to. The error never has the address, which may hold a password.
func (l *Ledger) check() error {
	address, err := url.Parse(l.URL)
	switch {
	case l.Outbox == nil:
		return errors.New("books: a ledger needs an Outbox")
	case l.HTTPClient == nil:
		return errors.New("books: a ledger needs an HTTPClient")
	case err != nil || address.Host == "" || address.Scheme != "https" && address.Scheme != "http":
		return errors.New("books: the URL of the ledger must be such as https://erp.example/postings")
	case address.Scheme == "http" && !gateway.OnThisMachine(address.Hostname()):
		return errors.New("books: the URL of the ledger must be https: postings hold amounts and counterparties")
	}
	return nil
}

// Deliver posts what is due, and alerts when something has expired. It returns when nothing is due any more, or when the
// ledger seems to be down: after three postings in a row without an answer or with a 5xx, a 429, or a 401 or 403. The error
// is one of the database, of Alert or of the context. It is safe to call from several processes.
func (l *Ledger) Deliver(ctx context.Context) (Result, error) {
	var result Result
	if err := l.check(); err != nil {
		return result, err
	}
	quiet, err := l.Outbox.quietUntil(ctx)
	if err != nil {
		return result, err
	}
	for down := 0; down < 3 && !quiet.After(l.now()); {
		d, body, ok, err := l.Outbox.claim(ctx, l.now(), 2*l.timeout())
		if err != nil {
			return result, err
		}
		if !ok {
			break
		}
		a := l.post(ctx, &d, body)
		if err := l.record(context.WithoutCancel(ctx), &d, a, &result); err != nil {
			return result, err
		}
		if ctx.Err() != nil {
			return result, ctx.Err()
		}
		if down++; !a.down {
			down = 0
		}
		if a.stop {
			break
		}
	}
	return result, l.alert(ctx)
}

// Run delivers again and again, with a pause after each time, until the context ends. An error of the database is logged, and
// tried again.
func (l *Ledger) Run(ctx context.Context, pause time.Duration) error {
	if err := l.check(); err != nil {
		return err
	}
	for {
		if _, err := l.Deliver(ctx); err != nil && ctx.Err() == nil {
			l.log().Warn("books: delivery", slog.String("error", err.Error()))
		}
		if err := clock.Sleep(ctx, pause); err != nil {
			return err
		}
	}
}

// answer is what the ledger said to a posting.
type answer struct {
	state  State  // Done, Parked, or Due: to be tried again
	reason string // without a secret
	wait   time.Duration
	down   bool // it says nothing of the posting: the ledger is in trouble
	stop   bool // no other posting would fare better
}

func (l *Ledger) post(ctx context.Context, d *Delivery, body string) answer {
	limited, cancel := context.WithTimeout(ctx, l.timeout())
	defer cancel()
	req, err := http.NewRequestWithContext(limited, http.MethodPost, l.URL, bytes.NewReader([]byte(body)))
	if err != nil {
		return answer{state: Due, reason: "the URL of the ledger cannot be used", down: true}
	}
	for name, values := range l.Header {
		req.Header[http.CanonicalHeaderKey(name)] = slices.Clone(values)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", d.Key)
	client := *l.HTTPClient
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := client.Do(req)
	if err != nil {
		return answer{state: Due, reason: "no answer came from the ledger", down: true} // what net/http says holds the URL
	}
	defer resp.Body.Close()
	const maxBody = 64 << 10
	text, _ := io.ReadAll(io.LimitReader(resp.Body, maxBody)) // only to be shown
	return l.classify(resp, text)
}

func (l *Ledger) classify(resp *http.Response, text []byte) answer {
	status := resp.StatusCode
	reason := fmt.Sprintf("the ledger answered %d", status)
	if said := redact.OneLine(redact.Snippet(l.scrub(text))); said != "" {
		reason += ": " + said
	}
	switch {
	case status >= 200 && status < 300, slices.Contains(l.AlreadyBooked, status):
		return answer{state: Done}
	case status >= 300 && status < 400:
		return answer{state: Due, reason: reason + " (redirects are not followed: give the final address)", down: true}
	case status == http.StatusTooManyRequests, status == http.StatusTooEarly, status == http.StatusRequestTimeout, status >= 500:
		wait, _ := wire.RetryAfter(resp.Header)
		return answer{state: Due, reason: reason, wait: min(wait, patience), down: true, stop: status == http.StatusTooManyRequests}
	}
	return answer{state: Parked, reason: reason, stop: status == http.StatusUnauthorized || status == http.StatusForbidden}
}

// scrub takes out of an answer what was sent in headers.
func (l *Ledger) scrub(text []byte) []byte {
	const short = 6
	for _, values := range l.Header {
		for _, value := range values {
			for _, secret := range append(strings.Fields(value), value) {
				if len(secret) >= short {
					text = bytes.ReplaceAll(text, []byte(secret), []byte("[redacted]"))
				}
			}
		}
	}
	return text
}

// record writes down what came of a posting. When the process is killed before, the posting is sent again, with its key.
func (l *Ledger) record(ctx context.Context, d *Delivery, a answer, result *Result) error {
	now := l.now()
	if a.state == Due && now.Sub(d.First) >= patience {
		a.state = Expired
	}
	switch a.state {
	case Done:
		result.Posted++
		return l.Outbox.done(ctx, d, now)
	case Parked:
		result.Parked++
	case Expired:
		result.Expired++
	default:
		result.Failed++
	}
	next := now
	if a.state == Due {
		next = now.Add(max(a.wait, pauseOf(d)))
		if last := d.First.Add(patience); next.After(last) {
			next = last
		}
	}
	l.log().Warn("books: posting", slog.String("key", d.Key), slog.String("state", string(a.state)), slog.String("reason", a.reason))
	var quiet time.Time
	if a.stop && a.state == Due {
		quiet = now.Add(min(max(a.wait, firstPause), maxPause))
	}
	return l.Outbox.failed(ctx, d, a, now, next, quiet)
}

// pauseOf doubles with each attempt up to an hour, give or take a tenth so that not all are tried at once.
func pauseOf(d *Delivery) time.Duration {
	pause := maxPause
	if n := d.Attempts - 1; n < 7 { //nolint:mnd // 2^7 times the first pause is above the longest
		pause = firstPause << max(n, 0)
	}
	sum := fnv.New32a()
	_, _ = fmt.Fprintf(sum, "%s %d", d.Key, d.Attempts)
	tenth := int64(pause / 10)
	return pause - time.Duration(tenth) + time.Duration(int64(sum.Sum32())%(2*tenth))
}

func (l *Ledger) alert(ctx context.Context) error {
	now := l.now()
	alert, err := l.Outbox.unalerted(ctx, now)
	if err != nil || alert.Expired == 0 {
		return err
	}
	l.log().Warn("books: postings have expired", slog.Int64("count", alert.Expired))
	if l.Alert != nil {
		if err := l.Alert(ctx, alert); err != nil {
			return fmt.Errorf("books: the alert of %d postings that have expired: %w", alert.Expired, err)
		}
	}
	return l.Outbox.alerted(ctx, now)
}

// log never gives nil.
func (l *Ledger) log() *slog.Logger {
	if l.Logger != nil {
		return l.Logger
	}
	return slog.New(slog.DiscardHandler)
}
