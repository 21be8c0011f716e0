package transport

import (
	"errors"
	"fmt"
	"net/http"
)

// errRedirect is a redirect that is not followed.
var errRedirect = errors.New("redirect refused")

// onlySameHostReads keeps net/http from carrying a write, or the token, somewhere else. A redirected write comes
// back as the 3xx it is. The caller's own rule is asked last.
func onlySameHostReads(next func(*http.Request, []*http.Request) error) func(*http.Request, []*http.Request) error {
	return func(req *http.Request, via []*http.Request) error {
		first := via[0]
		switch {
		case first.Method != http.MethodGet && first.Method != http.MethodHead:
			return http.ErrUseLastResponse
		case req.URL.Host != first.URL.Host || req.URL.Scheme != first.URL.Scheme:
			return fmt.Errorf("%w: it leads to another host, %s://%s", errRedirect, req.URL.Scheme, req.URL.Host)
		case len(via) >= 10:
			return fmt.Errorf("%w: more than 10 in a row", errRedirect)
		case next == nil:
			return nil
		}
		err := next(req, via)
		if err != nil && !errors.Is(err, http.ErrUseLastResponse) {
			err = fmt.Errorf("%w: %w", errRedirect, err)
		}
		return err
	}
}
