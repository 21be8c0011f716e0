package mycac

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/djamo/djamo-go/internal/redact"
	"github.com/djamo/djamo-go/internal/transport"
)

// Credentials are what a holder logs in with. They print as [credentials].
type Credentials struct {
	Username          string
	PasswordHash      string // hashed by the caller, in the way the bank says: this package never sees the password
	DeviceFingerprint string
}

// LogValue keeps the credentials out of a log.
func (Credentials) LogValue() slog.Value { return slog.StringValue("[credentials]") }

// String keeps the credentials out of whatever prints them.
func (Credentials) String() string { return "[credentials]" }

// GoString keeps the credentials out of %#v.
func (Credentials) GoString() string { return "[credentials]" }

func (c Credentials) secrets() []redact.Secret {
	return []redact.Secret{
		{Name: "username", Value: c.Username}, {Name: "password", Value: c.PasswordHash}, {Name: "device", Value: c.DeviceFingerprint},
	}
}

// Challenge is a login that waits for the code that the holder gets by SMS. It is safe for concurrent use, and sends one code
// at a time: each wrong one counts towards a lock-out.
type Challenge struct {
	client  *Client
	id      string
	secrets []redact.Secret
	ends    time.Time

	mu      sync.Mutex
	session *Session // of a gateway that asks for no code, or once it was confirmed
	over    error    // why no code is sent any more
}

// Login begins a login. The gateway sends a code by SMS to the holder, for which Challenge.Confirm waits. It sends one request
// and never repeats it, so that no second SMS is sent. The error is an *Error or a *LockedError; it matches ErrAnswerLost when
// the answer did not come and an SMS may be on its way.
func (c *Client) Login(ctx context.Context, credentials Credentials) (*Challenge, error) {
	switch {
	case credentials.Username == "":
		return nil, errors.New("mycac: Credentials.Username is missing")
	case credentials.PasswordHash == "":
		return nil, errors.New("mycac: Credentials.PasswordHash is missing")
	case credentials.DeviceFingerprint == "":
		return nil, errors.New("mycac: Credentials.DeviceFingerprint is missing")
	}
	began := c.options.Now()
	challenge := &Challenge{client: c, secrets: credentials.secrets()}
	body := map[string]string{
		"username": credentials.Username, "password": credentials.PasswordHash, "device_fingerprint": credentials.DeviceFingerprint,
	}
	credential := transport.NewCredential(nil, challenge.secrets...)
	err := c.post(ctx, transport.Write, credential, c.options.Paths.Login, body, func(answer []byte) error {
		session, found, err := c.decodeSession(answer, began)
		if found || err != nil {
			challenge.session = session
			return err
		}
		var wire struct {
			ID        string `json:"challenge_id"`
			ExpiresIn int64  `json:"expires_in"`
		}
		if err := json.Unmarshal(answer, &wire); err != nil || wire.ID == "" {
			return fmt.Errorf("%w: the answer to a login has neither challenge_id nor access_token", ErrPage)
		}
		challenge.id = wire.ID
		challenge.secrets = append(challenge.secrets, redact.Secret{Name: "challenge", Value: wire.ID})
		if life := lifeOf(wire.ExpiresIn); life > 0 {
			challenge.ends = began.Add(life)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return challenge, nil
}

// Ends is until when the code is good; zero where the gateway does not say.
func (c *Challenge) Ends() time.Time { return c.ends }

// LogValue keeps the challenge out of a log.
func (c *Challenge) LogValue() slog.Value { return slog.StringValue("[challenge]") }

// Format prints nothing that is in it, whatever the verb.
func (c *Challenge) Format(state fmt.State, _ rune) { _, _ = state.Write([]byte("[challenge]")) }

// Confirm sends the code and returns the session. Without a code the error is ErrOTPNeeded and nothing is sent, unless the
// gateway asked for none. After ErrWrongOTP another code may be tried; after a *LockedError or ErrChallengeOver nothing is sent
// any more. It sends one request and never repeats it, and never has another SMS sent. Once it has returned a session it
// returns the same.
func (c *Challenge) Confirm(ctx context.Context, otp string) (*Session, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	began := c.client.options.Now()
	otp = strings.NewReplacer(" ", "", "-", "", "\u00a0", "").Replace(strings.TrimSpace(otp))
	switch {
	case c.session != nil:
		return c.session, nil
	case c.over != nil:
		return nil, c.over
	case !c.ends.IsZero() && !began.Before(c.ends):
		return nil, ErrChallengeOver
	case otp == "":
		return nil, ErrOTPNeeded
	case !isOTP(otp):
		return nil, errors.New("mycac: the code must be 4 to 10 digits, as in the SMS: nothing was sent")
	}
	credential := transport.NewCredential(nil, append(slices.Clip(c.secrets), redact.Secret{Name: "code", Value: otp})...)
	body := map[string]string{"challenge_id": c.id, "otp": otp}
	err := c.client.post(ctx, transport.Write, credential, c.client.options.Paths.Confirm, body, func(answer []byte) error {
		session, found, err := c.client.decodeSession(answer, began)
		if err == nil && !found {
			err = fmt.Errorf("%w: the answer to a code has no access_token", ErrPage)
		}
		c.session = session
		return err
	})
	if locked, ok := errors.AsType[*LockedError](err); ok {
		c.over = &LockedError{Until: locked.Until}
	}
	if errors.Is(err, ErrChallengeOver) {
		c.over = ErrChallengeOver
	}
	if err != nil {
		return nil, err
	}
	return c.session, nil
}

func isOTP(text string) bool {
	const minDigits, maxDigits = 4, 10
	return len(text) >= minDigits && len(text) <= maxDigits && strings.Trim(text, "0123456789") == ""
}

// lifeOf is a number of seconds as a time; 0 for one that cannot be.
func lifeOf(seconds int64) time.Duration {
	const maxLife = 24 * time.Hour
	if seconds <= 0 {
		return 0
	}
	if seconds > int64(maxLife/time.Second) {
		return maxLife
	}
	return time.Duration(seconds) * time.Second
}
