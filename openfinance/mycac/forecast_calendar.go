package mycac

import (
	"errors"
	"fmt"
	"time"

	"github.com/djamo/djamo-go/openfinance/wallet"
)

// ClosedDayRule says when a payment is made whose day is a weekend or a holiday.
type ClosedDayRule string

// The rules for closed days. The empty rule is Following.
const (
	// Following is the next open day.
	Following ClosedDayRule = "following"
	// ModifiedFollowing is the next open day, or the last open day before where the next one is in another month.
	ModifiedFollowing ClosedDayRule = "modified-following"
	// Preceding is the last open day before.
	Preceding ClosedDayRule = "preceding"
	// SameDay is the day itself: payments are made on closed days too.
	SameDay ClosedDayRule = "same-day"
)

// Calendar says on which days a bank is closed. The caller knows: neither weekends nor holidays are built in. The zero value
// has no closed days.
type Calendar struct {
	Weekend  []time.Weekday // Djibouti's banks: Friday, and where it holds Saturday
	Holidays []wallet.Date
	Rule     ClosedDayRule // empty: Following
}

// calendar is a Calendar that was checked.
type calendar struct {
	rule     ClosedDayRule
	weekend  [7]bool
	holidays map[wallet.Date]bool
	reach    int // how many days the rule moves a payment at most
}

func (c Calendar) check() (*calendar, error) {
	checked := &calendar{rule: c.Rule, holidays: map[wallet.Date]bool{}}
	switch c.Rule {
	case "":
		checked.rule = Following
	case Following, ModifiedFollowing, Preceding, SameDay:
	default:
		return nil, fmt.Errorf("mycac: Calendar.Rule %q must be %s, %s, %s or %s", c.Rule, Following, ModifiedFollowing, Preceding, SameDay)
	}
	closed := 0
	for _, day := range c.Weekend {
		if day < time.Sunday || day > time.Saturday {
			return nil, fmt.Errorf("mycac: Calendar.Weekend: %d is no day of the week", int(day))
		}
		if !checked.weekend[day] {
			checked.weekend[day] = true
			closed++
		}
	}
	if closed == len(checked.weekend) {
		return nil, errors.New("mycac: Calendar.Weekend has all seven days: no payment could ever be made")
	}
	for i, day := range c.Holidays {
		if !isDate(day) {
			return nil, fmt.Errorf("mycac: Calendar.Holidays: entry %d is no date: %s", i+1, day)
		}
		checked.holidays[day] = true
	}
	// Between two holidays there are six days of a weekend at most, so no run of closed days is longer.
	const runOfWeekend = 7
	checked.reach = runOfWeekend * (len(checked.holidays) + 1)
	return checked, nil
}

func (c *calendar) isClosed(day wallet.Date) bool {
	return c.weekend[midnight(day).Weekday()] || c.holidays[day]
}

// open is the first open day from day on, in steps of a day forward or back.
func (c *calendar) open(day wallet.Date, step int) wallet.Date {
	for c.isClosed(day) {
		day = addDays(day, step)
	}
	return day
}

// paidOn is the day on which a payment is made that is due on a day.
func (c *calendar) paidOn(due wallet.Date) wallet.Date {
	switch c.rule {
	case SameDay:
		return due
	case Preceding:
		return c.open(due, -1)
	case ModifiedFollowing:
		if next := c.open(due, 1); next.Month == due.Month {
			return next
		}
		return c.open(due, -1)
	case Following:
	}
	return c.open(due, 1)
}

// The arithmetic of days. It goes by the calendar alone, in UTC, where each day has 24 hours.

func midnight(d wallet.Date) time.Time {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC)
}

func addDays(d wallet.Date, n int) wallet.Date { return wallet.DateOf(midnight(d).AddDate(0, 0, n)) }

// isDate reports whether there is such a day, in the years that a bank may have to do with.
func isDate(d wallet.Date) bool {
	const first, last = 1900, 2200
	return d.Year >= first && d.Year <= last && wallet.DateOf(midnight(d)) == d
}

// daysBetween is how many days to is after from.
func daysBetween(from, to wallet.Date) int {
	const day = 24 * time.Hour
	return int(midnight(to).Sub(midnight(from)) / day)
}

// addMonths is the same day of the month so many months on; the last of that month where it is shorter.
func addMonths(d wallet.Date, n int) wallet.Date {
	first := time.Date(d.Year, d.Month+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return wallet.Date{Year: first.Year(), Month: first.Month(), Day: min(d.Day, last)}
}
