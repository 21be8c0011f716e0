package review

import (
	"bufio"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/djamo/djamo-go"
)

// keptFor is how long it is taken for true that somebody has an account. That somebody has none is asked again each time:
// they may have been told to open one.
const keptFor = 24 * time.Hour

// accounts are the payees who have an account, kept between programs for each account that pays. The file holds no phone numbers:
// who has it, and not the secret in the folder of the configuration, cannot find out whose they are.
type accounts struct {
	path    string // "" where nothing is kept
	key     []byte
	now     time.Time
	entries map[string]int64 // when it was answered, in seconds since 1970
	changed bool
}

// openAccounts reads what is kept for an account that pays, and for the sub-company on whose behalf it does. Of an account without a
// company's ID nobody can say which it is, and nothing is kept; nor is it in a file that cannot be read.
func openAccounts(folder, secrets string, payer djamo.Account, subCompany string, now time.Time) *accounts {
	a := &accounts{now: now, entries: map[string]int64{}}
	if folder == "" || secrets == "" || payer.Host == "" || payer.CompanyID == "" {
		return a
	}
	secret, err := readSecret(secrets)
	if err != nil {
		return a
	}
	name := fmt.Sprintf("%q", []string{payer.Host, string(payer.Environment), payer.CompanyID, subCompany})
	a.key = digestOf(secret, "key", name)
	a.path = filepath.Join(folder, "accounts-"+hex.EncodeToString(digestOf(secret, "name", name)[:8]))
	file, err := os.Open(a.path)
	if err != nil {
		return a
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		digest, at, _ := strings.Cut(lines.Text(), " ")
		seconds, err := strconv.ParseInt(at, 10, 64)
		if age := now.Sub(time.Unix(seconds, 0)); err == nil && digest != "" && age >= 0 && age < keptFor {
			a.entries[digest] = seconds
		}
	}
	return a
}

// readSecret reads the secret of this user, or makes it.
func readSecret(folder string) ([]byte, error) {
	path := filepath.Join(folder, "accounts.secret")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the operator's own folder
	if err == nil {
		_, err = file.WriteString(rand.Text())
		err = errors.Join(err, file.Close())
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	secret, err := os.ReadFile(path) //nolint:gosec // as above
	if err == nil && len(secret) < len(rand.Text()) {
		err = io.ErrUnexpectedEOF // another program is writing it
	}
	return secret, err
}

func digestOf(secret []byte, texts ...string) []byte {
	mac := hmac.New(sha256.New, secret)
	for _, text := range texts {
		mac.Write([]byte(text + "\x00"))
	}
	return mac.Sum(nil)
}

func (a *accounts) digest(payee djamo.MSISDN) string {
	return base64.RawStdEncoding.EncodeToString(digestOf(a.key, payee.E164())[:12])
}

// has reports whether a payee had an account a short while ago.
func (a *accounts) has(payee djamo.MSISDN) bool {
	_, ok := a.entries[a.digest(payee)]
	return ok
}

// note keeps an answer.
func (a *accounts) note(payee djamo.MSISDN, hasAccount bool) {
	if a.path != "" && hasAccount {
		a.entries[a.digest(payee)] = a.now.Unix()
		a.changed = true
	}
}

// save writes what is kept, for the user alone.
func (a *accounts) save() error {
	if !a.changed {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(a.path), 0o700); err != nil {
		return err
	}
	return Replace(a.path, func(w io.Writer) error {
		buffered := bufio.NewWriter(w)
		for digest, at := range a.entries {
			if _, err := fmt.Fprintf(buffered, "%s %d\n", digest, at); err != nil {
				return err
			}
		}
		return buffered.Flush()
	})
}
