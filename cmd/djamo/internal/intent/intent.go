// Package intent keeps a journal of what is about to be sent: each payment in a file of its own, on the disk before the first
// byte leaves. Whatever ends the program, the reference is not lost, and the next try finds out first what became of this one.
package intent

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
)

// Intent is something that is to be sent. It holds the whole phone number, and its file is its owner's alone.
type Intent struct {
	At           time.Time `json:"at"`
	Kind         Kind      `json:"kind"`
	Account      string    `json:"account"`   // host and company
	Reference    string    `json:"reference"` // of a refund, the charge's id
	MSISDN       string    `json:"msisdn,omitempty"`
	Amount       djamo.XOF `json:"amount"`
	Description  string    `json:"description,omitempty"`
	SubCompanyID string    `json:"subCompanyId,omitempty"`
	Batch        string    `json:"batch,omitempty"`          // what the payments of one batch share
	Refunded     djamo.XOF `json:"refundedBefore,omitempty"` // of the charge, before a refund
}

// Kind says what is sent.
type Kind string

// The kinds.
const (
	Transfer Kind = "transfer"
	Refund   Kind = "refund"
)

// Outcome is what became of it.
type Outcome struct {
	At     time.Time `json:"at"`
	Result Result    `json:"result"`
	ID     string    `json:"id,omitempty"`
	Status string    `json:"status,omitempty"`
	Batch  string    `json:"batch,omitempty"` // the API's id of the batch that it was sent in
}

// Result says how sending ended.
type Result string

// The results. A file without any is that of a program that was ended while it was sending.
const (
	Accepted Result = "accepted"
	Refused  Result = "refused" // by the API, or nothing was sent: nothing stands under the reference
	Unknown  Result = "unknown"
)

// Journal is a directory with the intents.
type Journal struct{ dir string }

// Open makes the journal's directory where there is none.
func Open(dir string) (Journal, error) {
	path := filepath.Join(dir, "intents")
	if err := os.MkdirAll(path, 0o700); err != nil {
		return Journal{}, exit.BadInput(lang.Errorf("nothing was sent: the journal cannot be written: %w", err))
	}
	return Journal{path}, nil
}

// Entry is an intent in the journal, with what is known of it.
type Entry struct {
	Intent

	Last Outcome // the zero value when nothing is known
	path string
}

// IsOpen reports whether something may have been sent whose outcome is not known.
func (e *Entry) IsOpen() bool { return e.Last.Result == "" || e.Last.Result == Unknown }

// line is one line of a file: an intent, or an outcome of the intent above.
type line struct {
	Intent  *Intent  `json:"intent,omitempty"`
	Outcome *Outcome `json:"outcome,omitempty"`
}

func (j Journal) pathOf(kind Kind, account, reference string) string {
	digest := sha256.Sum256([]byte(string(kind) + "\x00" + account + "\x00" + reference))
	return filepath.Join(j.dir, hex.EncodeToString(digest[:16])+".jsonl")
}

// Find reads what the journal has of a reference; nil when it has nothing.
func (j Journal) Find(kind Kind, account, reference string) (*Entry, error) {
	e, err := read(j.pathOf(kind, account, reference))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil //nolint:nilnil // nothing was ever sent under it
	}
	return e, err
}

// Pending are the entries of an account whose outcome is not known, oldest first.
func (j Journal) Pending(account string) ([]*Entry, error) {
	paths, err := filepath.Glob(filepath.Join(j.dir, "*.jsonl"))
	if err != nil {
		return nil, err
	}
	var pending []*Entry
	for _, path := range paths {
		e, err := read(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return nil, err
		case e != nil && e.Account == account && e.IsOpen():
			pending = append(pending, e)
		}
	}
	slices.SortFunc(pending, func(a, b *Entry) int { return a.At.Compare(b.At) })
	return pending, nil
}

