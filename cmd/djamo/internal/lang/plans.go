package lang

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/djamo/djamo-go/payroll"
)

// frenchOfPlan lists what is wrong with a plan, as the error does in English.
func frenchOfPlan(err *payroll.PlanError) string {
	refused := French.Text("bad plan")
	if len(err.Problems) == 1 && err.More == 0 {
		return refused + " : " + frenchOfProblem(err.Problems[0])
	}
	var text strings.Builder
	fmt.Fprintf(&text, "%s : %d problèmes", refused, len(err.Problems)+err.More)
	for _, problem := range err.Problems {
		text.WriteString("\n" + frenchOfProblem(problem))
	}
	if err.More > 0 {
		fmt.Fprintf(&text, "\net %d de plus", err.More)
	}
	return text.String()
}

func frenchOfProblem(problem payroll.Problem) string {
	text := ""
	if problem.Line > 0 {
		text = "ligne " + strconv.FormatInt(problem.Line, 10) + " : "
	}
	if problem.Column != "" {
		text += frenchColumn(problem.Column) + " : "
	}
	text += French.made(problem.Rule)
	if problem.Value != "" {
		text += ", reçu " + strings.Replace(problem.Value, " (decimal point)", " (point décimal)", 1)
	}
	return text
}

// frenchOfDifference says how a plan differs from the one that a journal holds, as the error does in English.
func frenchOfDifference(err *payroll.PlanDiffersError) string {
	var text strings.Builder
	fmt.Fprintf(&text, "le journal contient un autre fichier : il y a là %d paiements de %s en tout, ici %d de %s",
		err.Held.Count, err.Held.Total, err.Given.Count, err.Given.Total)
	if err.Held.Run != err.Given.Run {
		fmt.Fprintf(&text, " ; c'est celui de la paie %q, celui-ci est de %q", err.Held.Run, err.Given.Run)
	}
	if err.Sent.Count > 0 {
		fmt.Fprintf(&text, " ; %d de ceux d'ici, %s, ont déjà été envoyés%s", err.Sent.Count, err.Sent.Amount,
			frenchLines(err.SentLines, err.Sent.Count))
	} else {
		text.WriteString(" ; il n'a envoyé aucun de ceux d'ici")
	}
	if err.New.Count > 0 {
		fmt.Fprintf(&text, " ; %d, %s, n'y sont pas%s", err.New.Count, err.New.Amount, frenchLines(err.NewLines, err.New.Count))
	}
	if err.Missing > 0 {
		fmt.Fprintf(&text, " ; %d des siens manquent ici", err.Missing)
	}
	if err.Again.Count > 0 {
		fmt.Fprintf(&text, " ; %d de ceux qui n'y sont pas, %s, vont à des bénéficiaires que cette paie a payés, ou a pu payer, "+
			"sous d'autres références%s", err.Again.Count, err.Again.Amount, frenchLines(err.AgainLines, err.Again.Count))
	}
	if err.Sent.Count == 0 && err.Again.Count == 0 {
		return text.String()
	}
	text.WriteString(". Terminez cette paie avec son propre fichier")
	switch {
	case err.Again.Count > 0:
		text.WriteString(". Une paie d'un autre nom paierait de nouveau ces bénéficiaires")
	case err.New.Count > 0:
		text.WriteString(", et mettez ce qu'elle n'a pas, et rien d'autre, dans un fichier et une paie à part")
	}
	return text.String()
}

// frenchLines names the first lines of so many payouts.
func frenchLines(lines []int64, count int64) string {
	if len(lines) == 0 {
		return ""
	}
	names := make([]string, len(lines))
	for i, line := range lines {
		names[i] = strconv.FormatInt(line, 10)
	}
	more := ""
	if n := count - int64(len(lines)); n > 0 {
		more = fmt.Sprintf(" et %d de plus", n)
	}
	return " (ligne " + strings.Join(names, ", ") + more + ")"
}
