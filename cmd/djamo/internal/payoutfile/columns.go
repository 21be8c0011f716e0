package payoutfile

import (
	"slices"
	"strings"

	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
	"github.com/djamo/djamo-go/internal/columns"
)

// declarations is the value of --column, which may be given several times.
type declarations struct{ to *map[string]string }

// String implements pflag.Value.
func (d declarations) String() string { return "" }

// Type implements pflag.Value.
func (d declarations) Type() string { return "column" }

// Set implements pflag.Value: it takes amount="Net à payer".
func (d declarations) Set(text string) error {
	name, heading, ok := strings.Cut(text, "=")
	name, heading = strings.ToLower(strings.TrimSpace(name)), strings.TrimSpace(heading)
	if len(heading) > 1 && heading[0] == '"' && heading[len(heading)-1] == '"' {
		heading = heading[1 : len(heading)-1]
	}
	switch {
	case !ok || heading == "":
		return lang.Errorf("must be a column and its heading, such as amount=\"Net à payer\"")
	case !slices.Contains(columns.Declared(), name):
		return lang.Errorf("%q is no column: must be one of %s", name, strings.Join(columns.Declared(), ", "))
	}
	if before, twice := (*d.to)[name]; twice {
		return lang.Errorf("%s is declared twice, as %q and %q", name, before, heading)
	}
	if *d.to == nil {
		*d.to = map[string]string{}
	}
	(*d.to)[name] = heading
	return nil
}
