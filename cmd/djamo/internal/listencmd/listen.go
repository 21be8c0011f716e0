// Package listencmd has the commands for events: djamo listen, events and trigger.
package listencmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/cmd/djamo/internal/control"
	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
	"github.com/djamo/djamo-go/cmd/djamo/internal/options"
	"github.com/djamo/djamo-go/cmd/djamo/internal/output"
	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
	"github.com/djamo/djamo-go/djamotest"
)

// envWebhookSecret holds the secret that signs webhooks.
const envWebhookSecret = "DJAMO_WEBHOOK_SECRET" //nolint:gosec // a name

// program is what these commands share.
type program struct {
	t       terminal.Terminal
	o       *options.Options
	timeout time.Duration // of an answer of a sandbox
}

// Commands are those for events.
func Commands(t terminal.Terminal, o *options.Options) []*cobra.Command {
	p := &program{t: t, o: o}
	return []*cobra.Command{p.listen(), p.events(), p.trigger()}
}

func (p *program) timeoutFlag(flags *pflag.FlagSet) {
	flags.DurationVar(&p.timeout, "timeout", control.DefaultTimeout, "how long one request may take")
}

// listening is what djamo listen is told.
type listening struct {
	addr, sandbox, forwardTo string
	topics                   []string
	printSecret              bool
	timeout                  time.Duration
}

func (p *program) listen() *cobra.Command {
	var l listening
	command := &cobra.Command{
		Use:   "listen",
		Short: "Receive events, show them, and hand them on to a program of yours",
		Long: "Receives deliveries behind a tunnel of yours, or those that a sandbox makes. Each is verified, shown and kept, and handed on\n" +
			"byte for byte with its signature; the sender gets the status of your program. The secret is that of\n" +
			envWebhookSecret + ". Nothing is registered with Djamo: that cannot be undone, and is for djamo webhooks create.",
		Example: "  djamo listen --forward-to http://localhost:3000/webhooks\n" +
			"  djamo listen --from-sandbox http://127.0.0.1:8481 --forward-to http://localhost:3000/webhooks --output jsonl",
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			if l.sandbox != "" && command.Flags().Changed("addr") {
				return exit.BadUsage("--addr: give --addr or --from-sandbox, not both")
			}
			return p.runListen(command.Context(), l)
		},
	}
	flags := command.Flags()
	flags.StringVar(&l.addr, "addr", "127.0.0.1:4242", "where to listen, host:port; your tunnel leads here")
	flags.StringVar(&l.sandbox, "from-sandbox", "", "take the events of the sandbox whose pages are at this `address`")
	flags.StringVar(&l.forwardTo, "forward-to", "", "`address` of your program that events are handed on to")
	flags.StringSliceVar(&l.topics, "topics", nil, "only these, such as transactions/completed,charge/events")
	flags.BoolVar(&l.printSecret, "print-secret", false, "print the secret that signs the events, and nothing else")
	flags.DurationVar(&l.timeout, "forward-timeout", 30*time.Second, "how long your program may take to answer")
	p.timeoutFlag(flags)
	p.o.AddOutput(flags)
	return command
}

func (p *program) runListen(ctx context.Context, l listening) error {
	if l.timeout <= 0 {
		return exit.BadUsage("--forward-timeout %s: must be positive", l.timeout)
	}
	for _, topic := range l.topics {
		if !slices.Contains(Topics(), topic) { // nothing would ever be handed on
			return exit.BadUsage("--topics %q: must be one of %s", topic, strings.Join(Topics(), ", "))
		}
	}
	if l.sandbox != "" {
		if err := checkAddress("--from-sandbox", l.sandbox); err != nil {
			return err
		}
	}
	secret := os.Getenv(envWebhookSecret)
	if secret == "" && l.sandbox != "" {
		secret = djamotest.DefaultWebhookSecret
	}
	if secret == "" {
		return exit.BadUsage("%s is not set: it must hold the secret that signs webhooks", envWebhookSecret)
	}
	if l.printSecret {
		_, err := fmt.Fprintln(p.t.Out, secret)
		return err
	}
	forward, err := newForwarder("--forward-to", l.forwardTo, l.timeout)
	if err != nil {
		return err
	}
	out, err := output.New(p.t, p.o)
	if err != nil {
		return err
	}
	kept, err := openHistory()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	r := &receiver{
		program: p, secret: secret, forward: forward, topics: l.topics, history: kept, stop: cancel,
		list: out.List("TIME", "TOPIC", "STATUS", "OBJECT", "ANSWER", "EVENT"),
	}
	if l.sandbox != "" {
		err = r.follow(ctx, l.sandbox)
	} else {
		err = r.serve(ctx, l.addr)
	}
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		err = cause // such as a closed standard output
	}
	return r.list.End(err)
}

