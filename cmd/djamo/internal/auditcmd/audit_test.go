package auditcmd_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"database/sql"
	"encoding/json"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/cmd/djamo/internal/auditcmd"
	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
	"github.com/djamo/djamo-go/internal/pgtest"
	"github.com/djamo/djamo-go/openfinance/audit"
)

// auditor types commands beside a database with a log of two wallets.
type auditor struct {
	folder, address string
	database        *sql.DB
	dialect         audit.Dialect
	log             *audit.Log
	key             ed25519.PrivateKey
	stdout, stderr  bytes.Buffer
}

func newAuditor(t *testing.T) *auditor {
	t.Helper()
	a := &auditor{folder: t.TempDir(), dialect: audit.SQLite}
	a.address = a.file("wallets.db")
	a.begin(t, "sqlite")
	return a
}

func newAuditorOnPostgreSQL(t *testing.T) *auditor {
	t.Helper()
	a := &auditor{folder: t.TempDir(), dialect: audit.PostgreSQL, address: pgtest.Schema(t, "pgx")}
	a.begin(t, "pgx")
	return a
}

func (a *auditor) begin(t *testing.T, driver string) {
	t.Helper()
	var err error
	a.database, err = sql.Open(driver, a.address)
	require.NoError(t, err)
	t.Cleanup(func() { _ = a.database.Close() })
	a.log, err = audit.Open(t.Context(), a.database, a.dialect)
	require.NoError(t, err)
	a.reads(t, 0, 20)
	public, private, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	open, err := x509.MarshalPKIXPublicKey(public)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(a.file("audit.key"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600))
	require.NoError(t, os.WriteFile(a.file("audit.pub"), pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: open}), 0o600))
	a.key = private
}

// day is when the first hour of the log begins.
func day() time.Time { return time.Date(2026, 5, 28, 0, 0, 0, 0, time.UTC) }

// reads are one read an hour, of one wallet after the other.
func (a *auditor) reads(t *testing.T, from, until int) {
	t.Helper()
	for i := from; i < until; i++ {
		record := audit.Record{At: day().Add(time.Duration(i) * time.Hour), Action: "read", Scope: "transactions.read", Status: 200, Count: int64(i)}
		require.NoError(t, audit.Append(t.Context(), a.database, a.dialect, []string{"wal_1", "wal_2"}[i%2], record))
	}
}

// signs writes a checkpoint as it was at a time.
func (a *auditor) signs(t *testing.T, name string, at time.Time) string {
	t.Helper()
	var text bytes.Buffer
	_, err := a.log.Checkpoint(t.Context(), &text, a.key, at)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(a.file(name), text.Bytes(), 0o600))
	return a.file(name)
}

