package webhook

import (
	"encoding/base64"
	"net/http"
	"strconv"
	"time"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// openaiSDK has the scheme of Standard Webhooks.
func openaiSDK() (Receiver, error) {
	body, sent := event(
		`{"id":"evt_1","object":"event","created_at":1700847795,"type":"batch.completed","data":{"id":"batch_`,
		`"}}`,
	), time.Now()
	signer, err := standardwebhooks.NewWebhookRaw([]byte(secret))
	if err != nil {
		return Receiver{}, err
	}
	signature, err := signer.Sign("evt_1", sent, body)
	if err != nil {
		return Receiver{}, err
	}
	header := http.Header{}
	header.Set(standardwebhooks.HeaderWebhookID, "evt_1")
	header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(sent.Unix(), 10))
	header.Set(standardwebhooks.HeaderWebhookSignature, signature)
	client := openai.NewClient(
		option.WithAPIKey("token"),
		option.WithWebhookSecret("whsec_"+base64.StdEncoding.EncodeToString([]byte(secret))),
	)
	return Receiver{"openai-go", func() (string, error) {
		event, err := client.Webhooks.UnwrapWithTolerance(body, header, 24*time.Hour)
		if err != nil {
			return "", err
		}
		return event.Type, nil
	}}, nil
}
