package walletservice_test

import (
	"encoding/base64"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/openfinance/walletservice"
)

// good are settings that are in order, with a consent from the environment.
func good(t *testing.T) (walletservice.Settings, map[string]string) {
	t.Helper()
	return walletservice.Settings{
			Gateway: "https://gateway.example", Wallets: "wal_1, wal_2,wal_1", Database: filepath.Join(t.TempDir(), "wallets.db"), Poll: time.Minute,
			ReadTimeout: time.Second, Page: 200, Currency: "XOF",
		}, map[string]string{
			"DJAMO_CONSENT_ID": "con_secret", "DJAMO_CONSENT_TOKEN": "cat_secret",
			"DJAMO_CONSENT_KEY": base64.StdEncoding.EncodeToString(make([]byte, 32)),
		}
}

// says tries a consents file, and expects an error that names no secret; empty: none.
func says(t *testing.T, settings walletservice.Settings, env map[string]string, content, want string) {
	t.Helper()
	require.NoError(t, os.WriteFile(settings.Consents, []byte(content), 0o600))
	_, err := settings.Service(func(name string) string { return env[name] })
	if want == "" {
		require.NoError(t, err, content)
		return
	}
	require.ErrorContains(t, err, want, content)
	require.NotContains(t, err.Error(), "secret")
}

func TestSettings_BadInputNamesTheFlag(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(s *walletservice.Settings, env map[string]string){
		"-gateway: must be given":                 func(s *walletservice.Settings, _ map[string]string) { s.Gateway = "" },
		"-gateway: the URL":                       func(s *walletservice.Settings, _ map[string]string) { s.Gateway = "gateway" },
		"-gateway: passwords and tokens are sent": func(s *walletservice.Settings, _ map[string]string) { s.Gateway = "http://gateway.example" },
		"-wallet: must be given":                  func(s *walletservice.Settings, _ map[string]string) { s.Wallets = " , " },
		`-wallet: ".." is no wallet id`:           func(s *walletservice.Settings, _ map[string]string) { s.Wallets = "wal_1,.." },
		`" is no wallet id`:                       func(s *walletservice.Settings, _ map[string]string) { s.Wallets = "wal_\xff" },
		`xxx…" is no wallet id`: func(s *walletservice.Settings, _ map[string]string) {
			s.Wallets = strings.Repeat("x", 513)
		},
		"is a folder: name a file": func(s *walletservice.Settings, _ map[string]string) { s.Database = filepath.Dir(s.Database) },
		`-listen: "127.0.0.1:99999" is no`: func(s *walletservice.Settings, env map[string]string) {
			s.Listen, env["DJAMO_PISPI_SECRET"] = "127.0.0.1:99999", "x"
		},
		"-token-url: tokens are sent over https": func(s *walletservice.Settings, _ map[string]string) {
			s.TokenURL = "http://127.0.0.1.example/token"
		},
		"-gateway: passwords and tokens": func(s *walletservice.Settings, _ map[string]string) { s.Gateway = "http://127.0.0.1.example" },
		"-gateway: the URL of the gateway has a port that is none": func(s *walletservice.Settings, _ map[string]string) {
			s.Gateway = "https://gateway.example:65536"
		},
		"-token-url: must be such as https": func(s *walletservice.Settings, _ map[string]string) {
			s.TokenURL = "https://auth.example:0/oauth/token"
		},
		"-db: must be given":             func(s *walletservice.Settings, _ map[string]string) { s.Database = "" },
		"-poll: must be more than 0":     func(s *walletservice.Settings, _ map[string]string) { s.Poll = 0 },
		"-read-timeout: must be":         func(s *walletservice.Settings, _ map[string]string) { s.ReadTimeout = -1 },
		"-page: 10001 must be":           func(s *walletservice.Settings, _ map[string]string) { s.Page = 10_001 },
		`-from: "01/02/2026" is no date`: func(s *walletservice.Settings, _ map[string]string) { s.From = "01/02/2026" },
		"-from: 9999-01-01 is in":        func(s *walletservice.Settings, _ map[string]string) { s.From = "9999-01-01" },
		"-token-url: must be such as":    func(s *walletservice.Settings, _ map[string]string) { s.TokenURL = "auth" },
		"-token-url: tokens are sent":    func(s *walletservice.Settings, _ map[string]string) { s.TokenURL = "http://auth.example/token" },
		"-listen: DJAMO_PISPI_SECRET":    func(s *walletservice.Settings, _ map[string]string) { s.Listen = ":8080" },
		`-listen: "here" is no`: func(s *walletservice.Settings, env map[string]string) {
			s.Listen, env["DJAMO_PISPI_SECRET"] = "here", "x"
		},
		"-consents: missing.json cannot be read": func(s *walletservice.Settings, _ map[string]string) { s.Consents = "missing.json" },
		"must be set together":                   func(_ *walletservice.Settings, env map[string]string) { env["DJAMO_CONSENT_TOKEN"] = "" },
		"-consents: wallet wal_1 is new and has no consent": func(_ *walletservice.Settings, env map[string]string) {
			env["DJAMO_CONSENT_ID"], env["DJAMO_CONSENT_TOKEN"], env["DJAMO_CONSENT_KEY"] = "", "", ""
		},
		"DJAMO_CONSENT_TOKEN has a space": func(_ *walletservice.Settings, env map[string]string) { env["DJAMO_CONSENT_TOKEN"] = "cat_secret\n" },
		"DJAMO_CONSENT_KEY: ":             func(_ *walletservice.Settings, env map[string]string) { env["DJAMO_CONSENT_KEY"] = "c2hvcnQ=" },
		"DJAMO_CONSENT_KEY must be set": func(s *walletservice.Settings, env map[string]string) {
			s.Database, env["DJAMO_CONSENT_KEY"] = "postgres://db/wallets", ""
		},
	} {
		settings, env := good(t)
		change(&settings, env)
		_, err := settings.Service(func(name string) string { return env[name] })
		var input *walletservice.InputError
		require.ErrorAs(t, err, &input, want)
		require.Contains(t, err.Error(), want)
		require.NotContains(t, err.Error(), "secret")
		if input.Flag != "" {
			require.Equal(t, "--"+strings.TrimPrefix(err.Error(), "-"), input.Text("--"))
		}
		found, err := os.Stat(settings.Database)
		require.True(t, err != nil || found.IsDir(), "nothing was done")
		require.NoFileExists(t, settings.Database+".key")
	}
	settings, env := good(t)
	_, err := settings.Service(func(name string) string { return env[name] })
	require.NoError(t, err)
}

