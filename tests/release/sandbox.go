package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"
)

// startSandbox has the installed program serve the API, asks it for the balance as a program would, and interrupts it.
func (s stranger) startSandbox(ctx context.Context, program string) (done string, err error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, program, "sandbox", "start", "--addr", "127.0.0.1:0", "--control", "127.0.0.1:0")
	var complaints strings.Builder
	command.Env, command.Stderr = s.env, &complaints
	printed, err := command.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := command.Start(); err != nil {
		return "", err
	}
	settings := map[string]string{}
	lines := bufio.NewScanner(printed)
	for len(settings) < 3 && lines.Scan() {
		name, value, _ := strings.Cut(strings.TrimPrefix(lines.Text(), "export "), "=")
		switch name {
		case "DJAMO_API_URL", "DJAMO_ACCESS_TOKEN", "DJAMO_COMPANY_ID":
			settings[name] = strings.Trim(value, `"'`)
		}
	}
	balance, askErr := askBalance(ctx, settings)
	if err := command.Process.Signal(os.Interrupt); err != nil {
		return "", errors.Join(askErr, err)
	}
	if _, err := io.Copy(io.Discard, printed); err != nil {
		return "", errors.Join(askErr, err)
	}
	if err := command.Wait(); err != nil {
		return "", errors.Join(askErr, fmt.Errorf("djamo sandbox start, interrupted: %w: %s", err, &complaints))
	}
	return "its sandbox says " + balance, askErr
}

func askBalance(ctx context.Context, settings map[string]string) (string, error) {
	if len(settings) < 3 {
		return "", fmt.Errorf("djamo sandbox start ended before it said how to reach it: %v", settings)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, settings["DJAMO_API_URL"]+"/v1/balance", nil)
	if err != nil {
		return "", err
	}
	request.Header.Set("Authorization", "Bearer "+settings["DJAMO_ACCESS_TOKEN"])
	request.Header.Set("X-Company-Id", settings["DJAMO_COMPANY_ID"])
	answer, err := (&http.Client{}).Do(request)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return "", err
	}
	if answer.StatusCode != http.StatusOK {
		return "", fmt.Errorf("the sandbox answers %s: %s", answer.Status, body)
	}
	return strings.TrimSpace(string(body)), nil
}
