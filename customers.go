package djamo

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"

	"github.com/djamo/djamo-go/internal/wire"
)

// CustomerCheck says whether a phone number has a Djamo account.
type CustomerCheck struct {
	// HasAccount is the API's "result". Where the API answers in the form it had before 2025-01-25, with a KYC status,
	// it is true when there is one: that only customers have a status is an assumption.
	HasAccount bool
	// KYCStatus is set by that older form only.
	KYCStatus string
}

// CustomerCheckParams names the number to look up. MSISDN is required.
type CustomerCheckParams struct {
	MSISDN       MSISDN
	SubCompanyID string
}

// LogValue gives slog the number masked.
func (p CustomerCheckParams) LogValue() slog.Value {
	return slog.GroupValue(slog.Any("msisdn", p.MSISDN))
}

// CustomerService asks about payees.
type CustomerService struct{ client *Client }

// Check asks whether a number has a Djamo account. Safe to repeat.
func (s CustomerService) Check(ctx context.Context, params CustomerCheckParams, opts ...RequestOption) (*CustomerCheck, error) {
	if err := checkMSISDN("msisdn", params.MSISDN); err != nil {
		return nil, rejectUnsent(err, opts)
	}
	if err := checkText("subCompanyId", params.SubCompanyID); err != nil {
		return nil, rejectUnsent(err, opts)
	}
	e, err := withQuery(wire.At(http.MethodGet, transactionsPath+"/customers/check"), struct {
		MSISDN       string `url:"msisdn"`
		SubCompanyID string `url:"subCompanyId,omitempty"`
	}{params.MSISDN.E164(), params.SubCompanyID})
	if err != nil {
		return nil, err
	}
	answer, err := read[customerAnswer](ctx, s.client, e, nil, opts)
	if err != nil {
		return nil, err
	}
	return answer.check(), nil
}

// customerAnswer is either form. The older one is documented only as "a KYC status", so its likely names are read. A bare
// "status" is one of them, unless it may be that of the request: beside a message, an error or data, or by its own words.
type customerAnswer struct {
	Result     json.RawMessage `json:"result"`
	KYCStatus  string          `json:"kycStatus"`
	Status     string          `json:"status"`
	Message    json.RawMessage `json:"message"`
	Error      json.RawMessage `json:"error"`
	StatusCode json.RawMessage `json:"statusCode"`
	Success    json.RawMessage `json:"success"`
	Data       json.RawMessage `json:"data"`
}

func (a *customerAnswer) missing() string {
	if a.check() == nil {
		return "result"
	}
	return ""
}

func (a *customerAnswer) check() *CustomerCheck {
	var has bool
	var status string
	_ = json.Unmarshal(a.Result, &status) // absent or of another type: the other fields decide
	if strings.EqualFold(status, "true") || isNo(status) {
		return &CustomerCheck{HasAccount: !isNo(status), KYCStatus: a.KYCStatus}
	}
	if len(a.Result) > 0 && string(a.Result) != "null" && json.Unmarshal(a.Result, &has) == nil {
		return &CustomerCheck{HasAccount: has, KYCStatus: a.KYCStatus}
	}
	for _, status := range []string{status, a.KYCStatus, a.bareStatus()} {
		if status != "" {
			return &CustomerCheck{HasAccount: !isNo(status), KYCStatus: status}
		}
	}
	return nil
}

// isNo reports whether a word denies that there is an account. Which words the API had is not documented.
func isNo(word string) bool {
	switch strings.ToLower(strings.ReplaceAll(strings.TrimSpace(word), " ", "_")) {
	case "false", "no", "0", "none", "not_found", "notfound", "unknown", "error", "fail", "failed", "failure":
		return true
	}
	return false
}

func (a *customerAnswer) bareStatus() string {
	if a.Message != nil || a.Error != nil || a.StatusCode != nil || a.Success != nil || a.Data != nil {
		return ""
	}
	switch strings.ToLower(a.Status) {
	case "ok", "success", "error", "fail", "failed", "not_found":
		return ""
	}
	return a.Status
}
