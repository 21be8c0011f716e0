package account

import (
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/options"
	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
)

func TestClassOf_LooksAtTheHostAlone(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]Class{
		"http://127.0.0.1:8480":                        Sandbox,
		"http://127.9.9.9":                             Sandbox,
		"http://localhost:8480":                        Sandbox,
		"http://LOCALHOST":                             Sandbox,
		"http://[::1]:8480":                            Sandbox,
		"http://[::ffff:127.0.0.1]":                    Sandbox,
		"http://localhost.:8480":                       Production, // a proxy is asked for it
		"http://127.0.0.1.example.com":                 Production,
		"http://localhost.example.com":                 Production,
		"http://0.0.0.0:8480":                          Production,
		"http://2130706433":                            Production,
		"https://apibusiness-staging-civ.djamo.io":     Staging,
		"https://APIBUSINESS-staging-sen.djamo.io./v1": Staging,
		"https://apibusiness.civ.staging.djam.ooo":     Staging,
		"https://apibusiness-staging-civ.djamo.io.eu":  Production,
		"https://api-civ.djamo.com":                    Production,
		"https://api-sen.djamo.com:443":                Production,
		"https://sandbox.example.com":                  Production,
	} {
		u, err := url.Parse(address)
		require.NoError(t, err)
		got, environment := classOf(u)
		require.Equal(t, want, got, address)
		require.True(t, environment == "" || environment.IsProduction() == (got == Production), address)
	}
}

func TestLooksLike_KnowsHostsThatAreTakenForDjamos(t *testing.T) {
	t.Parallel()
	for _, host := range []string{
		"api-civ.djamo.co", "api-civ.djarno.com", "api-civ.djamo.com.evil.example", "api-civ-djamo.com", "api-sen.djamo.cm.",
		"api-civ.djаmo.com", "xn--api-civ-djmo-0nf.com", "www.xn--djmo-loa.example", "apibusiness-staging-civ.djamo.lo",
		"apibusiness.civ.staging.djam.oo",
	} {
		require.NotEmpty(t, looksLike(host), host)
	}
	for _, host := range []string{
		"api-civ.djamo.com", "API-SEN.djamo.com.", "api-bfa.djamo.com", "apibusiness.civ.staging.djam.ooo", "127.0.0.1", "localhost",
		"gateway.bank.example", "staging.example.com", "djamo-proxy.corp.example",
	} {
		require.Empty(t, looksLike(host), host)
	}
}

func TestCheckToken_TokensStayWithTheirEnvironment(t *testing.T) {
	t.Parallel()
	at := func(address string) Account {
		a, err := Of("x", Profile{URL: address})
		require.NoError(t, err)
		return a
	}
	for _, row := range []struct {
		address, token string
		ok             bool
	}{
		{"https://api-civ.djamo.com", "djamo_production_civ_secret", true},
		{"https://api-civ.djamo.com", "DJAMO_Production_CIV_secret", true},
		{"https://api-civ.djamo.com", "djamo_production_sen_secret", false},
		{"https://api-civ.djamo.com", "djamo_staging_civ_secret", false},
		{"https://apibusiness-staging-civ.djamo.io", "djamo_production_civ_secret", false},
		{"http://127.0.0.1:8480", "djamo_staging_civ_secret", false},
		{"http://127.0.0.1:8480", "at_secret", true},
		{"https://proxy.example", "djamo_production_civ_secret", true},
		{"https://api-civ.djamo.com", "at_secret", true},
		{"https://api-civ.djamo.com", "djamo_other_civ_secret", true}, // a name that is not known says nothing
	} {
		err := at(row.address).CheckToken(row.token)
		require.Equal(t, row.ok, err == nil, row)
		if err != nil {
			require.NotContains(t, err.Error(), "secret")
			require.Equal(t, exit.Usage, exit.Code(err))
		}
	}
}

func TestCheckWrite_ProductionNeedsItsName(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		class   Class
		options options.Options
		ok      bool
	}{
		{Sandbox, options.Options{}, true},
		{Staging, options.Options{}, true},
		{Production, options.Options{}, false},
		{Production, options.Options{DryRun: true}, true},
		{Production, options.Options{Yes: true, MaxTotal: "1"}, false},
		{Production, options.Options{Live: "paie"}, true},
		{Production, options.Options{Live: "Paie"}, false},
		{Production, options.Options{Live: "paie "}, false},
		{Sandbox, options.Options{Live: "prod"}, false},
		{Staging, options.Options{Live: "prod", DryRun: true}, false},
	} {
		a := Account{Name: "paie", Class: row.class, Host: "host"}
		require.Equal(t, row.ok, a.CheckWrite(&row.options) == nil, "%s %+v", row.class, row.options)
	}
}

