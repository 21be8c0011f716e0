package gatewaytest

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// MyCACOptions are those of a MyCAC. All may be left out.
type MyCACOptions struct {
	Seed        uint64
	Now         func() time.Time // nil: time.Now
	PageSize    int              // lines in a page; 0: 50
	TokenLife   time.Duration    // of a session; 0: 1,800 s
	OTPLife     time.Duration    // of a code; 0: 5 minutes
	MaxTries    int              // wrong codes or passwords until the login is locked; 0: 3
	LockFor     time.Duration    // 0: 15 minutes
	NoOTP       bool             // a login gives a session at once
	Balances    bool             // pages of a statement say its opening and its closing
	NewestFirst bool             // statements begin with the newest line
	History     int              // calls, sessions and open questions that are remembered; 0: DefaultHistory
}

// MyCAC plays the gateway in front of the app of CAC International Bank, in memory over real TCP: logins with codes by SMS and
// lock-outs, statements in several currencies, standing orders, loans, wallet ledger, bills and cross-border confirmations, and
// the faults of real gateways. It shares no code with the client that it tests. Its ledger says what a reader must have seen.
// Bulk salaries are those of Salaries, behind its sessions. It is an http.Handler, and safe for concurrent use.
type MyCAC struct {
	server

	options    MyCACOptions
	salaries   *MyCACSalaries
	random     *rand.Rand
	holders    map[string]*holder
	accounts   map[string]*cacAccount
	challenges recent[*challenge]
	sessions   recent[*cacSession]
	stepUps    recent[*stepUp]
	requests   history[MyCACRequest]
	serial     int
}

// Holder is a person who logs in.
type Holder struct {
	Username, PasswordHash, Device string
	Accounts                       []string
}

type holder struct {
	Holder

	tries       int
	lockedUntil time.Time
	code        string
	messages    int
}

type challenge struct {
	holder  *holder
	code    string
	expires time.Time
}

type cacSession struct {
	holder  *holder
	expires time.Time
}

type stepUp struct {
	session *cacSession
	nonce   string
}

// cacAccount is an account with its lines, in the order in which they were booked.
type cacAccount struct {
	id       string
	currency string
	decimals int
	opening  int64
	lines    []MyCACLine
	lists    map[List][]map[string]any
}

// MyCACLine is a line of an account. Amounts are in the smallest unit of the account's currency.
type MyCACLine struct {
	TxID         string
	Booked       string // such as 2026-04-12: statements are of the days on which lines were booked
	ValueDate    string // empty: Booked
	Amount       int64  // not 0; negative is money that leaves the account
	Channel      string // WALLET, CACPAY or BANK
	Counterparty string
	Original     string // tx_id of what a refund gives back
	BalanceAfter int64
}

// MyCACRequest is a call that came.
type MyCACRequest struct {
	At            time.Time
	Path, Account string
	Page, Status  int
}

// NewMyCAC makes a gateway without holders and accounts.
func NewMyCAC(options MyCACOptions) *MyCAC {
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.PageSize <= 0 {
		options.PageSize = 50
	}
	if options.TokenLife <= 0 {
		options.TokenLife = 1800 * time.Second
	}
	if options.OTPLife <= 0 {
		options.OTPLife = 5 * time.Minute
	}
	if options.MaxTries <= 0 {
		options.MaxTries = 3
	}
	if options.LockFor <= 0 {
		options.LockFor = 15 * time.Minute
	}
	m := &MyCAC{
		options: options, random: rand.New(rand.NewPCG(options.Seed, 19)), //nolint:gosec // test data needs no secrecy
		holders: map[string]*holder{}, accounts: map[string]*cacAccount{}, challenges: newRecent[*challenge](options.History),
		sessions: newRecent[*cacSession](options.History), stepUps: newRecent[*stepUp](options.History),
		requests: history[MyCACRequest]{limit: options.History}, server: server{hanging: make(chan struct{})},
		salaries: &MyCACSalaries{},
	}
	m.handler = m
	return m
}

// AddHolder lets a person log in.
func (m *MyCAC) AddHolder(person Holder) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.holders[person.Username] = &holder{Holder: person}
}

