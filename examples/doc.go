// Package examples is the root of the module that holds the example programs: one directory per
// program, each a small main that is meant to be copied into a project of your own.
//
// The programs live in a module apart from the SDK so that whatever they need, a web framework or a
// database driver, never becomes a dependency of the SDK. Run one from the root of the repository:
//
//	go run ./examples/payroll
package examples
