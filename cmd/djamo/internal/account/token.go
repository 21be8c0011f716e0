package account

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"github.com/zalando/go-keyring"

	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
)

// TokenStore keeps the tokens of profiles.
type TokenStore interface {
	// Token is that of a profile; errNoToken when there is none.
	Token(ctx context.Context, profile string) (string, error)
	SetToken(ctx context.Context, profile, token string) error
	// DeleteToken does nothing when there is none.
	DeleteToken(ctx context.Context, profile string) error
}

var errNoToken = lang.Errorf("no token")

// Keyring is the system's keyring: Keychain, Credential Manager, or the Secret Service of a Linux desktop.
type Keyring struct{}

const keyringService = "djamo"

// keyringPatience is how long a keyring may take: one that waits for a window that nobody sees would never answer.
const keyringPatience = 3 * time.Second

// Token implements TokenStore.
func (Keyring) Token(ctx context.Context, profile string) (token string, err error) {
	token, err = inKeyring(ctx, func() (string, error) { return keyring.Get(keyringService, profile) })
	if errors.Is(err, keyring.ErrNotFound) {
		return "", errNoToken
	}
	return token, err
}

// SetToken implements TokenStore.
func (Keyring) SetToken(ctx context.Context, profile, token string) error {
	_, err := inKeyring(ctx, func() (string, error) { return "", keyring.Set(keyringService, profile, token) })
	return err
}

// DeleteToken implements TokenStore.
func (Keyring) DeleteToken(ctx context.Context, profile string) error {
	_, err := inKeyring(ctx, func() (string, error) { return "", keyring.Delete(keyringService, profile) })
	if errors.Is(err, keyring.ErrNotFound) {
		return nil
	}
	return err
}

// inKeyring calls the keyring, for as long as it may take. A call that does not come back is left behind.
func inKeyring(ctx context.Context, call func() (string, error)) (string, error) {
	type answer struct {
		token string
		err   error
	}
	answered := make(chan answer, 1)
	go func() {
		token, err := call()
		answered <- answer{token, err}
	}()
	ctx, cancel := context.WithTimeout(ctx, keyringPatience)
	defer cancel()
	const instead = "set DJAMO_ACCESS_TOKEN, or keep the token in a file that only you can read with: djamo login --plaintext"
	select {
	case a := <-answered:
		if a.err == nil || errors.Is(a.err, keyring.ErrNotFound) {
			return a.token, a.err
		}
		reason, _, _ := strings.Cut(a.err.Error(), "\n")
		return "", exit.BadInput(lang.Errorf("the keyring of this system cannot be used (%s): "+instead, reason))
	case <-ctx.Done():
		if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return "", exit.NotSent(ctx, ctx.Err())
		}
		return "", exit.BadInput(lang.Errorf("the keyring of this system has not answered for 3 seconds: " + instead))
	}
}

// File keeps tokens as plain text in a file of the program's that only its owner can read.
type File struct{}

const tokenFile = "tokens.json"

func (File) load() (map[string]string, error) {
	tokens := map[string]string{}
	dir, err := Dir()
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, tokenFile)
	raw, err := readPrivate(path)
	if errors.Is(err, fs.ErrNotExist) {
		return tokens, nil
	}
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(raw, &tokens); err != nil { // whose text could show a part of a token
		return nil, exit.BadInput(lang.Errorf("%s cannot be read: remove it and type: djamo login --plaintext", path))
	}
	return tokens, nil
}

func (File) save(tokens map[string]string) error {
	raw, err := json.MarshalIndent(tokens, "", "  ")
	if err != nil {
		return err
	}
	return writePrivate(tokenFile, append(raw, '\n'))
}

// Token implements TokenStore.
func (f File) Token(_ context.Context, profile string) (string, error) {
	tokens, err := f.load()
	if err != nil {
		return "", err
	}
	token, ok := tokens[profile]
	if !ok {
		return "", errNoToken
	}
	return token, nil
}

// SetToken implements TokenStore.
func (f File) SetToken(_ context.Context, profile, token string) error {
	tokens, err := f.load()
	if err != nil {
		return err
	}
	tokens[profile] = token
	return f.save(tokens)
}

// DeleteToken implements TokenStore.
func (f File) DeleteToken(_ context.Context, profile string) error {
	tokens, err := f.load()
	if err != nil {
		return err
	}
	if _, ok := tokens[profile]; !ok {
		return nil
	}
	delete(tokens, profile)
	return f.save(tokens)
}

// StoreOf is where a profile's token is kept.
func StoreOf(kind string) TokenStore { //nolint:ireturn // which of the two is the profile's business
	if kind == FileStore {
		return File{}
	}
	return Keyring{}
}
