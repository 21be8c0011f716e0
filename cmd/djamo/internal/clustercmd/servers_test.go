//go:build unix

package clustercmd

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/postgres"
	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
	"github.com/djamo/djamo-go/internal/nettest"
)

// What answers in the place of the database may hang, lie and break: each command ends in its time, says that nothing was sent,
// and shows no password.
func TestProcess_DatabasesThatLieHangAndBreak(t *testing.T) {
	t.Parallel()
	say := func(text string) func(net.Conn) {
		return func(conn net.Conn) {
			_, _ = io.WriteString(conn, text)
			_, _ = io.Copy(io.Discard, conn) // and nothing more
		}
	}
	s := newSite(t, 1)
	for name, serve := range map[string]func(net.Conn){
		"hang":           say(""),
		"cut":            func(net.Conn) {},
		"a web server":   say("HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\n\r\n<html>"),
		"an SSH server":  say("SSH-2.0-OpenSSH_9.6\r\n"),
		"no end":         say("R\x7f\xff\xff\xff\x00\x00\x00\x00"),
		"half a message": say("R\x00\x00\x00\x08\x00\x00"),
		"a refusal":      say("E\x00\x00\x00\x26SFATAL\x00C57P03\x00Mstarting up, wait\x00\x00"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			own := *s
			own.database = "postgres://postgres:secret@" + nettest.Serve(t, serve) + "/payroll?sslmode=disable&connect_timeout=1"
			for _, args := range s.commands(t) {
				began := time.Now()
				command, out := own.start(t, args...)
				ends(t, command, out, exit.Failed)
				require.Less(t, time.Since(began), patience, "%v", args)
				require.Contains(t, out.String(), "nothing was sent: the database cannot be used now", "%v", args)
				for _, bad := range []string{"secret", "panic", "goroutine "} {
					require.NotContains(t, out.String(), bad)
				}
			}
		})
	}
	t.Cleanup(func() { require.Empty(t, s.server.Requests()) })
}

// commands are all of them, each as somebody would type it.
func (s *site) commands(t *testing.T) [][]string {
	t.Helper()
	return [][]string{
		{"migrate"}, {"work"}, {"enqueue", s.file}, {"status"}, {"status", "june"}, {"report", "june", filepath.Join(t.TempDir(), "r.csv")},
		{"cancel", "june"}, {"resume", "june"},
	}
}

// A server that says nothing is given up also where the address does not say when.
func TestPool_GivesUpWithoutBeingToldWhen(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]time.Duration{
		"postgres://nobody@127.0.0.1:1/x": postgres.ConnectTimeout, "postgres://nobody@127.0.0.1:1/x?connect_timeout=3": 3 * time.Second,
	} {
		pool, err := newPool(t.Context(), address, terminal.Terminal{})
		require.NoError(t, err)
		require.Equal(t, want, pool.Config().ConnConfig.ConnectTimeout)
		pool.Close()
	}
}

// What answers in the place of the API: nothing is enqueued, resumed or paid, each command ends in its time, and none shows the
// token.
func TestProcess_APIsThatLieHangAndBreak(t *testing.T) {
	t.Parallel()
	s := newSite(t, 2)
	s.do(t, "enqueue", "--part-size", "1", s.file)
	s.do(t, "cancel", "june")
	next := filepath.Join(t.TempDir(), "july.csv")
	require.NoError(t, os.WriteFile(next, []byte(strings.ReplaceAll(read(t, s.file), "june/", "july/")), 0o600))
	jobs := func() (count int) {
		require.NoError(t, s.pool.QueryRow(context.WithoutCancel(t.Context()), "SELECT count(*) FROM river_job WHERE state = 'available'").Scan(&count))
		return count
	}
	before := jobs()
	answer := func(status int, kind, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
	}
	const page = "<html>Welcome to the network of the hotel: sign in</html>"
	for name, serve := range map[string]http.HandlerFunc{
		"hang":    func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"cut":     func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"page":    answer(200, "text/html", page),
		"null":    answer(200, "application/json", "null"),
		"nothing": answer(200, "application/json", "{}"),
		"empty":   answer(200, "application/json", ""),
		"half": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, `{"data":[`)
		},
		"flood": func(w http.ResponseWriter, r *http.Request) {
			for block := bytes.Repeat([]byte("x"), 1<<20); r.Context().Err() == nil; {
				if _, err := w.Write(block); err != nil {
					return
				}
			}
		},
		"elsewhere": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusFound)
		},
		"500": answer(500, "text/html", page),
		"401": answer(401, "application/json", `{"statusCode":401,"message":"Unauthorized"}`),
		"403": answer(403, "text/html", page),
		"404": answer(404, "text/html", page),
		"repeat the token": func(w http.ResponseWriter, r *http.Request) {
			answer(400, "application/json", `{"statusCode":400,"message":"`+r.Header.Get("Authorization")+` +2250748710523"}`)(w, r)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			front := nettest.Handle(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodHead { // it says that it is a sandbox, else nothing begins
					s.server.ServeHTTP(w, r)
					return
				}
				serve(w, r)
			}))
			commands := [][]string{{"enqueue", "--send-timeout", "300ms", next}, {"resume", "june", "--send-timeout", "300ms"}}
			if name == "hang" || name == "page" || name == "403" { // each of the others takes as long
				commands = append(commands, append([]string{"work"}, s.workArgs...))
			}
			for _, args := range commands {
				command := s.command(t, args...)
				var out bytes.Buffer
				command.Stdout, command.Stderr = &out, &out
				command.Env = append(command.Env, "DJAMO_API_URL="+front.URL)
				began := time.Now()
				require.NoError(t, command.Start())
				stop := time.AfterFunc(3*time.Second, func() { // a worker may go on, and say that it does not work
					if args[0] == "work" {
						_ = command.Process.Signal(syscall.SIGTERM)
					}
				})
				_ = command.Wait()
				stop.Stop()
				require.Less(t, time.Since(began), patience, "%v", args)
				code := command.ProcessState.ExitCode()
				if args[0] != "work" {
					require.Contains(t, []int{exit.Failed, exit.Usage, exit.Unauthorized, exit.Unsent}, code, out.String())
				}
				for _, bad := range []string{s.server.Token, "2250748710523", "panic", "goroutine ", "parts are open"} {
					require.NotContains(t, out.String(), bad, "%v", args)
				}
			}
		})
	}
	t.Cleanup(func() {
		require.Equal(t, before, jobs(), "nothing was enqueued, and nothing resumed")
		require.Empty(t, s.server.Transactions(), "nothing was paid")
	})
}
