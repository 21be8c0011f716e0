// Package cost counts what the calls that programs make by the thousand allocate: a guard that needs no quiet machine.
package cost
