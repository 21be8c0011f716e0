package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/djamotest"
	"github.com/stretchr/testify/require"
)

func TestDemo_PaysTheSampleFile(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.NoError(t, demo(t.Context(), &out))
	first, _, _ := strings.Cut(out.String(), "\n")
	require.Contains(t, first, "embedded")
	require.Contains(t, out.String(), "25 of 25 payouts completed")
	require.Contains(t, out.String(), "+22505******59", "numbers are masked on the terminal")
}

// The sample is the one that the documentation has its readers pay.
func TestDemo_SampleIsThatOfTheDocumentation(t *testing.T) {
	t.Parallel()
	want, err := os.ReadFile(filepath.Join("..", "..", "testdata", "salaries.csv"))
	require.NoError(t, err)
	require.Equal(t, string(want), string(sample))
}

func TestPay_SecondStartPaysNothingAgain(t *testing.T) {
	t.Parallel()
	server := djamotest.NewServer(t, djamotest.WithSettleAfter(0))
	client, err := djamo.NewClient(server.Token, djamo.WithBaseURL(server.URL))
	require.NoError(t, err)
	require.NoError(t, server.Fail("+2250748710524", "account of +2250748710524 closed"))
	const file = "msisdn,amount,reference\n+2250748710523,10000,june/1\n+2250748710524,20000,june/2\n"
	path := filepath.Join(t.TempDir(), "june.journal")
	for range 2 {
		var out bytes.Buffer
		require.NoError(t, pay(t.Context(), client, strings.NewReader(file), "june", path, &out))
		require.Contains(t, out.String(), "1 of 2 payouts completed")
		require.Contains(t, out.String(), "account of +22507******24 closed")
	}
	server.AssertPaidOnce(t, "june/1")
	require.Len(t, server.Transactions(), 2)
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	require.ErrorContains(t, pay(t.Context(), client, strings.NewReader("msisdn,amount\nx,1\n"), "july", path, &bytes.Buffer{}), "line 2")
}

// The same file under another name, with another journal, pays nobody: who copies this program has that check too.
func TestPay_A2_TheSameSalariesUnderAnotherName(t *testing.T) {
	t.Parallel()
	server := djamotest.NewServer(t, djamotest.WithSettleAfter(0))
	client, err := djamo.NewClient(server.Token, djamo.WithBaseURL(server.URL))
	require.NoError(t, err)
	const file = "msisdn,amount\n+2250748710523,10000\n+2250748710524,20000\n"
	directory := t.TempDir()
	require.NoError(t, pay(t.Context(), client, strings.NewReader(file), "june", filepath.Join(directory, "june.journal"), &bytes.Buffer{}))
	var out bytes.Buffer
	err = pay(t.Context(), client, strings.NewReader(file), "june (1)", filepath.Join(directory, "june (1).journal"), &out)
	require.ErrorContains(t, err, "nothing was sent")
	require.Contains(t, out.String(), "2 of these payouts")
	require.Len(t, server.Transactions(), 2)
}
