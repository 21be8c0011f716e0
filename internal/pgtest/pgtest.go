// Package pgtest makes databases and schemas of PostgreSQL for single tests, on the server that the environment names.
// It imports no driver: tests hand in the name of the one that they have registered.
package pgtest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/djamo/djamo-go/internal/clock"
)

// EnvAddress names the variable with the address of a database whose user may create databases and schemas.
const EnvAddress = "DJAMO_TEST_DATABASE_URL"

// Address is the address of the database for tests. Without one the test is skipped.
func Address(t testing.TB) string {
	t.Helper()
	address := os.Getenv(EnvAddress)
	if address == "" {
		t.Skipf("*** NOT TESTED on PostgreSQL: set %s to postgres://user@host:port/database ***", EnvAddress)
	}
	return address
}

// Database makes an empty database and returns its address. It is dropped when the test ends.
func Database(t testing.TB, driver string) string {
	t.Helper()
	name := newName()
	// Of template0, which nobody is connected to: template1 cannot be copied while autovacuum, or a person, is.
	run(t, driver, "CREATE DATABASE "+name+" TEMPLATE template0", "DROP DATABASE "+name+" WITH (FORCE)")
	return change(t, func(address *url.URL) { address.Path = "/" + name })
}

// Schema makes an empty schema and returns an address of the database for tests on which that schema is the default, and
// the application goes by the schema's name. It is dropped when the test ends.
func Schema(t testing.TB, driver string) string {
	t.Helper()
	name := newName()
	run(t, driver, "CREATE SCHEMA "+name, "DROP SCHEMA "+name+" CASCADE")
	return change(t, func(address *url.URL) {
		query := address.Query()
		query.Set("search_path", name)
		query.Set("application_name", name)
		address.RawQuery = query.Encode()
	})
}

// newName is a name that no other test uses, also not one that runs on the same server now.
func newName() string { return "djamo_test_" + strings.ToLower(rand.Text()) }

// run carries out a statement now, and another when the test ends.
func run(t testing.TB, driver, now, atEnd string) {
	t.Helper()
	admin, err := sql.Open(driver, Address(t))
	if err != nil {
		t.Fatalf("opening %s: %v", EnvAddress, err)
	}
	if _, err := admin.ExecContext(t.Context(), now); err != nil {
		t.Fatalf("%s: %v", now, err)
	}
	t.Cleanup(func() {
		if err := persist(context.WithoutCancel(t.Context()), admin, atEnd); err != nil {
			t.Errorf("%s: %v", atEnd, err)
		}
		if err := admin.Close(); err != nil {
			t.Errorf("closing %s: %v", EnvAddress, err)
		}
	})
}

// persist repeats a statement that fails: on a busy server those who used what is dropped may take a while to go.
func persist(ctx context.Context, db *sql.DB, statement string) (err error) {
	const tries = 10
	for range tries {
		if _, err = db.ExecContext(ctx, statement); err == nil {
			return nil
		}
		if err := clock.Sleep(ctx, time.Second); err != nil {
			return err
		}
	}
	return err
}

func change(t testing.TB, do func(*url.URL)) string {
	t.Helper()
	address := parse(t, Address(t))
	do(address)
	return address.String()
}

func parse(t testing.TB, text string) *url.URL {
	t.Helper()
	address, err := url.Parse(text)
	if err != nil {
		t.Fatalf("%s must be an address such as postgres://user@host:port/database", EnvAddress) // the error shows the password
	}
	return address
}
