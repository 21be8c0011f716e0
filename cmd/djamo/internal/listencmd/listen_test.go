package listencmd

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/options"
	"github.com/djamo/djamo-go/cmd/djamo/internal/programtest"
	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/sandbox"
)

// runCommand runs a command without a terminal.
func runCommand(ctx context.Context, out, said io.Writer, args ...string) error {
	for _, command := range Commands(terminal.Terminal{In: strings.NewReader(""), Out: out, Err: said}, &options.Options{}) {
		if command.Name() == args[0] {
			command.SetArgs(args[1:])
			command.SilenceErrors, command.SilenceUsage = true, true
			return command.ExecuteContext(ctx)
		}
	}
	return nil
}

// target is a program that takes events.
type target struct {
	*httptest.Server

	mu     sync.Mutex
	status int
	bodies []string
	header http.Header
}

func newTarget(t *testing.T) *target {
	t.Helper()
	x := &target{status: http.StatusNoContent}
	x.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		x.mu.Lock()
		defer x.mu.Unlock()
		x.bodies, x.header = append(x.bodies, string(raw)), r.Header
		w.WriteHeader(x.status)
	}))
	t.Cleanup(x.Close)
	return x
}

func (x *target) got() []string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return append([]string{}, x.bodies...)
}

const (
	secret   = "whsec_of_the_test"
	patience = 5 * time.Minute // for busy machines: what goes well takes no time
)

// A delivery is verified, handed on byte for byte without what is the sender's alone, answered with the target's status, and
// kept to be sent again.
func TestListen_HandsOnByteForByte(t *testing.T) {
	for _, name := range []string{"XDG_CONFIG_HOME", "HOME", "AppData"} {
		t.Setenv(name, filepath.Join(t.TempDir(), "home"))
	}
	t.Setenv("DJAMO_WEBHOOK_SECRET", secret)
	program := newTarget(t)
	ctx, stop := context.WithCancel(t.Context())
	out, said := new(programtest.Screen), new(programtest.Screen)
	ended := make(chan error, 1)
	go func() {
		ended <- runCommand(ctx, out, said, "listen", "--addr", "127.0.0.1:0", "--forward-to", program.URL+"/hook", "--output", "jsonl")
	}()
	require.Eventually(t, func() bool { return strings.Contains(said.String(), "Ready") }, patience, time.Millisecond)
	_, at, _ := strings.Cut(said.String(), "listening on ")
	at, _, _ = strings.Cut(at, ". Let")

	body := "{ \"topic\":\"transactions/completed\",\n \"data\":{\"id\":\"txn_1\",\"status\":\"completed\",\"msisdn\":\"+2250748710523\",\"x\":1.0} }\n"
	deliver := func(body, signature string) int {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, at+"/any/path", strings.NewReader(body))
		require.NoError(t, err)
		r.Header.Set(djamo.SignatureHeader, signature)
		r.Header.Set("Authorization", "Bearer at_secret")
		r.Header.Set("X-Of-Its-Own", "kept")
		resp, err := http.DefaultTransport.RoundTrip(r)
		require.NoError(t, err)
		resp.Body.Close()
		return resp.StatusCode
	}
	require.Equal(t, http.StatusUnauthorized, deliver(body, "wrong"))
	require.Empty(t, program.got(), "what is not verified is not handed on")
	require.Equal(t, http.StatusNoContent, deliver(body, djamo.SignWebhook([]byte(body), secret)))
	require.Equal(t, []string{body}, program.got())
	require.Empty(t, program.header.Get("Authorization"))
	require.Equal(t, "kept", program.header.Get("X-Of-Its-Own"))
	require.NoError(t, djamo.VerifySignature([]byte(body), program.header.Get(djamo.SignatureHeader), secret))
	program.mu.Lock()
	program.status = http.StatusInternalServerError
	program.mu.Unlock()
	require.Equal(t, http.StatusInternalServerError, deliver(body, djamo.SignWebhook([]byte(body), secret)))
	require.Contains(t, said.String(), "djamo events resend evt_")
	stop()
	require.NoError(t, <-ended)
	require.Equal(t, 1, strings.Count(said.String(), "Ready"))

	var shown []eventView
	for line := range strings.Lines(out.String()) {
		var e eventView
		require.NoError(t, json.Unmarshal([]byte(line), &e), "every line of standard output is data: %q", line)
		shown = append(shown, e)
	}
	require.Len(t, shown, 2)
	require.Equal(t, 500, shown[1].Answer)
	require.NotContains(t, out.String()+said.String(), "2250748710523")
	require.NotContains(t, out.String()+said.String(), secret)

	// The program is mended, and gets the very same bytes.
	program.mu.Lock()
	program.status = http.StatusOK
	program.mu.Unlock()
	again := new(programtest.Screen)
	require.NoError(t, runCommand(t.Context(), again, said, "events", "resend", shown[1].ID))
	require.Equal(t, body, program.got()[2])
	require.NoError(t, djamo.VerifySignature([]byte(body), program.header.Get(djamo.SignatureHeader), secret))
	err := runCommand(t.Context(), again, said, "events", "resend", shown[1].ID, "--edit", "--to", "https://shop.example.com/webhooks")
	require.ErrorContains(t, err, "a made-up event must not reach a real program")
	err = runCommand(t.Context(), again, said, "events", "resend", shown[1].ID, "--edit")
	require.Equal(t, exit.Usage, exit.Code(err), "without a terminal there is no editor")

	listed := new(programtest.Screen)
	require.NoError(t, runCommand(t.Context(), listed, said, "events", "list", "--output", "json"))
	var events []eventView
	require.NoError(t, json.Unmarshal([]byte(listed.String()), &events))
	require.Len(t, events, 3)
}

