// Package redaction tests that no token, secret or whole phone number reaches an error, a log or a printed value.
package redaction
