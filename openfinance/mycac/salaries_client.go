package mycac

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/djamo/djamo-go/internal/transport"
	"github.com/djamo/djamo-go/openfinance/internal/gateway"
)

// SalaryOffice says how the gateway takes bulk salaries. All may be left out.
type SalaryOffice struct {
	Path     string // empty: /api/v1/mycac/payroll
	Codes    SalaryCodes
	Statuses SalaryStatuses
}

// SalaryCodes are the error codes of the gateway. An empty list has the code that is assumed where the bank says nothing.
type SalaryCodes struct {
	Duplicate []string // the reference was used before; empty: duplicate_reference
	Unknown   []string // no file has the reference; empty: batch_unknown
}

// SalaryStatuses are what the bank says became of an entry or of a file. An empty list has what is assumed where the bank says
// nothing. A status in none of them is still open.
type SalaryStatuses struct {
	Paid     []string // empty: paid
	Failed   []string // empty: failed and returned
	Rejected []string // of a whole file; empty: rejected
}

// SalaryClient submits bulk salaries and asks what became of them. It is a [SalaryGateway], and safe for concurrent use.
type SalaryClient struct {
	session *Session
	office  SalaryOffice
}

// Salaries makes a client for bulk salaries of the session. It does no I/O.
func (s *Session) Salaries(office SalaryOffice) *SalaryClient {
	gateway.AssumeCodes(&office.Codes.Duplicate, "duplicate_reference")
	gateway.AssumeCodes(&office.Codes.Unknown, "batch_unknown")
	gateway.AssumeCodes(&office.Statuses.Paid, "paid")
	gateway.AssumeCodes(&office.Statuses.Failed, "failed", "returned")
	gateway.AssumeCodes(&office.Statuses.Rejected, "rejected")
	gateway.Assume(&office.Path, "/api/v1/mycac/payroll")
	return &SalaryClient{session: s, office: office}
}

// submissionJSON is the body of a submission.
type submissionJSON struct {
	Reference   string `json:"reference"`
	ContentType string `json:"content_type"`
	Digest      string `json:"digest"` // SHA-256 of the file, in hex
	File        string `json:"file"`   // base64
}

// SubmitSalaries implements SalaryGateway. It sends one request and never repeats it, but for one more after the gateway has asked
// for a step-up and the holder has confirmed.
func (c *SalaryClient) SubmitSalaries(ctx context.Context, file SalaryFile) (batchID string, err error) {
	batchID, err = c.submit(ctx, file)
	answer, ok := errors.AsType[*Error](err)
	if !ok || !errors.Is(err, ErrStepUpNeeded) || !errors.Is(err, ErrSalariesNotSubmitted) || c.session.client.options.StepUp == nil {
		return batchID, err
	}
	if err := c.session.stepUp(ctx, answer.stepUp); err != nil {
		return "", fmt.Errorf("%w: %w", ErrSalariesNotSubmitted, err)
	}
	return c.submit(ctx, file)
}

func (c *SalaryClient) submit(ctx context.Context, file SalaryFile) (batchID string, err error) {
	body, err := json.Marshal(submissionJSON{
		Reference: file.Reference, ContentType: file.ContentType, Digest: file.Digest, File: base64.StdEncoding.EncodeToString(file.Content),
	})
	if err == nil && c.session.Over() {
		err = ErrSessionOver
	}
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrSalariesNotSubmitted, err)
	}
	call := &transport.Call{
		Method: http.MethodPost, Path: c.office.Path, Template: c.office.Path, Class: transport.Write,
		Credential: c.session.credential, Body: body,
		Single: true,
	}
	if until, bounded := ctx.Deadline(); bounded {
		call.Timeout = max(time.Until(until), time.Nanosecond)
	}
	defer call.Release()
	if err := c.session.client.transport.Do(ctx, call); err != nil {
		if call.OutcomeUnknown() {
			return "", err
		}
		return "", fmt.Errorf("%w: %w", ErrSalariesNotSubmitted, err)
	}
	if call.Status/100 != http.StatusOK/100 {
		return "", c.refusal(call)
	}
	var answer struct {
		BatchID   string `json:"batch_id"`
		Reference string `json:"reference"`
	}
	if err := json.Unmarshal(call.Bytes(), &answer); err != nil || answer.BatchID == "" || answer.Reference != file.Reference {
		return "", errors.New("mycac: the answer to a submission is not that of the gateway, or of another file")
	}
	return answer.BatchID, nil
}

