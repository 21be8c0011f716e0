package main

import (
	"bufio"
	"os"
	"os/exec"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// startSandbox starts djamo sandbox as its user does, and ends it with the script.
func startSandbox(ts *testscript.TestScript, _ bool, args []string) {
	program, err := exec.LookPath("djamo")
	ts.Check(err)
	command := exec.Command(program, append([]string{"sandbox", "start", "--addr", "127.0.0.1:0", "--control", "127.0.0.1:0"}, args...)...)
	for _, name := range []string{"HOME", "XDG_CONFIG_HOME", "AppData", "DJAMO_ACCESS_TOKEN", "DJAMO_API_URL"} {
		command.Env = append(command.Env, name+"="+ts.Getenv(name))
	}
	printed, err := command.StdoutPipe()
	ts.Check(err)
	said, err := command.StderrPipe()
	ts.Check(err)
	ts.Check(command.Start())
	ts.Defer(func() {
		if command.Process.Signal(os.Interrupt) != nil {
			_ = command.Process.Kill() // Windows
		}
		_ = command.Wait()
	})
	for lines := bufio.NewScanner(printed); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), "=")
		ts.Setenv(name, value)
		if name == "DJAMO_WEBHOOK_SECRET" {
			break
		}
	}
	for lines := bufio.NewScanner(said); lines.Scan(); {
		if _, address, ok := strings.Cut(lines.Text(), "Look at it: "); ok {
			ts.Setenv("CONTROL", address)
		}
		if strings.HasPrefix(lines.Text(), "Ready.") {
			return
		}
	}
	ts.Fatalf("djamo sandbox has ended")
}

// keep puts what was just printed into a variable.
func keep(ts *testscript.TestScript, _ bool, args []string) {
	ts.Setenv(args[0], strings.TrimSpace(ts.ReadFile("stdout")))
}

// account lets a phone number have an account, and no other that was not named.
func (a *apis) account(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(a.of(ts).AddCustomer(args...))
}
