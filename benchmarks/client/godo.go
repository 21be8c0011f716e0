package client

import (
	"context"
	"fmt"
	"strings"

	"github.com/digitalocean/godo"
)

const volumeID = "506f78a4-e098-11e5-ad9f-000f53306ae1"

func godoReplies() replies {
	return replies{
		prefix: "godo", one: "/volumes/506f", wrap: `{"volume":{item}}`, ids: sameID(volumeID),
		item: `{"id":"{id}","region":{"name":"New York 1","slug":"nyc1","sizes":["s-1vcpu-1gb","s-1vcpu-2gb","s-1vcpu-3gb","s-2vcpu-2gb"],` +
			`"features":["private_networking","backups","ipv6","metadata"],"available":true},"droplet_ids":[8043964],"name":"payroll",` +
			`"description":"Salaire de juin {pad}","size_gigabytes":50000,"created_at":"2023-11-24T17:43:15Z","filesystem_type":"ext4",` +
			`"filesystem_label":"payroll","tags":["base-image","prod"]}`,
		page: func(page int) (envelope, headers string) {
			var links []string
			if page > 1 {
				links = append(links, fmt.Sprintf(`"prev":"http://127.0.0.1/v2/volumes?page=%d"`, page-1))
			}
			if page < pages {
				links = append(
					links,
					fmt.Sprintf(`"next":"http://127.0.0.1/v2/volumes?page=%d","last":"http://127.0.0.1/v2/volumes?page=%d"`, page+1, pages),
				)
			}
			return fmt.Sprintf(`{"volumes":[{items}],"links":{"pages":{%s}},"meta":{"total":%d}}`, strings.Join(links, ","), pageSize*pages), ""
		},
	}
}

func godoSDK(base string) (Calls, error) {
	client, err := godo.New(wideClient(), godo.SetBaseURL(base+"/"))
	if err != nil {
		return Calls{}, err
	}
	headers := map[string]string{"Authorization": "Bearer " + token}
	if err := godo.SetRequestHeaders(headers)(client); err != nil {
		return Calls{}, err
	}
	return Calls{
		Get: func(ctx context.Context) error {
			volume, _, err := client.Storage.GetVolume(ctx, volumeID)
			if err != nil {
				return err
			}
			return check(volume.ID, volumeID, volume.SizeGigaBytes)
		},
		Create: func(ctx context.Context) error {
			volume, _, err := client.Storage.CreateVolume(ctx, &godo.VolumeCreateRequest{
				Region: "nyc1", Name: reference, Description: "Salaire de juin", SizeGigaBytes: amount})
			if err != nil {
				return err
			}
			return check(volume.ID, volumeID, volume.SizeGigaBytes)
		},
		List: func(ctx context.Context) error { return godoList(ctx, client) },
	}, nil
}

// godoList is the loop that godo's documentation shows: it has no pager of its own.
func godoList(ctx context.Context, client *godo.Client) error {
	var all tally
	options := &godo.ListOptions{PerPage: pageSize}
	for {
		volumes, resp, err := client.Storage.ListVolumes(ctx, &godo.ListVolumeParams{ListOptions: options})
		if err != nil {
			return err
		}
		for i := range volumes {
			all.add(volumes[i].ID == volumeID, volumes[i].SizeGigaBytes)
		}
		if resp.Links == nil || resp.Links.IsLastPage() || all.items > pageSize*pages {
			return all.check()
		}
		page, err := resp.Links.CurrentPage()
		if err != nil {
			return err
		}
		options.Page = page + 1
	}
}
