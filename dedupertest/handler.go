package dedupertest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"

	"github.com/djamo/djamo-go"
)

const secret = "dedupertest"

// delivery is the request that Djamo sends, each time anew, about the trial's own transaction.
func (t *trial) delivery() *http.Request {
	body := fmt.Sprintf(`{"topic":"transactions/completed","data":{"id":%q,"status":"completed",`+
		`"updatedAt":"2026-06-30T10:00:00.000Z"}}`, t.key)
	r := httptest.NewRequestWithContext(t.ctx, http.MethodPost, "/webhooks/djamo", strings.NewReader(body))
	r.Header.Set(djamo.SignatureHeader, djamo.SignWebhook([]byte(body), secret))
	return r
}

// delivers sends fifty copies of one delivery to a handler on each of several machines, whose callbacks fail as often
// as told, and returns how often they ran and which statuses were answered.
func (t *trial) delivers(failures int64) (runs int64, answers map[int]int) {
	t.Helper()
	var started, running atomic.Int64
	statuses := make(chan int, copies)
	t.concurrently(func(d djamo.Deduper, _ string) error {
		handler := &djamo.WebhookHandler{
			Secrets: []string{secret},
			Seen:    d,
			Timeout: bound,
			OnEvent: func(context.Context, djamo.Event) error {
				defer running.Add(-1)
				if running.Add(1) > 1 {
					return errors.New("two callbacks run at the same moment")
				}
				if started.Add(1) <= failures {
					return errors.New("not this time")
				}
				return nil
			},
		}
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, t.delivery())
		statuses <- answer.Code
		return nil
	})
	close(statuses)
	answers = map[int]int{}
	for status := range statuses {
		answers[status]++
	}
	return started.Load(), answers
}

// handlersRunOnce is what a Deduper is for.
func handlersRunOnce(t *trial) {
	runs, answers := t.delivers(0)
	if runs != 1 || answers[http.StatusOK] != copies {
		t.Fatalf("%d copies of one delivery on %d machines: the callback ran %d times, and the answers were %v; want 1 run and %d times 200",
			copies, machines, runs, answers, copies)
	}
	if runs, answers = t.delivers(0); runs != 0 || answers[http.StatusOK] != copies {
		t.Fatalf("%d copies of a delivery that was handled: the callback ran %d times, and the answers were %v; want no run and %d times 200",
			copies, runs, answers, copies)
	}
}

func handlersRunUntilOneSucceeds(t *trial) {
	const failures = 2
	runs, answers := t.delivers(failures)
	if runs != failures+1 || answers[http.StatusInternalServerError] != failures || answers[http.StatusOK] != copies-failures {
		t.Fatalf("%d copies of one delivery on %d machines, whose callback fails %d times: it ran %d times, and the answers were %v; "+
			"want %d runs, %d times 500, and 200 for the others", copies, machines, failures, runs, answers, failures+1, failures)
	}
}