// Batch are the entries that were sent in one batch, by its name in the journal or the API's id, in the order in which they were begun.
func (j Journal) Batch(account, id string) ([]*Entry, error) {
	paths, err := filepath.Glob(filepath.Join(j.dir, "*.jsonl"))
	if err != nil {
		return nil, err
	}
	var found []*Entry
	for _, path := range paths {
		e, err := read(path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		if e != nil && e.Account == account && (e.Batch == id || e.Last.Batch == id) {
			found = append(found, e)
		}
	}
	slices.SortFunc(found, func(a, b *Entry) int { return a.At.Compare(b.At) })
	return found, nil
}

// read reads a file. A first line that was not written to its end is that of a program which was ended before it sent
// anything: there is no entry then.
func read(path string) (*Entry, error) {
	raw, err := os.ReadFile(path) //nolint:gosec // the journal's own
	if err != nil {
		return nil, err
	}
	var e *Entry
	lines := bufio.NewScanner(bytes.NewReader(raw))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var l line
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			continue // cut off while it was written: an intent before it was sent, or an outcome, which then is not known
		}
		switch {
		case l.Intent != nil:
			e = &Entry{Intent: *l.Intent, path: path}
		case l.Outcome != nil && e != nil:
			e.Last = *l.Outcome
		}
	}
	return e, lines.Err()
}

// ErrBegun says that another program has begun to send under the reference.
var ErrBegun = lang.Errorf("another program is sending under this reference right now")

// Begin writes an intent, and returns when it is on the disk. earlier is what Find has returned: where it is nil, only one of
// all programs that begin at once succeeds.
func (j Journal) Begin(in Intent, earlier *Entry) (*Entry, error) {
	e := &Entry{Intent: in, path: j.pathOf(in.Kind, in.Account, in.Reference)}
	first := line{Intent: &in}
	var err error
	if earlier == nil {
		err = create(j.dir, e.path, first)
	}
	if earlier != nil || errors.Is(err, fs.ErrExist) && isTorn(e.path) {
		err = write(e.path, os.O_WRONLY|os.O_APPEND, first)
	}
	if err == nil {
		err = syncDir(j.dir)
	}
	switch {
	case errors.Is(err, fs.ErrExist):
		return nil, exit.BadInput(lang.Errorf("nothing was sent: %q: %w", djamo.MaskPhones(in.Reference), ErrBegun))
	case err != nil:
		return nil, exit.BadInput(lang.Errorf("nothing was sent: the journal cannot be written: %w", err))
	}
	return e, nil
}

// create makes a file that appears with its first line in it, unless there is one already. Where a file system has no second
// names for files, it appears empty for a moment.
func create(dir, path string, l line) error {
	draft := filepath.Join(dir, ".draft-"+rand.Text())
	if err := write(draft, os.O_WRONLY|os.O_CREATE|os.O_EXCL, l); err != nil {
		return errors.Join(err, removed(draft))
	}
	err := os.Link(draft, path)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		err = write(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, l)
	}
	return errors.Join(err, removed(draft))
}

func removed(path string) error {
	if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// isTorn reports whether a file is one of which a power cut has left no whole line: nothing was sent then. A young one may be
// one that is being written right now.
func isTorn(path string) bool {
	const being = 10 * time.Second
	info, err := os.Stat(path)
	if err != nil || time.Since(info.ModTime()) < being {
		return false
	}
	e, err := read(path)
	return err == nil && e == nil
}

// Record adds what became of it.
func (e *Entry) Record(o Outcome) error {
	if err := write(e.path, os.O_WRONLY|os.O_APPEND, line{Outcome: &o}); err != nil {
		return lang.Errorf("the outcome could not be written to the journal: %w", err)
	}
	e.Last = o
	return nil
}

// write appends a line that begins on a line of its own, also behind one that was cut off.
func write(path string, flags int, l line) error {
	raw, err := json.Marshal(l)
	if err != nil {
		return err
	}
	file, err := os.OpenFile(path, flags, 0o600) //nolint:gosec // the journal's own
	if err != nil {
		return err
	}
	_, err = file.WriteString("\n" + string(raw) + "\n")
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

// syncDir makes a new file's name as lasting as its content, where a system has that.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir) //nolint:gosec // the journal's own
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Same reports whether a payment is the one that was to be sent.
func (e *Entry) Same(p djamo.TransactionParams) bool {
	return e.MSISDN == p.MSISDN.E164() && e.Amount == p.Amount && strings.TrimSpace(e.SubCompanyID) == strings.TrimSpace(p.SubCompanyID)
}
