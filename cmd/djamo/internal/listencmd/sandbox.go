package listencmd

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/djamo/djamo-go/cmd/djamo/internal/account"
	"github.com/djamo/djamo-go/cmd/djamo/internal/control"
	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
)

// delivery is a webhook of a sandbox.
type delivery struct {
	Number    int64     `json:"number"`
	ID        string    `json:"id"`
	Topic     string    `json:"topic"`
	ObjectID  string    `json:"objectId"`
	Status    string    `json:"status"`
	URL       string    `json:"url"`
	Body      string    `json:"body"`
	Signature string    `json:"signature"`
	CreatedAt time.Time `json:"createdAt"`
	Delivered bool      `json:"delivered"`
	Attempts  []struct {
		Status int    `json:"status"`
		Error  string `json:"error,omitempty"`
	} `json:"attempts"`
}

// lastAnswer is what the target has said last.
func (p *program) lastAnswer(d *delivery) string {
	n := len(d.Attempts)
	if n == 0 {
		return "-"
	}
	return p.answerOf(&event{ForwardTo: d.URL, Answer: d.Attempts[n-1].Status})
}

// state is what a sandbox says of itself.
type state struct {
	Changes   int64  `json:"changes"`
	Endpoints int64  `json:"endpoints"`
	Webhooks  int64  `json:"webhooks"`
	API       string `json:"api"`
}

// checkSandbox refuses an account that is no sandbox, when the command line or the environment names one.
func (p *program) checkSandbox() error {
	if err := control.CheckTokens(); err != nil {
		return err
	}
	return account.CheckSandbox(p.o)
}

// connect is the sandbox whose pages a flag names.
func (p *program) connect(flag, at string) (*control.Client, error) {
	if err := p.checkSandbox(); err != nil {
		return nil, err
	}
	return control.New(flag, at, p.timeout, p.t.Lang)
}

// stateOf asks a sandbox how it stands. Whatever else speaks JSON has no such fields.
func stateOf(ctx context.Context, c *control.Client, path string, patience time.Duration) (state, error) {
	var s struct {
		state

		Changes *int64 `json:"changes"`
	}
	if err := c.Await(ctx, path, patience, &s); err != nil {
		return state{}, err
	}
	if s.Changes == nil || s.API == "" {
		return state{}, lang.Errorf("there is no sandbox there: what answers does not say how it stands")
	}
	s.state.Changes = *s.Changes
	return s.state, nil
}

// changePatience is longer than a sandbox waits for a change before it says that there was none.
const changePatience = 30 * time.Second

// breath is how long the receiver waits between two questions at least: one that changes all the time, or lies, is not asked
// without end.
const breath = 50 * time.Millisecond

// follow takes the deliveries of a sandbox as they are made, until it is told to stop. A sandbox that goes away and comes back,
// as after the sleep of a notebook, is followed on.
func (r *receiver) follow(ctx context.Context, at string) error {
	c, err := r.connect("--from-sandbox", at)
	if err != nil {
		return err
	}
	s, err := stateOf(ctx, c, "state", 0)
	if err != nil {
		return err
	}
	r.t.Tell("Ready: following the sandbox at %s. End it with Ctrl-C.", at)
	if s.Endpoints == 0 {
		r.t.Tell("It sends no events yet, since no address is registered: type djamo webhooks create, or have your program register one.")
	}
	last, away := s.Webhooks, false
	for ctx.Err() == nil {
		next, err := r.takeNew(ctx, c, last, s.Webhooks)
		last = next
		var now state
		if err == nil {
			now, err = stateOf(ctx, c, "changes?after="+strconv.FormatInt(s.Changes, 10), changePatience)
		}
		if err == nil {
			if s = now; away {
				r.t.Tell("The sandbox is back.")
			}
			away = false
			if s.Webhooks < last { // it was reset, or started anew
				last = 0
			}
			wait(ctx, breath)
			continue
		}
		if !away && ctx.Err() == nil {
			r.t.Tell("The sandbox does not answer; trying again until it does.")
		}
		away = true
		wait(ctx, time.Second)
	}
	return nil
}

func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// takeNew receives the deliveries after a number, up to the newest that the sandbox has said to have, oldest first, and returns the
// last one's. What comes again, or was not asked for, is no news; what was made meanwhile is the next change.
func (r *receiver) takeNew(ctx context.Context, c *control.Client, after, newest int64) (int64, error) {
	for after < newest {
		found, more, err := deliveries(ctx, c, after, min(after+pageSize, newest)+1)
		if err == nil && len(found) == 0 && newest > after+pageSize {
			after, err = r.skipForgotten(ctx, c, after)
			if err == nil {
				found, more, err = deliveries(ctx, c, after, min(after+pageSize, newest)+1)
			}
		}
		if err != nil {
			return after, err
		}
		before := after
		for _, d := range slices.Backward(found) { // they come newest first
			if ctx.Err() != nil {
				return after, ctx.Err()
			}
			if d.Number <= after || d.Number > min(before+pageSize, newest) {
				continue
			}
			e := r.newEvent([]byte(d.Body), d.Signature)
			r.receive(ctx, e, http.Header{})
			after = d.Number
		}
		if !more || after == before {
			break
		}
	}
	return after, nil
}

// skipForgotten is the number before the oldest delivery that the sandbox still has: it remembers the latest only.
func (r *receiver) skipForgotten(ctx context.Context, c *control.Client, after int64) (int64, error) {
	found, total, err := deliveriesOf(ctx, c, url.Values{"limit": {"1"}})
	if err != nil || len(found) == 0 {
		return after, err
	}
	if before := found[0].Number - total; before > after {
		r.t.Tell("Events lost: %d. They were made while nobody followed, and the sandbox remembers the latest only.", before-after)
		return before, nil
	}
	return after, nil
}

// pageSize is how many deliveries are asked for at once.
const pageSize = 1000

// deliveries are those between two numbers, newest first.
func deliveries(ctx context.Context, c *control.Client, after, before int64) (found []delivery, more bool, err error) {
	query := url.Values{"after": {strconv.FormatInt(after, 10)}, "limit": {strconv.Itoa(pageSize)}, "reveal": {"true"}}
	if before > 0 {
		query.Set("before", strconv.FormatInt(before, 10))
	}
	found, _, err = deliveriesOf(ctx, c, query)
	return found, len(found) == pageSize, err
}

// deliveriesOf are those that a query selects, and how many the sandbox remembers.
func deliveriesOf(ctx context.Context, c *control.Client, query url.Values) (found []delivery, total int64, err error) {
	var list struct {
		Items *[]delivery `json:"items"`
		Total int64       `json:"total"`
	}
	if err := c.Read(ctx, "webhooks?"+query.Encode(), &list); err != nil {
		return nil, 0, err
	}
	if list.Items == nil {
		return nil, 0, lang.Errorf("there is no sandbox there: what answers does not say how it stands")
	}
	return *list.Items, list.Total, nil
}
