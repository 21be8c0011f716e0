package sandbox

import (
	"slices"
	"strings"
	"time"

	"github.com/djamo/djamo-go/djamotest"
)

// faultKind is one fault that can be switched on, and what it needs to be told.
type faultKind struct {
	Name     string
	group    string // of the list to choose from
	Status   bool
	Duration bool
	optional bool // the duration may be left out
	make     func(status int, d time.Duration) djamotest.Fault
}

// faultKinds are the faults that production can show too. A refused connection is none: what does not arrive cannot be
// refused by who did not hear of it.
func faultKinds() []faultKind {
	plain := func(f func() djamotest.Fault) func(int, time.Duration) djamotest.Fault {
		return func(int, time.Duration) djamotest.Fault { return f() }
	}
	timed := func(f func(time.Duration) djamotest.Fault) func(int, time.Duration) djamotest.Fault {
		return func(_ int, d time.Duration) djamotest.Fault { return f(d) }
	}
	answered := func(f func(int) djamotest.Fault) func(int, time.Duration) djamotest.Fault {
		return func(status int, _ time.Duration) djamotest.Fault { return f(status) }
	}
	return []faultKind{
		{Name: "lose-reply", group: "after", make: plain(djamotest.LoseReply)},
		{Name: "reset-reply", group: "after", make: plain(djamotest.ResetReply)},
		{Name: "truncate-reply", group: "after", make: plain(djamotest.TruncateReply)},
		{Name: "stall", group: "after", Duration: true, optional: true, make: timed(djamotest.Stall)},
		{Name: "slow-body", group: "slow", Duration: true, make: timed(djamotest.SlowBody)},
		{Name: "fail-after", group: "after", Status: true, make: answered(djamotest.FailAfter)},
		{Name: "fail-before", group: "before", Status: true, make: answered(djamotest.FailBefore)},
		{Name: "close-connection", group: "before", make: plain(djamotest.CloseConnection)},
		{Name: "process-late", group: "slow", Duration: true, make: timed(djamotest.ProcessLate)},
		{Name: "rate-limit", group: "before", make: plain(djamotest.RateLimit)},
		{Name: "rate-limit-for", group: "before", Duration: true, make: timed(djamotest.RateLimitFor)},
		{Name: "rate-limit-until", group: "before", Duration: true, make: timed(djamotest.RateLimitUntil)},
		{Name: "blocked", group: "before", make: plain(djamotest.Blocked)},
		{Name: "lookup-lag", group: "slow", Duration: true, make: timed(djamotest.LookupLag)},
		{Name: "duplicate-webhook", group: "webhook", make: plain(djamotest.DuplicateWebhook)},
		{Name: "reorder-webhook", group: "webhook", make: plain(djamotest.ReorderWebhook)},
		{Name: "drop-webhook", group: "webhook", make: plain(djamotest.DropWebhook)},
	}
}

// faultGroup is a part of the list to choose from.
type faultGroup struct {
	Key   string
	Kinds []faultKind
}

func faultGroups() []faultGroup {
	var groups []faultGroup
	for _, name := range []string{"after", "before", "slow", "webhook"} {
		g := faultGroup{Key: "group." + name}
		for _, kind := range faultKinds() {
			if kind.group == name {
				g.Kinds = append(g.Kinds, kind)
			}
		}
		groups = append(groups, g)
	}
	return groups
}

// nameOfFault is the key of the words for a fault as djamotest names it.
func nameOfFault(name string) string {
	for prefix, key := range map[string]string{
		"reply lost": "lose-reply", "reset after": "reset-reply", "truncated": "truncate-reply", "stalled": "stall", "slow body": "slow-body",
		"closed before": "close-connection", "processed late": "process-late", "429 with seconds": "rate-limit-for",
		"429 with a date": "rate-limit-until", "blocked": "blocked", "lookup lag": "lookup-lag", "duplicate webhook": "duplicate-webhook",
		"reordered webhook": "reorder-webhook", "dropped webhook": "drop-webhook",
	} {
		if strings.HasPrefix(name, prefix) {
			return key
		}
	}
	switch {
	case name == "429":
		return "rate-limit"
	case strings.HasSuffix(name, " after processing"):
		return "fail-after"
	case strings.HasSuffix(name, " before processing"):
		return "fail-before"
	}
	return ""
}

func addFault(s *Sandbox, in input) (any, error) {
	kinds := faultKinds()
	at := slices.IndexFunc(kinds, func(k faultKind) bool { return k.Name == in.str("kind") })
	if at < 0 {
		names := make([]string, len(kinds))
		for i, k := range kinds {
			names[i] = k.Name
		}
		return nil, wrong("problem.kind", in.str("kind"), strings.Join(names, ", "))
	}
	kind := kinds[at]
	status, given, err := in.integer("status", 400, 599)
	if err != nil {
		return nil, err
	}
	if kind.Status && !given {
		return nil, wrong("problem.integer", "status", in.str("status"), 400, 599)
	}
	d, given, err := in.duration("duration")
	if err != nil {
		return nil, err
	}
	if kind.Duration && !given && !kind.optional {
		return nil, wrong("problem.duration", "duration", "")
	}
	rules, err := faultRules(in)
	if err != nil {
		return nil, err
	}
	injection, err := s.api.Inject(kind.make(int(status), d), rules...)
	if err != nil {
		text := strings.TrimPrefix(err.Error(), "djamotest: ")
		return nil, wrong("problem.refused", text)
	}
	return faultViewOf(s.api.Faults(), injection.ID()), nil
}

func faultRules(in input) ([]djamotest.Rule, error) {
	var rules []djamotest.Rule
	if scopes := in.str("on"); scopes != "" {
		var either []string
		for scope := range strings.SplitSeq(scopes, "\n") {
			if scope = strings.TrimSpace(scope); scope != "" {
				either = append(either, scope)
			}
		}
		rules = append(rules, djamotest.On(either...))
	}
	for name, rule := range map[string]func(int) djamotest.Rule{
		"times": djamotest.Times, "after": djamotest.After, "percent": djamotest.Percent,
	} {
		lowest, highest := int64(1), int64(1_000_000)
		switch name {
		case "after":
			lowest = 0
		case "percent":
			highest = 100
		}
		n, given, err := in.integer(name, lowest, highest)
		if err != nil {
			return nil, err
		}
		if given {
			rules = append(rules, rule(int(n)))
		}
	}
	d, given, err := in.duration("for")
	if err != nil || given && d == 0 {
		return nil, wrong("problem.duration", "for", in.str("for"))
	}
	if given {
		rules = append(rules, djamotest.For(d))
	}
	return rules, nil
}
