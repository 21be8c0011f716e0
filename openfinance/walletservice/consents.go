package walletservice

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/djamo/djamo-go/openfinance/consent"
)

// Consent is the entry of a wallet in a file of consents.
type Consent struct {
	ConsentID    string     `json:"consent_id"`
	Token        string     `json:"token"`
	RefreshToken string     `json:"refresh_token,omitempty"`
	Ends         *time.Time `json:"ends,omitempty"` // of the consent; nil: not known
}

// LogValue keeps the consent out of a log.
func (Consent) LogValue() slog.Value { return slog.StringValue("[consent]") }

// String keeps the consent out of whatever prints it.
func (Consent) String() string { return "[consent]" }

// GoString keeps the consent out of %#v.
func (Consent) GoString() string { return "[consent]" }

// readGrants takes the consents from the file, and for wallets that it does not have from the environment.
func (v *Service) readGrants(env func(string) string) error {
	v.grants = map[string]consent.Grant{}
	shared := consent.Grant{
		ID:           env("DJAMO_CONSENT_ID"),
		Token:        env("DJAMO_CONSENT_TOKEN"),
		RefreshToken: env("DJAMO_CONSENT_REFRESH_TOKEN"),
	}
	if (shared.ID == "") != (shared.Token == "") {
		return wrong("", "DJAMO_CONSENT_ID and DJAMO_CONSENT_TOKEN must be set together")
	}
	for name, text := range map[string]string{
		"DJAMO_CONSENT_ID": shared.ID, "DJAMO_CONSENT_TOKEN": shared.Token, "DJAMO_CONSENT_REFRESH_TOKEN": shared.RefreshToken,
	} {
		if !fitsHeader(text) {
			return wrong("", "%s has a space, a line break or another character that no token has", name)
		}
	}
	var entries map[string]Consent
	if v.settings.Consents != "" {
		var err error
		if entries, err = readConsents(v.settings.Consents); err != nil {
			return err
		}
	}
	for _, id := range v.wallets {
		given, ok := entries[id]
		switch {
		case ok && (given.ConsentID == "" || given.Token == ""):
			return wrong("consents", "the entry of %s needs consent_id and token", id)
		case ok && !(fitsHeader(given.ConsentID) && fitsHeader(given.Token) && fitsHeader(given.RefreshToken)):
			return wrong("consents", "the entry of %s has a space, a line break or another character that no token has", id)
		case ok:
			grant := consent.Grant{ID: given.ConsentID, Token: given.Token, RefreshToken: given.RefreshToken}
			if given.Ends != nil {
				grant.Ends = *given.Ends
			}
			v.grants[id] = grant
		case shared.ID != "":
			v.grants[id] = shared
		}
	}
	if err := v.checkNew(); err != nil {
		return err
	}
	return v.checkPairs()
}

func noConsent(id string) error {
	return wrong(
		"consents", "wallet %s is new and has no consent: name a file that has it, or set DJAMO_CONSENT_ID and DJAMO_CONSENT_TOKEN", id,
	)
}

// checkNew refuses wallets without a consent where there is no file of SQLite, before one is made: it cannot have them.
func (v *Service) checkNew() error {
	if _, err := os.Stat(v.settings.Database); isPostgres(v.settings.Database) || !errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, id := range v.wallets {
		if _, ok := v.grants[id]; !ok {
			return noConsent(id)
		}
	}
	return nil
}

// checkPairs refuses a consent with two pairs of tokens. The database keeps one, and each start would put the other in the place of
// a newer one that came of it.
func (v *Service) checkPairs() error {
	first := map[string]string{} // wallet by consent
	for _, id := range v.wallets {
		grant, ok := v.grants[id]
		if !ok {
			continue
		}
		other, known := first[grant.ID]
		if pair := v.grants[other]; known && (pair.Token != grant.Token || pair.RefreshToken != grant.RefreshToken) {
			return wrong("consents", "%s and %s have one consent_id and different tokens: give both the newer ones", other, id)
		}
		if !known {
			first[grant.ID] = id
		}
	}
	return nil
}

// fitsHeader reports whether a text can be sent as a token.
func fitsHeader(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' })
}

