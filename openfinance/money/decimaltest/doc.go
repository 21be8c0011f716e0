// Package decimaltest compares package money with a decimal library that others keep. It is a module of its own, so that
// only the tests need that library.
package decimaltest
