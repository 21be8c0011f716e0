package clustercmd

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/cmd/djamo/internal/lang"
	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/approval"
	"github.com/djamo/djamo-go/payroll/sqljournal"
	"github.com/djamo/djamo-go/riverpayroll"
)

// A worker asks once a minute whether it is let in, and tells each change once.
func TestHealth_TellsWhenTheTokenIsNoLongerGood(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var asked int
		answers := []error{nil, errors.New("401 for +2250748710501"), errors.New("401"), nil}
		var told []error
		h := newHealth(func(context.Context) error { return nil })
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			h.watch(ctx, func(context.Context) error {
				asked++
				return answers[min(asked, len(answers))-1]
			}, func(err error) { told = append(told, err) })
		}()
		look := func() (int, string) {
			synctest.Wait()
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/healthz", nil))
			return w.Code, w.Body.String()
		}
		code, body := look()
		require.Equal(t, http.StatusOK, code)
		require.JSONEq(t, `{"status":"working"}`, body)
		time.Sleep(2*time.Minute + time.Second) //nolint:forbidigo // of the bubble
		code, body = look()
		require.Equal(t, http.StatusServiceUnavailable, code)
		require.JSONEq(t, `{"status":"not working","reason":"401 for +22507******01"}`, body)
		time.Sleep(2 * time.Minute) //nolint:forbidigo // of the bubble
		code, _ = look()
		require.Equal(t, http.StatusOK, code)
		cancel()
		<-ended
		require.Equal(t, 4, asked)
		require.Len(t, told, 2)
		require.Error(t, told[0])
		require.NoError(t, told[1])
	})
}

// A request that is turned away has the worker ask at once, and not again while it knows.
func TestHealth_AsksWhenARequestIsTurnedAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		refused := errors.New("401")
		status, asked, told := http.StatusUnauthorized, 0, 0
		h := newHealth(func(context.Context) error { return nil })
		transport := doorman{answering(func() int { return status }), h}
		request := func() {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://api.test", nil)
			require.NoError(t, err)
			resp, err := transport.RoundTrip(req)
			require.NoError(t, err)
			require.NoError(t, resp.Body.Close())
			synctest.Wait()
		}
		ctx, cancel := context.WithCancel(t.Context())
		go h.watch(ctx, func(context.Context) error { asked++; return refused }, func(error) { told++ })
		status = http.StatusServiceUnavailable
		request()
		require.Zero(t, asked)
		for range 3 {
			status = http.StatusUnauthorized
			request()
		}
		require.Equal(t, 1, asked)
		require.Equal(t, 1, told)
		cancel()
		synctest.Wait()
	})
}

type answering func() int

func (a answering) RoundTrip(req *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: a(), Body: http.NoBody, Request: req}, nil
}

func TestHealth_Serves(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	down := errors.New("connection refused")
	h := newHealth(func(context.Context) error { return down })
	address, err := h.serve(ctx, "127.0.0.1:0")
	require.NoError(t, err)
	for path, want := range map[string]int{"/healthz": http.StatusServiceUnavailable, "/": http.StatusNotFound} {
		resp, err := get(t, "http://"+address.String()+path)
		require.NoError(t, err)
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, want, resp.StatusCode)
		if path == "/healthz" {
			require.Contains(t, string(body), "the database cannot be used: connection refused")
		}
	}
	_, err = (&health{}).serve(ctx, address.String())
	require.ErrorContains(t, err, "choose another address")
	cancel()
	require.Eventually(t, func() bool {
		resp, err := get(t, "http://"+address.String())
		if err == nil {
			_ = resp.Body.Close()
		}
		return err != nil
	}, time.Minute, 10*time.Millisecond)
}

func get(t *testing.T, url string) (*http.Response, error) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	return (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(request)
}

