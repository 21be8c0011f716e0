// Command webhook-receiver receives Djamo's webhooks and prints one JSON line for each event it handles.
//
//	DJAMO_WEBHOOK_SECRET=… go run ./examples/webhook-receiver -addr 127.0.0.1:8080
//
// Djamo posts to /webhooks/djamo. Lines with the keys topic, id, status and reference go to standard output, so that they
// can be piped on; logs go to standard error. A repeat prints nothing, and a delivery that was not signed with the secret
// is refused. SIGTERM and Ctrl-C let what has begun end first.
package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/djamo/djamo-go"
)

const path = "/webhooks/djamo"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)   // a second signal ends the program at once
	signal.Ignore(syscall.SIGPIPE) // whoever reads the lines may go away: the write fails, and Djamo delivers again
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "webhook-receiver:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out, logs io.Writer) error {
	flags := flag.NewFlagSet("webhook-receiver", flag.ContinueOnError)
	flags.SetOutput(logs)
	address := flags.String("addr", "127.0.0.1:8080", "address to listen on")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("%q is not understood: it takes no arguments but flags", flags.Arg(0))
	}
	secret := os.Getenv("DJAMO_WEBHOOK_SECRET")
	if strings.TrimSpace(secret) == "" {
		return errors.New("DJAMO_WEBHOOK_SECRET is not set: without it no delivery can be verified")
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", *address)
	if err != nil {
		return err
	}
	logger := slog.New(slog.NewTextHandler(logs, nil))
	logger.Info("listening", "address", listener.Addr().String(), "path", path)
	return serve(ctx, listener, newReceiver(secret, out, logger), logger)
}

func newReceiver(secret string, out io.Writer, logger *slog.Logger) *djamo.WebhookHandler {
	printer := &linePrinter{out: out}
	return &djamo.WebhookHandler{
		Secrets: []string{secret},
		OnEvent: printer.print, // an error, such as that of a full disk, asks Djamo to deliver again
		Timeout: 10 * time.Second,
		Logger:  logger,
	}
}

// serve answers until the context ends, and then lets what has begun end.
func serve(ctx context.Context, listener net.Listener, receiver http.Handler, logger *slog.Logger) error {
	mux := http.NewServeMux()
	mux.Handle(path, receiver)
	server := &http.Server{
		Handler:           mux,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      45 * time.Second, // a body, a wait for another copy and a callback take 30 s at most
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
	}
	stopped := make(chan error, 1)
	stopWaiting := context.AfterFunc(ctx, func() {
		logger.Info("stopping, once what has begun is answered")
		drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), server.WriteTimeout)
		defer cancel()
		stopped <- server.Shutdown(drain)
	})
	err := server.Serve(listener)
	if stopWaiting() || !errors.Is(err, http.ErrServerClosed) {
		return err // nobody asked it to stop
	}
	return <-stopped
}

// line is what is printed of an event.
type line struct {
	Topic     djamo.Topic `json:"topic"`
	ID        string      `json:"id"`
	Status    string      `json:"status"`
	Reference string      `json:"reference"` // of a payment; of a charge, its externalId
}

type linePrinter struct {
	mu   sync.Mutex // a line is written whole
	out  io.Writer
	torn bool // the latest line was written in part
}

func (p *linePrinter) print(_ context.Context, event djamo.Event) error {
	var object struct {
		ID         string `json:"id"`
		Status     string `json:"status"`
		Reference  string `json:"reference"`
		ExternalID string `json:"externalId"`
	}
	// An unknown topic may carry anything: what cannot be read of it stays empty.
	_ = json.Unmarshal(event.Data, &object)
	// Not a json.Encoder: that keeps its first error for ever, and a disk that was full has room again.
	text, err := json.Marshal(line{event.Topic, object.ID, object.Status, cmp.Or(object.Reference, object.ExternalID)})
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.torn {
		text = append([]byte("\n"), text...)
	}
	n, err := p.out.Write(append(text, '\n'))
	p.torn = err != nil && (p.torn || n > 0)
	return err
}
