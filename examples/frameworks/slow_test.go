package frameworks_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/internal/leaktest"
	"github.com/gin-gonic/gin"
	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) { os.Exit(leaktest.Main(m)) }

// The deadline for the body has to reach the connection through the writer of every framework.
func TestFrameworks_SlowSenderIsCutOff(t *testing.T) {
	t.Parallel()
	receiver := newReceiver()
	receiver.Timeout = 30 * time.Millisecond
	gin.SetMode(gin.ReleaseMode)
	viaGin := gin.New()
	viaGin.Any("/", gin.WrapH(receiver))
	viaChi := chi.NewRouter()
	viaChi.Use(middleware.Recoverer, middleware.Compress(1))
	viaChi.Handle("/", receiver)
	for name, handler := range map[string]http.Handler{"mux": receiver, "gin": viaGin, "chi": viaChi, "http.TimeoutHandler": http.TimeoutHandler(receiver, time.Minute, "")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			leaktest.Check(t)
			server := httptest.NewServer(handler)
			defer server.Close()
			conn, err := net.Dial("tcp", server.Listener.Addr().String())
			require.NoError(t, err)
			defer conn.Close()
			require.NoError(t, conn.SetDeadline(time.Now().Add(5*time.Minute)))
			_, err = fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: x\r\n%s: %s\r\nContent-Length: 100\r\n\r\n{", djamo.SignatureHeader, djamo.SignWebhook([]byte("{"), secret))
			require.NoError(t, err)
			answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
			require.NoError(t, err)
			defer answer.Body.Close()
			_, err = io.Copy(io.Discard, answer.Body)
			require.NoError(t, err)
			require.Equal(t, http.StatusRequestTimeout, answer.StatusCode)
		})
	}
}
