package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"database/sql"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"github.com/stretchr/testify/require"
	"github.com/versity/versitygw/auth"
	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/s3api"
	"github.com/versity/versitygw/s3api/middlewares"

	"github.com/djamo/djamo-go/openfinance/audit"
)

const access, secret = "test-access", "test-secret"

// endpoint is where the S3 server of the tests is.
var endpoint string

// TestMain starts a real S3 server over real TCP: versitygw over a folder. There is one for all tests, as it changes into its folder.
func TestMain(m *testing.M) {
	folder, err := os.MkdirTemp("", "audit-checkpoint-s3-")
	if err == nil {
		endpoint, err = serve(folder)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(folder)
	os.Exit(code)
}

func serve(folder string) (endpoint string, err error) {
	for _, name := range []string{"data", "versions", "attributes"} {
		if err := os.Mkdir(filepath.Join(folder, name), 0o700); err != nil {
			return "", err
		}
	}
	attributes, err := meta.NewSideCar(filepath.Join(folder, "attributes")) // in files, as not every file system has extended attributes
	if err != nil {
		return "", err
	}
	backend, err := posix.New(filepath.Join(folder, "data"), attributes, posix.PosixOpts{
		VersioningDir: filepath.Join(folder, "versions"), SideCarDir: filepath.Join(folder, "attributes"),
	})
	if err != nil {
		return "", err
	}
	root := auth.Account{Access: access, Secret: secret, Role: auth.RoleAdmin}
	const tries = 10 // the server wants an address, and no listener: somebody else may get it first
	for range tries {
		listener, listenErr := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
		if listenErr != nil {
			return "", listenErr
		}
		endpoint = listener.Addr().String()
		_ = listener.Close()
		listening := make(chan error, 1)
		api, newErr := s3api.New(backend, middlewares.RootUserConfig{Access: access, Secret: secret}, "us-east-1", auth.NewIAMServiceSingle(root),
			nil, nil, nil, nil, s3api.WithQuiet(), s3api.WithConcurrencyLimiter(100, 100),
			s3api.WithOnListen(func() { listening <- nil }))
		if newErr != nil {
			return "", newErr
		}
		go func() { listening <- api.ServeMultiPort([]string{endpoint}) }()
		if err = <-listening; err == nil {
			return endpoint, nil
		}
	}
	return "", err
}

// auditor has a database with a log, keys, and a bucket.
type auditor struct {
	t              *testing.T
	db             *sql.DB
	folder         string
	bucket         string
	client         *minio.Client
	stdout, stderr bytes.Buffer
}

func newAuditor(t *testing.T) *auditor {
	t.Helper()
	a := &auditor{t: t, folder: t.TempDir(), bucket: strings.ToLower(rand.Text())}
	var err error
	a.db, err = sql.Open("sqlite", "file:"+a.file("wallets.db"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = a.db.Close() })
	_, err = audit.Open(t.Context(), a.db, audit.SQLite)
	require.NoError(t, err)
	a.read(20)
	public, private, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	key, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	open, err := x509.MarshalPKIXPublicKey(public)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(a.file("audit.key"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}), 0o600))
	require.NoError(t, os.WriteFile(a.file("audit.pub"), pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: open}), 0o600))
	a.client, err = minio.New(endpoint, &minio.Options{Creds: credentials.NewStaticV4(access, secret, ""), Region: "us-east-1"})
	require.NoError(t, err)
	require.NoError(t, a.client.MakeBucket(t.Context(), a.bucket, minio.MakeBucketOptions{ObjectLocking: true}))
	return a
}

func (a *auditor) file(name string) string { return filepath.Join(a.folder, name) }

// read records reads of two wallets.
func (a *auditor) read(count int) {
	for i := range count {
		record := audit.Record{At: time.Date(2026, 5, 28, 9, 0, i, 0, time.UTC), Action: "read", Status: 200, Count: int64(i)}
		require.NoError(a.t, audit.Append(a.t.Context(), a.db, audit.SQLite, fmt.Sprintf("wal_%d", i%2+1), record))
	}
}

// types runs a command, as somebody would type it.
func (a *auditor) types(name, bucket string) int {
	a.stdout.Reset()
	a.stderr.Reset()
	args := []string{name, "-db", a.file("wallets.db"), "-key", a.file("audit.key"), "-public-key", a.file("audit.pub"),
		"-endpoint", endpoint, "-bucket", bucket, "-days", "30", "-plain-http"}
	env := map[string]string{"AWS_ACCESS_KEY_ID": access, "AWS_SECRET_ACCESS_KEY": secret}
	return command(a.t.Context(), args, func(name string) string { return env[name] }, &a.stdout, &a.stderr)
}

// checkpoints are the versions in the bucket, the newest first.
func (a *auditor) checkpoints() []minio.ObjectInfo {
	versions, err := vault{client: a.client, bucket: a.bucket, prefix: "checkpoints/"}.versions(a.t.Context())
	require.NoError(a.t, err)
	return versions
}

// cutOff removes the last rows of a wallet, and has the place that says where the chain ends say so.
func (a *auditor) cutOff() {
	for _, statement := range []string{
		"DROP TRIGGER djamo_audit_no_delete",
		"DELETE FROM djamo_audit WHERE chain = 'wal_2' AND n > 6",
		"UPDATE djamo_audit_heads SET n = 6, hash = (SELECT hash FROM djamo_audit WHERE chain = 'wal_2' AND n = 6) WHERE chain = 'wal_2'",
	} {
		_, err := a.db.ExecContext(a.t.Context(), statement)
		require.NoError(a.t, err)
	}
}

