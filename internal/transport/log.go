package transport

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"time"
)

// log writes one record an attempt: never a body, a query or a header.
func (t *Transport) log(call *Call, took time.Duration, err error) {
	if t.config.Logger == nil {
		return
	}
	level := slog.LevelDebug
	if err != nil || troubled(call.Status) || call.Status == http.StatusTooManyRequests {
		level = slog.LevelWarn
	}
	if !t.config.Logger.Enabled(call.Context, level) {
		return
	}
	attrs := []slog.Attr{
		slog.String("method", call.Method),
		slog.String("path", t.credential(call).Scrub(call.Template)),
		slog.Int("status", call.Status),
		slog.Int("attempt", call.Attempts),
		slog.Duration("duration", took),
	}
	if id := correlationID(call); id != "" {
		attrs = append(attrs, slog.String("correlation_id", t.ScrubID(call, id, errorLimit)))
	}
	if err != nil {
		attrs = append(attrs, slog.String("error", t.ScrubAnswer(call, err.Error(), errorLimit)))
	}
	t.config.Logger.LogAttrs(call.Context, level, t.config.Name+": request", attrs...) //nolint:sloglint // one of few names
}

func correlationID(call *Call) string {
	if call.Status < http.StatusBadRequest {
		return ""
	}
	var wire struct {
		CorrelationID string `json:"correlationId"`
	}
	_ = json.Unmarshal(call.Bytes(), &wire) // a field of another type costs the record its id, nothing more
	return wire.CorrelationID
}
