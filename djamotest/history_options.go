package djamotest

import (
	"fmt"
	"net"
	"strconv"
)

// WithDeliveryHistory sets how many of the latest webhooks [API.WebhookDeliveries] remembers: 10,000 without it. One that
// is forgotten while it waits is sent all the same.
func WithDeliveryHistory(n int) Option {
	return func(c *config) error {
		if n < 1 {
			return fmt.Errorf("WithDeliveryHistory: want 1 or more, got %d", n)
		}
		c.deliveryHistory = n
		return nil
	}
}

// WithAnswerBodies keeps that many bytes of the answer to each request, and to each attempt of a webhook, beside them in
// the history. Without it none are kept.
func WithAnswerBodies(maxBytes int) Option {
	return func(c *config) error {
		if maxBytes < 0 {
			return fmt.Errorf("WithAnswerBodies: %d must not be negative", maxBytes)
		}
		c.answerBodies = maxBytes
		return nil
	}
}

// WithHistoryBytes bounds the bodies that are remembered: three quarters for requests and their answers, one for webhooks
// and theirs; 64 MiB in all without it. Of the oldest requests the bodies are dropped, the oldest webhooks are forgotten.
func WithHistoryBytes(n int64) Option {
	return func(c *config) error {
		if n < 4096 {
			return fmt.Errorf("WithHistoryBytes: want 4096 or more, got %d", n)
		}
		c.historyBytes = n
		return nil
	}
}

func splitAddress(address string) (host, port string, err error) {
	host, port, err = net.SplitHostPort(address)
	if err != nil {
		return "", "", fmt.Errorf("%q is no address; want host:port, such as 127.0.0.1:8480", address)
	}
	if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		return "", "", fmt.Errorf("%q: the port is a number between 0 (a free one) and 65535", address)
	}
	return host, port, nil
}

func joinAddress(host, port string) string {
	if host == "" {
		host = "0.0.0.0"
	}
	return net.JoinHostPort(host, port)
}
