package listencmd

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/cmd/djamo/internal/account"
	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
)

// event is a delivery that was received, and what became of it. Its file is its owner's alone: the body holds whole phone
// numbers.
type event struct {
	ID        string    `json:"id"`
	At        time.Time `json:"at"`
	Topic     string    `json:"topic"`
	ObjectID  string    `json:"objectId"`
	Status    string    `json:"status"`
	Body      []byte    `json:"body"` // byte for byte as it came
	Signature string    `json:"signature"`
	ForwardTo string    `json:"forwardTo,omitempty"`
	Answer    int       `json:"answer,omitempty"` // the target's HTTP status
	Error     string    `json:"error,omitempty"`
}

// eventView is an event as it is printed.
type eventView struct {
	ID        string    `json:"id"`
	At        time.Time `json:"at"`
	Topic     string    `json:"topic"`
	ObjectID  string    `json:"objectId"`
	Status    string    `json:"status"`
	ForwardTo string    `json:"forwardTo,omitempty"`
	Answer    int       `json:"answer,omitempty"`
	Error     string    `json:"error,omitempty"`
	Body      string    `json:"body,omitempty"`
}

func viewOf(e *event, reveal bool) eventView {
	body := djamo.MaskPhones(string(e.Body))
	if reveal {
		body = string(e.Body)
	}
	return eventView{e.ID, e.At.UTC(), e.Topic, e.ObjectID, e.Status, e.ForwardTo, e.Answer, e.Error, body}
}

// eventOf reads what a delivery is about, as far as it says.
func eventOf(id string, body []byte, signature string) *event {
	var said struct {
		Topic string `json:"topic"`
		Data  struct {
			ID     string `json:"id"`
			Status string `json:"status"`
		} `json:"data"`
	}
	_ = json.Unmarshal(body, &said) // what cannot be read stays empty
	return &event{
		ID: id, At: time.Now(), Topic: said.Topic, ObjectID: said.Data.ID, Status: said.Data.Status, Body: body, Signature: signature,
	}
}

// documented is the topic as the documentation spells it: Djamo has sent "transaction/started" and "charges/events", too.
func (e *event) documented() string {
	switch object, name, _ := strings.Cut(e.Topic, "/"); object {
	case "transaction":
		return "transactions/" + name
	case "charges":
		return "charge/" + name
	}
	return e.Topic
}

// history keeps the events that were received last.
type history struct{ dir string }

// kept is how many events are kept: enough to look at, and no file that grows for ever.
const kept = 500

func openHistory() (history, error) {
	dir, err := account.Dir()
	if err != nil {
		return history{}, err
	}
	h := history{filepath.Join(dir, "events")}
	if err := os.MkdirAll(h.dir, 0o700); err != nil {
		return h, exit.BadInput(lang.Errorf("events cannot be kept: %w", err))
	}
	return h, nil
}

func (h history) names() ([]string, error) {
	entries, err := os.ReadDir(h.dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), ".json"); ok {
			names = append(names, name)
		}
	}
	slices.Sort(names) // by the time in their names
	return names, nil
}

// newID is a name that sorts by time.
func newID(at time.Time) string { return fmt.Sprintf("evt_%016x", at.UnixNano()) }

func (h history) add(e *event) error {
	raw, err := json.Marshal(e)
	if err == nil {
		err = h.write(e.ID, raw)
	}
	if err != nil {
		return lang.Errorf("events cannot be kept: %w", err)
	}
	names, err := h.names()
	if err != nil {
		return err
	}
	for _, name := range names[:max(len(names)-kept, 0)] {
		if failed := os.Remove(filepath.Join(h.dir, name+".json")); !errors.Is(failed, fs.ErrNotExist) { // by another program meanwhile
			err = errors.Join(err, failed)
		}
	}
	return err
}

// write puts an event into its place at once: a program that is killed leaves no half of one.
func (h history) write(id string, raw []byte) error {
	file, err := os.CreateTemp(h.dir, "*.part") // readable by its owner alone
	if err != nil {
		return err
	}
	_, err = file.Write(raw)
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(file.Name(), filepath.Join(h.dir, id+".json")) //nolint:gosec // a name of this program's
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return nil
}

func (h history) find(id string) (*event, error) {
	names, err := h.names()
	if err != nil {
		return nil, err
	}
	if !slices.Contains(names, id) { // and so no path of another file's
		return nil, &exit.Error{Code: exit.NotFound, Err: lang.Errorf("there is no event %q: djamo events list shows them", id)}
	}
	return h.read(id)
}

func (h history) read(id string) (*event, error) {
	raw, err := os.ReadFile(filepath.Join(h.dir, id+".json")) //nolint:gosec // one of those that the directory lists
	if err != nil {
		return nil, err
	}
	var e event
	if err := json.Unmarshal(raw, &e); err != nil {
		return nil, lang.Errorf("event %q cannot be read: %w", id, err)
	}
	return &e, nil
}

// all are the events, oldest first. One that cannot be read hides none of the others.
func (h history) all() (events []*event, unreadable int, err error) {
	names, err := h.names()
	if err != nil {
		return nil, 0, err
	}
	for _, name := range names {
		e, err := h.read(name)
		switch {
		case errors.Is(err, fs.ErrNotExist): // another program has dropped it meanwhile
		case err != nil:
			unreadable++
		default:
			events = append(events, e)
		}
	}
	slices.SortStableFunc(events, func(a, b *event) int { return cmp.Compare(a.ID, b.ID) })
	return events, unreadable, nil
}
