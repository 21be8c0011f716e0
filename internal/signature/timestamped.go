package signature

import (
	"encoding/hex"
	"strconv"
	"strings"
	"time"
)

// maxSignatures bounds the v1 parts of one header: two while a secret is replaced, and room for more.
const maxSignatures = 8

// Timestamped checks a header of the form t=<unix seconds>,v1=<hex>, where the digest is that of "t.body". There may be
// several v1, of which one must fit; parts with other names are passed over, so that a new scheme can be added beside
// this one. A signature that fits and whose time differs from now by more than the tolerance, to either side, is
// ErrOutOfTime.
func Timestamped(body []byte, header string, now time.Time, tolerance time.Duration, secrets ...string) error {
	if err := check(header, secrets); err != nil {
		return err
	}
	if tolerance <= 0 {
		return ErrNoTolerance
	}
	parsed, ok := parseTimestamped(header)
	if !ok {
		return ErrMalformed
	}
	// The signature first: until it fits, the time in the header is anybody's.
	valid := false
	for i := range parsed.sums {
		if match(&parsed.sums[i], secrets, []byte(parsed.time), []byte("."), body) == nil {
			valid = true // and on with the others, as in match
		}
	}
	if !valid {
		return ErrMismatch
	}
	if age := now.Sub(time.Unix(parsed.seconds, 0)); age > tolerance || age < -tolerance {
		return ErrOutOfTime
	}
	return nil
}

// SignTimestamped makes the header that Timestamped checks.
func SignTimestamped(body []byte, at time.Time, secret string) string {
	seconds := strconv.FormatInt(at.Unix(), 10)
	return "t=" + seconds + ",v1=" + hex.EncodeToString(digest(secret, []byte(seconds), []byte("."), body))
}

type timestamped struct {
	time    string // as it was signed
	seconds int64
	sums    [][size]byte
}

// parseTimestamped takes exactly one t in plain decimal and one to maxSignatures v1.
func parseTimestamped(header string) (parsed timestamped, ok bool) {
	for part := range strings.SplitSeq(header, ",") {
		name, value, ok := strings.Cut(part, "=")
		switch {
		case !ok, name == "":
			return parsed, false
		case name == "t":
			seconds, err := strconv.ParseInt(value, 10, 64)
			if err != nil || parsed.time != "" || strconv.FormatInt(seconds, 10) != value {
				return parsed, false
			}
			parsed.time, parsed.seconds = value, seconds
		case name == "v1":
			sum, ok := decodeHex(value)
			if !ok || len(parsed.sums) == maxSignatures {
				return parsed, false
			}
			parsed.sums = append(parsed.sums, sum)
		}
	}
	return parsed, parsed.time != "" && len(parsed.sums) > 0
}
