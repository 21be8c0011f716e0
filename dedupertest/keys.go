package dedupertest

import (
	"strings"

	"github.com/djamo/djamo-go"
)

// independentKeys takes keys that a store might mistake for each other.
func independentKeys(t *trial) {
	lookalikes := []string{
		t.key + ":k",
		t.key + ":K",
		t.key + ":k ",
		t.key + ":k\n",
		t.key + ": k",
		t.key + ":k:",
		t.key + ":_",
		t.key + ":%",
		t.key + ":{k}",
		t.key + ":\u00e9",  // é in one
		t.key + ":e\u0301", // and in two
	}
	for _, key := range lookalikes {
		t.claims(t.one, key, "a", long, djamo.ClaimGranted)
	}
	t.done(t.one, lookalikes[0], "a")
	t.release(t.one, lookalikes[1], "a")
	t.claims(t.two, lookalikes[0], "b", long, djamo.ClaimDone)
	t.claims(t.two, lookalikes[1], "b", long, djamo.ClaimGranted)
	for _, key := range lookalikes[2:] {
		t.claims(t.two, key, "b", long, djamo.ClaimHeld)
	}
}

// odd lists texts that one store or another cannot hold as they are.
func odd() []string {
	return []string{
		" ",
		"'; DROP TABLE djamo_deliveries; --",
		`"quoted" \backslash\ $1 ?1 :name`,
		"line\r\nbreak",
		"nul\x00and after",
		"not UTF-8: \xff\xfe",
		"données ✓ 数据 🦊",
		strings.Repeat("x", 64<<10),
	}
}

func oddKeys(t *trial) {
	for _, text := range odd() {
		key := t.key + text
		t.claims(t.one, key, "a", long, djamo.ClaimGranted)
		t.claims(t.two, key, "b", long, djamo.ClaimHeld)
		t.release(t.one, key, "a")
		t.claims(t.two, key, "b", long, djamo.ClaimGranted)
		t.done(t.two, key, "b")
		t.claims(t.one, key, "c", long, djamo.ClaimDone)
	}
}

func oddOwners(t *trial) {
	for _, text := range odd() {
		key := t.key + text
		t.claims(t.one, key, text, long, djamo.ClaimGranted)
		t.claims(t.two, key, text, long, djamo.ClaimGranted)
		t.release(t.two, key, text+"!")
		t.claims(t.two, key, text+"!", long, djamo.ClaimHeld)
		t.release(t.two, key, text)
		t.claims(t.two, key, text+"!", long, djamo.ClaimGranted)
	}
}

// longKeys are alike for longer than any index looks.
func longKeys(t *trial) {
	long1 := t.key + strings.Repeat("y", 64<<10) + "1"
	long2 := long1[:len(long1)-1] + "2"
	t.claims(t.one, long1, "a", long, djamo.ClaimGranted)
	t.claims(t.two, long2, "b", long, djamo.ClaimGranted)
	t.done(t.one, long1, "a")
	t.claims(t.one, long2, "c", long, djamo.ClaimHeld)
	t.claims(t.two, long1, "c", long, djamo.ClaimDone)
}
