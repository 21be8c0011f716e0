package djamotest

import (
	"bytes"
	"errors"
	"log/slog"
	"math/big"
)

// WithLenient lets requests pass that the strict default refuses and the real API may accept, and logs each of them as a
// warning: unknown properties and query parameters, another Content-Type, phone numbers without a plus, a transfer
// without a type, and whole amounts written as 5000.0 or 5e3. What could move other money than was meant, such as
// fractions, amounts in strings and other currencies, is still refused.
func WithLenient(logger *slog.Logger) Option {
	return func(c *config) error {
		if logger == nil {
			return errors.New("WithLenient: the logger must not be nil; use slog.New(slog.DiscardHandler) for none")
		}
		c.lenient = logger
		return nil
	}
}

// tolerates says whether a departure from the strict rules passes, and notes it if so.
func (a *API) tolerates(c *call, complaint string) bool {
	if a.cfg.lenient == nil {
		return false
	}
	c.tolerated = append(c.tolerated, complaint)
	return true
}

// reportTolerated logs what lenient mode let pass, phone numbers masked.
func (a *API) reportTolerated(c *call) {
	for _, complaint := range c.tolerated {
		a.cfg.lenient.Warn("djamotest: let pass what the strict mode refuses", "request", c.number, "method", c.method,
			"path", maskText(c.path), "complaint", maskText(complaint))
	}
}

// wholeNumber rewrites a JSON number with a fraction or an exponent that is a whole number all the same. Exponents are
// bounded, since 1e999999999 would not fit in memory.
func wholeNumber(raw []byte) (whole []byte, ok bool) {
	const maxDigits = 32
	if !bytes.ContainsAny(raw, ".eE") || len(raw) > maxDigits {
		return nil, false
	}
	if at := bytes.IndexAny(raw, "eE"); at >= 0 && len(bytes.TrimLeft(raw[at+1:], "+-0")) > 2 {
		return nil, false
	}
	n, ok := new(big.Rat).SetString(string(raw))
	if !ok || !n.IsInt() {
		return nil, false
	}
	return []byte(n.Num().String()), true
}
