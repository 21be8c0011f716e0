//go:build !linux && !darwin

package databasetest_test

const childLimit = "DJAMO_JOURNAL_CHILD_LIMIT"

func childOfLimitedSize(string) {}