func TestCheckpoint_FindsALogThatWasCutOff(t *testing.T) {
	t.Parallel()
	a := newAuditor(t)
	require.Equal(t, exitFailed, a.types("verify", a.bucket), "there is nothing to verify against")
	require.Equal(t, exitWhole, a.types("write", a.bucket), a.stderr.String())
	require.Contains(t, a.stdout.String(), "holds 20 rows of 2 chains")
	require.Equal(t, exitWhole, a.types("verify", a.bucket), a.stderr.String())
	a.read(4)
	require.Equal(t, exitWhole, a.types("write", a.bucket), a.stderr.String())
	require.Len(t, a.checkpoints(), 2)

	a.cutOff()
	require.Equal(t, exitAltered, a.types("verify", a.bucket))
	require.Contains(t, a.stderr.String(), "row 7 of wal_2 is missing: the chain was cut off, the checkpoint has 12 rows of it")
	require.Equal(t, exitAltered, a.types("write", a.bucket), "a log that was altered gets no checkpoint")
	require.Len(t, a.checkpoints(), 2)
}

func TestCheckpoint_CannotBeReplacedOrDeleted(t *testing.T) {
	t.Parallel()
	a := newAuditor(t)
	require.Equal(t, exitWhole, a.types("write", a.bucket), a.stderr.String())
	kept := a.checkpoints()[0]
	ctx := t.Context()

	info, err := a.client.StatObject(ctx, a.bucket, kept.Key, minio.StatObjectOptions{})
	require.NoError(t, err)
	require.Equal(t, "COMPLIANCE", info.Metadata.Get("X-Amz-Object-Lock-Mode"))
	until, err := time.Parse(time.RFC3339, info.Metadata.Get("X-Amz-Object-Lock-Retain-Until-Date"))
	require.NoError(t, err)
	require.WithinDuration(t, time.Now().AddDate(0, 0, 30), until, 2*time.Hour) // a day may have 23 hours, or 25

	for _, bypass := range []bool{false, true} {
		err = a.client.RemoveObject(ctx, a.bucket, kept.Key, minio.RemoveObjectOptions{VersionID: kept.VersionID, GovernanceBypass: bypass})
		require.Error(t, err, "bypass %t", bypass)
		sooner, governance := time.Now().Add(time.Hour), minio.Governance
		err = a.client.PutObjectRetention(ctx, a.bucket, kept.Key, minio.PutObjectRetentionOptions{
			VersionID: kept.VersionID, Mode: &governance, RetainUntilDate: &sooner, GovernanceBypass: bypass,
		})
		require.Error(t, err, "bypass %t", bypass)
	}
	options := minio.PutObjectOptions{Mode: minio.Compliance, RetainUntilDate: until, SendContentMd5: true}
	options.SetMatchETagExcept("*")
	_, err = a.client.PutObject(ctx, a.bucket, kept.Key, bytes.NewReader([]byte("forged")), 6, options)
	require.Equal(t, "PreconditionFailed", minio.ToErrorResponse(err).Code, "the program never writes over another: %v", err)

	signed, err := vault{client: a.client, bucket: a.bucket}.read(ctx, kept.Key, kept.VersionID)
	require.NoError(t, err)
	require.Contains(t, string(signed), "djamo-audit-checkpoint-1")
}

// Whoever can write to the bucket can hide a checkpoint, and put another beside it. Neither deceives the verification.
func TestCheckpoint_IsFoundBehindWhatIsForged(t *testing.T) {
	t.Parallel()
	a := newAuditor(t)
	require.Equal(t, exitWhole, a.types("write", a.bucket), a.stderr.String())
	kept := a.checkpoints()[0]
	require.NoError(t, a.client.RemoveObject(t.Context(), a.bucket, kept.Key, minio.RemoveObjectOptions{}), "a delete marker")
	require.Equal(t, exitWhole, a.types("verify", a.bucket), a.stderr.String())

	_, other, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	a.cutOff()
	log, err := audit.Existing(t.Context(), a.db, audit.SQLite)
	require.NoError(t, err)
	var forged bytes.Buffer
	_, err = log.Checkpoint(t.Context(), &forged, other, time.Now())
	require.NoError(t, err)
	_, err = a.client.PutObject(t.Context(), a.bucket, "checkpoints/9999", &forged, int64(forged.Len()), minio.PutObjectOptions{SendContentMd5: true})
	require.NoError(t, err)
	require.Equal(t, exitAltered, a.types("verify", a.bucket))
	require.Contains(t, a.stderr.String(), "checkpoints/9999")
	require.Contains(t, a.stderr.String(), "row 7 of wal_2 is missing")
}

func TestCheckpoint_NeedsObjectLock(t *testing.T) {
	t.Parallel()
	a := newAuditor(t)
	require.NoError(t, a.client.MakeBucket(t.Context(), "open-"+a.bucket, minio.MakeBucketOptions{}))
	require.Equal(t, exitFailed, a.types("write", "open-"+a.bucket))
	require.Contains(t, a.stderr.String(), "has no object lock")
	require.Equal(t, exitFailed, a.types("write", "missing"))
	require.Equal(t, exitUsage, a.types("delete", a.bucket))
}

// A server that takes a checkpoint and does not lock it is found out.
func TestCheckpoint_IsReadBack(t *testing.T) {
	t.Parallel()
	a := newAuditor(t)
	_, err := a.client.PutObject(t.Context(), a.bucket, "checkpoints/1", bytes.NewReader([]byte("x")), 1, minio.PutObjectOptions{SendContentMd5: true})
	require.NoError(t, err)
	v := vault{client: a.client, bucket: a.bucket, prefix: "checkpoints/"}
	require.ErrorContains(t, v.check(context.WithoutCancel(t.Context()), "checkpoints/1", []byte("y"), time.Now()), "does not hold what was written")
	require.Error(t, v.check(t.Context(), "checkpoints/1", []byte("x"), time.Now()), "it is not locked")
}
