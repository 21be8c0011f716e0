package wire_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/internal/wire"
)

func header(pairs ...string) http.Header {
	h := http.Header{}
	for i := 0; i < len(pairs); i += 2 {
		h.Set(pairs[i], pairs[i+1])
	}
	return h
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		in := func(d time.Duration) string { return time.Now().Add(d).UTC().Format(http.TimeFormat) }
		for name, row := range map[string]struct {
			header http.Header
			want   time.Duration
			said   bool
		}{
			"absent":              {header(), 0, false},
			"seconds":             {header("Retry-After", "7"), 7 * time.Second, true},
			"zero":                {header("Retry-After", "0"), 0, true},
			"negative":            {header("Retry-After", "-5"), 0, false},
			"fraction":            {header("Retry-After", "1.5"), 0, false},
			"word":                {header("Retry-After", "soon"), 0, false},
			"absurd":              {header("Retry-After", "18446744073709551615"), 100 * 365 * 24 * time.Hour, true},
			"beyond any range":    {header("Retry-After", "99999999999999999999999"), 100 * 365 * 24 * time.Hour, true},
			"date":                {header("Retry-After", in(90*time.Second)), 90 * time.Second, true},
			"date past":           {header("Retry-After", in(-time.Hour)), 0, true},
			"date, clock behind":  {header("Retry-After", in(time.Hour+30*time.Second), "Date", in(time.Hour)), 30 * time.Second, true},
			"date, Date unusable": {header("Retry-After", in(30*time.Second), "Date", "yesterday"), 30 * time.Second, true},
		} {
			after, said := wire.RetryAfter(row.header)
			require.Equal(t, row.want, after, name)
			require.Equal(t, row.said, said, name)
		}
	})
}
