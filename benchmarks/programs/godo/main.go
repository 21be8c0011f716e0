// Command godo makes one call with godo: benchmarks/compare -import measures what that costs to build.
package main

import (
	"context"
	"fmt"
	"log"

	"github.com/digitalocean/godo"
)

func main() {
	volume, _, err := godo.NewFromToken("token").Storage.GetVolume(context.Background(), "506f78a4")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(volume.SizeGigaBytes)
}