// The state says what an operator has to know: what is in the way and what to do about it, how fast it goes on, and how long it
// takes.
func TestStateOf(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 6, 30, 10, 0, 0, 0, time.Local)
	count := func(n int64) payroll.Sum { return payroll.Sum{Count: n} }
	unsent := payroll.Totals{Unsent: count(3), Open: count(3)}
	lost := riverpayroll.Standstill{Unattended: map[string]int64{"june": 2, "july": 1}}
	paused := riverpayroll.Standstill{Paused: map[string]time.Time{riverpayroll.QueueSend: at}}
	waiting := sqljournal.RunInfo{Parts: 4, Waiting: 3, Since: at, Trouble: "503"}
	for want, row := range map[string]struct {
		info  sqljournal.RunInfo
		t     payroll.Totals
		sent  int64
		still riverpayroll.Standstill
	}{
		"cancelled 2026-06-30 10:00:00":                             {info: sqljournal.RunInfo{Parts: 1, CancelledAt: at}, t: unsent, still: paused},
		"3 parts wait since 2026-06-30 10:00:00: 503":               {info: waiting, t: unsent},
		"paid from one machine":                                     {still: paused, t: unsent},
		"nothing was sent in the last minute: is a worker running?": {info: sqljournal.RunInfo{Parts: 1}, t: unsent},
		"sending: 3100 in the last minute, about 3m59s to go":       {info: sqljournal.RunInfo{Parts: 1}, t: payroll.Totals{Unsent: count(12_345), Open: count(12_345)}, sent: 3100},
		"all sent: 7 outcomes are asked for":                        {info: sqljournal.RunInfo{Parts: 1}, t: payroll.Totals{Open: count(5), Unknown: count(2)}},
		"finished":                                                  {info: sqljournal.RunInfo{Parts: 1}, still: paused},
		"2 parts have no job, and nobody goes on with them: djamo payroll cluster resume june": {
			info: sqljournal.RunInfo{Name: "june", Parts: 4}, t: unsent, still: lost,
		},
		"the queue djamo_payroll has been paused since 2026-06-30 10:00:00: resume it in River UI": {
			info: sqljournal.RunInfo{Parts: 1}, t: payroll.Totals{Unknown: count(1)}, still: paused,
		},
		"3 parts wait since 2026-06-30 10:00:00: 503; sending: 60 in the last minute, about 3s to go": {info: waiting, t: unsent, sent: 60},
	} {
		require.Equal(t, want, stateOf(lang.English.Say, row.info, row.t, row.sent, row.still))
	}
	require.Equal(t, 100*24*time.Hour, timeLeft(1<<62, 1))
}

// What a worker has recorded in English is said in the operator's language.
func TestStateOf_SaysInFrenchWhatWorkersHaveRecorded(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 6, 30, 10, 0, 0, 0, time.Local)
	expired := (&approval.Refusal{Reason: approval.Expired, Args: []any{"awa@example.ci", "2026-06-30 09:00:00 UTC"}}).Error()
	found := payroll.Recent{Since: at, Complete: true, Repeated: payroll.Sum{Count: 3, Amount: 30_000}, Repeats: []payroll.RecentMatch{{
		Payout:      payroll.Payout{Line: 2, MSISDN: "+2250748710523", Amount: 10_000, Reference: "juin/1"},
		Transaction: djamo.Transaction{Reference: "june/1"},
	}}}
	for want, info := range map[string]sqljournal.RunInfo{
		"parties en attente : 1, depuis le 2026-06-30 10:00:00 : l'approbation de awa@example.ci a pris fin le 2026-06-30 09:00:00 UTC : " +
			"une deuxième personne doit approuver la paie à nouveau": {Parts: 1, Waiting: 1, Since: at, Trouble: expired},
		"parties en attente : 1, depuis le 2026-06-30 10:00:00 : le compte ne couvre pas les paiements : il contient 5 FCFA, et il reste 10 FCFA à payer": {
			Parts: 1, Waiting: 1, Since: at, Trouble: "payroll: the account does not cover the payouts: it holds 5 FCFA, and 10 FCFA are left to be paid",
		},
		"parties en attente : 1, depuis le 2026-06-30 10:00:00 : 2 paiements sont sans résultat après 15m0s : reprenez la paie pour continuer à le demander": {
			Parts: 1, Waiting: 1, Since: at, Trouble: "2 payouts have no outcome after 15m0s: resume the run to go on asking",
		},
		`parties en attente : 1, depuis le 2026-06-30 10:00:00 : issue inconnue de "juin/1", "juin/2", "juin/3" et de 17 autres, l'opération a pu être exécutée : ` +
			"POST /v1/transactions/batch : la connexion a été coupée avant la fin de la réponse (EOF)": {
			Parts: 1, Waiting: 1, Since: at, Trouble: `djamo: outcome unknown of "juin/1", "juin/2", "juin/3" and 17 more, it may have been carried out: ` +
				"POST /v1/transactions/batch: the connection ended before the whole answer was there: EOF",
		},
		"parties en attente : 1, depuis le 2026-06-30 10:00:00 : GET /v1/balance : rien ne répond à l'adresse 127.0.0.1:1 : vérifiez-la, et que le serveur est en marche": {
			Parts: 1, Waiting: 1, Since: at, Trouble: "djamo: GET /v1/balance: dial tcp 127.0.0.1:1: connect: connection refused",
		},
		"retenue le 2026-06-30 10:00:00, rien n'est envoyé : 3 de ces paiements, 30 000 FCFA, donnent à un bénéficiaire le même montant qu'un paiement fait " +
			"sous une autre référence depuis le 2026-06-30, le premier à la ligne 2 : +22507******23 a reçu 10 000 FCFA sous june/1 ; pour payer quand même : " +
			"djamo payroll cluster resume --allow-repeats juin": {Name: "juin", Parts: 1, CancelledAt: at, Held: found.Warnings()[0].Text},
	} {
		state := stateOf(lang.French.Say, info, payroll.Totals{Open: payroll.Sum{Count: 1}}, 0, riverpayroll.Standstill{})
		require.Equal(t, want, strings.Join(strings.Fields(state), " "), "whatever the spaces in amounts")
	}
}
