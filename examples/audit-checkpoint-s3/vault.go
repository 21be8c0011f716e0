package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"

	"github.com/djamo/djamo-go/openfinance/audit"
)

// errAltered is a log that is not what it was.
var errAltered = errors.New("the audit log was altered")

// vault is a bucket with object lock.
type vault struct {
	client         *minio.Client
	bucket, prefix string
	keep           time.Duration // how long a checkpoint cannot be deleted
}

// write verifies the log against the last checkpoint in the bucket, and puts the next one there.
//
// It believes nothing of what the server says of itself: the bucket must have object lock, and the checkpoint must be there, as it
// was written and locked until the day that was asked for. Else it fails, and says so.
func (v vault) write(ctx context.Context, log *audit.Log, key ed25519.PrivateKey, now time.Time, stdout io.Writer) error {
	lock, _, _, _, err := v.client.GetObjectLockConfig(ctx, v.bucket) //nolint:dogsled // the client gives all in one
	if err != nil || lock != "Enabled" {
		return fmt.Errorf("the bucket %s has no object lock, which a bucket gets only when it is made: %w", v.bucket, errors.Join(err))
	}
	public, _ := key.Public().(ed25519.PublicKey)
	if err := v.verify(ctx, log, public, stdout); err != nil && !errors.Is(err, errNoCheckpoint) {
		return fmt.Errorf("no checkpoint was written: %w", err)
	}
	var signed bytes.Buffer
	sum, err := log.Checkpoint(ctx, &signed, key, now)
	if err != nil {
		return err
	}
	name := v.prefix + now.UTC().Format("2006-01-02T15-04-05.000Z")
	until := now.Add(v.keep).UTC().Truncate(time.Second)
	options := minio.PutObjectOptions{
		ContentType: "application/jsonl", Mode: minio.Compliance, RetainUntilDate: until, SendContentMd5: true, DisableMultipart: true,
	}
	options.SetMatchETagExcept("*") // it is never written over another
	if _, err := v.client.PutObject(ctx, v.bucket, name, bytes.NewReader(signed.Bytes()), int64(signed.Len()), options); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if err := v.check(ctx, name, signed.Bytes(), until); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	fmt.Fprintf(stdout, "%s holds %d rows of %d chains, and cannot be deleted before %s\n", name, sum.Rows, sum.Chains,
		until.Format(time.DateOnly))
	return nil
}

// check reads a checkpoint back, and how it is locked.
func (v vault) check(ctx context.Context, name string, want []byte, until time.Time) error {
	got, err := v.read(ctx, name, "")
	if err != nil {
		return err
	}
	info, err := v.client.StatObject(ctx, v.bucket, name, minio.StatObjectOptions{})
	if err != nil {
		return err
	}
	mode := info.Metadata.Get("X-Amz-Object-Lock-Mode")
	kept, unknown := time.Parse(time.RFC3339, info.Metadata.Get("X-Amz-Object-Lock-Retain-Until-Date"))
	switch {
	case !bytes.Equal(got, want):
		return errors.New("the bucket does not hold what was written")
	case mode != minio.Compliance.String() || unknown != nil || kept.Before(until):
		return fmt.Errorf("it is not locked in compliance mode until %s, though the bucket took it", until.Format(time.RFC3339))
	}
	return nil
}

// errNoCheckpoint is a bucket without checkpoints.
var errNoCheckpoint = errors.New("the bucket has no checkpoint yet")

// verify verifies the log against the last checkpoint that the key has signed. Whoever can write to the bucket can put something
// newer beside the checkpoints, or over one, or hide one behind a delete marker; but nothing is gone before its time is over. So all
// versions are looked at, and those that cannot be trusted are named and make it fail.
func (v vault) verify(ctx context.Context, log *audit.Log, key ed25519.PublicKey, stdout io.Writer) error {
	versions, err := v.versions(ctx)
	if err != nil {
		return err
	}
	var untrusted []error
	for _, version := range versions {
		signed, err := v.read(ctx, version.Key, version.VersionID)
		if err != nil {
			return fmt.Errorf("%s: %w", version.Key, err)
		}
		report, err := log.Verify(ctx, &audit.Signed{Checkpoint: bytes.NewReader(signed), PublicKey: key})
		switch {
		case errors.Is(err, audit.ErrCheckpoint):
			untrusted = append(untrusted, fmt.Errorf("%s (version %s): %w", version.Key, version.VersionID, err))
			continue
		case err != nil:
			return err
		case len(report.Faults) > 0:
			return errors.Join(append(untrusted, fmt.Errorf("%w since %s: %w", errAltered, version.Key, &report.Faults[0]))...)
		}
		fmt.Fprintf(stdout, "%d rows of %d chains are as they were at %s\n", report.Rows, report.Chains, report.Checkpoint.Format(time.RFC3339))
		return errors.Join(untrusted...)
	}
	return errors.Join(append(untrusted, errNoCheckpoint)...)
}

// versions lists everything that was ever put below the prefix, the newest name first. Delete markers hide nothing.
func (v vault) versions(ctx context.Context) ([]minio.ObjectInfo, error) {
	var all []minio.ObjectInfo
	for object := range v.client.ListObjects(ctx, v.bucket, minio.ListObjectsOptions{Prefix: v.prefix, Recursive: true, WithVersions: true}) {
		if object.Err != nil {
			return nil, object.Err
		}
		if !object.IsDeleteMarker && object.Key != v.prefix {
			all = append(all, object)
		}
	}
	slices.SortFunc(all, func(a, b minio.ObjectInfo) int {
		return cmp.Or(strings.Compare(b.Key, a.Key), b.LastModified.Compare(a.LastModified), strings.Compare(b.VersionID, a.VersionID))
	})
	return all, nil
}

func (v vault) read(ctx context.Context, name, version string) ([]byte, error) {
	object, err := v.client.GetObject(ctx, v.bucket, name, minio.GetObjectOptions{VersionID: version})
	if err != nil {
		return nil, err
	}
	defer object.Close()
	const maxBytes = 1 << 30
	content, err := io.ReadAll(io.LimitReader(object, maxBytes+1))
	if err == nil && len(content) > maxBytes {
		err = errors.New("it is too large for a checkpoint")
	}
	return content, err
}
