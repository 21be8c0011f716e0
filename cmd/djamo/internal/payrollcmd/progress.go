package payrollcmd

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"golang.org/x/term"

	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
	"github.com/djamo/djamo-go/payroll"
)

// How progress is shown.
const (
	progressAuto  = "auto"
	progressBar   = "bar"
	progressLines = "lines"
	progressJSON  = "jsonl"
	progressNone  = "none"
)

// progress shows how far a run is and what it waits for: a bar on a terminal, a line every few seconds elsewhere, or JSON
// for programs. No number that it shows becomes smaller, but for those of what is open.
type progress struct {
	out    io.Writer
	mode   string
	french bool
	every  time.Duration // between two lines
	ended  chan struct{}
	ticker sync.WaitGroup

	mu     sync.Mutex
	totals payroll.Totals
	known  bool          // totals are
	now    progressState // what is shown
	waits  payroll.Wait
	shown  time.Time
	width  int    // of the bar that stands on the terminal
	last   string // the latest line
}

// progressState is what is shown, and what a program reads.
type progressState struct {
	Recorded  int64 `json:"recorded"`
	Sent      int64 `json:"sent"`
	Accepted  int64 `json:"accepted"`
	Completed int64 `json:"completed"`
	NotPaid   int64 `json:"notPaid"`
	Earlier   int64 `json:"paidEarlier"`
	Unknown   int64 `json:"unknown"` // sent, and the answer was lost
	Open      int64 `json:"open"`
}

func newProgress(out io.Writer, mode string, language payroll.Language) *progress {
	p := &progress{out: out, mode: mode, french: language == payroll.French, every: 3 * time.Second, ended: make(chan struct{})}
	if mode == progressAuto || mode == "" {
		if p.mode = progressLines; terminal.CanRedraw(out) {
			p.mode = progressBar
		}
	}
	tick := p.every
	if p.mode == progressBar {
		p.every, tick = 100*time.Millisecond, time.Second // a countdown goes on when nothing happens
	}
	if p.mode == progressNone {
		return p
	}
	p.ticker.Go(func() {
		ticker := time.NewTicker(tick)
		defer ticker.Stop()
		for {
			select {
			case <-p.ended:
				return
			case <-ticker.C:
				p.mu.Lock()
				p.show(false)
				p.mu.Unlock()
			}
		}
	})
	return p
}

// found says what an earlier start of the program has left in the journal.
func (p *progress) found(ctx context.Context, journal payroll.Journal) {
	info, err := journal.Planned(ctx)
	if err != nil {
		return // there is nothing yet, or the run will say what is wrong
	}
	sums, err := journal.Sums(ctx)
	if err != nil {
		return
	}
	t, err := payroll.SumUp(info, sums)
	if err != nil || t.Unsent.Count == t.Planned.Count {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.take(t)
	unclear := t.Unknown.Count + sums[payroll.Submitting].Count
	switch p.mode {
	case progressBar, progressLines:
		fmt.Fprintln(p.out, p.say(
			fmt.Sprintf("Found in the journal: %d recorded, %d completed, %d accepted and open, %d not paid, %d not sent.", t.Planned.Count,
				t.Completed.Count, accepted(t), notPaid(t), t.Unsent.Count),
			fmt.Sprintf("Trouvé dans le journal : %s, %s, %s et en attente, %s, %s.", counted(t.Planned.Count, "enregistré"),
				counted(t.Completed.Count, "payé"), counted(accepted(t), "accepté"), counted(notPaid(t), "non payé"),
				counted(t.Unsent.Count, "pas envoyé"))))
		if unclear > 0 {
			fmt.Fprintln(p.out, p.say(
				fmt.Sprintf("%d may have been sent when the program ended: they are looked up before anything is sent.", unclear),
				fmt.Sprintf("%s quand le programme s’est arrêté : recherche avant tout envoi.", counted(unclear, "peut-être envoyé"))))
		}
	case progressJSON:
		p.writeJSON("found", nil)
	}
}

// update takes what has become of the run.
func (p *progress) update(t payroll.Totals) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.take(t)
	if time.Since(p.shown) >= p.every {
		p.show(false)
	}
}