// receiver receives events.
type receiver struct {
	*program

	secret  string
	forward *forwarder // nil hands nothing on
	topics  []string
	history history
	stop    context.CancelCauseFunc

	mu   sync.Mutex // one event is shown at a time
	list *output.List
	last time.Time
}

// serve receives deliveries over HTTP until it is told to stop.
func (r *receiver) serve(ctx context.Context, addr string) error {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", addr)
	if err != nil {
		if failed, ok := errors.AsType[*net.OpError](err); ok {
			err = failed.Err
		}
		return exit.BadInput(lang.Errorf("--addr %q: %w; choose another address, or end the program that listens there", addr, err))
	}
	server := &http.Server{
		Handler: r, ReadTimeout: 15 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 64 << 10,
		BaseContext: func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
	}
	r.t.Tell("Ready: listening on http://%s. Let your tunnel lead here. End it with Ctrl-C.", listener.Addr())
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	// What is being handed on is not cut off: its sender would deliver it again.
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := server.Shutdown(ending); err != nil {
		return server.Close()
	}
	return nil
}

// maxDelivery bounds a body, as the client's own receiver does.
const maxDelivery = 1 << 20

// ServeHTTP receives one delivery.
func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	if request.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "deliveries are POST requests", http.StatusMethodNotAllowed)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, request.Body, maxDelivery))
	if err != nil {
		r.t.Tell("A delivery was refused: its body could not be read, or is longer than 1 MiB.")
		http.Error(w, "the body cannot be read, or is too long", http.StatusRequestEntityTooLarge)
		return
	}
	signature := request.Header.Get(djamo.SignatureHeader)
	if err := djamo.VerifySignature(body, signature, r.secret); err != nil {
		r.t.Tell("A delivery was refused: %s", terminal.Plain(lang.WithoutName(r.t.Lang.Error(err))))
		http.Error(w, "invalid signature", http.StatusUnauthorized)
		return
	}
	status, answer := r.receive(request.Context(), r.newEvent(body, signature), request.Header)
	w.WriteHeader(status)
	_, _ = w.Write(answer) //nolint:gosec // what the operator's program answers to its sender
}

// newEvent names an event so that no two have the same name.
func (r *receiver) newEvent(body []byte, signature string) *event {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	if !now.After(r.last) {
		now = r.last.Add(1)
	}
	r.last = now
	return eventOf(newID(now), body, signature)
}

// receive hands an event on, keeps it and shows it. It returns what the sender is to be told.
func (r *receiver) receive(ctx context.Context, e *event, header http.Header) (status int, answer []byte) {
	if len(r.topics) > 0 && !slices.Contains(r.topics, e.documented()) {
		return http.StatusOK, nil
	}
	status = http.StatusOK
	if r.forward != nil {
		answer = r.forward.deliver(ctx, e, header)
		if status = e.Answer; status == 0 {
			status = http.StatusBadGateway
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.history.add(e); err != nil {
		r.t.Tell("%s", r.t.Lang.Error(err))
	}
	if err := r.show(e); err != nil {
		r.stop(err)
	}
	return status, answer
}

func (r *receiver) show(e *event) error {
	err := r.list.Add(viewOf(e, r.o.Reveal), e.At.Format("15:04:05"), terminal.Plain(e.Topic), terminal.Plain(e.Status),
		terminal.Plain(e.ObjectID), r.answerOf(e), e.ID)
	if err == nil {
		err = r.list.Flush()
	}
	if e.failed() {
		reason := e.Error
		if reason == "" {
			reason = http.StatusText(e.Answer)
		}
		r.t.Tell("Your program did not take it (%s). To send it again, type: djamo events resend %s", terminal.Plain(reason), e.ID)
	}
	return err
}

// answerOf is what the target has said.
func (p *program) answerOf(e *event) string {
	switch {
	case e.ForwardTo == "":
		return "-"
	case e.Answer == 0:
		return p.t.Lang.Text("no answer")
	}
	return fmt.Sprint(e.Answer)
}
