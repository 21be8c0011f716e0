package sandbox

import (
	"bytes"
	"cmp"
	"embed"
	"html/template"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/djamo/djamo-go/djamotest"
)

//go:embed assets
var assets embed.FS

func parsePages() (*template.Template, error) { return template.ParseFS(assets, "assets/*.html") }

func asset(w http.ResponseWriter, r *http.Request) {
	kinds := map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}
	kind := kinds[path.Ext(r.PathValue("name"))]
	content, err := assets.ReadFile("assets/" + r.PathValue("name"))
	if err != nil || kind == "" {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", kind)
	_, _ = w.Write(content) //nolint:gosec // a file of this program
}

// page is what a template is given.
type page struct {
	Lang, Name string
	Path       string // the page's own address, for coming back to it
	Reveal     bool
	Counts     djamotest.Counts
	Changes    int64
	Now        time.Time
	Faults     []djamotest.ActiveFault
	API        string
	Done       string // the key of what was just done
	Wallets    bool   // there are some
	Data       any
}

func (s *Sandbox) newPage(r *http.Request, name string, data any) *page {
	p := &page{
		Changes: s.changes(), // before the rest: what comes in between is then told again
		Lang:    s.languageOf(r), Name: name, Path: ownPath(r), Reveal: cookieOf(r, "reveal") == "yes", Counts: s.api.Counts(),
		Now: s.api.Now(), Faults: s.api.Faults(), API: s.address(), Wallets: s.wallets != nil, Data: data,
	}
	if key := r.URL.Query().Get("done"); strings.HasPrefix(key, "done.") && hasWord(key) {
		p.Done = key
	}
	return p
}

