package browser_test

import (
	"context"
	"flag"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// One Chromium serves all tests; each test gets profiles of its own in it.
var (
	screenshots = flag.String("screenshots", "", "leave a picture of each page in this `folder`")
	chromium    program
)

func TestMain(m *testing.M) {
	flag.Parse()
	code := m.Run()
	if chromium.end != nil { // it was started
		chromium.end()
	}
	os.Exit(code)
}

// program is the browser while it runs.
type program struct {
	start   sync.Once
	path    string
	failure error
	ctx     context.Context
	end     func()
}

const chromiumVariable = "DJAMO_TEST_CHROMIUM"

// running starts the browser before the first test that needs it, or skips the test where there is none.
func (p *program) running(t *testing.T) context.Context {
	t.Helper()
	p.start.Do(p.run)
	if p.path == "" {
		t.Skip("NOT CHECKED: CHROMIUM IS NOT INSTALLED. What people do on the sandbox's pages, and whether they can read them, " +
			"is not tested; install it, or name it in " + chromiumVariable)
	}
	require.NoError(t, p.failure, "%s does not start", p.path)
	return p.ctx
}

func (p *program) run() {
	p.path = find()
	if p.path == "" {
		return
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(p.path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-features", "Translate,OptimizationHints,MediaRouter"),
		chromedp.Flag("host-resolver-rules", "MAP rebound.example 127.0.0.1"),
		// A tab in the background waits as long as one in front.
		chromedp.Flag("disable-backgrounding-occluded-windows", true), chromedp.Flag("disable-renderer-backgrounding", true),
		chromedp.WSURLReadTimeout(5*time.Minute))
	allocated, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, leave := chromedp.NewContext(allocated)
	p.ctx = ctx
	p.end = func() {
		_ = chromedp.Cancel(ctx)
		leave()
		stop()
	}
	p.failure = chromedp.Do(ctx)
}

// find is where the browser is: where the variable says, or where systems install it.
func find() string {
	if named := os.Getenv(chromiumVariable); named != "" {
		return named
	}
	for _, name := range []string{"chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "headless-shell"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}
