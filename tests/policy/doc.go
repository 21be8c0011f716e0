// Package policy tests what the client sends again, and when: its tables are the specification of the retry policy.
package policy