// AddAccount opens an account in a currency with so many decimals. The opening is in its smallest unit.
func (m *MyCAC) AddAccount(id, currency string, decimals int, opening int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.accounts[id] = &cacAccount{id: id, currency: currency, decimals: decimals, opening: opening, lists: map[List][]map[string]any{}}
}

// Book appends a line to an account and returns its tx_id, which is made up where it has none. The balance follows from the
// lines before.
func (m *MyCAC) Book(account string, line MyCACLine) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.book(m.accounts[account], line)
}

func (m *MyCAC) book(a *cacAccount, line MyCACLine) string {
	if line.TxID == "" {
		m.serial++
		line.TxID = fmt.Sprintf("TX-%s-%06d", strings.ReplaceAll(line.Booked, "-", ""), m.serial)
	}
	if line.ValueDate == "" {
		line.ValueDate = line.Booked
	}
	line.BalanceAfter = a.balance() + line.Amount
	a.lines = append(a.lines, line)
	return line.TxID
}

func (a *cacAccount) balance() int64 {
	if len(a.lines) == 0 {
		return a.opening
	}
	return a.lines[len(a.lines)-1].BalanceAfter
}

// List is a list that an account has beside its statement. It is the last part of the path.
type List string

// The lists.
const (
	StandingOrders List = "standing-orders"
	Loans          List = "loans"
	WalletLedger   List = "wallet-ledger"
	Bills          List = "bills"
	CrossBorder    List = "cross-border"
)

// Put appends an entry to a list of an account, as it is answered. Amounts are json.Number, so that they are sent as written.
func (m *MyCAC) Put(list List, account string, entry map[string]any) {
	m.mu.Lock()
	defer m.mu.Unlock()
	a := m.accounts[account]
	a.lists[list] = append(a.lists[list], maps.Clone(entry))
}

// MyCACLedger is what a reader of a statement must have seen. Amounts are in the smallest unit of the currency, and opening +
// movements = closing.
type MyCACLedger struct {
	Account, Currency           string
	Opening, Movements, Closing int64
	Lines                       []MyCACLine
}

// Ledger says what the statement of the days from and to, such as 2026-04-01, has. Empty ones leave it open.
func (m *MyCAC) Ledger(account, from, to string) MyCACLedger {
	m.mu.Lock()
	defer m.mu.Unlock()
	a := m.accounts[account]
	opening, lines := a.statement(from, to, nil)
	ledger := MyCACLedger{Account: account, Currency: a.currency, Opening: opening, Closing: opening, Lines: lines}
	for _, line := range lines {
		ledger.Movements += line.Amount
	}
	ledger.Closing += ledger.Movements
	return ledger
}

// statement has the lines of days and channels, and the balance before the first day.
func (a *cacAccount) statement(from, to string, channels []string) (opening int64, lines []MyCACLine) {
	opening = a.opening
	for _, line := range a.lines {
		switch {
		case line.Booked < from:
			opening = line.BalanceAfter
		case to != "" && line.Booked > to:
		case len(channels) > 0 && !slices.Contains(channels, line.Channel):
		default:
			lines = append(lines, line)
		}
	}
	return opening, lines
}

// Messages is how many codes were sent to a holder by SMS, and the last one.
func (m *MyCAC) Messages(username string) (sent int, last string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	h := m.holders[username]
	return h.messages, h.code
}

// Salaries are the bulk salaries that the gateway takes at SalariesPath from whoever has a session. Faults that take the place of
// an answer strike there too, such as StepUpAsked and ExpiredToken: nothing of the call was kept then.
func (m *MyCAC) Salaries() *MyCACSalaries { return m.salaries }

// Requests lists the latest calls that came, oldest first, without those for bulk salaries, of which MyCACSalaries.Asked tells:
// all of them, unless there were more than MyCACOptions.History.
func (m *MyCAC) Requests() []MyCACRequest {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.requests.all()
}

// PushCACPAY tells a receiver of an event of CACPAY, signed as the gateway signs. It returns the status of the answer.
func (m *MyCAC) PushCACPAY(ctx context.Context, receiver, secret string, event map[string]any) (int, error) {
	body, err := json.Marshal(event)
	if err != nil {
		return 0, err
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return deliver(ctx, receiver, "hmac-sha256="+hex.EncodeToString(mac.Sum(nil)), body)
}
