// Package openapi holds two descriptions of the Djamo Business API, which Djamo itself does not publish:
// djamo-business.openapi.yaml (OpenAPI 3.1) of its calls and djamo-webhooks.asyncapi.yaml (AsyncAPI 3.0) of its webhooks.
// Each fact in them is marked with where it comes from.
//
// djamo-sandbox.openapi.yaml is the third: the control of the project's own sandbox, which package sandbox serves.
//
// There is no code here but tests. They hold the descriptions to the client, to package djamotest and to the recorded
// payloads: a request, an answer or a webhook that is not described fails them. It is a module of its own so that the
// validators they use never become dependencies of the SDK.
package openapi
