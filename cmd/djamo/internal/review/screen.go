package review

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
)

// maxOnScreen is how many findings of a group a screen shows.
const maxOnScreen = 20

// Show writes what is known of the plan and every group, numbered.
func (r *Review) Show(out io.Writer, in lang.Language) error {
	language := words(in)
	out = terminal.Prose(out)
	fmt.Fprintf(out, language.say(
		"Largest: %s (%s); smallest: %s (%s); payees: %d.\n",
		"Le plus grand : %s (%s) ; le plus petit : %s (%s) ; bénéficiaires : %d.\n"),
		r.Largest.Amount, terminal.Plain(r.Largest.Reference), r.Smallest.Amount, terminal.Plain(r.Smallest.Reference), r.Payees)
	fmt.Fprintln(out, terminal.Plain(language.compared(r)))
	return r.ShowGroups(out, in)
}

// ShowGroups writes every group, numbered.
func (r *Review) ShowGroups(out io.Writer, language lang.Language) error {
	out = terminal.Prose(out)
	for i, group := range r.Groups {
		if err := group.show(out, i+1, words(language)); err != nil {
			return err
		}
	}
	return nil
}

func (g Group) show(out io.Writer, number int, language words) error {
	fmt.Fprintf(out, "\n%s %d. %s%s %d\n", language.say("Warning", "Avertissement"), number,
		language.title(g.Kind), language.say(":", "\u00a0:"), len(g.Findings))
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for i, f := range g.Findings {
		if i == maxOnScreen {
			fmt.Fprintf(table, "   … %s\n", fmt.Sprintf(
				language.say("and %d more: --review FILE writes all of them", "et %d de plus : --review FICHIER les écrit tous"),
				len(g.Findings)-maxOnScreen))
			break
		}
		if f.Text != "" {
			fmt.Fprintf(table, "   %s\n", terminal.Plain(language.text(f)))
			continue
		}
		line := "-"
		if f.Line > 0 {
			line = fmt.Sprintf(language.say("line %d", "ligne %d"), f.Line)
		}
		amount := ""
		if f.Amount > 0 {
			amount = f.Amount.String()
		}
		fmt.Fprintf(table, "   %s\t%s\t%s\t%s\t%s\t%s\n", line, terminal.Plain(f.Reference), f.MSISDN, terminal.MaskName(f.Name), amount,
			terminal.Plain(language.detail(g.Kind, f, terminal.MaskName)))
	}
	return table.Flush()
}
