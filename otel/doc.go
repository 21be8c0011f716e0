// Package djamootel traces and measures the requests of a [djamo.Client] with OpenTelemetry, without recording whom they
// pay or how much.
//
//	traced, err := djamootel.NewTransport(nil)
//	client, err := djamo.NewClient(token, djamo.WithEnvironment(djamo.ProductionCIV),
//		djamo.WithHTTPClient(&http.Client{Transport: traced}))
//
// # Spans
//
// Each request on the wire is a span of the kind client, a child of the span in the caller's context: a retry is a span of
// its own, and so is the look-up of a payment whose answer was lost. It is named by its method and path template, such as
// "POST /v1/charges/{id}/refund", never by a path, and ends when the answer's body has been read to its end or closed: an
// answer that is cut off is an error. [djamo.Client.Do] has no template, and its spans bear the method alone. When net/http
// finds a kept connection dead and sends a read again by itself, that is not seen here: it is one span.
//
// The attributes are those of OpenTelemetry's semantic conventions for HTTP clients: http.request.method, url.template,
// server.address, server.port, http.request.resend_count, http.response.status_code, network.protocol.version and
// error.type.
//
// # Metrics
//
// The histogram http.client.request.duration has a measurement of every request, in seconds, with the same attributes
// but for the resend count.
//
// # What is never recorded
//
// No path, no query and no url.full, which the conventions ask for: references, phone numbers and ids travel there. No
// header, no body, no amount, and no text of an error, only its kind. Djamo's correlation id is in the body of its
// answers, which are not touched here; errors and the logger of [djamo.WithLogger] have it.
//
// # What is sent
//
// Nothing that the client would not send without it: neither traceparent nor baggage, also where the program has set a
// global propagator. Djamo is not known to use them, and baggage may hold what is meant to stay inside. A program that
// wants to send them says so with [WithPropagators].
//
// # What does not change
//
// The [Transport] hands each request on once, with its body untouched, and the client knows that it does. What is sent again, what
// counts as not sent and what is settled are as without it.
package djamootel
