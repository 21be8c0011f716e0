package sandbox_test

import (
	"context"
	"fmt"
	"log"
	"net"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/djamotest"
	"github.com/djamo/djamo-go/sandbox"
)

// A program serves the fake API, with its pages beside it, and pays somebody.
func Example() {
	api, err := djamotest.New(djamotest.WithAnswerBodies(16 << 10))
	if err != nil {
		log.Fatal(err)
	}
	defer api.Close()
	box, err := sandbox.New(api)
	if err != nil {
		log.Fatal(err)
	}
	apiListener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	controlListener, err := net.Listen("tcp", "127.0.0.1:0") // its pages
	if err != nil {
		log.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error)
	go func() { served <- box.Serve(ctx, apiListener, controlListener) }()

	client, err := djamo.NewClient(api.Token, djamo.WithBaseURL("http://"+apiListener.Addr().String()), djamo.WithCompanyID(api.CompanyID))
	if err != nil {
		log.Fatal(err)
	}
	balance, err := client.Balance.Get(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(int64(balance.Balance), balance.Currency)
	stop()
	if err := <-served; err != nil {
		log.Fatal(err)
	}
	// Output: 100000000 XOF
}
