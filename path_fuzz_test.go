package djamo_test

import (
	"errors"
	"net/http"
	"path"
	"strings"
	"testing"

	"github.com/djamo/djamo-go"
	"github.com/jarcoal/httpmock"
)

// Whatever path Do is given, the request stays on the host and below the path of the base URL, or is not sent at all.
func FuzzDo(f *testing.F) {
	for _, seed := range []string{"/v1/x?a=b", "/..", "/v1/%2e%2e/x", `/v1\..\x`, "//evil.example/x", "https://evil.example", "/%252e%252e", "/a/./b", "/é?q=ü", "/;x", "/@evil.example", "/v1/x\x00", "/.%2e", "?", "/#"} {
		f.Add("GET", seed)
	}
	f.Fuzz(func(t *testing.T, method, target string) {
		client := mocked(t, func(req *http.Request) (*http.Response, error) {
			if req.URL.Scheme != "https" || req.URL.Host != "gateway.example" || req.URL.User != nil || req.Host != "" && req.Host != "gateway.example" {
				t.Errorf("%q went to %s", target, req.URL)
			}
			for _, sent := range []string{req.URL.Path, strings.ReplaceAll(req.URL.Path, `\`, "/")} {
				if clean := path.Clean(sent); clean != "/djamo" && !strings.HasPrefix(clean, "/djamo/") {
					t.Errorf("%q went to %s", target, sent)
				}
			}
			if strings.ContainsAny(req.URL.RequestURI(), "\r\n\x00") {
				t.Errorf("%q breaks the request's first line: %q", target, req.URL.RequestURI())
			}
			return httpmock.NewStringResponse(http.StatusTeapot, ""), nil
		})
		if err := client.Do(t.Context(), method, target, nil, nil); err == nil {
			t.Fatalf("%q is no success", target)
		}
	})
}

// Whatever an id is, it arrives as one segment, byte for byte, or is not sent at all.
func FuzzID(f *testing.F) {
	for _, seed := range []string{"ch_1", "", ".", "..", "a/b", "%2e%2e", "%", "a?b", "a#b", "é", "\xff", "{id}", "+225", " ", `\`, "a\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, id string) {
		sent := ""
		client := mocked(t, func(req *http.Request) (*http.Response, error) {
			sent = req.URL.Path
			if strings.Count(req.URL.EscapedPath(), "/") != strings.Count("/djamo/v1/charges/x/refund", "/") || req.URL.RawQuery != "" || req.URL.Fragment != "" {
				t.Errorf("%q went to %s", id, req.URL)
			}
			return httpmock.NewStringResponse(http.StatusTeapot, ""), nil
		})
		_, err := client.Charges.Refund(t.Context(), id)
		_, refused := errors.AsType[*djamo.ValidationError](err)
		switch {
		case sent == "" && !refused:
			t.Fatalf("%q was not sent and not refused: %v", id, err)
		case sent != "" && sent != "/djamo/v1/charges/"+id+"/refund":
			t.Fatalf("%q arrived as %q", id, sent)
		}
	})
}
