// Package otherlanguages tests the examples for other languages against the sandbox.
package otherlanguages
