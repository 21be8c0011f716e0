package sandbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
)

const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'self'; " +
	"frame-ancestors 'none'; base-uri 'none'"

// secured puts on every answer of the control what keeps a browser from doing more with it than show it.
func secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		next.ServeHTTP(w, r)
	})
}

// known lets requests pass that name the server by a name it has. Another name that leads here is another site's, which
// had its address changed to this one (DNS rebinding): a browser would take the answers for that site's.
func (s *Sandbox) known(hosts func() []string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.isHost(hosts, r.Host) {
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			w.WriteHeader(http.StatusMisdirectedRequest)
			_, _ = w.Write([]byte("The sandbox does not answer to this host name. Use the address it printed when it started.\n"))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// crossOrigin keeps pages of other sites from calling the API, except those of WithOrigins.
func (s *Sandbox) crossOrigin(next http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	for _, origin := range s.origins {
		_ = protection.AddTrustedOrigin(origin) // WithOrigins has checked its form
	}
	inner := protection.Handler(next)
	if len(s.origins) == 0 {
		return inner
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		origin := r.Header.Get("Origin")
		if slices.Contains(s.origins, origin) {
			h := w.Header()
			h.Set("Access-Control-Allow-Origin", origin)
			h.Add("Vary", "Origin")
			if r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" {
				h.Set("Access-Control-Allow-Methods", "GET, POST, PUT")
				h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, X-Company-Id")
				w.WriteHeader(http.StatusNoContent)
				return
			}
		}
		inner.ServeHTTP(w, r)
	})
}

// sameOrigin lets a form pass that a page of this very server sent. A request that says nothing of where it comes from is
// none of a browser's; the fake API's own webhooks are such requests.
func sameOrigin(next http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(http.HandlerFunc(refuseOrigin))
	inner := protection.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && r.Header.Get("Origin") == "" && r.Header.Get("Sec-Fetch-Site") == "" {
			refuseOrigin(w, r)
			return
		}
		inner.ServeHTTP(w, r)
	})
}

func refuseOrigin(w http.ResponseWriter, _ *http.Request) {
	http.Error(w, "A form must be sent from a page of this sandbox. Programs use /control with a bearer token.", http.StatusForbidden)
}

// bearer lets a program pass that has the control token.
func (s *Sandbox) bearer(next http.Handler) http.Handler {
	protected := http.NewCrossOriginProtection().Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !ok || subtle.ConstantTimeCompare([]byte(token), []byte(s.token)) != 1 {
			w.Header().Set("WWW-Authenticate", "Bearer")
			writeProblem(w, r, &problem{http.StatusUnauthorized, "problem.token", nil})
			return
		}
		protected.ServeHTTP(w, r)
	})
}

const sessionCookie = "djamo_sandbox"

// session is what a browser shows instead of the token.
func (s *Sandbox) session() string {
	mac := hmac.New(sha256.New, []byte(s.token))
	mac.Write([]byte("djamo sandbox session"))
	return hex.EncodeToString(mac.Sum(nil))
}

// signedIn lets a browser pass that was given the token, where pages ask for one.
func (s *Sandbox) signedIn(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		cookie, err := r.Cookie(sessionCookie)
		if s.asksForToken() && (err != nil || !hmac.Equal([]byte(cookie.Value), []byte(s.session()))) {
			if r.Method == http.MethodGet {
				s.show(w, r, http.StatusUnauthorized, "login", nil)
				return
			}
			http.Error(w, "Sign in with the control token first.", http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (s *Sandbox) signIn(w http.ResponseWriter, r *http.Request) {
	if subtle.ConstantTimeCompare([]byte(strings.TrimSpace(r.PostFormValue("token"))), []byte(s.token)) != 1 {
		s.show(w, r, http.StatusUnauthorized, "login", &problem{http.StatusUnauthorized, "problem.token", nil})
		return
	}
	setCookie(w, sessionCookie, s.session())
	seeOther(w, r, "/")
}

// setCookie keeps something for as long as the browser runs. Not Secure: the sandbox speaks http, and Safari would not
// keep such a cookie even on the loopback interface.
func setCookie(w http.ResponseWriter, name, value string) {
	//nolint:gosec // see above
	http.SetCookie(w, &http.Cookie{Name: name, Value: value, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode})
}
