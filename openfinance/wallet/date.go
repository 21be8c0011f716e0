package wallet

import (
	"fmt"
	"time"
)

// Date is a day of a calendar, not an instant. The zero value is no date.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// ParseDate reads a date such as 2026-05-28; a time after it, as some gateways write, is left out.
func ParseDate(text string) (Date, error) {
	day := text
	if len(text) > len(time.DateOnly) && (text[len(time.DateOnly)] == 'T' || text[len(time.DateOnly)] == ' ') {
		day = text[:len(time.DateOnly)]
	}
	at, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return Date{}, fmt.Errorf("%q is no date such as 2026-05-28", quoted(text))
	}
	return DateOf(at), nil
}

// DateOf is the day of a time in the time's own zone.
func DateOf(at time.Time) Date {
	year, month, day := at.Date()
	return Date{Year: year, Month: month, Day: day}
}

// String is the date as 2026-05-28; empty for the zero value.
func (d Date) String() string {
	if d == (Date{}) {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, int(d.Month), d.Day)
}

// Before reports whether d comes before other.
func (d Date) Before(other Date) bool { return d.String() < other.String() }

// MarshalText writes the date as 2026-05-28.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what ParseDate reads; an empty text is the zero value.
func (d *Date) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*d = Date{}
		return nil
	}
	parsed, err := ParseDate(string(text))
	*d = parsed
	return err
}