// refusal says what an answer to a submission means that is no success. Only the bank's own word on the file is final.
func (c *SalaryClient) refusal(call *transport.Call) error {
	code, message := c.said(call)
	text := fmt.Sprintf("the gateway answered %d %s %s", call.Status, code, message)
	switch {
	case call.OutcomeUnknown(), call.Status == http.StatusConflict, slices.Contains(c.office.Codes.Duplicate, code):
		return errors.New("mycac: " + text)
	case code != "" && slices.Contains([]int{http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType,
		http.StatusUnprocessableEntity}, call.Status):
		return fmt.Errorf("%w: %s", ErrSalariesRefused, text)
	}
	return fmt.Errorf("%w: %w", ErrSalariesNotSubmitted, c.turnedAway(call))
}

// turnedAway is what an answer means that is about the session, or about asking too often.
func (c *SalaryClient) turnedAway(call *transport.Call) error {
	err := c.session.client.refusal(call.Status, call.ResponseHeader, call.Bytes(), c.session.credential.Scrub)
	if errors.Is(err, ErrSessionOver) {
		c.session.over.Store(true)
	}
	return err
}

// said is the code and the message of an answer, scrubbed and cut off.
func (c *SalaryClient) said(call *transport.Call) (code, message string) {
	var answer struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	}
	if json.Unmarshal(call.Bytes(), &answer) != nil || answer.Code == "" {
		return "", ""
	}
	return shownText(c.session.credential.Scrub(answer.Code)), saidText(c.session.credential.Scrub(answer.Message))
}

// ask reads something, again where that may help. An answer that is about the session is an error that says so.
func (c *SalaryClient) ask(ctx context.Context, path string) (*transport.Call, error) {
	template, _, _ := strings.Cut(path, "?")
	call := &transport.Call{
		Method: http.MethodGet, Path: path, Template: template, Class: transport.Read, Credential: c.session.credential,
		Single: c.session.client.gateway.MaxAttempts == 1,
	}
	if c.session.Over() {
		return call, ErrSessionOver
	}
	if err := c.session.client.transport.Do(ctx, call); err != nil {
		return call, err
	}
	switch call.Status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests:
		return call, c.turnedAway(call)
	}
	return call, nil
}

// FindSalaries implements SalaryGateway.
func (c *SalaryClient) FindSalaries(ctx context.Context, reference string) (batch SalaryBatch, found bool, err error) {
	call, err := c.ask(ctx, c.office.Path+"?reference="+url.QueryEscape(reference))
	defer call.Release()
	if err != nil {
		return batch, false, err
	}
	code, message := c.said(call)
	switch {
	case call.Status == http.StatusNotFound && slices.Contains(c.office.Codes.Unknown, code):
		return batch, false, nil
	case call.Status != http.StatusOK:
		return batch, false, fmt.Errorf("mycac: the gateway answered %d %s %s", call.Status, code, message)
	}
	var answer struct {
		BatchID   string `json:"batch_id"`
		Reference string `json:"reference"`
		Digest    string `json:"digest"`
		Status    string `json:"status"`
	}
	if err := json.Unmarshal(call.Bytes(), &answer); err != nil || answer.BatchID == "" || answer.Reference != reference {
		return batch, false, errors.New("mycac: the answer to a question for a file is not that of the gateway, or of another file")
	}
	return SalaryBatch{ID: answer.BatchID, Digest: strings.ToLower(answer.Digest), Status: answer.Status}, true, nil
}

// SalaryConfirmations implements SalaryGateway.
func (c *SalaryClient) SalaryConfirmations(ctx context.Context, batchID string, page int) (SalaryConfirmationPage, error) {
	if batchID == "" || batchID == "." || batchID == ".." {
		return SalaryConfirmationPage{}, fmt.Errorf("mycac: %q is no id of a batch", shownText(batchID))
	}
	path := c.office.Path + "/" + url.PathEscape(batchID) + "/confirmations?page=" + strconv.Itoa(page)
	call, err := c.ask(ctx, path)
	defer call.Release()
	switch {
	case err != nil:
		return SalaryConfirmationPage{}, err
	case call.Status != http.StatusOK:
		code, message := c.said(call)
		return SalaryConfirmationPage{}, fmt.Errorf("mycac: the gateway answered %d %s %s", call.Status, code, message)
	}
	return decodeConfirmations(call.Bytes(), batchID, c.office.Statuses, c.session.client)
}