// Events of a sandbox are followed as they are made: each once, also what trigger makes.
func TestListen_FollowsASandbox(t *testing.T) { //nolint:paralleltest // it sets variables in a loop
	for _, name := range []string{"XDG_CONFIG_HOME", "HOME", "AppData"} {
		t.Setenv(name, filepath.Join(t.TempDir(), "home"))
	}
	api, err := djamotest.New(djamotest.WithManualSettlement(), djamotest.WithSeed(1))
	require.NoError(t, err)
	defer api.Close()
	apiListener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	controlListener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	box, err := sandbox.New(api)
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	served := make(chan error, 1)
	go func() { served <- box.Serve(ctx, apiListener, controlListener) }()
	control := "http://" + controlListener.Addr().String()

	program, registered := newTarget(t), newTarget(t)
	out, said := new(programtest.Screen), new(programtest.Screen)
	following, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- runCommand(following, out, said, "listen", "--from-sandbox", control, "--forward-to", program.URL, "--output", "jsonl", "--topics",
			"transactions/completed,charge/events")
	}()
	require.Eventually(t, func() bool { return strings.Contains(said.String(), "no address is registered") }, patience, time.Millisecond)
	client, err := djamo.NewClient(api.Token, djamo.WithBaseURL("http://"+apiListener.Addr().String()))
	require.NoError(t, err)
	for _, topic := range []djamo.Topic{djamo.TopicTransactionStarted, djamo.TopicTransactionCompleted, djamo.TopicCharge} {
		_, err := client.WebhookEndpoints.Create(t.Context(), djamo.WebhookEndpointParams{Topic: topic, URL: registered.URL})
		require.NoError(t, err)
	}
	for _, args := range [][]string{
		{"trigger", "transactions/completed", "--set", "amount=25000", "--set", "reference=salaire/1"}, {"trigger", "charge/events"},
	} {
		require.NoError(t, runCommand(t.Context(), out, said, append(args, "--control", control, "--template", "-")...))
	}
	require.EqualValues(t, 25_000, api.Transactions()[0].Amount)
	require.Eventually(t, func() bool { return len(program.got()) >= 2 }, patience, 5*time.Millisecond)
	require.Contains(t, program.got()[0], `"reference":"salaire/1"`)
	require.NoError(t, djamo.VerifySignature([]byte(program.got()[1]), program.header.Get(djamo.SignatureHeader), djamotest.DefaultWebhookSecret))
	for _, body := range program.got() {
		require.NotContains(t, body, "transactions/started", "only the topics that were asked for")
	}
	cancel()
	require.NoError(t, <-ended)

	listed := new(programtest.Screen)
	require.NoError(t, runCommand(t.Context(), listed, said, "events", "list", "--from-sandbox", control, "--template", "{{.id}} {{.topic}}"))
	id, _, _ := strings.Cut(listed.String(), " ")
	before := len(registered.got())
	require.NoError(t, runCommand(t.Context(), out, said, "events", "resend", id, "--from-sandbox", control))
	require.Eventually(t, func() bool { return len(registered.got()) > before }, patience, time.Millisecond)
	stop()
	require.NoError(t, <-served)
}

