package djamo_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/djamo/djamo-go"
)

// What a handler does with a Deduper: of two copies of one delivery the first is handled, the second waits for how that
// ends, and a third that comes later has nothing left to do.
func ExampleMemoryDeduper() {
	ctx := context.Background()
	var deduper djamo.MemoryDeduper
	claim := func(owner string) djamo.Claim {
		answer, err := deduper.Claim(ctx, "transactions/completed:6ae4:completed", owner, time.Minute)
		if err != nil {
			log.Fatal(err)
		}
		return answer
	}

	fmt.Println("first copy:", claim("attempt 1"))
	fmt.Println("second copy:", claim("attempt 2"))
	if err := deduper.Done(ctx, "transactions/completed:6ae4:completed", "attempt 1"); err != nil {
		log.Fatal(err)
	}
	fmt.Println("third copy:", claim("attempt 3"))
	// Output:
	// first copy: granted
	// second copy: held
	// third copy: done
}
