// Command djamo sends and collects money with the Djamo Business API, pays files of salaries, receives events, and serves a
// fake API to develop against.
//
//	djamo login, logout, whoami, profiles   keep accounts, with their tokens in the system's keyring
//	djamo balance, transfers, batch         send money, each payment once
//	djamo charges                           asks customers for money, and gives it back
//	djamo sub-companies, customers          manage and ask
//	djamo webhooks, listen, events, trigger  receive events, and hand them on
//	djamo payroll                           pays a file of salaries, from one machine or many
//	djamo sandbox                           serves a fake API, with pages that show and steer it
//	djamo wallets                           keeps wallets behind an open-finance gateway in a database
//	djamo audit                             verifies, exports and signs the record of what was read
//
// The account comes from flags, the environment (DJAMO_ACCESS_TOKEN, DJAMO_API_URL, DJAMO_COMPANY_ID) and profiles, in this
// order. Data is on standard output, everything else on standard error. Exit codes:
//
//	0    done
//	1    anything else: run the command again
//	3    finished, and some payments failed or have no outcome yet
//	4    the outcome is unknown: do not pay again, the next command is printed
//	5    refused, duplicates included
//	6    the token, or the firewall
//	7    not found
//	8    not sent: safe to repeat
//	64   bad input, or not confirmed: nothing was sent
//	130  interrupted before anything was sent
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
)

func main() {
	endCrashesBySignal()
	keepWriting()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGQUIT)
	debug.SetGCPercent(100) // of a run of payroll, 200 takes 8 MiB more and saves little; 50 saves 3 MiB and takes a fifth more time
	code := run(ctx, os.Args[1:], terminal.Standard())
	stop()
	os.Exit(code)
}
