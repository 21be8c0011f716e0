package wallet

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"
)

// Balance of a wallet, in whole francs.
type Balance struct {
	WalletID string
	Currency string
	Amount   int64
	Raw      json.RawMessage
}

// Coffre is a savings vault: a ledger of its own beside the wallet.
type Coffre struct {
	ID        string
	Name      string
	Balance   int64  // whole francs
	Goal      *int64 // nil: none
	Schedule  string
	LastSweep time.Time // zero: none yet
	Raw       json.RawMessage
}

// Card of a wallet.
type Card struct {
	ID           string
	Scheme       string
	MaskedNumber string
	Status       string
	Raw          json.RawMessage
}

// Profile is what the holder gave when the account was opened. It is personal: it prints as [profile], and Raw holds all of
// it.
type Profile struct {
	Name               string
	VerificationStatus string
	Documents          []string // references, not numbers
	Raw                json.RawMessage
}

// LogValue keeps the profile out of a log.
func (Profile) LogValue() slog.Value { return slog.StringValue("[profile]") }

// String keeps the profile out of whatever prints it.
func (Profile) String() string { return "[profile]" }

// GoString keeps the profile out of %#v.
func (Profile) GoString() string { return "[profile]" }

// Balance asks for the balance of a wallet.
func (c *Client) Balance(ctx context.Context, access Access, walletID string) (*Balance, error) {
	var balance *Balance
	err := c.get(ctx, access, c.options.Paths.Balance, walletID, nil, func(body []byte) error {
		var wire struct {
			WalletID string          `json:"wallet_id"`
			Currency string          `json:"currency"`
			Amount   json.RawMessage `json:"balance_minor"`
		}
		if err := json.Unmarshal(body, &wire); err != nil {
			return notReadable("balance")
		}
		if wire.WalletID != walletID {
			return fmt.Errorf("%w: it is of another wallet", ErrPage)
		}
		amount, err := ParseAmount(wire.Amount)
		if err != nil {
			return fmt.Errorf("%w: balance_minor: %w", ErrPage, err)
		}
		balance = &Balance{WalletID: wire.WalletID, Currency: wire.Currency, Amount: amount, Raw: clone(body)}
		return nil
	})
	return balance, err
}

// Coffres lists the coffres of a wallet.
func (c *Client) Coffres(ctx context.Context, access Access, walletID string) ([]Coffre, error) {
	var coffres []Coffre
	err := c.list(ctx, access, c.options.Paths.Coffres, walletID, "coffres", func(raw json.RawMessage) error {
		var wire struct {
			ID        string          `json:"id"`
			Name      string          `json:"name"`
			Balance   json.RawMessage `json:"balance_minor"`
			Goal      json.RawMessage `json:"goal_minor"`
			Schedule  string          `json:"schedule"`
			LastSweep *time.Time      `json:"last_sweep"`
		}
		if err := json.Unmarshal(raw, &wire); err != nil || wire.ID == "" {
			return notReadable("coffre")
		}
		coffre := Coffre{ID: wire.ID, Name: wire.Name, Schedule: wire.Schedule, Raw: clone(raw)}
		var err error
		if coffre.Balance, err = ParseAmount(wire.Balance); err != nil {
			return fmt.Errorf("%w: balance_minor: %w", ErrPage, err)
		}
		if len(wire.Goal) > 0 && string(wire.Goal) != "null" {
			goal, err := ParseAmount(wire.Goal)
			if err != nil {
				return fmt.Errorf("%w: goal_minor: %w", ErrPage, err)
			}
			coffre.Goal = &goal
		}
		if wire.LastSweep != nil {
			coffre.LastSweep = *wire.LastSweep
		}
		coffres = append(coffres, coffre)
		return nil
	})
	return coffres, err
}

// Cards lists the cards of a wallet.
func (c *Client) Cards(ctx context.Context, access Access, walletID string) ([]Card, error) {
	var cards []Card
	err := c.list(ctx, access, c.options.Paths.Cards, walletID, "cards", func(raw json.RawMessage) error {
		var wire struct {
			ID     string `json:"id"`
			Scheme string `json:"scheme"`
			Masked string `json:"masked_number"`
			Status string `json:"status"`
		}
		if err := json.Unmarshal(raw, &wire); err != nil || wire.ID == "" {
			return notReadable("card")
		}
		cards = append(cards, Card{ID: wire.ID, Scheme: wire.Scheme, MaskedNumber: wire.Masked, Status: wire.Status, Raw: clone(raw)})
		return nil
	})
	return cards, err
}

// Profile asks for the account-opening profile of a wallet's holder.
func (c *Client) Profile(ctx context.Context, access Access, walletID string) (*Profile, error) {
	var profile *Profile
	err := c.get(ctx, access, c.options.Paths.Profile, walletID, nil, func(body []byte) error {
		var wire struct {
			Name      string   `json:"name"`
			Status    string   `json:"verification_status"`
			Documents []string `json:"document_refs"`
		}
		if err := json.Unmarshal(body, &wire); err != nil {
			return notReadable("profile")
		}
		profile = &Profile{Name: wire.Name, VerificationStatus: wire.Status, Documents: wire.Documents, Raw: clone(body)}
		return nil
	})
	return profile, err
}

// list reads an answer with items of a wallet, whole or not at all.
func (c *Client) list(ctx context.Context, access Access, path, walletID, what string, item func(json.RawMessage) error) error {
	return c.get(ctx, access, path, walletID, nil, func(body []byte) error {
		var wire struct {
			WalletID string            `json:"wallet_id"`
			Items    []json.RawMessage `json:"items"`
		}
		if err := json.Unmarshal(body, &wire); err != nil {
			return notReadable("list of " + what)
		}
		if wire.WalletID != "" && wire.WalletID != walletID {
			return fmt.Errorf("%w: it is of another wallet", ErrPage)
		}
		for _, raw := range wire.Items {
			if err := item(raw); err != nil {
				return err
			}
		}
		return nil
	})
}

func notReadable(what string) error { return fmt.Errorf("%w: the %s cannot be read", ErrPage, what) }

func clone(raw []byte) json.RawMessage { return append(json.RawMessage(nil), raw...) }
