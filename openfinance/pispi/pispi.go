// Package pispi receives what is pushed about PI-SPI, the instant-payment rail of the BCEAO: the settlement push of an
// open-finance gateway, and BCEAO's own callback for those who receive it directly.
//
//	gateway  X-Signature: t=<unix seconds>,v1=<hex of HMAC-SHA256 of "t.body">, several v1; one event in a body
//	BCEAO    X-Signature: hex or base64 of HMAC-SHA256 of the body; {"data": [event, …], "meta": {"total": n}}
//
// The shapes are not confirmed by a gateway yet, so the package is outside of the module's compatibility promise.
package pispi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/internal/delivery"
	"github.com/djamo/djamo-go/internal/signature"
	"github.com/djamo/djamo-go/openfinance/internal/claimstore"
	"github.com/djamo/djamo-go/openfinance/wallet"
)

// Event is one thing that was pushed. Event and EvCode are open: a code that is not known passes through. Fields that the
// shape does not have are empty.
type Event struct {
	Event     string // of the gateway: settlement.completed, …
	Rail      string
	SchemeRef string
	WalletID  string
	TxID      string

	EvCode        string // of BCEAO
	EvDate        string
	EndToEndID    string
	InstructionID string
	Amount        int64 // whole francs, never hundredths; 0 when none came
	Raw           json.RawMessage
}

// Key is the same for every copy of the event and for nothing else: a settlement that is returned later is another event, and so is
// one of another wallet whose transaction has the same id. A gateway's event may have fields of BCEAO's beside its own, and the other
// way round.
func (e Event) Key() string {
	var parts []string
	if e.Event != "" && e.TxID != "" {
		parts = []string{"pispi", e.Event, e.TxID}
	}
	if e.EvCode != "" && e.EndToEndID != "" {
		parts = append(parts, "pispi-bceao", e.EndToEndID, e.EvCode, e.EvDate)
	}
	if e.WalletID != "" {
		parts = append(parts, e.WalletID)
	}
	key, _ := json.Marshal(parts) //nolint:errchkjson // texts always have a JSON form
	return string(key)
}

// LogValue keeps aliases and clients out of a log.
func (e Event) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("event", e.Event+e.EvCode),
		slog.String("tx_id", e.TxID),
		slog.String("end_to_end_id", e.EndToEndID),
	)
}

// Errors of a body that was signed and cannot be used.
var (
	// ErrTooLarge is a body beyond Handler.MaxBytes.
	ErrTooLarge = errors.New("pispi: the push is too large")
	// ErrBody is a body of another shape.
	ErrBody = errors.New("pispi: the body is neither an event nor a batch of them")
)

// Handler is an http.Handler for pushes. Each event is claimed for itself, so that a batch that comes again repeats only
// what was not handled. It answers within Timeout however slow Handle and the Deduper are: 204 when all is handled, 401 for
// a signature that does not fit, and 5xx for what must come again.
type Handler struct {
	Secrets []string // all of them are good: two while one replaces another
	// Handle stores the event. After an error it comes again.
	Handle    func(ctx context.Context, event Event) error
	Deduper   djamo.Deduper    // nil: one in memory
	Tolerance time.Duration    // of the time in the gateway's signature; 0: 5 minutes
	Timeout   time.Duration    // 0: 4 s, since BCEAO waits for 5
	MaxBytes  int64            // of a body; 0: 1 MiB
	Now       func() time.Time // nil: time.Now
	Logger    *slog.Logger     // nil: silence

	memory djamo.MemoryDeduper
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	receiver := h.receiver()
	body, ok := receiver.Body(w, r)
	if !ok {
		return
	}
	events, err := Decode(body)
	if err != nil {
		receiver.Refuse(w, r, http.StatusBadRequest, err)
		return
	}
	handled := make([]delivery.Event, 0, len(events))
	for _, event := range events {
		handled = append(handled, delivery.Event{
			Key:      event.Key(),
			Attrs:    func() []slog.Attr { return []slog.Attr{slog.Any("push", event)} },
			Callback: func(ctx context.Context) error { return h.Handle(ctx, event) },
		})
	}
	receiver.Handle(w, r, handled...)
}

