package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/internal/pgtest"
)

func TestDemo_PaysTheSampleFile(t *testing.T) {
	t.Parallel()
	address := pgtest.Database(t, "pgx")
	for range 2 { // the second start finds everybody paid
		var out bytes.Buffer
		require.NoError(t, demo(t.Context(), address, &out))
		require.Contains(t, out.String(), "25 of 25 payouts completed")
	}
}

func TestDemo_NeedsADatabase(t *testing.T) {
	t.Parallel()
	require.ErrorContains(t, demo(t.Context(), "", &bytes.Buffer{}), "DJAMO_DATABASE_URL")
	err := demo(t.Context(), "postgres://me:secret@[", &bytes.Buffer{})
	require.ErrorContains(t, err, "DJAMO_DATABASE_URL")
	require.NotContains(t, err.Error(), "secret")
}