// rows is how many rows the log has.
func (a *auditor) rows(t *testing.T) (rows int64) {
	t.Helper()
	require.NoError(t, a.database.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM djamo_audit").Scan(&rows))
	return rows
}

func (a *auditor) file(name string) string { return filepath.Join(a.folder, name) }

// djamo types a command and returns its exit code.
func (a *auditor) djamo(ctx context.Context, args ...string) int {
	a.stdout.Reset()
	a.stderr.Reset()
	t := terminal.Terminal{Out: &a.stdout, Err: &a.stderr, Lang: lang.French}
	command := auditcmd.Command(t)
	command.SilenceErrors, command.SilenceUsage = true, true
	command.SetArgs(append(args, "--db", a.address))
	err := command.ExecuteContext(ctx)
	if err != nil {
		a.stderr.WriteString(t.Lang.Error(err))
	}
	return exit.Code(err)
}

func (a *auditor) exec(t *testing.T, statement string) {
	t.Helper()
	_, err := a.database.Exec(statement)
	require.NoError(t, err)
}

func TestAudit_VerifyAndCheckpoint(t *testing.T) {
	t.Parallel()
	a := newAuditor(t)
	require.Equal(t, exit.OK, a.djamo(t.Context(), "verify"), a.stderr.String())
	require.JSONEq(t, `{"rows":20,"chains":2,"pruned":0,"bad":0,"open_hours":0,"checkpoint":null,"faults":[]}`, a.stdout.String())

	signed := a.file("may.checkpoint")
	require.Equal(t, exit.OK, a.djamo(t.Context(), "checkpoint", "--key", a.file("audit.key"), "--out", signed), a.stderr.String())
	require.Contains(t, a.stderr.String(), "20 lignes de 2 chaînes sont signées")
	require.Equal(t, exit.Usage, a.djamo(t.Context(), "checkpoint", "--key", a.file("audit.key"), "--out", signed), "it is never replaced")
	against := []string{"verify", "--checkpoint", signed, "--public-key", a.file("audit.pub")}
	require.Equal(t, exit.OK, a.djamo(t.Context(), against...), a.stderr.String())

	a.exec(t, "DROP TRIGGER djamo_audit_no_delete")
	a.exec(t, "DELETE FROM djamo_audit WHERE chain = 'wal_2' AND n > 6")
	a.exec(t, "UPDATE djamo_audit_heads SET n = 6, hash = (SELECT hash FROM djamo_audit WHERE chain = 'wal_2' AND n = 6) WHERE chain = 'wal_2'")
	require.Equal(t, exit.OK, a.djamo(t.Context(), "verify"))
	require.Equal(t, exit.Unresolved, a.djamo(t.Context(), against...))
	require.Contains(t, a.stderr.String(), "la première ligne fautive est la 7 de wal_2")
	var found struct {
		Bad    int64
		Faults []struct {
			Chain string
			Row   int64
		}
	}
	require.NoError(t, json.Unmarshal(a.stdout.Bytes(), &found))
	require.EqualValues(t, 1, found.Bad)
	require.EqualValues(t, 7, found.Faults[0].Row)

	text, err := os.ReadFile(signed)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(signed, bytes.Replace(text, []byte(`"n":10`), []byte(`"n":6`), 1), 0o600))
	require.Equal(t, exit.Unresolved, a.djamo(t.Context(), against...))
	require.Empty(t, a.stdout.String(), "what cannot be trusted says nothing")
	require.Equal(t, exit.OK, a.djamo(t.Context(), "checkpoint", "--key", a.file("audit.key")), "to standard output")
	require.Equal(t, 4, strings.Count(a.stdout.String(), "\n"))
}

func TestAudit_Export(t *testing.T) {
	t.Parallel()
	a := newAuditor(t)
	require.Equal(t, exit.OK, a.djamo(t.Context(), "export"), a.stderr.String())
	require.True(t, strings.HasPrefix(a.stdout.String(), "time,account,consent,action,scope,request_hash,response_code,count,fields,chain,row,hash\n"))
	require.Equal(t, 21, strings.Count(a.stdout.String(), "\n"))
	require.Equal(t, exit.OK, a.djamo(t.Context(), "export", "--format", "jsonl", "--account", "wal_1", "--from", "2026-05-28", "--until", "2026-05-29"))
	require.Equal(t, 10, strings.Count(a.stdout.String(), `"account":"wal_1"`))
	require.Equal(t, exit.OK, a.djamo(t.Context(), "export", "--format", "jsonl", "--until", "2026-05-28"))
	require.Empty(t, a.stdout.String())
}

func TestAudit_Prune(t *testing.T) {
	t.Parallel()
	for name, begin := range map[string]func(*testing.T) *auditor{"SQLite": newAuditor, "PostgreSQL": newAuditorOnPostgreSQL} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := begin(t)
			signed := a.signs(t, "may.checkpoint", day().Add(20*time.Hour))
			against := []string{"--checkpoint", signed, "--public-key", a.file("audit.pub")}
			require.Equal(t, exit.OK, a.djamo(t.Context(), append([]string{"prune", "--before", "2026-05-28"}, against...)...), a.stderr.String())
			require.JSONEq(t, `{"rows":0,"chains":0}`, a.stdout.String(), "the day itself is not before it")
			require.EqualValues(t, 20, a.rows(t))
			require.Equal(t, exit.OK, a.djamo(t.Context(), append([]string{"prune", "--before", "2026-05-29"}, against...)...), a.stderr.String())
			require.JSONEq(t, `{"rows":20,"chains":2}`, a.stdout.String())
			require.Empty(t, a.stderr.String())
			require.EqualValues(t, 2, a.rows(t), "a row of each chain says what went")
			require.Equal(t, exit.OK, a.djamo(t.Context(), "verify"), a.stderr.String())
			require.JSONEq(t, `{"rows":2,"chains":2,"pruned":20,"bad":0,"open_hours":0,"checkpoint":null,"faults":[]}`, a.stdout.String())
			require.Equal(t, exit.OK, a.djamo(t.Context(), "prune", "--before", "2026-05-29"), "safe to repeat")
			require.JSONEq(t, `{"rows":0,"chains":0}`, a.stdout.String())

			a.reads(t, 30, 40) // the day after, behind the rows that tell of the pruning
			require.Equal(t, exit.OK, a.djamo(t.Context(), "checkpoint", "--key", a.file("audit.key"), "--out", a.file("june.checkpoint")), a.stderr.String())
			require.Equal(t, exit.OK, a.djamo(t.Context(), "verify", "--checkpoint", a.file("june.checkpoint"), "--public-key", a.file("audit.pub")))
			require.EqualValues(t, 12, a.rows(t))
		})
	}
}

