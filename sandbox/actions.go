package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/djamo/djamo-go/djamotest"
)

// action is one thing that can be done to the account: by a form at /path, by a program at /control/path.
type action struct {
	path   string
	done   string   // the key of what the page says afterwards
	fields []string // what it may be told
	run    func(s *Sandbox, in input) (any, error)
}

// input is what an action was told.
type input struct {
	id     string // of the path
	fields map[string]string
}

func (in input) str(name string) string { return strings.TrimSpace(in.fields[name]) }

// integer reads a whole number, grouped or not; empty is absent.
func (in input) integer(name string, lowest, highest int64) (n int64, given bool, err error) {
	text := strings.NewReplacer(" ", "", "\u00a0", "", "\u202f", "").Replace(in.str(name))
	if text == "" {
		return 0, false, nil
	}
	n, err = strconv.ParseInt(text, 10, 64)
	if err != nil || n < lowest || n > highest {
		return 0, true, wrong("problem.integer", name, in.str(name), lowest, highest)
	}
	return n, true, nil
}

// duration reads "90s", "1h30m" or a number of seconds.
func (in input) duration(name string) (d time.Duration, given bool, err error) {
	text := in.str(name)
	if text == "" {
		return 0, false, nil
	}
	if n, err := strconv.ParseInt(text, 10, 32); err == nil && n >= 0 {
		return time.Duration(n) * time.Second, true, nil
	}
	d, err = time.ParseDuration(strings.ReplaceAll(text, " ", ""))
	if err != nil || d < 0 {
		return 0, true, wrong("problem.duration", name, text)
	}
	return d, true, nil
}

const maxFrancs = 1<<53 - 1

// done is the answer to an action that has nothing else to say.
type done struct {
	Done bool `json:"done"`
}

func actions() []action { return slices.Concat(moneyActions(), accountActions(), walletActions()) }

// moneyActions move transfers, charges and webhooks along.
func moneyActions() []action {
	return []action{
		{"transfers/settle-all", "done.settled", nil, func(s *Sandbox, _ input) (any, error) {
			return struct {
				Settled int `json:"settled"`
			}{s.api.SettleAll()}, nil
		}},
		{"transfers/{id}/settle", "done.settled", nil, func(s *Sandbox, in input) (any, error) {
			return s.onTransfer(in, func(id string) error { return s.api.Settle(id) })
		}},
		{"transfers/{id}/fail", "done.failed", []string{"reason"}, func(s *Sandbox, in input) (any, error) {
			if in.str("reason") == "" {
				return nil, wrong("problem.reason")
			}
			return s.onTransfer(in, func(id string) error { return s.api.Reject(id, in.str("reason")) })
		}},
		{"charges/{id}/pay", "done.paid", nil, func(s *Sandbox, in input) (any, error) { return s.onCharge(in, s.api.Pay) }},
		{"charges/{id}/cancel", "done.cancelled", nil, func(s *Sandbox, in input) (any, error) { return s.onCharge(in, s.api.CancelCharge) }},
		{"charges/{id}/expire", "done.expired", nil, func(s *Sandbox, in input) (any, error) { return s.onCharge(in, s.api.Expire) }},
		{"webhooks/deliver", "done.delivered", nil, func(s *Sandbox, _ input) (any, error) {
			return struct {
				Acknowledged int `json:"acknowledged"`
			}{s.api.DeliverNow()}, nil
		}},
		{"webhooks/{id}/redeliver", "done.redelivered", []string{"body"}, redeliver},
	}
}

