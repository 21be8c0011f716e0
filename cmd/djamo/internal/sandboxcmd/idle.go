package sandboxcmd

import (
	"context"
	"time"
)

const (
	idleAfter  = 5 * time.Second
	muchChange = 1000 // requests and lines of the ledger, before which there is little to give back
)

// giveBackWhenIdle calls release when much has changed and then nothing any more for a while, until the context ends. After a burst the
// runtime keeps as much memory again as is in use, for the next one; a sandbox that nobody asks anything needs none of it.
func giveBackWhenIdle(ctx context.Context, changes func() int64, release func()) {
	ticker := time.NewTicker(idleAfter)
	defer ticker.Stop()
	released := changes()
	for last := released; ; {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		now := changes()
		if now == last && now-released >= muchChange {
			release()
			released = now
		}
		last = now
	}
}
