package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain makes programs of this test binary that scripts can run: djamo, and one that Go ends with a fatal error.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"djamo": main,
		"djamo-crash": func() {
			endCrashesBySignal()
			crashed := make(chan struct{})
			go func() { panic("a goroutine that nobody recovers") }()
			<-crashed
		},
	})
}

// Without the account of whoever runs the tests.
func clearAccount(env *testscript.Env) {
	for _, name := range []string{
		"DJAMO_ACCESS_TOKEN", "DJAMO_API_URL", "DJAMO_COMPANY_ID", "DJAMO_DATABASE_URL", "DJAMO_WEBHOOK_SECRET", "DJAMO_PROFILE", "DJAMO_LANG",
		"LC_ALL", "LC_MESSAGES", "LANG", "NO_COLOR",
	} {
		env.Setenv(name, "")
	}
	for _, name := range []string{"HOME", "XDG_CONFIG_HOME", "AppData"} { // a configuration of each script's own
		env.Setenv(name, filepath.Join(env.WorkDir, "home"))
	}
	env.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent") // and no keyring
	if full, set := os.LookupEnv("DJAMO_TEST_DATABASE_URL"); set {
		env.Setenv("DJAMO_TEST_DATABASE_URL", full)
	}
}