// accountActions set the account up.
func accountActions() []action {
	return []action{
		{"faults/add", "done.fault", []string{"kind", "status", "duration", "on", "times", "after", "percent", "for"}, addFault},
		{"faults/clear", "done.cleared", nil, func(s *Sandbox, _ input) (any, error) {
			s.api.ClearFaults()
			return done{true}, nil
		}},
		{"faults/{id}/remove", "done.removed", nil, func(s *Sandbox, in input) (any, error) {
			if !slices.ContainsFunc(s.api.Faults(), func(f djamotest.ActiveFault) bool { return f.ID == in.id }) {
				return nil, missing("problem.fault", in.id)
			}
			return done{true}, refused(s.api.RemoveFault(in.id))
		}},
		{"customers/add", "done.customers", []string{"msisdns"}, func(s *Sandbox, in input) (any, error) {
			numbers := strings.FieldsFunc(in.fields["msisdns"], func(r rune) bool { return strings.ContainsRune(" ,;\r\n\t", r) })
			if len(numbers) == 0 {
				return nil, wrong("problem.msisdns")
			}
			return done{true}, refused(s.api.AddCustomer(numbers...))
		}},
		{"customers/remove", "done.customers", []string{"msisdn"}, func(s *Sandbox, in input) (any, error) {
			return done{true}, refused(s.api.RemoveCustomer(s.msisdn(in)))
		}},
		{"customers/everybody", "done.customers", nil, func(s *Sandbox, _ input) (any, error) {
			s.api.AdmitEverybody()
			return done{true}, nil
		}},
		{"customers/fail", "done.customers", []string{"msisdn", "reason"}, func(s *Sandbox, in input) (any, error) {
			if in.str("reason") == "" {
				return nil, wrong("problem.reason")
			}
			return done{true}, refused(s.api.Fail(s.msisdn(in), in.str("reason")))
		}},
		{"customers/succeed", "done.customers", []string{"msisdn"}, func(s *Sandbox, in input) (any, error) {
			return done{true}, refused(s.api.Succeed(s.msisdn(in)))
		}},
		{"clock/advance", "done.advanced", []string{"by"}, func(s *Sandbox, in input) (any, error) {
			d, given, err := in.duration("by")
			if err != nil || !given {
				return nil, wrong("problem.duration", "by", in.str("by"))
			}
			if err := s.api.Advance(d); err != nil {
				return nil, refused(err)
			}
			return s.clockView(), nil
		}},
		{"clock/settlement", "done.settlement", []string{"mode", "after"}, setSettlement},
		{"balance/set", "done.balance", []string{"balance"}, func(s *Sandbox, in input) (any, error) {
			n, given, err := in.integer("balance", 0, maxFrancs)
			if err == nil && !given {
				err = wrong("problem.integer", "balance", "", 0, int64(maxFrancs))
			}
			if err != nil {
				return nil, err
			}
			return done{true}, refused(s.api.SetBalance(n))
		}},
		{"reset", "done.reset", []string{"confirm"}, func(s *Sandbox, in input) (any, error) {
			if in.str("confirm") != "reset" {
				return nil, wrong("problem.confirm")
			}
			s.api.Reset()
			if s.wallets != nil {
				s.wallets.actions.Lock()
				defer s.wallets.actions.Unlock()
				s.wallets.gateway.Clear()
				s.wallets.note()
			}
			return done{true}, nil
		}},
	}
}

func (s *Sandbox) onTransfer(in input, do func(id string) error) (any, error) {
	found := s.api.FindTransfers(in.id)
	if len(found) == 0 {
		return nil, missing("problem.transfer", in.id)
	}
	t := found[len(found)-1]
	if t.Status != djamotest.StatusPending {
		return nil, &problem{http.StatusConflict, "problem.final", []any{t.Reference, t.Status}}
	}
	if err := do(t.ID); err != nil {
		return nil, refused(err)
	}
	found = s.api.FindTransfers(t.ID)
	if len(found) == 0 { // reset in between
		return nil, missing("problem.transfer", in.id)
	}
	return s.transferView(found[0], false), nil
}

