package clustercmd

import (
	"context"
	"log/slog"
	"strings"
)

// riverLog is where River writes: to the worker's log, but what it says of its routine every few seconds is for debugging. Its
// warnings and errors, and what it says of jobs that failed, stay as they are.
type riverLog struct{ slog.Handler }

// riverLogger is the logger for River beside one of the program's own.
func riverLogger(logger *slog.Logger) *slog.Logger { return slog.New(riverLog{logger.Handler()}) }

// Handle implements slog.Handler.
func (l riverLog) Handle(ctx context.Context, record slog.Record) error {
	if isRiverRoutine(record) {
		record.Level = slog.LevelDebug
		if !l.Enabled(ctx, record.Level) {
			return nil
		}
	}
	return l.Handler.Handle(ctx, record)
}

// WithAttrs implements slog.Handler.
func (l riverLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	return riverLog{l.Handler.WithAttrs(attrs)}
}

// WithGroup implements slog.Handler.
func (l riverLog) WithGroup(name string) slog.Handler { return riverLog{l.Handler.WithGroup(name)} }

// isRiverRoutine reports whether a record is one of those that a healthy worker writes again and again: how many jobs it has
// worked, and that jobs were scheduled, rescued or cleaned away. They are known by their messages, which are those of the
// version of River that this module requires; another message is only written as River has it.
func isRiverRoutine(record slog.Record) bool {
	_, message, _ := strings.Cut(record.Message, ": ") // behind the name of River's service
	return record.Level == slog.LevelInfo && (message == "Producer job counts" || message == "Ran successfully")
}