func (h *Handler) receiver() *delivery.Receiver {
	deduper := h.Deduper
	if deduper == nil {
		deduper = &h.memory
	}
	timeout := h.Timeout
	if timeout <= 0 {
		timeout = 4 * time.Second
	}
	most := h.MaxBytes
	if most <= 0 {
		most = 1 << 20
	}
	return &delivery.Receiver{
		Name: "pispi", TooLarge: ErrTooLarge, MaxBytes: most, Timeout: timeout, Within: timeout, Success: http.StatusNoContent,
		Store: claimstore.Store{Deduper: deduper}, Logger: h.Logger, Verify: h.verify,
		Ready: func() error {
			if len(h.Secrets) == 0 || h.Handle == nil {
				return errors.New("pispi: Handler needs Secrets and Handle")
			}
			return nil
		},
	}
}

// verify checks the gateway's signature, or BCEAO's, which has no time.
func (h *Handler) verify(body []byte, header http.Header) error {
	text := strings.TrimSpace(header.Get("X-Signature"))
	now, tolerance := time.Now, h.Tolerance
	if h.Now != nil {
		now = h.Now
	}
	if tolerance <= 0 {
		tolerance = 5 * time.Minute
	}
	if strings.Contains(text, "v1=") {
		return signature.Timestamped(body, text, now(), tolerance, h.Secrets...)
	}
	if err := signature.Hex(body, text, "", h.Secrets...); err == nil {
		return nil
	}
	return signature.Base64(body, text, h.Secrets...)
}

// Decode reads a body of either shape. The error matches ErrBody.
func Decode(body []byte) ([]Event, error) {
	var batch struct {
		Data *[]json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(body, &batch); err != nil {
		return nil, fmt.Errorf("%w: it is no JSON object", ErrBody)
	}
	items := []json.RawMessage{body}
	if batch.Data != nil {
		items = *batch.Data
	}
	events := make([]Event, 0, len(items))
	for i, raw := range items {
		event, err := decode(raw)
		if err != nil {
			return nil, fmt.Errorf("%w: event %d: %w", ErrBody, i+1, err)
		}
		events = append(events, event)
	}
	return events, nil
}

func decode(raw json.RawMessage) (Event, error) {
	var wire struct {
		Event         string          `json:"event"`
		Rail          string          `json:"rail"`
		SchemeRef     string          `json:"scheme_ref"`
		WalletID      string          `json:"wallet_id"`
		TxID          string          `json:"tx_id"`
		EvCode        string          `json:"evCode"`
		EvDate        string          `json:"evDate"`
		EndToEndID    string          `json:"end2endId"`
		InstructionID string          `json:"instructionId"`
		Amount        json.RawMessage `json:"montant"`
		BceaoTxID     string          `json:"txId"`
	}
	if err := json.Unmarshal(raw, &wire); err != nil {
		return Event{}, errors.New("a field is of another type")
	}
	e := Event{
		Event: wire.Event, Rail: wire.Rail, SchemeRef: wire.SchemeRef, WalletID: wire.WalletID, TxID: wire.TxID, EvCode: wire.EvCode,
		EvDate:     wire.EvDate,
		EndToEndID: wire.EndToEndID, InstructionID: wire.InstructionID, Raw: append(json.RawMessage(nil), raw...),
	}
	if e.TxID == "" {
		e.TxID = wire.BceaoTxID
	}
	gateway, bceao := e.Event != "" && e.TxID != "", e.EvCode != "" && e.EndToEndID != ""
	if !gateway && !bceao {
		return Event{}, errors.New("it needs event and tx_id, or evCode and end2endId")
	}
	if len(wire.Amount) > 0 && string(wire.Amount) != "null" {
		amount, err := wallet.ParseAmount(wire.Amount)
		if err != nil {
			return Event{}, fmt.Errorf("montant: %w", err)
		}
		e.Amount = amount
	}
	return e, nil
}