func (s *Sandbox) onCharge(in input, do func(id string) error) (any, error) {
	ch, ok := s.api.FindCharge(in.id)
	if !ok {
		return nil, missing("problem.charge", in.id)
	}
	if err := do(ch.ID); err != nil {
		return nil, refused(err)
	}
	if ch, ok = s.api.FindCharge(ch.ID); !ok {
		return nil, missing("problem.charge", in.id)
	}
	return chargeViewOf(ch, false), nil
}

func redeliver(s *Sandbox, in input) (any, error) {
	id := in.id
	if _, ok := s.api.FindDelivery(id); !ok {
		return nil, missing("problem.webhook", id)
	}
	body, edited := in.fields["body"]
	var err error
	if edited {
		id, err = s.api.RedeliverEdited(id, []byte(strings.ReplaceAll(body, "\r\n", "\n"))) // how forms end lines
		if id == "" {
			return nil, refused(err)
		}
	} else {
		err = s.api.Redeliver(id)
	}
	d, ok := s.api.FindDelivery(id)
	if !ok {
		return nil, refused(err)
	}
	return s.deliveryView(d, false), nil // what came of it is in the attempts
}

func setSettlement(s *Sandbox, in input) (any, error) {
	after, _ := s.api.Settlement()
	d, given, err := in.duration("after")
	if err != nil {
		return nil, err
	}
	if given {
		after = d
	}
	switch in.str("mode") {
	case "manual":
		s.api.SettleManually()
	case "automatic":
		err = refused(s.api.SettleAutomatically(after))
	default:
		err = wrong("problem.mode", in.str("mode"))
	}
	return s.clockView(), err
}

const maxForm = 1 << 20

// form runs an action for a page, and leads back to it.
func (s *Sandbox) form(a action) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		if err := r.ParseForm(); err != nil {
			s.showProblem(w, r, &problem{http.StatusBadRequest, "problem.form", nil})
			return
		}
		in := input{id: r.PathValue("id"), fields: map[string]string{}}
		for _, name := range a.fields {
			if r.PostForm.Has(name) {
				in.fields[name] = r.PostForm.Get(name)
			}
		}
		answer, err := a.run(s, in)
		if err != nil {
			s.showProblem(w, r, problemOf(err))
			return
		}
		to := back(r)
		if consent, ok := answer.(consentView); ok { // its page has the tokens
			to = "/consents/" + consent.ID
		}
		seeOther(w, r, withDone(to, a.done))
	})
}

// program runs an action for a program.
func (s *Sandbox) program(a action) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fields, err := readFields(w, r, a.fields)
		if err != nil {
			writeProblem(w, r, problemOf(err))
			return
		}
		answer, err := a.run(s, input{id: r.PathValue("id"), fields: fields})
		if err != nil {
			writeProblem(w, r, problemOf(err))
			return
		}
		writeJSON(w, http.StatusOK, answer)
	})
}

// readFields reads a flat JSON object of the names an action knows. No body is no fields.
func readFields(w http.ResponseWriter, r *http.Request, known []string) (map[string]string, error) {
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxForm))
	if err != nil {
		return nil, wrong("problem.body", err)
	}
	fields := map[string]string{}
	if len(bytes.TrimSpace(raw)) == 0 {
		return fields, nil
	}
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		return nil, &problem{http.StatusUnsupportedMediaType, "problem.type", nil}
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var object map[string]any
	if err := d.Decode(&object); err != nil {
		return nil, wrong("problem.body", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, wrong("problem.body", "something follows the object")
	}
	for name, value := range object {
		if !slices.Contains(known, name) {
			return nil, wrong("problem.unknown", name, strings.Join(known, ", "))
		}
		switch value := value.(type) {
		case string, json.Number, bool:
			fields[name] = fmt.Sprint(value)
		case []any:
			var texts []string
			for _, item := range value {
				text, ok := item.(string)
				if !ok {
					return nil, wrong("problem.value", name)
				}
				texts = append(texts, text)
			}
			fields[name] = strings.Join(texts, "\n")
		default:
			return nil, wrong("problem.value", name)
		}
	}
	return fields, nil
}
