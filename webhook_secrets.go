package djamo

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
)

// WebhookSecrets are secrets that print how many they are and not which: with every verb of fmt, as a log/slog attribute
// and as JSON, also inside a struct. A []string literal is one.
type WebhookSecrets []string

// String says how many there are.
func (s WebhookSecrets) String() string { return fmt.Sprintf("[%d webhook secrets]", len(s)) }

// Format prints String, whatever the verb.
func (s WebhookSecrets) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, s.String()) }

// LogValue gives slog String.
func (s WebhookSecrets) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalJSON writes String: configuration that is dumped as JSON must not hold them.
func (s WebhookSecrets) MarshalJSON() ([]byte, error) { return json.Marshal(s.String()) }