// readConsents reads a file of consents. What is wrong with it is said without what it contains.
func readConsents(file string) (map[string]Consent, error) {
	const maxBytes = 64 << 20
	opened, err := os.Open(file) //nolint:gosec // the operator names it
	if err != nil {
		return nil, wrong("consents", "%s cannot be read: %v", file, errors.Unwrap(err))
	}
	defer opened.Close() //nolint:errcheck // it was read
	content, err := io.ReadAll(io.LimitReader(opened, maxBytes+1))
	switch {
	case err != nil:
		return nil, wrong("consents", "%s cannot be read: %v", file, errors.Unwrap(err))
	case len(content) > maxBytes:
		return nil, wrong("consents", "%s is larger than %d MiB", file, maxBytes>>20)
	}
	content = bytes.TrimPrefix(content, []byte("\xef\xbb\xbf")) // as editors of Windows write
	decoder := json.NewDecoder(bytes.NewReader(content))
	line := func() int {
		return 1 + bytes.Count(content[:min(int(decoder.InputOffset()), len(content))], []byte("\n"))
	}
	const shape = `{"wal_…": {"consent_id": "…", "token": "…", "refresh_token": "…"}}`
	if start, err := decoder.Token(); err != nil || start != json.Delim('{') {
		return nil, wrong("consents", "%s is no JSON object such as %s", file, shape)
	}
	decoder.DisallowUnknownFields()
	entries := map[string]Consent{}
	for decoder.More() {
		name, err := decoder.Token()
		id, _ := name.(string)
		if err != nil {
			return nil, wrong("consents", "%s, line %d: it is no JSON object such as %s", file, line(), shape)
		}
		if _, twice := entries[id]; twice {
			return nil, wrong("consents", "%s, line %d: wallet %q stands there twice", file, line(), id)
		}
		var entry Consent
		if err := decoder.Decode(&entry); err != nil {
			return nil, wrong("consents", "%s, line %d: the entry of %q %s", file, line(), id, faultOf(err))
		}
		entries[id] = entry
	}
	_, end := decoder.Token()
	if _, after := decoder.Token(); end != nil || !errors.Is(after, io.EOF) { // More takes a bracket too many for the end
		return nil, wrong("consents", "%s, line %d: it is no JSON object such as %s", file, line(), shape)
	}
	return entries, nil
}

// faultOf says what is wrong with an entry, without its values.
func faultOf(err error) string {
	if mismatch, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		if mismatch.Field == "" {
			return "is no object"
		}
		return fmt.Sprintf("has a %s that is no text", mismatch.Field)
	}
	if _, ok := errors.AsType[*time.ParseError](err); ok {
		return "has an ends that is no time such as 2026-12-31T00:00:00Z"
	}
	if text, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return "has a field " + text + " that is not known: there are consent_id, token, refresh_token and ends"
	}
	return "is no JSON object"
}

// readKey takes the key that seals tokens from the environment. A file of SQLite may go without: then a key is kept beside
// it, in a file that only its owner can read.
func (v *Service) readKey(text string) error {
	if text == "" && isPostgres(v.settings.Database) {
		return wrong("", "DJAMO_CONSENT_KEY must be set: 32 bytes in base64, with which tokens are sealed in the database")
	}
	name := "DJAMO_CONSENT_KEY"
	if text == "" {
		var err error
		name = v.settings.Database + ".key"
		if text, err = keyBeside(name); err != nil {
			return wrong("", "the key beside the database: %v", err)
		}
	}
	key, err := consent.ParseKey(strings.TrimSpace(text))
	if err != nil {
		return wrong("", "%s: %s", name, strings.TrimPrefix(err.Error(), "consent: "))
	}
	v.sealer, err = consent.NewSealer(key)
	return err
}

func keyBeside(path string) (string, error) {
	for {
		text, err := os.ReadFile(path) //nolint:gosec // beside the database that the operator names
		if err == nil {
			return string(text), nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
		key := make([]byte, consent.KeySize)
		if _, err := rand.Read(key); err != nil {
			return "", err
		}
		// Written whole before it has its name, and never over another's.
		temporary, err := os.CreateTemp(filepath.Dir(path), ".wallet-sync-key-*")
		if err != nil {
			return "", err
		}
		_, err = temporary.WriteString(base64.StdEncoding.EncodeToString(key) + "\n")
		if err == nil {
			err = temporary.Sync()
		}
		err = errors.Join(err, temporary.Close())
		if err == nil {
			if err = os.Link(temporary.Name(), path); errors.Is(err, fs.ErrExist) {
				err = nil
			}
		}
		if err = errors.Join(err, os.Remove(temporary.Name())); err != nil {
			return "", err
		}
	}
}
