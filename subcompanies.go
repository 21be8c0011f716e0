package djamo

import (
	"context"
	"iter"
	"net/http"

	"github.com/djamo/djamo-go/internal/wire"
)

// SubCompany is a company on whose behalf an aggregator pays: the payee sees its name and logo. Only active ones can
// be used. There is no way to delete one.
type SubCompany struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	LogoURL   string    `json:"logoUrl"`
	IsActive  bool      `json:"isActive"`
	CreatedAt Timestamp `json:"createdAt"`
	UpdatedAt Timestamp `json:"updatedAt"`
}

func (c *SubCompany) missing() string { return missingID(c.ID) }

// SubCompanyParams describe a new sub-company. Name is required; the documentation names LogoURL beside it and does not
// say whether the API accepts a sub-company without.
type SubCompanyParams struct {
	Name    string `json:"name"`
	LogoURL string `json:"logoUrl,omitempty"`
}

// SubCompanyUpdateParams change a sub-company. What is empty or nil stays as it is.
type SubCompanyUpdateParams struct {
	Name     string `json:"name,omitempty"`
	LogoURL  string `json:"logoUrl,omitempty"`
	IsActive *bool  `json:"isActive,omitempty"` // false deactivates: new(false)
}

// SubCompanyService manages sub-companies.
type SubCompanyService struct{ client *Client }

const subCompaniesPath = "/v1/sub-companies"

// Create adds a sub-company. It has no key, so it is never sent again after its answer was lost: look for it with
// List when the error is an *OutcomeUnknownError.
func (s SubCompanyService) Create(ctx context.Context, params SubCompanyParams, opts ...RequestOption) (*SubCompany, error) {
	if params.Name == "" {
		return nil, rejectUnsent(&ValidationError{Field: "name", Rule: "must not be empty"}, opts)
	}
	if err := checkSubCompany(params.Name, params.LogoURL); err != nil {
		return nil, rejectUnsent(err, opts)
	}
	return write[SubCompany](ctx, s.client, wire.At(http.MethodPost, subCompaniesPath), params, opts)
}

func checkSubCompany(name, logoURL string) error {
	if err := checkText("name", name); err != nil || logoURL == "" {
		return err
	}
	return checkURL("logoUrl", logoURL)
}

// Get reads one sub-company by its id (subco_…). Safe to repeat.
func (s SubCompanyService) Get(ctx context.Context, id string, opts ...RequestOption) (*SubCompany, error) {
	e, err := atID(http.MethodGet, subCompaniesPath+"/{id}", id)
	if err != nil {
		return nil, rejectUnsent(err, opts)
	}
	return readTo(ctx, s.client, e, subCompanyOf(id), nil, opts)
}

// SubCompanyListParams says where a listing of sub-companies starts and how long its pages are. Both fields are optional.
type SubCompanyListParams struct {
	Cursor string // where to start: Page.Cursor.Next of an earlier page; empty for the beginning
	Limit  int    // sub-companies on a page, not in all; 0 leaves it to the API, which uses 15
}

// List walks every sub-company, page after page. The order is not documented: see TransactionService.List.
func (s SubCompanyService) List(ctx context.Context, params SubCompanyListParams, opts ...RequestOption) iter.Seq2[*SubCompany, error] {
	return eachPage(ctx, ListParams(params), func(ctx context.Context, p ListParams) (*Page[SubCompany], error) {
		return s.ListPage(ctx, SubCompanyListParams(p), opts...)
	})
}

// ListPage reads one page of sub-companies. Safe to repeat.
func (s SubCompanyService) ListPage(ctx context.Context, params SubCompanyListParams, opts ...RequestOption) (*Page[SubCompany], error) {
	return readPage[SubCompany](ctx, s.client, subCompaniesPath, ListParams(params), opts)
}

// Update changes the fields that are set and leaves the others. Safe to repeat, and repeated by itself after trouble.
func (s SubCompanyService) Update(
	ctx context.Context, id string, params SubCompanyUpdateParams, opts ...RequestOption,
) (*SubCompany, error) {
	e, err := atID(http.MethodPut, subCompaniesPath+"/{id}", id)
	if err != nil {
		return nil, rejectUnsent(err, opts)
	}
	if params == (SubCompanyUpdateParams{}) {
		return nil, rejectUnsent(&ValidationError{Field: "params", Rule: "must change at least one field"}, opts)
	}
	if err := checkSubCompany(params.Name, params.LogoURL); err != nil {
		return nil, rejectUnsent(err, opts)
	}
	return readTo(ctx, s.client, e, subCompanyOf(id), params, opts)
}

// Activate lets the sub-company be used again. Safe to repeat.
func (s SubCompanyService) Activate(ctx context.Context, id string, opts ...RequestOption) (*SubCompany, error) {
	return s.Update(ctx, id, SubCompanyUpdateParams{IsActive: new(true)}, opts...)
}

// Deactivate keeps the sub-company from being used. Safe to repeat.
func (s SubCompanyService) Deactivate(ctx context.Context, id string, opts ...RequestOption) (*SubCompany, error) {
	return s.Update(ctx, id, SubCompanyUpdateParams{IsActive: new(false)}, opts...)
}

// subCompanyOf takes the sub-company with an id and no other.
func subCompanyOf(id string) *single[SubCompany] {
	return &single[SubCompany]{want: id, keyOf: func(c *SubCompany) string { return c.ID }}
}
