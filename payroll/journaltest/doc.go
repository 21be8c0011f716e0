// Package journaltest holds what tests of payroll runs need: [Memory], a journal that keeps everything in memory, and
// [Run], the suite that every implementation of [payroll.Journal] must pass.
package journaltest
