package apicmd

import (
	"bufio"
	"context"
	"fmt"
	"strings"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/cmd/djamo/internal/account"
	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
	"github.com/djamo/djamo-go/cmd/djamo/internal/payoutfile"
)

// typedAbove is the amount above which a "y" is not enough: the amount itself is typed.
const typedAbove djamo.XOF = 500_000

// payment is what is about to be sent, as the operator is asked.
type payment struct {
	lines  [][2]string // what it is, as heading and text
	amount djamo.XOF
}

// checkLimit refuses more than --max-total. It asks nobody, so it comes before everything that does.
func (c *call) checkLimit(amount djamo.XOF) error {
	most, given, err := c.o.Limit()
	if err != nil {
		return err
	}
	if given && amount > most {
		return exit.BadUsage("--max-total %s: %s are to be sent; nothing was sent", most, amount)
	}
	if !c.o.Yes && !c.t.Interactive && !c.o.DryRun {
		return exit.BadUsage("--yes is missing, and there is no terminal to ask on: add --yes --max-total %d to confirm beforehand", amount)
	}
	return nil
}

// confirm shows what is about to be sent and from where, and asks. Nothing has been sent when it fails.
func (c *call) confirm(ctx context.Context, pay payment) error {
	balance, err := c.Balance.Get(ctx)
	if err != nil {
		return err
	}
	after, err := balance.Balance.Sub(pay.amount)
	if err != nil {
		return exit.BadInput(err)
	}
	say := c.t.Lang.Say
	rows := [][2]string{{"Account", say("%s (%s, %s)", c.account.Name, say(string(c.account.Class)), c.account.Host)}}
	if c.account.CompanyID != "" {
		rows = append(rows, [2]string{"Company", c.account.CompanyID})
	}
	if c.account.Profile != "" && c.account.TokenFrom == djamo.EnvAccessToken {
		rows = append(rows, [2]string{"Token", say("of %s, and not that of the profile", djamo.EnvAccessToken)})
	}
	rows = append(rows, pay.lines...)
	held := say("%s now, %s afterwards, less the fee", balance.Balance, after)
	if after < 0 {
		missing, err := pay.amount.Sub(balance.Balance)
		if err != nil {
			return exit.BadInput(err)
		}
		held = say("%s, which does not cover it: %s are missing", balance.Balance, missing)
	}
	rows = append(rows, [2]string{"Balance", held})
	width := 0
	for i := range rows {
		rows[i][0] = c.t.Lang.Text(rows[i][0])
		width = max(width, len([]rune(rows[i][0])))
	}
	for _, row := range rows {
		fmt.Fprintf(c.t.Err, "%-*s  %s\n", width, row[0], row[1])
	}
	if c.o.Yes || c.o.DryRun {
		return nil
	}
	return c.ask(ctx, pay.amount)
}

// ask waits for a yes, and above an amount for the amount. What cannot be read is no answer.
func (c *call) ask(ctx context.Context, amount djamo.XOF) error {
	large := amount > typedAbove
	question := c.t.Lang.Text("Send it? [y/N] ")
	if large {
		question = c.t.Lang.Text("Type the amount to send it: ")
	}
	if err := c.t.Ask(question); err != nil { // what was typed before the question is no answer to it
		return exit.NotSent(ctx, err)
	}
	answer, err := payoutfile.Await(ctx, func() (string, error) {
		text, _ := bufio.NewReader(c.t.In).ReadString('\n')
		return strings.TrimSpace(text), nil
	})
	if err != nil {
		fmt.Fprintln(c.t.Err)
		return exit.NotSent(ctx, err)
	}
	if large {
		if typed, err := djamo.ParseXOF(answer); err == nil && typed == amount {
			return nil
		}
		return exit.NotSent(ctx, lang.Errorf("the amount that was typed is not the one to send"))
	}
	switch strings.ToLower(answer) {
	case "y", "yes", "o", "oui":
		return nil
	}
	return exit.NotSent(ctx, lang.Errorf("it was not confirmed"))
}

// accountKey names the account in the journal: the same reference is another payment elsewhere.
func accountKey(a account.Account) string { return a.Host + " " + a.CompanyID }
