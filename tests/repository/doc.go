// Package repository tests what the repository promises as a whole: imports, files, and everything its documentation says.
package repository