func TestCheckName_ANameSaysNoOtherAccount(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, address string
		ok            bool
	}{
		{"sandbox", "http://127.0.0.1:8480", true},
		{"sandbox", "https://api-civ.djamo.com", false},
		{"my_Test.one", "https://api-civ.djamo.com", false},
		{"contest", "https://api-civ.djamo.com", true},
		{"staging", "https://apibusiness-staging-civ.djamo.io", true},
		{"production-civ", "https://api-civ.djamo.com", true},
		{"production-civ", "https://api-sen.djamo.com", false},
		{"Production-CIV", "http://127.0.0.1:8480", false},
		{"staging-civ", "https://apibusiness.civ.staging.djam.ooo", true},
	} {
		_, err := New(row.name, Profile{URL: row.address})
		require.Equal(t, row.ok, err == nil, "%+v: %v", row, err)
	}
}

// configured has a configuration of the test's own.
func configured(t *testing.T, content string) string {
	t.Helper()
	home := t.TempDir()
	for _, name := range []string{"HOME", "XDG_CONFIG_HOME", "AppData"} {
		t.Setenv(name, home)
	}
	for _, name := range []string{djamo.EnvAccessToken, djamo.EnvAPIURL, djamo.EnvCompanyID, EnvProfile} {
		t.Setenv(name, "")
	}
	dir, err := Dir()
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll(dir, 0o700))
	path := filepath.Join(dir, configFile)
	if content != "" {
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	}
	return path
}

const twoProfiles = `profile = "essai"
[profiles.essai]
url = "https://apibusiness-staging-civ.djamo.io"
company-id = "c1"
[profiles.paie]
url = "https://api-civ.djamo.com"
token-in = "file"
`

func TestResolve_FlagThenEnvironmentThenProfile(t *testing.T) { // not parallel: it sets the environment
	for name, row := range map[string]struct {
		flag string
		env  map[string]string
		want Account // the parts that matter
		err  string
	}{
		"the profile in use": {want: Account{Name: "essai", Class: Staging, CompanyID: "c1", TokenFrom: "keyring", ProfileFrom: "config.toml"}},
		"the flag wins": {flag: "paie", env: map[string]string{EnvProfile: "essai"},
			want: Account{Name: "paie", Class: Production, TokenFrom: "file", ProfileFrom: "--profile"}},
		"then the variable": {env: map[string]string{EnvProfile: "paie"},
			want: Account{Name: "paie", Class: Production, TokenFrom: "file", ProfileFrom: EnvProfile}},
		"an address replaces the profile in use, and its company and token": {env: map[string]string{djamo.EnvAPIURL: "https://api-sen.djamo.com"},
			want: Account{Name: "production-sen", Class: Production, TokenFrom: djamo.EnvAccessToken}},
		"a token beside a profile": {env: map[string]string{djamo.EnvAccessToken: "at_x"},
			want: Account{Name: "essai", Class: Staging, CompanyID: "c1", TokenFrom: djamo.EnvAccessToken, ProfileFrom: "config.toml"}},
		"an address beside a chosen profile": {flag: "paie", env: map[string]string{djamo.EnvAPIURL: "https://api-sen.djamo.com"},
			err: "leads to another host"},
		"the same address beside it": {flag: "paie", env: map[string]string{djamo.EnvAPIURL: "https://api-civ.djamo.com/"},
			want: Account{Name: "paie", Class: Production, TokenFrom: "file", ProfileFrom: "--profile"}},
		"another company": {env: map[string]string{djamo.EnvCompanyID: "c2"}, err: "names another company"},
		"a company for a profile without one": {flag: "paie", env: map[string]string{djamo.EnvCompanyID: "c2"},
			want: Account{Name: "paie", Class: Production, CompanyID: "c2", TokenFrom: "file", ProfileFrom: "--profile"}},
		"no such profile":  {flag: "pai", err: "must be one of essai, paie"},
		"a password in it": {env: map[string]string{djamo.EnvAPIURL: "https://user:secret@api-civ.djamo.com"}, err: "must be an address"},
		"plain http":       {env: map[string]string{djamo.EnvAPIURL: "http://api-civ.djamo.com"}, err: "must begin with https"},
	} {
		t.Run(name, func(t *testing.T) {
			configured(t, twoProfiles)
			for name, value := range row.env {
				t.Setenv(name, value)
			}
			a, err := Resolve(&options.Options{Profile: row.flag})
			if row.err != "" {
				require.ErrorContains(t, err, row.err)
				require.NotContains(t, err.Error(), "secret")
				require.Equal(t, exit.Usage, exit.Code(err))
				return
			}
			require.NoError(t, err)
			got := Account{Name: a.Name, Class: a.Class, CompanyID: a.CompanyID, TokenFrom: a.TokenFrom, ProfileFrom: a.ProfileFrom}
			require.Equal(t, row.want, got)
		})
	}
}

