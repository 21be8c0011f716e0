package djamotest

import (
	"net/http"
	"time"
)

// SubCompany is a company the account pays on behalf of.
type SubCompany struct {
	ID, Name, LogoURL    string
	IsActive             bool
	CreatedAt, UpdatedAt time.Time
}

type subCompany struct {
	id, name, logoURL    string
	active               bool
	createdAt, updatedAt int64
}

type wireSubCompany struct {
	ID        string `json:"id"`
	CreatedAt string `json:"createdAt"`
	UpdatedAt string `json:"updatedAt"`
	Name      string `json:"name"`
	LogoURL   string `json:"logoUrl"`
	IsActive  bool   `json:"isActive"`
}

func (a *API) wireSubCompany(s *subCompany) wireSubCompany {
	return wireSubCompany{
		ID: s.id, CreatedAt: a.timestamp(s.createdAt), UpdatedAt: a.timestamp(s.updatedAt),
		Name: s.name, LogoURL: s.logoURL, IsActive: s.active,
	}
}

func (a *API) createSubCompany(c *call) (reply, error) {
	f, err := a.parseObject(c)
	if err != nil {
		return reply{}, err
	}
	s := &subCompany{name: f.str("name", true), logoURL: f.link("logoUrl", true), active: true}
	if err := f.err(); err != nil {
		return reply{}, err
	}
	now := a.lock()
	defer a.mu.Unlock()
	s.id, s.createdAt, s.updatedAt = "subco_"+a.identifier(), now, now
	a.subCompanies = append(a.subCompanies, s)
	return reply{status: http.StatusCreated, body: a.wireSubCompany(s)}, nil
}

func (a *API) getSubCompany(c *call) (reply, error) {
	if problems := a.unknownQuery(c); len(problems) > 0 {
		return reply{}, invalid(problems)
	}
	a.lock()
	defer a.mu.Unlock()
	s := a.findSubCompany(c.id)
	if s == nil {
		return reply{}, refuse(http.StatusNotFound, "sub-company not found")
	}
	return reply{status: http.StatusOK, body: a.wireSubCompany(s)}, nil
}

func (a *API) listSubCompanies(c *call) (reply, error) {
	q, err := a.pageQuery(c)
	if err != nil {
		return reply{}, err
	}
	a.lock()
	defer a.mu.Unlock()
	return listPage(q, a.subCompanies, a.wireSubCompany), nil
}

// updateSubCompany changes only what is named: the reference says that PUT acts as PATCH.
func (a *API) updateSubCompany(c *call) (reply, error) {
	f, err := a.parseObject(c)
	if err != nil {
		return reply{}, err
	}
	_, named := f.raw["name"]
	name := f.str("name", named)
	_, linked := f.raw["logoUrl"]
	logoURL := f.link("logoUrl", linked)
	active, given := f.boolean("isActive")
	if err := f.err(); err != nil {
		return reply{}, err
	}
	now := a.lock()
	defer a.mu.Unlock()
	s := a.findSubCompany(c.id)
	if s == nil {
		return reply{}, refuse(http.StatusNotFound, "sub-company not found")
	}
	if named {
		s.name = name
	}
	if linked {
		s.logoURL = logoURL
	}
	if given {
		s.active = active
	}
	s.updatedAt = now
	return reply{status: http.StatusOK, body: a.wireSubCompany(s)}, nil
}

func (a *API) findSubCompany(id string) *subCompany {
	for _, s := range a.subCompanies {
		if s.id == id {
			return s
		}
	}
	return nil
}

// activeSubCompany resolves the sub-company of a transfer; no id, no sub-company.
func (a *API) activeSubCompany(id string) (s *subCompany, err error) {
	if id == "" {
		return s, nil
	}
	s = a.findSubCompany(id)
	switch {
	case s == nil:
		return nil, refuse(http.StatusUnprocessableEntity, "sub-company not found")
	case !s.active:
		return nil, refuse(http.StatusUnprocessableEntity, "sub-company is not active")
	}
	return s, nil
}

// SubCompanies returns every sub-company, oldest first.
func (a *API) SubCompanies() []SubCompany {
	a.lock()
	defer a.mu.Unlock()
	out := make([]SubCompany, len(a.subCompanies))
	for i, s := range a.subCompanies {
		out[i] = SubCompany{
			ID: s.id, Name: s.name, LogoURL: s.logoURL, IsActive: s.active,
			CreatedAt: moment(s.createdAt), UpdatedAt: moment(s.updatedAt),
		}
	}
	return out
}
