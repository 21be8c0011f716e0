package client

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// Every reply that is one resource has replySize bytes, every item of a listing itemSize and every page pageBytes,
// whoever asks: what differs between contenders is what they make of them.
const (
	replySize = 700
	itemSize  = 640
	pageBytes = pageSize*(itemSize+1) + 512
)

// pageSize and pages make a listing of 1,000.
const pageSize, pages = 100, 10

// amount is in every resource, in whichever whole number that kind of resource has, and every contender must find it.
const amount = 50_000

const token = "at_benchmark"

// Calls are what is measured. Each checks what it gets, so that nobody wins by not decoding it.
type Calls struct {
	Get, Create, List func(context.Context) error
}

// Contender is a client that can make the calls.
type Contender struct {
	Name    string
	Program string // its directory in benchmarks/programs, where it makes one call; empty without one
	build   func(base string) (Calls, error)
	replies replies
}

// Calls returns the contender's calls to a server started by StartServer.
func (c Contender) Calls(serverURL string) (Calls, error) {
	calls, err := c.build(serverURL + "/" + c.replies.prefix)
	if err != nil {
		return Calls{}, fmt.Errorf("%s: %w", c.Name, err)
	}
	return calls, nil
}

// Bare is the name of the contender that the others are compared with.
const Bare = "net/http by hand"

// Contenders returns all of them: the ones by hand first, then this SDK, then those of others.
func Contenders() []Contender {
	return []Contender{
		{Name: Bare, Program: "byhand", build: handWritten(0), replies: djamoReplies()},
		{Name: Bare + ", with a time limit", build: handWritten(timeLimit), replies: djamoReplies()},
		{Name: "go-retryablehttp by hand, for speed", build: retryableLoop, replies: djamoReplies()},
		{Name: "djamo", Program: "djamo", build: djamoSDK, replies: djamoReplies()},
		{Name: "stripe-go", Program: "stripe", build: stripeSDK, replies: stripeReplies()},
		{Name: "go-github", Program: "github", build: githubSDK, replies: githubReplies()},
		{Name: "godo", Program: "godo", build: godoSDK, replies: godoReplies()},
		{Name: "hcloud-go", Program: "hcloud", build: hcloudSDK, replies: hcloudReplies()},
		{Name: "gitlab client-go", Program: "gitlab", build: gitlabSDK, replies: gitlabReplies()},
		{Name: "paddle-go-sdk", Program: "paddle", build: paddleSDK, replies: paddleReplies()},
		{Name: "openai-go", Program: "openai", build: openaiSDK, replies: openaiReplies()},
	}
}

// wideClient is what every contender that takes an http.Client is given. The transport of net/http keeps two idle
// connections to a host, so that parallel calls would measure how fast connections open.
func wideClient() *http.Client {
	return &http.Client{Transport: &http.Transport{MaxIdleConns: 100, MaxIdleConnsPerHost: 100}}
}

// check compares one resource with what the server sent.
func check[ID comparable](id, want ID, got int64) error {
	if id != want || got != amount {
		return fmt.Errorf("got %v with %d, not %v with %d", id, got, want, amount)
	}
	return nil
}

// tally counts the items of a listing.
type tally struct {
	items int
	sum   int64
	bad   int
}

func (t *tally) add(hasID bool, got int64) {
	t.items++
	t.sum += got
	if !hasID {
		t.bad++
	}
}

func (t *tally) check() error {
	const want = pageSize * pages
	if t.items != want || t.sum != want*amount || t.bad != 0 {
		return fmt.Errorf("listed %d items, %d without an id, that sum to %d", t.items, t.bad, t.sum)
	}
	return nil
}

// replies are what the server says to a contender, in the shapes of that contender's API.
type replies struct {
	prefix string // the first element of the path
	one    string // what stands in the path of a request for one resource and for no listing
	item   string // the resource, with {pad} in a string and {id} where the id is
	ids    func(page, i int) string
	wrap   string                                    // {item} alone in a reply
	page   func(page int) (envelope, headers string) // {items} in a reply
}

func (r replies) single() string {
	body := strings.ReplaceAll(r.wrap, "{item}", strings.ReplaceAll(r.item, "{id}", r.ids(0, 0)))
	return pad(body, replySize)
}

// listing returns the page with this number, counted from 1.
func (r replies) listing(page int) (body, headers string) {
	items := make([]string, pageSize)
	for i := range items {
		items[i] = pad(strings.ReplaceAll(r.item, "{id}", r.ids(page, i)), itemSize)
	}
	envelope, headers := r.page(page)
	body = strings.ReplaceAll(envelope, "{items}", strings.Join(items, ","))
	// Space before the last bracket and not behind it, where a decoder of streams would leave it unread.
	last := len(body) - 1
	return body[:last] + strings.Repeat(" ", max(0, pageBytes-len(body))) + body[last:], headers
}

func pad(body string, size int) string {
	return strings.ReplaceAll(body, "{pad}", strings.Repeat("x", max(0, size-len(body)+len("{pad}"))))
}

// sameID gives every resource one id.
func sameID(id string) func(page, i int) string {
	return func(int, int) string { return id }
}

// cursorID gives all resources of a listing one id, save that the last of a page names the next: APIs that continue
// after an id work like that.
func cursorID(id, prefix string) func(page, i int) string {
	return func(page, i int) string {
		if page > 0 && i == pageSize-1 {
			return fmt.Sprintf("%spage_%d", prefix, page+1)
		}
		return id
	}
}

// sizes returns the length of everything this contender can be sent, once each.
func (r replies) sizes() []int {
	all := []int{len(r.single())}
	for page := 1; page <= pages; page++ {
		body, _ := r.listing(page)
		all = append(all, len(body))
	}
	slices.Sort(all)
	return slices.Compact(all)
}
