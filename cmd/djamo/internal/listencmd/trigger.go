package listencmd

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/cmd/djamo/internal/account"
	"github.com/djamo/djamo-go/cmd/djamo/internal/control"
	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
	"github.com/djamo/djamo-go/cmd/djamo/internal/output"
	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
	"github.com/djamo/djamo-go/djamotest"
)

// triggering is what djamo trigger is told.
type triggering struct {
	control, to string
	set         map[string]string
}

func (p *program) trigger() *cobra.Command {
	var x triggering
	command := &cobra.Command{
		Use:   "trigger TOPIC",
		Short: "Make an event happen in a sandbox, or send a sample of it to a program on this machine",
		Long: "Makes a transfer or charge in a sandbox and moves it to where its event is sent: the event is a real one. With --to a signed\n" +
			"sample goes straight to a program on this machine, and no sandbox is needed. It refuses every account that is no sandbox.\n" +
			"djamo sandbox reset removes what was made.",
		Example: "  djamo trigger transactions/completed --set amount=25000 --set reference=salaire/1\n" +
			"  djamo trigger charge/events --to http://localhost:3000/webhooks --set status=refunded",
		ValidArgs: Topics(),
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 || !slices.Contains(Topics(), args[0]) {
				return exit.BadUsage("TOPIC must be one of %s", strings.Join(Topics(), ", "))
			}
			return nil
		},
		RunE: func(command *cobra.Command, args []string) error {
			if err := p.checkSandbox(); err != nil {
				return err
			}
			if x.to != "" {
				return p.sendSample(command.Context(), args[0], x)
			}
			return p.makeEvent(command.Context(), args[0], x)
		},
	}
	flags := command.Flags()
	p.o.AddProfile(flags)
	flags.StringVar(&x.control, "control", control.DefaultAddress, "`address` of the sandbox's pages")
	p.timeoutFlag(flags)
	flags.StringVar(&x.to, "to", "", "`address` of a program on this machine that gets a sample instead")
	flags.StringToStringVar(&x.set, "set", nil, "a field of the object and its value, such as amount=25000; may be repeated")
	p.o.AddOutput(flags)
	return command
}

// Topics are the names of those that the documentation has.
func Topics() []string {
	var names []string
	for _, topic := range djamo.Topics() {
		names = append(names, string(topic))
	}
	return names
}

// makeEvent has a sandbox do what the event is about.
func (p *program) makeEvent(ctx context.Context, topic string, x triggering) error {
	out, err := output.New(p.t, p.o)
	if err != nil {
		return err
	}
	c, err := control.New("--control", x.control, p.timeout, p.t.Lang)
	if err != nil {
		return err
	}
	name := "trigger/" + strconv.FormatInt(time.Now().UnixNano(), 36)
	fields := map[string]any{
		"amount": 10_000, "msisdn": "+2250748710523", "reference": name, "description": "djamo trigger", "type": "transfer",
	}
	path, then, body, want := "/v1/transactions", "", map[string]string{}, djamotest.StatusPending
	allowed := []string{"amount", "msisdn", "reference", "description"}
	switch djamo.Topic(topic) {
	case djamo.TopicTransactionCompleted:
		then, want = "transfers/%s/settle", djamotest.StatusCompleted
	case djamo.TopicTransactionFailed:
		then, want = "transfers/%s/fail", djamotest.StatusFailed
		body["reason"] = cmp.Or(x.set["failureReason"], "recipient account is limited")
		allowed = append(allowed, "failureReason")
	case djamo.TopicCharge:
		path, then, want = "/v1/charges", "charges/%s/pay", djamotest.ChargePaid
		fields = map[string]any{"amount": 10_000, "externalId": name, "description": "djamo trigger"}
		allowed = []string{"amount", "externalId", "description"}
	}
	if err := setFields(fields, x.set, allowed); err != nil {
		return err
	}
	var made struct {
		ID string `json:"id"`
	}
	if err := c.API(ctx, path, fields, &made); err != nil {
		return err
	}
	if made.ID == "" {
		return c.Unknown(lang.Errorf("there is no sandbox at %s: its answer cannot be read", x.control))
	}
	var object map[string]any
	if then == "" {
		err = c.Read(ctx, "transfers/"+url.PathEscape(made.ID), &object)
	} else {
		err = c.Change(ctx, fmt.Sprintf(then, url.PathEscape(made.ID)), body, &object)
	}
	if err != nil {
		return err
	}
	status, _ := object["status"].(string)
	if status == "" || then != "" && status != want { // a transfer that was started may be settled by now
		return c.Unknown(lang.Errorf("what answers at %s does not say that this was done", x.control))
	}
	return out.One(object, []output.Field{
		{Name: "topic", Value: topic}, {Name: "id", Value: terminal.Plain(made.ID)}, {Name: "status", Value: terminal.Plain(status)},
	})
}