// Only the beginning of a chain is deleted, of which the checkpoint shows that it was there.
func TestAudit_PruneOnlyWhatACheckpointCovers(t *testing.T) {
	t.Parallel()
	for name, begin := range map[string]func(*testing.T) *auditor{"SQLite": newAuditor, "PostgreSQL": newAuditorOnPostgreSQL} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := begin(t)
			signed := a.signs(t, "may.checkpoint", day().Add(20*time.Hour))
			a.reads(t, 20, 40) // until 16 o'clock of the next day
			prune := func(before string) int {
				return a.djamo(t.Context(), "prune", "--before", before, "--checkpoint", signed, "--public-key", a.file("audit.pub"))
			}
			require.Equal(t, exit.Usage, prune("2026-05-29"), "four rows of that evening were written after it")
			require.Contains(t, a.stderr.String(), "--checkpoint : la ligne 11 de wal_1 a été écrite après lui, et serait supprimée")
			require.Contains(t, a.stderr.String(), "rien n'a été fait")
			require.Empty(t, a.stdout.String())
			require.EqualValues(t, 40, a.rows(t))

			signed = a.signs(t, "june.checkpoint", day().Add(40*time.Hour))
			require.Equal(t, exit.OK, prune("2026-05-29"), a.stderr.String())
			require.JSONEq(t, `{"rows":24,"chains":2}`, a.stdout.String())
			require.EqualValues(t, 16+2, a.rows(t), "the rows of the next day are left")
			require.Equal(t, exit.OK, a.djamo(t.Context(), "verify", "--checkpoint", signed, "--public-key", a.file("audit.pub")), a.stderr.String())
			require.Equal(t, exit.OK, a.djamo(t.Context(), "export", "--format", "jsonl"))
			require.Equal(t, 16, strings.Count(a.stdout.String(), `"action":"read"`))
			require.NotContains(t, a.stdout.String(), `"time":"2026-05-28`)
		})
	}
}

// Nothing is deleted of a log that was altered, nor against a checkpoint that cannot be trusted.
func TestAudit_PruneTakesNoProofAway(t *testing.T) {
	t.Parallel()
	for name, begin := range map[string]func(*testing.T) *auditor{"SQLite": newAuditor, "PostgreSQL": newAuditorOnPostgreSQL} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := begin(t)
			signed := a.signs(t, "may.checkpoint", day().Add(20*time.Hour))
			prune := func(checkpoint string) int {
				return a.djamo(t.Context(), "prune", "--before", "2026-05-29", "--checkpoint", checkpoint, "--public-key", a.file("audit.pub"))
			}
			text, err := os.ReadFile(signed)
			require.NoError(t, err)
			forged := a.file("forged.checkpoint")
			require.NoError(t, os.WriteFile(forged, bytes.Replace(text, []byte(`"n":10`), []byte(`"n":11`), 1), 0o600))
			require.Equal(t, exit.Unresolved, prune(forged))
			require.Contains(t, a.stderr.String(), "le point de contrôle n'est pas fiable : sa signature n'est pas la bonne : il a été altéré")
			require.NoError(t, os.WriteFile(forged, text[:len(text)/2], 0o600))
			require.Equal(t, exit.Unresolved, prune(forged))
			require.Contains(t, a.stderr.String(), "le point de contrôle n'est pas fiable")
			require.EqualValues(t, 20, a.rows(t))

			if a.dialect == audit.PostgreSQL {
				a.exec(t, "ALTER TABLE djamo_audit DISABLE TRIGGER ALL")
			} else {
				a.exec(t, "DROP TRIGGER djamo_audit_no_update")
			}
			a.exec(t, "UPDATE djamo_audit SET items = 9 WHERE chain = 'wal_1' AND n = 2")
			for _, args := range [][]string{nil, {"--checkpoint", signed, "--public-key", a.file("audit.pub")}} {
				require.Equal(t, exit.Unresolved, a.djamo(t.Context(), append([]string{"prune", "--before", "2026-05-29"}, args...)...))
				require.Equal(t, "le journal a été altéré, donc rien n'a été supprimé : la première ligne fautive est la 2 de wal_1", a.stderr.String())
				require.Empty(t, a.stdout.String())
				require.EqualValues(t, 20, a.rows(t))
			}
		})
	}
}