func TestSettings_OddFilesOfConsents(t *testing.T) {
	t.Parallel()
	const entry = `{"consent_id": "con_secret", "token": "cat_secret", "refresh_token": "crt_secret"}`
	for content, want := range map[string]string{
		``: "is no JSON object such as", `[]`: "is no JSON object such as", `null`: "is no JSON object such as", `"x"`: "is no JSON object such as",
		`{"wal_1": ` + entry: "is no JSON object such as", `{"wal_1": ` + entry + `} {}`: "is no JSON object such as",
		`{"wal_1": ` + entry + `} }`:                                                                     "is no JSON object such as",
		"{\n\n" + `"wal_1": 5}`:                                                                          `line 3: the entry of "wal_1" is no object`,
		"{\n" + `"wal_1": {"consent_id": 5}}`:                                                            `line 2: the entry of "wal_1" has a consent_id that is no text`,
		`{"wal_1": {"consent_id": "con_secret"}}`:                                                        "the entry of wal_1 needs consent_id and token",
		`{"wal_1": null}`:                                                                                "the entry of wal_1 needs consent_id and token",
		`{"wal_1": {"consentId": "con_secret"}}`:                                                         `has a field "consentId" that is not known`,
		`{"wal_1": ` + entry + `, "wal_1": ` + entry + `}`:                                               `wallet "wal_1" stands there twice`,
		strings.Replace(`{"wal_1": `+entry+`}`, "cat_", "cat ", 1):                                       "the entry of wal_1 has a space",
		strings.Replace(`{"wal_1": `+entry+`}`, "crt_", "crté", 1):                                       "the entry of wal_1 has a space",
		`{"wal_1": {"consent_id": "con_secret", "token": "cat_secret", "ends": "2026-13-01"}}`:           "an ends that is no time",
		"\ufeff" + `{"wal_1": ` + entry + `, "wal_of_another": ` + entry + "}\n":                         "",
		`{"wal_1": {"consent_id": "con_secret", "token": "cat_secret", "ends": "2026-12-31T00:00:00Z"}}`: "",
	} {
		settings, env := good(t)
		settings.Wallets, settings.Consents = "wal_1", filepath.Join(t.TempDir(), "consents.json")
		env["DJAMO_CONSENT_ID"], env["DJAMO_CONSENT_TOKEN"] = "", ""
		says(t, settings, env, content, want)
	}
	settings, env := good(t)
	settings.Consents = filepath.Join(t.TempDir(), "consents.json")
	for content, want := range map[string]string{
		`{"wal_1": ` + entry + `, "wal_2": ` + strings.Replace(entry, "cat_", "cat2_", 1) + `}`: "wal_1 and wal_2 have one consent_id and different tokens",
		`{"wal_2": ` + strings.Replace(entry, "crt_", "crt2_", 1) + `, "wal_1": ` + entry + `}`: "wal_1 and wal_2 have one consent_id and different tokens",
		`{"wal_2": ` + entry + `}`:                                                              "wal_1 and wal_2 have one consent_id and different tokens", // the environment has the other
		`{"wal_1": ` + entry + `, "wal_2": ` + entry + `}`:                                      "",
		`{"wal_1": ` + entry + `, "wal_2": ` + strings.Replace(entry, "con_", "con2_", 1) + `}`: "",
	} {
		says(t, settings, env, content, want)
	}
	settings.Consents = t.TempDir()
	_, err := settings.Service(func(name string) string { return env[name] })
	require.ErrorContains(t, err, "cannot be read", "a folder")
	require.Equal(t, "[consent] [consent]", fmt.Sprintf("%v %#v", walletservice.Consent{Token: "x"}, walletservice.Consent{Token: "x"}))
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "consent", walletservice.Consent{Token: "secret"})
	require.Contains(t, log.String(), `"consent":"[consent]"`)
}

// A key is made beside a file of SQLite once, and only its owner can read it.
func TestSettings_TheKeyBesideTheDatabase(t *testing.T) {
	t.Parallel()
	settings, env := good(t)
	env["DJAMO_CONSENT_KEY"] = ""
	var first []byte
	for range 2 {
		_, err := settings.Service(func(name string) string { return env[name] })
		require.NoError(t, err)
		key, err := os.ReadFile(settings.Database + ".key")
		require.NoError(t, err)
		if first == nil {
			first = key
		}
		require.Equal(t, first, key)
	}
	require.NoError(t, os.WriteFile(settings.Database+".key", []byte("cut off"), 0o600))
	_, err := settings.Service(func(name string) string { return env[name] })
	require.ErrorContains(t, err, settings.Database+".key")
	entries, err := os.ReadDir(filepath.Dir(settings.Database))
	require.NoError(t, err)
	require.Len(t, entries, 1, "nothing else is left")
}
