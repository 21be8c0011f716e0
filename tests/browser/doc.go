// Package browser drives the sandbox's pages in headless Chromium: what a person does there, with a mouse, by keyboard alone
// and without JavaScript, and whether everybody can read them.
//
// Without Chromium these tests are skipped, and say so. DJAMO_TEST_CHROMIUM names the program; then nothing is skipped.
// With -screenshots DIR they leave a picture of each page in that folder, to be looked at.
package browser