// A mistake on the command line ends with 64, names the flag in French, and deletes nothing.
func TestAudit_PruneBadInput(t *testing.T) {
	t.Parallel()
	a := newAuditor(t)
	signed := a.signs(t, "may.checkpoint", day().Add(20*time.Hour))
	require.NoError(t, os.WriteFile(a.file("no.pem"), []byte("secret"), 0o600))
	for name, row := range map[string]struct {
		args []string
		text string
	}{
		"no day":        {nil, `--before "" : doit être un jour comme 2026-01-31`},
		"no such day":   {[]string{"--before", "2026-02-31"}, `--before "2026-02-31" : doit être un jour comme 2026-01-31`},
		"a time":        {[]string{"--before", "2026-05-29T00:00:00Z"}, "doit être un jour comme"},
		"a day to come": {[]string{"--before", "9999-01-01"}, "--before 9999-01-01 : doit être passé"},
		"no key":        {[]string{"--before", "2026-05-29", "--checkpoint", signed}, "--public-key : doit accompagner --checkpoint"},
		"no checkpoint": {[]string{"--before", "2026-05-29", "--public-key", a.file("audit.pub")}, "--checkpoint : doit accompagner --public-key"},
		"a key that is no key": {
			[]string{"--before", "2026-05-29", "--checkpoint", signed, "--public-key", a.file("no.pem")},
			"no.pem : ce n'est pas une clé publique en PEM : tirez-la de la clé privée avec : openssl pkey -pubout",
		},
		"the private key": {
			[]string{"--before", "2026-05-29", "--checkpoint", signed, "--public-key", a.file("audit.key")}, "ce n'est pas une clé publique en PEM",
		},
		"a key that is not there": {
			[]string{"--before", "2026-05-29", "--checkpoint", signed, "--public-key", a.file("none.pub")}, "ce fichier ou ce dossier n'existe pas",
		},
		"a checkpoint that is not there": {
			[]string{"--before", "2026-05-29", "--checkpoint", a.file("none"), "--public-key", a.file("audit.pub")},
			"none ne peut pas être lu : ce fichier ou ce dossier n'existe pas",
		},
	} {
		require.Equal(t, exit.Usage, a.djamo(t.Context(), append([]string{"prune"}, row.args...)...), name)
		require.Contains(t, a.stderr.String(), row.text, name)
		require.NotContains(t, a.stderr.String(), "secret", name)
		require.Empty(t, a.stdout.String(), name)
		require.EqualValues(t, 20, a.rows(t), name)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	require.Equal(t, exit.Interrupted, a.djamo(over, "prune", "--before", "2026-05-29"))
	require.EqualValues(t, 20, a.rows(t))
}

func TestAudit_ADatabaseWithoutALog(t *testing.T) {
	t.Parallel()
	a := newAuditor(t)
	over, cancel := context.WithCancel(t.Context())
	cancel()
	require.Equal(t, exit.Interrupted, a.djamo(over, "verify"))
	for _, table := range []string{"djamo_audit", "djamo_audit_heads", "djamo_audit_schema"} {
		a.exec(t, "DROP TABLE "+table)
	}
	require.Equal(t, exit.Usage, a.djamo(t.Context(), "verify"))
	require.Contains(t, a.stderr.String(), "--db: the database has no audit log")
}
