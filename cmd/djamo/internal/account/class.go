package account

import (
	"net"
	"net/url"
	"strings"

	"github.com/djamo/djamo-go"
)

// Class says what is at stake.
type Class string

// The classes.
const (
	Sandbox    Class = "sandbox"    // on this machine: no money
	Staging    Class = "staging"    // Djamo's own for tests: play money
	Production Class = "production" // every other host: money, unless proven otherwise
)

// olderStagingHost is what Djamo's own examples still call.
const olderStagingHost = "apibusiness.civ.staging.djam.ooo"

func environments() []djamo.Environment {
	return []djamo.Environment{djamo.ProductionCIV, djamo.ProductionSEN, djamo.StagingCIV, djamo.StagingSEN}
}

// classOf looks at where an address leads, and at nothing else.
func classOf(base *url.URL) (Class, djamo.Environment) {
	host := strings.ToLower(base.Hostname())
	// With a dot behind it localhost may be another machine, since a proxy is asked for it.
	if ip := net.ParseIP(host); host == "localhost" || ip != nil && ip.IsLoopback() {
		return Sandbox, ""
	}
	host = strings.TrimSuffix(host, ".")
	for _, e := range environments() {
		if "https://"+host == e.BaseURL() {
			if e.IsProduction() {
				return Production, e
			}
			return Staging, e
		}
	}
	if host == olderStagingHost {
		return Staging, djamo.StagingCIV
	}
	return Production, ""
}

// prefixOf is the environment that a token names: "" when it names none, as tokens that begin with at_ do.
func prefixOf(token string) string {
	parts := strings.SplitN(strings.ToLower(token), "_", 4)
	if len(parts) != 4 || parts[0] != "djamo" {
		return ""
	}
	for _, e := range environments() {
		if string(e) == parts[1]+"-"+parts[2] {
			return string(e)
		}
	}
	return ""
}
