package djamo

import (
	"net"
	"net/url"
	"strings"
)

// Environment is one of the API's hosts. A business account, its token and its host belong to one country and one
// environment, so a token of one is refused by all the others.
type Environment string

// The four environments the documentation names.
const (
	ProductionCIV Environment = "production-civ" // Côte d'Ivoire
	ProductionSEN Environment = "production-sen" // Senegal
	StagingCIV    Environment = "staging-civ"    // Côte d'Ivoire, play money
	StagingSEN    Environment = "staging-sen"    // Senegal, play money
)

// BaseURL is the environment's host; "" for an unknown environment.
func (e Environment) BaseURL() string {
	switch e {
	case ProductionCIV:
		return "https://api-civ.djamo.com"
	case ProductionSEN:
		return "https://api-sen.djamo.com"
	case StagingCIV:
		return "https://apibusiness-staging-civ.djamo.io"
	case StagingSEN:
		return "https://apibusiness-staging-sen.djamo.io"
	}
	return ""
}

// IsProduction reports whether the environment moves real money.
func (e Environment) IsProduction() bool { return e == ProductionCIV || e == ProductionSEN }

// olderStagingHost is what Djamo's own examples still call.
const olderStagingHost = "apibusiness.civ.staging.djam.ooo"

// environmentOf recognises the environment behind a base URL; "" for any other host.
func environmentOf(base *url.URL) Environment {
	for _, e := range []Environment{ProductionCIV, ProductionSEN, StagingCIV, StagingSEN} {
		if strings.EqualFold("https://"+strings.TrimSuffix(base.Hostname(), "."), e.BaseURL()) {
			return e
		}
	}
	if strings.EqualFold(base.Hostname(), olderStagingHost) {
		return StagingCIV
	}
	return ""
}

// environmentOfToken reads the prefix of older API keys, such as djamo_staging_civ_…; "" for the at_… tokens, which
// do not say.
func environmentOfToken(token string) Environment {
	parts := strings.SplitN(strings.ToLower(token), "_", 4)
	if len(parts) != 4 || parts[0] != "djamo" {
		return ""
	}
	if e := Environment(parts[1] + "-" + parts[2]); e.BaseURL() != "" {
		return e
	}
	return ""
}

// parseBaseURL takes any HTTPS URL with an optional path prefix. Plain HTTP would show the token to the network, so
// only a loopback address may use it.
func parseBaseURL(field, raw string) (*url.URL, error) {
	bad := func(rule string) (*url.URL, error) {
		return nil, &ValidationError{Field: field, Rule: rule}
	}
	base, err := url.Parse(strings.TrimSpace(raw))
	switch {
	case strings.ContainsAny(raw, quotationMarks):
		return bad("must be a URL without quotation marks, such as https://api-civ.djamo.com")
	case err != nil:
		return bad("must be a URL such as https://api-civ.djamo.com")
	case base.User != nil:
		return bad("must not hold a user name or password")
	case base.Host == "" || base.Hostname() == "":
		return bad("must be a URL with a host, such as https://api-civ.djamo.com")
	case base.RawQuery != "" || base.ForceQuery || base.Fragment != "":
		return bad("must end with the path: no query and no fragment")
	case strings.Contains(base.Path, ".."):
		return bad("must not hold \"..\"")
	case base.Scheme == "https", base.Scheme == "http" && isLoopback(base.Hostname()):
	default:
		return nil, &ValidationError{Field: field, Value: quoted(base.Scheme + "://" + base.Host),
			Rule: "must use https: the token would travel in the clear (plain http is for loopback addresses only)"}
	}
	base.Path, base.RawPath = strings.TrimRight(base.Path, "/"), strings.TrimRight(base.RawPath, "/")
	return base, nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}
