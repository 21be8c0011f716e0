// Package roundtripper tests the client on a caller's own http.RoundTripper, however it behaves.
package roundtripper