// show writes a page, or only its rows when the page's script asks for them.
func (s *Sandbox) show(w http.ResponseWriter, r *http.Request, status int, name string, data any) {
	template := name
	if r.URL.Query().Get("rows") == "1" && s.pages.Lookup(name+"-rows") != nil {
		template = name + "-rows"
	}
	var b bytes.Buffer
	if err := s.pages.ExecuteTemplate(&b, template, s.newPage(r, name, data)); err != nil {
		http.Error(w, "The page cannot be shown: "+djamotest.MaskText(err.Error()), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes())
}

func (s *Sandbox) showProblem(w http.ResponseWriter, r *http.Request, p *problem) {
	s.show(w, r, p.status, "problem", problemPage{p.in(s.languageOf(r)), back(r)})
}

type problemPage struct{ Text, Back string }

// ownPath is a request's path and query, without what is only said once.
func ownPath(r *http.Request) string {
	query := r.URL.Query()
	query.Del("done")
	query.Del("rows")
	if r.Method != http.MethodGet {
		return back(r)
	}
	return (&url.URL{Path: r.URL.Path, RawQuery: query.Encode()}).String()
}

// back is the page that a form was on. It is always one of this server.
func back(r *http.Request) string {
	u, err := url.Parse(r.FormValue("back"))
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || !strings.HasPrefix(u.Path, "/") || strings.HasPrefix(u.Path, "//") ||
		strings.Contains(u.Path, `\`) {
		return "/"
	}
	return (&url.URL{Path: u.Path, RawQuery: u.RawQuery}).String()
}

func withDone(to, key string) string {
	u, err := url.Parse(to)
	if err != nil {
		return "/"
	}
	query := u.Query()
	query.Set("done", key)
	u.RawQuery = query.Encode()
	return u.String()
}

// seeOther leads to a page of this server after a form.
func seeOther(w http.ResponseWriter, r *http.Request, to string) {
	http.Redirect(w, r, to, http.StatusSeeOther) //nolint:gosec // callers give addresses of this server
}

// prefer keeps a person's language and whether numbers are shown whole.
func (s *Sandbox) prefer(w http.ResponseWriter, r *http.Request) {
	if lang := r.PostFormValue("lang"); lang == english || lang == french {
		setCookie(w, "lang", lang)
	}
	if reveal := r.PostFormValue("reveal"); reveal == "yes" || reveal == "no" {
		setCookie(w, "reveal", reveal)
	}
	seeOther(w, r, back(r))
}

func cookieOf(r *http.Request, name string) string {
	cookie, err := r.Cookie(name)
	if err != nil {
		return ""
	}
	return cookie.Value
}

// languageOf is the language a person chose, or else their browser's.
func (s *Sandbox) languageOf(r *http.Request) string {
	if lang := cookieOf(r, "lang"); lang == english || lang == french {
		return lang
	}
	return cmp.Or(acceptedLanguage(r), s.lang)
}

// acceptedLanguage is the first one of ours that a request asks for; "" when it asks for none.
func acceptedLanguage(r *http.Request) string {
	for wanted := range strings.SplitSeq(r.Header.Get("Accept-Language"), ",") {
		for _, lang := range []string{english, french} {
			if strings.HasPrefix(strings.ToLower(strings.TrimSpace(wanted)), lang) {
				return lang
			}
		}
	}
	return ""
}

// What templates call.

// T is a text in the page's language.
func (p *page) T(key string) string { return word(p.Lang, key) }

// Status is a status in the page's language, or as it is.
func (p *page) Status(status string) string { return wordOr(p.Lang, "status."+status, status) }

// Kind is a kind of ledger line likewise.
func (p *page) Kind(kind djamotest.EntryKind) string {
	return wordOr(p.Lang, "kind."+string(kind), string(kind))
}

// Fault is a fault's name likewise.
func (p *page) Fault(name string) string { return wordOr(p.Lang, "fault."+nameOfFault(name), name) }

// FaultStatus is the status in a fault's name, if it has one: "503 ".
func (p *page) FaultStatus(name string) string {
	if first, _, ok := strings.Cut(name, " "); ok && len(first) == 3 {
		if _, err := strconv.Atoi(first); err == nil && first != "429" {
			return " · " + first
		}
	}
	return ""
}

// Tone is the class of a status.
func (p *page) Tone(status string) string {
	switch status {
	case "completed", "paid", "settled", "active":
		return "good"
	case "failed", "dropped", "cancelled", "canceled", "revoked", "expired":
		return "bad"
	case "pending", "created", "due":
		return "wait"
	}
	return ""
}

// ToneOf is the class of an HTTP status.
func (p *page) ToneOf(status int) string {
	switch {
	case status >= 200 && status < 300:
		return "good"
	case status == 0 || status >= 500:
		return "bad"
	}
	return "wait"
}

// Amount is francs, never broken over lines.
func (p *page) Amount(francs int64) string { return amount(francs) + "\u00a0F" }

// Number is any other whole number.
func (p *page) Number(n int64) string { return amount(n) }

// Int is the same for an int.
func (p *page) Int(n int) string { return amount(int64(n)) }

// Own is the page with other data, for a part that several pages have.
func (p *page) Own(data any) *page {
	part := *p
	part.Data = data
	return &part
}

// Phone is a phone number, masked unless the person asked to see it.
func (p *page) Phone(msisdn string) string { return phone(msisdn, p.Reveal) }

// Text is free text with its phone numbers masked likewise.
func (p *page) Text(s string) string { return masked(s, p.Reveal) }

// Brief is the beginning of a free text, masked likewise: a row is no place for the fifty messages of a batch that was refused, and
// to look through them for numbers takes longer than the rest of the page. It ends with a whole word, so that no number is cut in
// two.
func (p *page) Brief(s string) string {
	const maxLength = 300
	if len(s) <= maxLength {
		return p.Text(s)
	}
	end := maxLength
	for end > 0 {
		if end = strings.LastIndex(s[:end], " "); end > 0 && unicode.IsLetter(rune(s[end-1])) {
			return p.Text(s[:end]) + " …"
		}
	}
	return "…"
}

// Body is a body laid out, masked likewise.
func (p *page) Body(body []byte) string { return masked(pretty(body), p.Reveal) }

// Raw is a body as it was sent.
func (p *page) Raw(body []byte) string { return text(body) }

// Day is a moment with its date, Time without.
func (p *page) Day(t time.Time) string { return day(p.Lang, t) }

// Time is the time of day of a moment.
func (p *page) Time(t time.Time) string { return t.UTC().Format("15:04:05") }

// Active are the faults that can still strike.
func (p *page) Active() []djamotest.ActiveFault {
	var out []djamotest.ActiveFault
	for _, f := range p.Faults {
		if f.Active {
			out = append(out, f)
		}
	}
	return out
}

// Percent is how many of a hundred requests a fault strikes.
func (p *page) Percent(perMille int) string {
	if perMille%10 == 0 {
		return strconv.Itoa(perMille/10) + "\u00a0%"
	}
	return strconv.Itoa(perMille/10) + "." + strconv.Itoa(perMille%10) + "\u00a0%"
}

type navItem struct {
	Path, Key, Counter string
	Count              int64
	Current, First     bool
}

// Nav is the way to the other pages.
func (p *page) Nav() []navItem {
	c := p.Counts
	items := []navItem{
		{Path: "/", Key: "nav.overview"},
		{Path: "/transfers", Key: "nav.transfers", Counter: "transfers", Count: c.Transfers},
		{Path: "/charges", Key: "nav.charges", Counter: "charges", Count: c.Charges},
		{Path: "/ledger", Key: "nav.ledger", Counter: "ledger", Count: c.Ledger},
		{Path: "/customers", Key: "nav.customers"},
		{Path: "/requests", Key: "nav.requests", Counter: "requests", Count: c.Requests, First: true},
		{Path: "/webhooks", Key: "nav.webhooks", Counter: "webhooks", Count: c.Webhooks},
		{Path: "/faults", Key: "nav.faults", Counter: "faults", Count: c.Faults},
		{Path: "/clock", Key: "nav.clock"},
		{Path: "/snapshots", Key: "nav.snapshots"},
	}
	if p.Wallets {
		items = append(items, navItem{Path: "/wallets", Key: "nav.wallets", First: true})
	}
	for i := range items {
		items[i].Current = items[i].Path == "/"+p.Name || items[i].Path == "/" && p.Name == "overview" ||
			p.Name == strings.TrimSuffix(strings.TrimPrefix(items[i].Path, "/"), "s") || items[i].Path == "/wallets" && p.Name == "consent"
	}
	return items
}
