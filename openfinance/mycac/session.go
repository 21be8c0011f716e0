package mycac

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"github.com/djamo/djamo-go/internal/redact"
	"github.com/djamo/djamo-go/internal/transport"
)

// TokenLife is how long a session lasts where the gateway does not say.
const TokenLife = 1800 * time.Second

// Session is a login that was confirmed. It is safe for concurrent use, and prints as [session].
type Session struct {
	client     *Client
	credential *transport.Credential
	token      string
	ends       time.Time
	scopes     []string
	over       atomic.Bool
	steppingUp chan struct{} // has an element while the holder is asked
}

// SessionParams are those of a session that another process has begun. They print as [session].
type SessionParams struct {
	Token  string
	Ends   time.Time // as Session.Ends said
	Scopes []string
}

// LogValue keeps the token out of a log.
func (SessionParams) LogValue() slog.Value { return slog.StringValue("[session]") }

// String keeps the token out of whatever prints it.
func (SessionParams) String() string { return "[session]" }

// GoString keeps the token out of %#v.
func (SessionParams) GoString() string { return "[session]" }

// Session goes on with a session that another process has begun, so that a program that was killed needs no new code. It does
// no I/O. The token is as good as a password: keep it sealed, and no longer than the session lasts.
func (c *Client) Session(params SessionParams) (*Session, error) {
	switch {
	case params.Token == "":
		return nil, errors.New("mycac: SessionParams.Token is missing")
	case params.Ends.IsZero():
		return nil, errors.New("mycac: SessionParams.Ends is missing")
	}
	return c.newSession(params.Token, params.Ends, params.Scopes), nil
}

func (c *Client) newSession(token string, ends time.Time, scopes []string) *Session {
	return &Session{
		client: c, token: token, ends: ends, scopes: scopes, steppingUp: make(chan struct{}, 1),
		credential: transport.NewCredential(
			http.Header{"Authorization": {"Bearer " + token}}, redact.Secret{Name: "session token", Value: token},
		),
	}
}

// decodeSession reads a session, if the answer has one. Its life counts from before it was asked for.
func (c *Client) decodeSession(answer []byte, began time.Time) (session *Session, found bool, err error) {
	var wire struct {
		Token     string   `json:"access_token"`
		ExpiresIn *int64   `json:"expires_in"`
		Scopes    []string `json:"scopes"`
	}
	if err := json.Unmarshal(answer, &wire); err != nil {
		return nil, false, fmt.Errorf("%w: the answer to a login cannot be read", ErrPage)
	}
	if wire.Token == "" {
		return nil, false, nil
	}
	life := TokenLife
	if wire.ExpiresIn != nil {
		if life = lifeOf(*wire.ExpiresIn); life == 0 {
			return nil, false, fmt.Errorf("%w: expires_in %d must be more than 0", ErrPage, *wire.ExpiresIn)
		}
	}
	return c.newSession(wire.Token, began.Add(life), wire.Scopes), true, nil
}

// Ends is when the session ends. It is not prolonged: a new one takes a new login and a new code.
func (s *Session) Ends() time.Time { return s.ends }

// Scopes are what the session may read, as the gateway says.
func (s *Session) Scopes() []string { return slices.Clone(s.scopes) }

// Token is the token of the session, for other clients of the gateway and for Client.Session. It is as good as a password.
func (s *Session) Token() string { return s.token }

// Over reports whether the session has ended, by its time or because the gateway said so.
func (s *Session) Over() bool { return s.over.Load() || !s.client.options.Now().Before(s.ends) }

// LogValue keeps the session out of a log.
func (s *Session) LogValue() slog.Value { return slog.StringValue("[session]") }

// Format prints nothing that is in it, whatever the verb.
func (s *Session) Format(state fmt.State, _ rune) { _, _ = state.Write([]byte("[session]")) }

// read makes one read, again where that may help. A session that is over sends nothing.
func (s *Session) read(ctx context.Context, path string, body any, decode func([]byte) error) error {
	for steppedUp := false; ; steppedUp = true {
		if s.Over() {
			return ErrSessionOver
		}
		err := s.client.post(ctx, transport.Read, s.credential, path, body, decode)
		answer, ok := errors.AsType[*Error](err)
		switch {
		case !ok:
			return err
		case answer.kind == ErrSessionOver: //nolint:errorlint // a value of this package
			s.over.Store(true)
			return err
		case answer.kind != ErrStepUpNeeded, steppedUp, s.client.options.StepUp == nil: //nolint:errorlint // as above
			return err
		}
		if err := s.stepUp(ctx, answer.stepUp); err != nil {
			return err
		}
	}
}

// StepUpRequest is what the gateway wants the holder to confirm on the device.
type StepUpRequest struct {
	ID     string
	Method string // such as biometric; an open set
	Nonce  string // that the device signs
	Raw    json.RawMessage
}

func decodeStepUp(raw json.RawMessage) StepUpRequest {
	var wire struct {
		ID     string `json:"id"`
		Method string `json:"method"`
		Nonce  string `json:"nonce"`
	}
	_ = json.Unmarshal(raw, &wire) // without an id nothing is confirmed
	return StepUpRequest{ID: wire.ID, Method: wire.Method, Nonce: wire.Nonce, Raw: slices.Clone(raw)}
}

// stepUp has the holder confirm, one read at a time, and hands the proof to the gateway.
func (s *Session) stepUp(ctx context.Context, request StepUpRequest) error {
	if request.ID == "" {
		return fmt.Errorf("%w, and the gateway gave no id to confirm", ErrStepUpNeeded)
	}
	select {
	case s.steppingUp <- struct{}{}:
		defer func() { <-s.steppingUp }()
	case <-ctx.Done():
		return ctx.Err()
	}
	proof, err := s.client.options.StepUp(ctx, request)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrStepUpNeeded, err)
	}
	credential := transport.NewCredential(http.Header{"Authorization": {"Bearer " + s.token}},
		redact.Secret{Name: "session token", Value: s.token}, redact.Secret{Name: "proof", Value: proof})
	body := map[string]string{"step_up_id": request.ID, "proof": proof}
	return s.client.post(ctx, transport.Write, credential, s.client.options.Paths.StepUp, body, func([]byte) error { return nil })
}