// take remembers totals. A payout that is to be sent again was sent all the same.
func (p *progress) take(t payroll.Totals) {
	p.totals, p.known = t, true
	p.now = progressState{
		Recorded: t.Planned.Count, Sent: max(p.now.Sent, sent(t)), Accepted: max(p.now.Accepted, t.AcceptedNow.Count),
		Completed: max(p.now.Completed, t.PaidNow.Count), NotPaid: max(p.now.NotPaid, notPaid(t)),
		Earlier: max(p.now.Earlier, t.PaidEarlier.Count),
		Unknown: t.Unknown.Count, Open: t.Open.Count,
	}
}

// wait takes what the run waits for.
func (p *progress) wait(w payroll.Wait) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waits = w
	if time.Since(p.shown) >= p.every {
		p.show(false)
	}
}

// stop shows where the run has ended.
func (p *progress) stop() {
	if p.mode == progressNone {
		return
	}
	close(p.ended)
	p.ticker.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waits = payroll.Wait{}
	p.show(true)
}

// show writes the present state, unless it stands there already.
func (p *progress) show(final bool) {
	if !p.known || p.mode == progressNone {
		return
	}
	p.shown = time.Now()
	wait := p.waitText()
	switch p.mode {
	case progressBar:
		p.drawBar(wait, final)
	case progressJSON:
		p.writeJSON("progress", p.waiting())
	default:
		text := p.text() + wait
		if text != p.last {
			fmt.Fprintln(p.out, text)
		}
		p.last = text
	}
}

func (p *progress) text() string {
	n := p.now
	text := p.say(
		fmt.Sprintf("%d recorded, %d sent, %d accepted, %d completed, %d not paid", n.Recorded, n.Sent, n.Accepted, n.Completed, n.NotPaid),
		strings.Join([]string{counted(n.Recorded, "enregistré"), counted(n.Sent, "envoyé"), counted(n.Accepted, "accepté"),
			counted(n.Completed, "payé"), counted(n.NotPaid, "non payé")}, ", "))
	if n.Earlier > 0 { // they are not of this run
		text += p.say(fmt.Sprintf(", %d paid earlier and not now", n.Earlier),
			fmt.Sprintf(", %s plus tôt et pas maintenant", counted(n.Earlier, "payé")))
	}
	return text
}

// counted is so many of what a French word names, which has its plural from two on.
func counted(n int64, word string) string {
	if n > 1 {
		word += "s"
	}
	return fmt.Sprint(n, " ", word)
}

// waiting is what the run still waits for; nil when it does not wait.
func (p *progress) waiting() *payroll.Wait {
	w := p.waits
	switch w.Reason {
	case payroll.WaitLostAnswers:
		w.Count = p.totals.Unknown.Count
	case payroll.WaitOutcomes:
		w.Count = accepted(p.totals)
	case payroll.WaitToSend:
		w.Count = p.totals.Unsent.Count
	}
	if w.Count == 0 {
		return nil
	}
	return &w
}

// waitText says what the run waits for, and until when.
func (p *progress) waitText() string {
	w := p.waiting()
	if w == nil {
		return ""
	}
	left, clock := max(0, time.Until(w.Until)).Round(time.Second), w.Until.Local().Format("15:04:05")
	seconds := ""
	if left > 0 {
		seconds = fmt.Sprintf(", %d s", int64(left/time.Second))
	}
	switch w.Reason {
	case payroll.WaitLostAnswers:
		return p.say(fmt.Sprintf("; looking for %d payouts whose answers were lost%s", w.Count, seconds),
			fmt.Sprintf(" ; recherche de %s dont la réponse s’est perdue%s", counted(w.Count, "paiement"), seconds))
	case payroll.WaitToSend:
		return p.say(fmt.Sprintf("; %d wait to be sent, at %s", w.Count, clock),
			fmt.Sprintf(" ; %s en attente d’envoi, à %s", counted(w.Count, "paiement"), clock))
	case payroll.WaitOutcomes:
		return p.say(fmt.Sprintf("; waiting for the outcome of %d, until %s at the latest", w.Count, clock),
			fmt.Sprintf(" ; attente du résultat de %d, jusqu’à %s au plus tard", w.Count, clock))
	}
	return ""
}

