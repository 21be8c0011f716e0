package client

import (
	"context"
	"fmt"

	"github.com/hetznercloud/hcloud-go/v2/hcloud"
)

const hcloudVolume = 4711

func hcloudReplies() replies {
	return replies{
		prefix: "hcloud", one: "/volumes/4711", wrap: `{"volume":{item}}`, ids: sameID("4711"),
		item: `{"id":{id},"name":"Salaire de juin {pad}","created":"2023-11-24T17:43:15+00:00","format":"xfs","labels":{"env":"dev"},` +
			`"linux_device":"/dev/disk/by-id/scsi-0HC_Volume_4711","location":{"id":42,"name":"fsn1","city":"Falkenstein","country":"DE",` +
			`"description":"Falkenstein DC Park 1","latitude":50,"longitude":12,"network_zone":"eu-central"},"protection":{"delete":false},` +
			`"server":12,"size":50000,"status":"available"}`,
		page: func(page int) (envelope, headers string) {
			next := "null"
			if page < pages {
				next = fmt.Sprint(page + 1)
			}
			return fmt.Sprintf(
				`{"volumes":[{items}],"meta":{"pagination":{"page":%d,"per_page":%d,"previous_page":null,`+
					`"next_page":%s,"last_page":%d,"total_entries":%d}}}`,
				page,
				pageSize,
				next,
				pages,
				pageSize*pages,
			), ""
		},
	}
}

func hcloudSDK(base string) (Calls, error) {
	client := hcloud.NewClient(hcloud.WithHTTPClient(wideClient()), hcloud.WithEndpoint(base), hcloud.WithToken(token))
	return Calls{
		Get: func(ctx context.Context) error {
			volume, _, err := client.Volume.GetByID(ctx, hcloudVolume)
			if err != nil {
				return err
			}
			return check(volume.ID, hcloudVolume, int64(volume.Size))
		},
		Create: func(ctx context.Context) error {
			result, _, err := client.Volume.Create(ctx, hcloud.VolumeCreateOpts{
				Name: reference, Size: amount, Location: &hcloud.Location{Name: "fsn1"}, Labels: map[string]string{"env": "dev"}})
			if err != nil {
				return err
			}
			return check(result.Volume.ID, hcloudVolume, int64(result.Volume.Size))
		},
		List: func(ctx context.Context) error {
			var all tally
			volumes, err := client.Volume.AllWithOpts(ctx, hcloud.VolumeListOpts{ListOpts: hcloud.ListOpts{PerPage: pageSize}})
			if err != nil {
				return err
			}
			for _, volume := range volumes {
				all.add(volume.ID == hcloudVolume, int64(volume.Size))
			}
			return all.check()
		},
	}, nil
}
