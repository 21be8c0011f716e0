package review

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
	"github.com/djamo/djamo-go/payroll"
)

// Settings are the flags of a review.
type Settings struct {
	File    string                      // to write the review to
	Since   []string                    // earlier runs
	Unusual hundredths                  // the factor beyond which an amount is unusual
	Confirm map[payroll.WarningKind]int // groups that are confirmed beforehand, with how many findings each has
}

// AddFlags adds the flags for reading a review; those who pay need AddConfirmFlag, too.
func (s *Settings) AddFlags(flags *pflag.FlagSet) {
	flags.StringVar(&s.File, "review", "", "`file` to write the review to: .html or .xlsx; phone numbers in it are masked")
	flags.StringArrayVar(&s.Since, "since", nil, "journal, report or `file` of an earlier run to compare with; default: the newest "+
		"in the same journal; may be repeated, the newest first")
	s.Unusual = 150
	flags.Var(&s.Unusual, "unusual", "warn of amounts beyond so many `times` of what their payees got before, up or down; 0 for never")
}

// AddConfirmFlag adds the flag that confirms groups of warnings.
func (s *Settings) AddConfirmFlag(flags *pflag.FlagSet) {
	flags.Var(confirmations{&s.Confirm}, "confirm",
		"confirm a group of warnings beforehand, as in `new-payees=3`: its name and how many there are; may be repeated")
}

// Check refuses settings that cannot be.
func (s *Settings) Check() error {
	if s.File != "" && !strings.HasSuffix(strings.ToLower(s.File), ".html") && !strings.HasSuffix(strings.ToLower(s.File), ".xlsx") {
		return exit.BadUsage("--review %q: must end in .html or .xlsx", s.File)
	}
	if slices.Contains(s.Since, "") {
		return exit.BadUsage("--since %q: must name a journal, a report or a file", "")
	}
	return nil
}

// hundredths is a factor, as in 1.5, in hundredths.
type hundredths int64

// String implements pflag.Value.
func (h *hundredths) String() string {
	const whole = 100
	text := fmt.Sprintf("%d.%02d", *h/whole, *h%whole)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}

// Type implements pflag.Value.
func (*hundredths) Type() string { return "factor" }

// Set implements pflag.Value.
func (h *hundredths) Set(text string) error {
	const digits, maxTimes, whole = 2, 1_000, 100
	units, rest, _ := strings.Cut(strings.ReplaceAll(text, ",", "."), ".")
	n, err := strconv.ParseUint(units+(rest + strings.Repeat("0", digits))[:max(len(rest), digits)], 10, 32)
	if err != nil || units == "" || len(rest) > digits || n > maxTimes*whole || n > 0 && n <= whole {
		return lang.Errorf("%q must be 0, or a number above 1 with at most two decimals, such as 1.5", text)
	}
	*h = hundredths(n)
	return nil
}

// confirmations is the value of --confirm.
type confirmations struct {
	to *map[payroll.WarningKind]int
}

// String implements pflag.Value.
func (c confirmations) String() string { return "" }

// Type implements pflag.Value.
func (c confirmations) Type() string { return "group" }

// Set implements pflag.Value.
func (c confirmations) Set(text string) error {
	name, number, ok := strings.Cut(text, "=")
	count, err := strconv.Atoi(number)
	if !ok || name == "" || err != nil || count < 1 {
		return lang.Errorf("%q must be the name of a group and how many there are, such as new-payees=3", text)
	}
	if _, twice := (*c.to)[payroll.WarningKind(name)]; twice {
		return lang.Errorf("%s is confirmed twice", name)
	}
	if *c.to == nil {
		*c.to = map[payroll.WarningKind]int{}
	}
	(*c.to)[payroll.WarningKind(name)] = count
	return nil
}

// errNotConfirmed is a group that nobody has confirmed.
var errNotConfirmed = lang.Errorf("it was not confirmed")

// Ask has every group confirmed, one by one, by the flags or by a person on the terminal; ask reads an answer and is nil where
// nobody can be asked. An error is one before which nothing was sent.
func (r *Review) Ask(
	ctx context.Context, confirmed map[payroll.WarningKind]int, t terminal.Terminal,
	ask func(context.Context, string, terminal.Terminal) (string, error),
) error {
	for kind, count := range confirmed {
		if found := len(r.Group(kind).Findings); found != count {
			return exit.NotSent(ctx, lang.Errorf("--confirm %s=%d: there are %d: look at the review, and confirm what it says", kind, count, found))
		}
	}
	var missing []string
	for i, group := range r.Groups {
		if _, ok := confirmed[group.Kind]; ok {
			continue
		}
		if ask == nil {
			missing = append(missing, fmt.Sprintf("--confirm %s=%d", group.Kind, len(group.Findings)))
			continue
		}
		answer, err := ask(ctx, words(t.Lang).question(i+1, group), t)
		if err != nil {
			return err
		}
		if !IsYes(answer) {
			return exit.NotSent(ctx, lang.Errorf("%w: warning %d: correct the file, or answer y", errNotConfirmed, i+1))
		}
	}
	if len(missing) > 0 {
		return exit.NotSent(ctx, lang.Errorf("--yes does not confirm warnings of the review (open: %d): "+
			"correct the file, or add %s", len(missing), strings.Join(missing, " ")))
	}
	return nil
}

// IsYes reports whether an answer is a yes, in English or French.
func IsYes(answer string) bool {
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes", "o", "oui":
		return true
	}
	return false
}
