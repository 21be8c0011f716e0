// Package defects tests that the known mistakes of other SDKs and of integrators are impossible here, or loud.
package defects
