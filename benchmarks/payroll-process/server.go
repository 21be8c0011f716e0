package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"

	"github.com/djamo/djamo-go/djamotest"
)

// tokenVariable hands the token to the bare loop, as the program gets it.
const tokenVariable = "DJAMO_ACCESS_TOKEN" //nolint:gosec // a name

// api is the API in a process of its own.
type api struct {
	url, token string
	paid       string // once it was stopped: what it was asked to pay, as paid says it
	stop       func() error
}

// startServer runs this program again as the API. It ends when its standard input does, which is when this process does,
// however that is.
func startServer(ctx context.Context, self string) (*api, error) {
	server := exec.CommandContext(ctx, self, "-serve")
	server.Stderr = os.Stderr
	in, err := server.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := server.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := server.Start(); err != nil {
		return nil, err
	}
	a := &api{}
	answers := bufio.NewReader(out)
	if _, err := fmt.Fscan(answers, &a.url, &a.token); err != nil {
		_ = in.Close()
		_ = server.Wait()
		return nil, fmt.Errorf("no address from the server: %w", err)
	}
	a.stop = func() error {
		_ = in.Close()
		said, err := io.ReadAll(answers)
		if err != nil {
			return err
		}
		if waited := server.Wait(); waited != nil {
			return waited
		}
		a.paid = strings.TrimSpace(string(said))
		return nil
	}
	return a, nil
}

// beServer answers until in ends, and says then what was paid.
func beServer(in io.Reader, out io.Writer) error {
	server, err := djamotest.Start(djamotest.WithSettleAfter(0), djamotest.WithBalance(1<<50), djamotest.WithRequestHistory(1))
	if err != nil {
		return err
	}
	fmt.Fprintln(out, server.URL, server.Token)
	if _, err := io.Copy(io.Discard, in); err != nil {
		return err
	}
	count, total := 0, int64(0)
	for _, t := range server.Transactions() {
		count, total = count+1, total+t.Amount
	}
	fmt.Fprintln(out, paid(count, total))
	return server.Close()
}

// paid is what the API says in the end, and what the contenders are held to.
func paid(count int, total int64) string {
	return fmt.Sprintf("%d payments of %d francs", count, total)
}