//nolint:paralleltest // it sets the environment
func TestLoad_RefusesWhatItCannotTrust(t *testing.T) {
	for name, row := range map[string]struct {
		content string
		mode    os.FileMode
		err     string
	}{
		"others may read it":  {twoProfiles, 0o640, "its mode is 0640"},
		"others may write it": {twoProfiles, 0o602, "its mode is 0602"},
		"an unknown name":     {"profil = \"x\"\n", 0o600, "line 1"},
		"no TOML":             {"profile = \n", 0o600, "line 1"},
	} {
		t.Run(name, func(t *testing.T) {
			if runtime.GOOS == "windows" && row.mode != 0o600 {
				t.Skip("modes are not Windows's")
			}
			path := configured(t, row.content)
			require.NoError(t, os.Chmod(path, row.mode))
			_, err := Load()
			require.ErrorContains(t, err, row.err)
			require.Equal(t, exit.Usage, exit.Code(err))
		})
	}
}

func TestFile_KeepsTokensForTheirOwnerAlone(t *testing.T) { //nolint:paralleltest // it sets the environment
	path := configured(t, "")
	ctx, store := t.Context(), StoreOf(FileStore)
	_, err := store.Token(ctx, "a")
	require.ErrorIs(t, err, errNoToken)
	require.NoError(t, store.SetToken(ctx, "a", "at_1"))
	require.NoError(t, store.SetToken(ctx, "b", "at_2"))
	require.NoError(t, store.DeleteToken(ctx, "a"))
	require.NoError(t, store.DeleteToken(ctx, "a"), "again")
	_, err = store.Token(ctx, "a")
	require.ErrorIs(t, err, errNoToken)
	got, err := store.Token(ctx, "b")
	require.NoError(t, err)
	require.Equal(t, "at_2", got)
	if runtime.GOOS != "windows" {
		info, err := os.Stat(filepath.Join(filepath.Dir(path), tokenFile))
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*.json.*"))
	require.NoError(t, err)
	require.Empty(t, left, "no half-written file stays")
}

func TestSave_IsReadBack(t *testing.T) { //nolint:paralleltest // it sets the environment
	configured(t, "")
	want := Config{Profile: "a", Profiles: map[string]Profile{"a": {URL: "https://api-civ.djamo.com", CompanyID: "c", TokenIn: FileStore}}}
	require.NoError(t, Save(want))
	got, err := Load()
	require.NoError(t, err)
	require.Equal(t, want, got)
	require.NoError(t, CheckName("--profile", "paie-2026.CI_1"))
	for _, name := range []string{"", "-x", ".x", "a b", "é", "a/b", "../a", string(make([]byte, 65))} {
		require.Error(t, CheckName("--profile", name), name)
	}
}

// The address that a sandbox prints for other containers is one that its commands take.
func TestCheckSandbox_OnAnotherMachine(t *testing.T) { //nolint:paralleltest // it sets the environment
	configured(t, "")
	const production = "djamo_production_civ_0123456789"
	for _, row := range []struct {
		url, token string
		ok         bool
	}{
		{"http://sandbox:8480", "", true},
		{" HTTP://sandbox:8480/ ", "sandbox-token", true},
		{"http://192.168.1.20:8480", "", true},
		{"http://127.0.0.1:8480", "", true},
		{"http://sandbox:8480", production, false},
		{"http://api-civ.djamo.com", "", false},
		{"http://api-civ.djarno.com", "", false},
		{"https://sandbox.example", "", false},
		{"https://api-civ.djamo.com", "", false},
		{"sandbox:8480", "", false},
	} {
		t.Setenv(djamo.EnvAPIURL, row.url)
		t.Setenv(djamo.EnvAccessToken, row.token)
		err := CheckSandbox(&options.Options{})
		require.Equal(t, row.ok, err == nil, "%s: %v", row.url, err)
	}
}

// What is wrong is named as its owner knows it: by its variable or its profile, not as a program in Go calls it.
func TestClientWith_NamesWhereABadValueCameFrom(t *testing.T) {
	t.Setenv(djamo.EnvAccessToken, "'at_x'")
	for name, row := range map[string]struct {
		account     Account
		token, want string
	}{
		"company of the environment": {Account{CompanyID: "<5f0a>", CompanyFrom: djamo.EnvCompanyID}, "at_x", "DJAMO_COMPANY_ID: must be the bare company id"},
		"company of a profile":       {Account{CompanyID: "<5f0a>", CompanyFrom: "profile paie"}, "at_x", "profile paie: must be the bare company id"},
		"token of the environment":   {Account{}, "'at_x'", "DJAMO_ACCESS_TOKEN: must be the bare token"},
		"another token":              {Account{}, "<at_y>", "token: must be the bare token"},
	} {
		row.account.URL = "http://127.0.0.1:1"
		_, err := row.account.ClientWith(row.token, &options.Options{}, terminal.Terminal{})
		require.ErrorContains(t, err, row.want, name)
		require.Equal(t, exit.Usage, exit.Code(err), name)
		require.NotContains(t, err.Error(), "at_", name)
	}
}
