// Command release prepares a release of all modules of this repository, and rehearses it:
//
//	.ci/release v0.2.0        checks, rehearses, builds the archives below dist, commits, tags; pushes nothing
//	.ci/release rehearse      the rehearsal alone, of the files as they are, under a version that is thrown away
//	.ci/release proxy DIR     what a module proxy would serve of the files as they are, written to an empty folder
//	.ci/release binaries DIR  the archives of the command djamo alone, of the files as they are
//
// All modules are released in lockstep: one commit holds the version in every go.mod, in client.go and in CHANGELOG.md, and
// has a tag for each module that others can use. The hashes of our own modules stand in the go.sum of those that need them,
// before anything is published: a module's hash follows from its files.
package main
