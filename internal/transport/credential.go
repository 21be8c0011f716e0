package transport

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"sync/atomic"

	"github.com/djamo/djamo-go/internal/redact"
)

// Credential authenticates calls, and keeps what belongs to it alone: its secrets are removed from the texts of its calls,
// a 429 holds back its calls and no others, and a 401 is remembered for it. Build one with NewCredential and keep it for as
// long as its token is used: nothing else refers to it, so what it knows goes with it. It is safe for concurrent use.
type Credential struct {
	header   http.Header
	secrets  *redact.Secrets
	gate     gate
	rejected atomic.Bool
}

// NewCredential sends the header with each call. Its keys are in canonical form. Everything in it that nobody may read is
// named among the secrets: texts show a secret's name in its place.
func NewCredential(header http.Header, secrets ...redact.Secret) *Credential {
	return &Credential{header: maps.Clone(header), secrets: redact.NewSecrets(secrets...)}
}

// Scrub masks phone numbers and removes the secrets from a text that came from outside.
func (c *Credential) Scrub(text string) string { return c.secrets.Scrub(text) }

// Rejected reports whether the latest answer that says something of it was a 401. Any success takes that back.
func (c *Credential) Rejected() bool { return c.rejected.Load() }

// Format prints nothing that is in it, whatever the verb.
func (c *Credential) Format(state fmt.State, _ rune) {
	_, _ = io.WriteString(state, "transport.Credential")
}

// observe takes in what a status says of the credential.
func (c *Credential) observe(status int) {
	switch {
	case status == http.StatusUnauthorized:
		c.rejected.Store(true)
	case status/100 == http.StatusOK/100 && c.rejected.Load():
		c.rejected.Store(false)
	}
}

// credential is that of the call, or else the transport's own.
func (t *Transport) credential(call *Call) *Credential {
	if call.Credential != nil {
		return call.Credential
	}
	return t.config.Credential
}

// Scrub is Credential.Scrub of the transport's own credential, for texts that belong to no call.
func (t *Transport) Scrub(text string) string { return t.config.Credential.Scrub(text) }

// ScrubPath is a call's path as it may be shown: without the query, where phone numbers travel.
func (t *Transport) ScrubPath(call *Call) string { return t.credential(call).Scrub(call.PathOnly()) }

// ScrubAnswer scrubs a text that came in answer to a call, at most limit bytes of it, and masks the numbers that the call
// sent in whatever way they are written in it.
func (t *Transport) ScrubAnswer(call *Call, text string, limit int) string {
	return t.credential(call).secrets.ScrubAnswer(text, redact.Sent{Body: call.Body, Path: call.Path}, limit)
}

// ScrubID is ScrubAnswer for what the API calls an id, which stays whole where it can be no phone number.
func (t *Transport) ScrubID(call *Call, id string, limit int) string {
	return t.credential(call).secrets.ScrubID(id, redact.Sent{Body: call.Body, Path: call.Path}, limit)
}
