// Package options has the flags that many commands share.
package options

import (
	"text/template"
	"time"

	"github.com/spf13/pflag"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
)

// Options are what the command line says beside a command's own flags.
type Options struct {
	Profile string
	Timeout time.Duration
	Verbose bool

	Output, Template string
	Reveal           bool

	Live        string
	DryRun, Yes bool
	MaxTotal    string
}

// The formats of --output.
const (
	Table = "table"
	JSON  = "json"
	JSONL = "jsonl"
)

// AddAccount adds the flags of commands that call the API.
func (o *Options) AddAccount(flags *pflag.FlagSet) {
	o.AddProfile(flags)
	flags.DurationVar(&o.Timeout, "timeout", 30*time.Second, "how long one request may take")
	flags.BoolVar(&o.Verbose, "verbose", false, "log every request, without its body, to standard error")
}

// AddProfile adds the flag that chooses an account.
func (o *Options) AddProfile(flags *pflag.FlagSet) {
	flags.StringVar(&o.Profile, "profile", "", "`name` of the profile to use; default: DJAMO_PROFILE, then the one in use")
}

// AddLive adds the flag without which nothing changes in production.
func (o *Options) AddLive(flags *pflag.FlagSet) {
	flags.StringVar(&o.Live, "live", "", "`name` of the account in use: needed for whatever changes something in production")
}

// AddMaxTotal adds the flag that bounds what is sent.
func (o *Options) AddMaxTotal(flags *pflag.FlagSet) {
	flags.StringVar(&o.MaxTotal, "max-total", "", "the most that may be sent, in `francs`")
}

// AddOutput adds the flags of commands that print data.
func (o *Options) AddOutput(flags *pflag.FlagSet) {
	flags.StringVar(&o.Output, "output", Table, "`table|json|jsonl`: for people, one JSON document, or one JSON object a line")
	flags.StringVar(&o.Template, "template", "", "Go template for each object, with the API's names, such as '{{.id}} {{.status}}'")
	flags.BoolVar(&o.Reveal, "reveal", false, "whole phone numbers in JSON and templates; they are masked otherwise")
}

// AddWrite adds the flags of commands that change something.
func (o *Options) AddWrite(flags *pflag.FlagSet) {
	o.AddLive(flags)
	flags.BoolVar(&o.DryRun, "dry-run", false, "show what would be sent; the API is only read")
}

// AddMoney adds the flags of commands that send money.
func (o *Options) AddMoney(flags *pflag.FlagSet) {
	o.AddWrite(flags)
	flags.BoolVar(&o.Yes, "yes", false, "confirm beforehand; needs --max-total")
	o.AddMaxTotal(flags)
}

// Check refuses what cannot be of the flags that are shared.
func (o *Options) Check(flags *pflag.FlagSet) error {
	switch o.Output {
	case "", Table, JSON, JSONL:
	default:
		return exit.BadUsage("--output %q: must be table, json or jsonl", o.Output)
	}
	if flags.Changed("timeout") && o.Timeout <= 0 {
		return exit.BadUsage("--timeout %s: must be positive", o.Timeout)
	}
	if _, err := template.New("template").Parse(o.Template); err != nil {
		return exit.BadUsage("--template: %w", err)
	}
	if o.Yes && o.MaxTotal == "" {
		return exit.BadUsage("--max-total is missing: --yes needs the most that may be sent, such as --max-total 50000")
	}
	_, _, err := o.Limit()
	return err
}

// Limit is what --max-total allows.
func (o *Options) Limit() (most djamo.XOF, given bool, err error) {
	if o.MaxTotal == "" {
		return 0, false, nil
	}
	most, err = djamo.ParseXOF(o.MaxTotal)
	if err != nil || most <= 0 {
		return 0, false, exit.BadUsage("--max-total %q: must be a whole number of francs, such as 50000", o.MaxTotal)
	}
	return most, true, nil
}

// IsJSON reports whether programs read what the command says, errors included.
func (o *Options) IsJSON() bool { return o.Output == JSON || o.Output == JSONL }
