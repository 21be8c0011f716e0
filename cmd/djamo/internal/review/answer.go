package review

import (
	"context"
	"fmt"
	"io"

	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/payoutfile"
	"github.com/djamo/djamo-go/cmd/djamo/internal/terminal"
)

// readLine reads a line and nothing after it, which may be the answer to the next question.
func readLine(in io.Reader) (string, error) {
	var line []byte
	for one := make([]byte, 1); ; {
		n, err := in.Read(one)
		if n == 1 {
			if line = append(line, one[0]); one[0] == '\n' {
				return string(line), nil
			}
		}
		if err != nil {
			return string(line), nil //nolint:nilerr // what cannot be read is no answer
		}
	}
}

// ReadAnswer shows a question and reads a line from the operator. What cannot be read is no answer.
func ReadAnswer(ctx context.Context, question string, t terminal.Terminal) (string, error) {
	if err := t.Ask(question); err != nil {
		return "", exit.NotSent(ctx, err)
	}
	answer, err := payoutfile.Await(ctx, func() (string, error) {
		return readLine(t.In)
	})
	if err != nil {
		fmt.Fprintln(t.Err)
		return "", exit.NotSent(ctx, err)
	}
	return answer, nil
}
