// Package sandbox serves the fake API of package djamotest to programs of any language, with a control API and pages for
// a browser beside it: what was sent, what became of it, webhooks with their attempts, faults, a clock that can be moved,
// a checkout that a charge's paymentUrl leads to.
//
//	api, err := djamotest.New(djamotest.WithAnswerBodies(16 << 10))
//	box, err := sandbox.New(api)
//	apiListener, err := net.Listen("tcp", "127.0.0.1:8480")
//	controlListener, err := net.Listen("tcp", "127.0.0.1:8481")
//	err = box.Serve(ctx, apiListener, controlListener)
//
// # Two listeners
//
// The API answers on one listener exactly as djamotest does. The control answers on another: pages below /, the same
// actions as JSON below /control, described in openapi/djamo-sandbox.openapi.yaml, and /healthz, which answers 200 as soon
// as both are ready. Every page works without JavaScript.
//
// # Who may do what
//
// Both listeners answer only to the names they are known by, so that no other site's name can lead a browser to them. A
// form must come from the sandbox's own pages; JSON needs the control token as a bearer. On the loopback interface the
// token is [DefaultControlToken], which is public; beyond it [Sandbox.Serve] wants a token of your own for the control and
// for the API, and pages ask for it. Webhooks never go to the sandbox's own listeners.
//
// Phone numbers are masked until they are revealed, and the Authorization header is never kept.
package sandbox
