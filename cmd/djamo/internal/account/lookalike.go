package account

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
	"github.com/djamo/djamo-go/cmd/djamo/internal/options"
	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/internal/edit"
)

// looksLike is the host of Djamo's that another could be taken for: a letter or two apart, or with something before or after
// it. A host with letters of other scripts can be taken for any.
func looksLike(host string) string {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if slices.Contains(knownHosts(), host) || isDjamos(host) {
		return ""
	}
	foreign := func(r rune) bool { return r > 0x7f }
	for _, known := range knownHosts() {
		if strings.Contains(host, known) || edit.Distance([]byte(host), []byte(known)) <= 3 {
			return known
		}
	}
	if strings.ContainsFunc(host, foreign) || strings.HasPrefix(host, "xn--") || strings.Contains(host, ".xn--") {
		return knownHosts()[0]
	}
	return ""
}

// isDjamos reports whether a host is below a domain of Djamo's, such as that of a country that this program does not know yet.
func isDjamos(host string) bool {
	return strings.HasSuffix(host, ".djamo.com") || strings.HasSuffix(host, ".djamo.io") || strings.HasSuffix(host, ".djam.ooo")
}

// knownHosts are Djamo's, the first being that of production in Côte d'Ivoire.
func knownHosts() []string {
	hosts := []string{}
	for _, e := range environments() {
		hosts = append(hosts, strings.TrimPrefix(e.BaseURL(), "https://"))
	}
	return append(hosts, olderStagingHost)
}

// check refuses an account that is easily taken for another.
func (a Account) check() error {
	if known := looksLike(a.Host); known != "" {
		return exit.BadUsage("%s leads to %s, which looks like Djamo's %s and is not: mend the address; a proxy of yours must go by another name",
			a.URLFrom, a.Host, known)
	}
	return a.checkName()
}

// checkName refuses a name that says another account than it is: --live=sandbox must not reach production.
func (a Account) checkName() error {
	said, wrong := strings.ToLower(a.Profile), ""
	for _, word := range strings.FieldsFunc(said, func(r rune) bool { return strings.ContainsRune("-._", r) }) {
		if a.Class == Production && slices.Contains([]string{"sandbox", "staging", "test", "demo"}, word) {
			wrong = word
		}
	}
	for _, e := range environments() {
		if said == string(e) && a.Environment != e {
			wrong = said
		}
	}
	if wrong == "" {
		return nil
	}
	return exit.BadUsage("the profile %q says %s and leads to %s (%s): give it another name with: djamo login --profile NAME",
		a.Profile, wrong, a.Host, a.Class)
}

// checkSandbox refuses to change anything behind an address of this machine that is no sandbox: it may be a relay or a tunnel,
// which hands on to production. --live says that it is meant.
func (a Account) checkSandbox(ctx context.Context, o *options.Options) error {
	if a.Class != Sandbox || o.Live != "" || o.DryRun {
		return nil
	}
	asking, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(asking, http.MethodHead, strings.TrimRight(a.URL, "/")+"/", nil)
	if err != nil {
		return exit.BadUsage("%s: must be an address such as https://api-civ.djamo.com", a.URLFrom)
	}
	resp, err := http.DefaultTransport.RoundTrip(r) // it follows no redirects, and has no token to lose
	if err != nil {                                 // whatever is behind it may answer the next request, so it counts as production
		return exit.OrInterrupted(ctx,
			lang.Errorf("nothing was sent: %s is on this machine and does not say whether it is a sandbox: %w", a.Host, err))
	}
	defer resp.Body.Close()
	if resp.Header.Get(djamotest.FakeHeader) == "" {
		return exit.BadUsage("%s is on this machine, but does not say that it is a sandbox: it may hand on to production; nothing was sent; "+
			"add --live=%s if you mean it", a.Host, a.Name)
	}
	return nil
}

// CheckNotDjamos refuses an address of Djamo's where that of a sandbox belongs.
func CheckNotDjamos(field, address string) error {
	u, err := url.Parse(address)
	if err != nil {
		return exit.BadUsage("%s %q: must be an address such as http://127.0.0.1:8481", field, address)
	}
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	if slices.Contains(knownHosts(), host) || isDjamos(host) || looksLike(host) != "" {
		return exit.BadUsage("%s %q: this is an address of Djamo's, and no sandbox: nothing was done", field, address)
	}
	return nil
}
