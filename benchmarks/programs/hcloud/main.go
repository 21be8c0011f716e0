// Command hcloud makes one call with hcloud-go: benchmarks/compare -import measures what that costs to build.
package main

import (
	"context"
	"fmt"
	"log"

	"github.com/hetznercloud/hcloud-go/v2/hcloud"
)

func main() {
	volume, _, err := hcloud.NewClient(hcloud.WithToken("token")).Volume.GetByID(context.Background(), 4711)
	if err != nil {
		log.Fatal(err)
	}
	if volume != nil {
		fmt.Println(volume.Size)
	}
}