// A name that means two addresses is tried at both, and the error says so.
func TestForward_TriesBothLoopbackAddresses(t *testing.T) {
	t.Parallel()
	six := listenOnSix(t)
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })}
	go func() { _ = server.Serve(six) }()
	defer server.Close()
	_, port, err := net.SplitHostPort(six.Addr().String())
	require.NoError(t, err)
	forward, err := newForwarder("--to", "http://localhost:"+port, time.Minute)
	require.NoError(t, err)
	status, _, err := forward.post(t.Context(), []byte("{}"), "x", http.Header{})
	require.NoError(t, err)
	require.Equal(t, http.StatusTeapot, status)
}

// listenOnSix listens on a port of ::1 whose number nobody can listen on at 127.0.0.1: a connection has it there, and whoever dials it
// is refused.
func listenOnSix(t *testing.T) net.Listener {
	t.Helper()
	somewhere := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(somewhere.Close)
	for {
		six, err := net.Listen("tcp", "[::1]:0")
		if err != nil {
			t.Skip("this machine has no IPv6: ", err)
		}
		address, ok := six.Addr().(*net.TCPAddr)
		require.True(t, ok)
		dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: address.Port}}
		conn, err := dialer.Dial("tcp", somewhere.Listener.Addr().String())
		if err == nil {
			t.Cleanup(func() { _ = conn.Close() })
			return six
		}
		require.NoError(t, six.Close()) // somebody has that port of 127.0.0.1
	}
}

// What is kept is bounded.
func TestHistory_KeepsTheLast(t *testing.T) {
	t.Parallel()
	h := history{t.TempDir()}
	start := time.Unix(1_800_000_000, 0)
	for i := range kept + 3 {
		at := start.Add(time.Duration(i) * time.Second)
		require.NoError(t, h.add(&event{ID: newID(at), At: at, Body: []byte("{}")}))
	}
	require.NoError(t, os.WriteFile(filepath.Join(h.dir, newID(start.Add(time.Hour))+".json"), []byte(`{"id":"evt_`), 0o600))
	all, unreadable, err := h.all()
	require.NoError(t, err)
	require.Equal(t, 1, unreadable, "what a crash has cut off hides none of the others")
	require.Len(t, all, kept)
	left, err := filepath.Glob(filepath.Join(h.dir, "*.part"))
	require.NoError(t, err)
	require.Empty(t, left)
	require.Equal(t, newID(start.Add(3*time.Second)), all[0].ID)
}

// --topics takes the topics of the documentation, and finds events that are spelled as Djamo has spelled some.
func TestEvent_TopicsInTheirOlderSpelling(t *testing.T) {
	t.Parallel()
	for topic, want := range map[string]string{
		"transactions/completed": "transactions/completed", "transaction/started": "transactions/started", "charges/events": "charge/events",
		"charge/events": "charge/events", "another": "another", "": "",
	} {
		require.Equal(t, want, (&event{Topic: topic}).documented())
	}
}
