package consent_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/djamo/djamo-go/openfinance/consent"
)

// A consent is stored sealed, and asked for by its key whenever a wallet is read. Package walletsync/sqlstore has a store for
// a database; the one here forgets.
func Example() {
	ctx := context.Background()
	sealer, err := consent.NewSealer(make([]byte, consent.KeySize)) // yours is secret, and kept apart from the database
	if err != nil {
		log.Fatal(err)
	}
	store := &memory{records: map[string]consent.Record{}}
	keeper := &consent.Keeper{Store: store, Sealer: sealer, Owner: "example"}

	key, err := keeper.Adopt(ctx, consent.Grant{ID: "cns_1", Token: "token", TokenExpires: time.Now().Add(time.Hour)})
	if err != nil {
		log.Fatal(err)
	}
	access, err := keeper.Use(ctx, key)
	if err != nil {
		log.Fatal(err) // a *consent.EndedError when the holder has withdrawn it
	}
	fmt.Println(access.Token)

	if err := keeper.Revoke(ctx, "cns_1"); err != nil {
		log.Fatal(err)
	}
	_, err = keeper.Use(ctx, key)
	fmt.Println(err != nil)
	// Output:
	// token
	// true
}
