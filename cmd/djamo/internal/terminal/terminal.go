// Package terminal is where the program talks to its operator.
package terminal

import (
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"

	"golang.org/x/term"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
)

// Terminal is what the program reads from and writes to. Data goes to Out and everything else to Err, so that a pipe
// gets data alone.
type Terminal struct {
	In       io.Reader
	Out, Err io.Writer
	// Interactive says that a person sits at In. What comes through a pipe, or ends at once, confirms nothing.
	Interactive bool
	// Lang is the operator's language.
	Lang lang.Language
}

// Standard is the terminal of this process.
func Standard() Terminal {
	return Terminal{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Interactive: isTerminal(os.Stdin) && isTerminal(os.Stderr)}
}

// CanRedraw reports whether a line that was written to w can be written over.
func CanRedraw(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && isTerminal(file) && os.Getenv("TERM") != "dumb"
}

func isTerminal(file *os.File) bool { return term.IsTerminal(int(file.Fd())) }

// Ask shows a question, after which an answer is read from In. What was typed before is thrown away: nobody answers a question
// that was not shown yet.
func (t Terminal) Ask(question string) error {
	if file, ok := t.In.(*os.File); ok && isTerminal(file) {
		if err := discardTyped(file.Fd()); err != nil {
			return lang.Errorf("what was typed before the question cannot be told from an answer: %w", err)
		}
	}
	_, err := io.WriteString(t.Err, t.Lang.Text(question))
	return err
}

// Tell writes a line for the operator, in the operator's language.
//
//nolint:goprintffuncname // a verb that is short reads well at its many calls
func (t Terminal) Tell(format string, args ...any) {
	fmt.Fprintln(Prose(t.Err), t.Lang.Say(format, args...))
}

// Plain makes a text that came from elsewhere fit for a line of the terminal: without phone numbers, and without the
// characters by which a text takes a terminal over or hides a part of itself.
func Plain(text string) string {
	return djamo.MaskPhones(Printable(strings.Join(strings.Fields(text), " ")))
}

// MaskName makes the name of a person fit for a screen, where phone numbers are masked too: the first letter of each word.
func MaskName(name string) string {
	words := strings.Fields(Plain(name))
	for i, word := range words {
		for _, first := range word {
			words[i] = string(first) + "***"
			break
		}
	}
	return strings.Join(words, " ")
}

// Printable leaves out the characters that control a terminal or that nobody sees.
func Printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || unicode.IsPrint(r) || unicode.Is(unicode.Zs, r) {
			return r
		}
		return -1
	}, text)
}

// IsFrench reports whether the language of the system is French, by the variables of POSIX in their order.
func IsFrench(getenv func(string) string) bool { return lang.Of(getenv) == lang.French }

// Width is how many characters fit a line of a terminal; 0 when w is none.
func Width(w io.Writer) int {
	file, ok := w.(interface{ Fd() uintptr })
	if !ok {
		return 0
	}
	width, _, err := term.GetSize(int(file.Fd()))
	if err != nil {
		return 0
	}
	return width
}

// HasColour reports whether w is a terminal that shows colours to somebody who wants them.
func HasColour(w io.Writer) bool {
	file, ok := w.(interface{ Fd() uintptr })
	return ok && term.IsTerminal(int(file.Fd())) && os.Getenv("TERM") != "dumb" && os.Getenv("NO_COLOR") == ""
}

// State remembers how a terminal is set. What it returns sets it so again: a question that was interrupted would leave one that
// shows nothing of what is typed.
func State(in io.Reader) (restore func()) {
	file, ok := in.(*os.File)
	if !ok {
		return func() {}
	}
	state, err := term.GetState(int(file.Fd()))
	if err != nil {
		return func() {}
	}
	return func() { _ = term.Restore(int(file.Fd()), state) }
}

// ReadSecret reads a line without showing it. Where the input ends before anything is typed, the error is io.EOF.
func ReadSecret(in io.Reader) (string, error) {
	file, ok := in.(*os.File)
	if !ok {
		return "", os.ErrInvalid
	}
	return readSecret(file)
}