// setFields applies what was set. What cannot be set is refused rather than lost.
func setFields(fields map[string]any, set map[string]string, allowed []string) error {
	for name, value := range set {
		if !slices.Contains(allowed, name) {
			return exit.BadUsage("--set %s: must be one of %s", name, strings.Join(allowed, ", "))
		}
		if name == "failureReason" {
			continue // it goes along with the failure
		}
		fields[name] = value
		switch name {
		case "amount", "fee", "totalAmount", "due", "paid", "refunded", "fees":
			amount, err := djamo.ParseXOF(value)
			if err != nil {
				return exit.BadUsage("--set %s=%s: must be a whole number of francs", name, value)
			}
			fields[name] = amount
		}
	}
	return nil
}

// sendSample sends a sample of an event to a program on this machine.
func (p *program) sendSample(ctx context.Context, topic string, x triggering) error {
	out, err := output.New(p.t, p.o)
	if err != nil {
		return err
	}
	forward, err := newForwarder("--to", x.to, p.timeout)
	if err != nil {
		return err
	}
	if !account.OnThisMachine(x.to) {
		return exit.BadUsage("--to %q: must be on this machine: a made-up event must not reach a real program", x.to)
	}
	data := sampleOf(topic)
	if err := setFields(data, x.set, namesOf(data)); err != nil {
		return err
	}
	if reason, ok := x.set["failureReason"]; ok {
		data["failureReason"] = reason
	}
	body, err := json.Marshal(map[string]any{"topic": topic, "data": data})
	if err != nil {
		return err
	}
	secret := cmp.Or(os.Getenv(envWebhookSecret), djamotest.DefaultWebhookSecret)
	e := eventOf(newID(time.Now()), body, djamo.SignWebhook(body, secret))
	forward.deliver(ctx, e, http.Header{})
	if err := out.One(viewOf(e, p.o.Reveal), []output.Field{
		{Name: "topic", Value: topic}, {Name: "sent to", Value: e.ForwardTo}, {Name: "answer", Value: p.answerOf(e)},
		{Name: "reason", Value: e.Error},
	}); err != nil {
		return err
	}
	switch {
	case ctx.Err() != nil:
		return exit.NotSent(ctx, ctx.Err())
	case e.failed():
		return lang.Errorf("your program did not take the event")
	}
	return nil
}

func namesOf(fields map[string]any) []string {
	var names []string
	for name := range fields {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// sampleOf is the object of an event as the documentation shows it.
func sampleOf(topic string) map[string]any {
	now := time.Now().UTC()
	stamp := now.Format("2006-01-02T15:04:05.000Z")
	id := strconv.FormatInt(now.UnixNano(), 36)
	if djamo.Topic(topic) == djamo.TopicCharge {
		return map[string]any{
			"id": "sample-" + id, "externalId": "sample/" + id, "status": string(djamo.ChargePaid), "amount": 10_000, "currency": "XOF", "due": 0,
			"paid": 10_000, "refunded": 0, "fees": 100, "paymentUrl": "", "description": "djamo trigger", "createdAt": stamp, "updatedAt": stamp,
		}
	}
	status := strings.TrimPrefix(topic, "transactions/")
	if djamo.Topic(topic) == djamo.TopicTransactionStarted {
		status = string(djamo.TransactionPending)
	}
	data := map[string]any{
		"id": "txn_sample_" + id, "amount": 10_000, "fee": 100, "totalAmount": 10_100, "msisdn": "+2250748710523", "status": status,
		"reference": "sample/" + id, "type": "transfer", "description": "djamo trigger", "failureReason": nil,
		"createdAt": stamp, "updatedAt": stamp,
	}
	if djamo.Topic(topic) == djamo.TopicTransactionFailed {
		data["failureReason"] = "recipient account is limited"
	}
	return data
}
