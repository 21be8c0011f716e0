// Command audit-checkpoint-s3 keeps signed checkpoints of an audit log where those who can write to the database cannot: in an S3
// bucket with object lock, in which nobody, not the owner either, replaces or deletes them before their time is over.
//
//	audit-checkpoint-s3 write  -db wallets.db -key audit.key -endpoint s3.example:443 -bucket audit-checkpoints -days 1826
//	audit-checkpoint-s3 verify -db wallets.db -public-key audit.pub -endpoint s3.example:443 -bucket audit-checkpoints
//
// The keys of the bucket come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. The exit code is 0 when the log is whole, 3 when it
// was altered or a checkpoint cannot be trusted, and 1 when that could not be found out.
package main

import (
	"context"
	"crypto/ed25519"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	_ "modernc.org/sqlite" // driver of SQLite

	"github.com/djamo/djamo-go/openfinance/audit"
)

// Exit codes.
const (
	exitWhole   = 0
	exitFailed  = 1
	exitAltered = 3
	exitUsage   = 64
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := command(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// settings are the flags.
type settings struct {
	db, key, publicKey, endpoint, bucket, prefix, region string
	days                                                 int
	plain                                                bool
}

// command carries a command line out and returns the exit code.
func command(ctx context.Context, args []string, env func(string) string, stdout, stderr io.Writer) int {
	var s settings
	flags := flag.NewFlagSet("audit-checkpoint-s3", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&s.db, "db", "", "file of SQLite with the audit log")
	flags.StringVar(&s.key, "key", "", "file with the ed25519 key that signs: openssl genpkey -algorithm ed25519")
	flags.StringVar(&s.publicKey, "public-key", "", "file with the public key: openssl pkey -pubout")
	flags.StringVar(&s.endpoint, "endpoint", "", "host and port of the S3 server")
	flags.StringVar(&s.bucket, "bucket", "", "bucket, made with object lock")
	flags.StringVar(&s.prefix, "prefix", "checkpoints/", "what the names in the bucket begin with")
	flags.StringVar(&s.region, "region", "us-east-1", "region of the bucket")
	flags.IntVar(&s.days, "days", 5*365+1, "how long a checkpoint can be neither replaced nor deleted: as long as the log must be kept")
	flags.BoolVar(&s.plain, "plain-http", false, "without TLS, for a server on this machine")
	name := ""
	if len(args) > 0 {
		name, args = args[0], args[1:]
	}
	if name != "write" && name != "verify" || flags.Parse(args) != nil || flags.NArg() > 0 || s.days < 1 {
		fmt.Fprintln(stderr, "usage: audit-checkpoint-s3 write|verify -db FILE -endpoint HOST:PORT -bucket BUCKET [flags]")
		flags.PrintDefaults()
		return exitUsage
	}
	err := run(ctx, name, s, env, stdout)
	switch {
	case err == nil:
		return exitWhole
	case errors.Is(err, errAltered), errors.Is(err, audit.ErrCheckpoint):
		fmt.Fprintln(stderr, "audit-checkpoint-s3:", err)
		return exitAltered
	}
	fmt.Fprintln(stderr, "audit-checkpoint-s3:", err)
	return exitFailed
}

func run(ctx context.Context, name string, s settings, env func(string) string, stdout io.Writer) error {
	client, err := minio.New(s.endpoint, &minio.Options{
		Creds: credentials.NewStaticV4(env("AWS_ACCESS_KEY_ID"), env("AWS_SECRET_ACCESS_KEY"), ""), Secure: !s.plain, Region: s.region,
	})
	if err != nil {
		return err
	}
	db, err := sql.Open("sqlite", "file:"+s.db+"?mode=rw&_pragma=busy_timeout(5000)")
	if err != nil {
		return err
	}
	defer db.Close()
	log, err := audit.Existing(ctx, db, audit.SQLite)
	if err != nil {
		return err
	}
	v := vault{client: client, bucket: s.bucket, prefix: s.prefix, keep: time.Duration(s.days) * 24 * time.Hour}
	if name == "verify" {
		public, err := readKey(s.publicKey, audit.ParsePublicKey)
		if err != nil {
			return err
		}
		return v.verify(ctx, log, public, stdout)
	}
	key, err := readKey(s.key, audit.ParsePrivateKey)
	if err != nil {
		return err
	}
	return v.write(ctx, log, key, time.Now(), stdout)
}

func readKey[K ed25519.PrivateKey | ed25519.PublicKey](file string, parse func([]byte) (K, error)) (K, error) {
	text, err := os.ReadFile(file) //nolint:gosec // whoever runs it names the file
	if err != nil {
		return nil, err
	}
	return parse(text)
}