// drawBar writes over the bar that stands there, within the width of the terminal: in full, or what matters most.
func (p *progress) drawBar(wait string, final bool) {
	wide := terminalWidth(p.out)
	text := p.bar(24) + p.text() + wait
	for _, shorter := range []string{p.bar(24) + p.short() + wait, p.bar(10) + p.short() + p.open(), p.bar(10) + p.short(), p.short()} {
		if utf8.RuneCountInString(text) < wide {
			break
		}
		text = shorter
	}
	if utf8.RuneCountInString(text) >= wide {
		text = string([]rune(text)[:wide-2]) + "…"
	}
	long := utf8.RuneCountInString(text)
	fmt.Fprint(p.out, "\r"+text+strings.Repeat(" ", max(0, p.width-long)))
	if p.width = long; final {
		fmt.Fprintln(p.out)
	}
}

// bar shows what is done and what is sent, of so many letters.
func (p *progress) bar(width int64) string {
	n := p.now
	done := width * (n.Completed + n.NotPaid + n.Earlier) / max(n.Recorded, 1)
	sent := min(max(width*(n.Sent+n.Earlier)/max(n.Recorded, 1)-done, 0), width-done)
	return "[" + strings.Repeat("#", int(done)) + strings.Repeat("-", int(sent)) + strings.Repeat(" ", int(width-done-sent)) + "] "
}

// short is how far the run is, for a narrow terminal.
func (p *progress) short() string {
	n := p.now
	text := p.say(fmt.Sprintf("%d of %d completed", n.Completed, n.Recorded), fmt.Sprintf("%d sur %d payés", n.Completed, n.Recorded))
	if n.NotPaid > 0 {
		text += p.say(fmt.Sprintf(", %d not paid", n.NotPaid), ", "+counted(n.NotPaid, "non payé"))
	}
	if n.Earlier > 0 { // else a bar that is full stands beside a number that is not
		text += p.say(fmt.Sprintf(", %d paid earlier", n.Earlier), ", "+counted(n.Earlier, "payé")+" plus tôt")
	}
	return text
}

// open is how many payouts have no outcome yet.
func (p *progress) open() string {
	if p.now.Open == 0 {
		return ""
	}
	return p.say(fmt.Sprintf("; %d open", p.now.Open), fmt.Sprintf(" ; %d en attente", p.now.Open))
}

func terminalWidth(out io.Writer) int {
	const usual, minWidth = 120, 20
	if file, ok := out.(*os.File); ok {
		if width, _, err := term.GetSize(int(file.Fd())); err == nil && width > 0 {
			return max(width, minWidth)
		}
	}
	return usual
}

// writeJSON writes one object on a line of its own.
func (p *progress) writeJSON(event string, w *payroll.Wait) {
	line := struct {
		Event         string    `json:"event"`
		Time          time.Time `json:"time"`
		progressState           //nolint:embeddedstructfieldcheck // the event comes first

		WaitingFor payroll.WaitReason `json:"waitingFor,omitempty"`
		Until      *time.Time         `json:"until,omitempty"`
	}{Event: event, Time: time.Now().UTC().Round(time.Millisecond), progressState: p.now}
	if w != nil {
		until := w.Until.UTC().Round(time.Millisecond)
		line.WaitingFor, line.Until = w.Reason, &until
	}
	text, err := json.Marshal(line)
	if err != nil {
		return // numbers and times can always be written
	}
	fmt.Fprintf(p.out, "%s\n", text)
}

func (p *progress) say(english, french string) string {
	if p.french {
		return french
	}
	return english
}

// accepted counts what the API has accepted and not settled.
func accepted(t payroll.Totals) int64 { return t.Accepted.Count - t.Completed.Count - t.Failed.Count }

// sent counts the payouts that this run has sent. One that is just being sent, or found to be paid, is none yet.
func sent(t payroll.Totals) int64 {
	return t.Planned.Count - t.Open.Count + accepted(t) - t.PaidEarlier.Count
}

func notPaid(t payroll.Totals) int64 { return t.Failed.Count + t.Refused.Count + t.Conflict.Count }
