// Package webhooks tests the receiving side over real connections: leases, stores that fail, processes that are killed.
package webhooks
