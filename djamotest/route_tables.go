package djamotest

// Routes are the calls of one API, as [Record], [Replay] and [Drift] need to know them: where ids stand in a path, and what
// is known of the fields of the answers. [BusinessRoutes] and [WalletRoutes] are those that are known here; make your own
// for another API, or change one for a gateway with other paths.
type Routes struct {
	Calls []Route
	// Lookups are the query parameters that make another call of a list, as in ?reference=.
	Lookups []string
	// Private are the fields whose values Record hides, such as a person's name. Secrets and phone numbers it hides anyway.
	Private []string
	// Free are the fields whose values are the caller's or a person's, and form no set of which every value could be seen.
	Free []string
}

// Route is one call.
type Route struct {
	Method  string
	Pattern string // as in /v1/charges/{id}; every id is written {id}
	// Foreign are the fields of an answer whose content belongs to whoever made the request, and is not compared. A field is
	// named from the object, without what wraps it: metadata stands for data[].metadata as well.
	Foreign []string
	// Closed are the values that a field is known to have. One that is not among them, and was not seen before, is drift.
	Closed map[string][]string
}

// BusinessRoutes are the calls of the Djamo Business API.
func BusinessRoutes() Routes {
	transaction := map[string][]string{
		"status":              {"pending", "completed", "failed"},
		"type":                {"transfer"},
		"transactions.status": {"pending", "completed", "failed"},
		"transactions.type":   {"transfer"},
	}
	batch := map[string][]string{
		"status": {"processing"}, "transactions.status": transaction["status"], "transactions.type": transaction["type"],
	}
	charge := map[string][]string{
		"status":   {"created", "due", "paid", "refunded", "refunded_partially", "dropped", "cancelled", "canceled", "failed"},
		"currency": {"XOF"},
	}
	balance := map[string][]string{"currency": {"XOF"}}
	endpoint := map[string][]string{"topic": topicSpellings}
	routes := Routes{
		Lookups: []string{"reference"},
		Free:    []string{"reference", "externalId", "description", "name", "logoUrl", "url", "message"},
	}
	for _, rt := range routeTable() {
		known := Route{Method: rt.method, Pattern: rt.pattern}
		switch {
		case rt.isCharge():
			known.Closed, known.Foreign = charge, []string{freeObject}
		case rt.pattern == "/v1/transactions/batch":
			known.Closed = batch
		case rt.pattern == "/v1/transactions", rt.pattern == "/v1/transactions/{id}":
			known.Closed = transaction
		case rt.pattern == "/v1/balance":
			known.Closed = balance
		case rt.pattern == "/v1/webhooks", rt.pattern == "/v1/webhooks/{id}":
			known.Closed = endpoint
		}
		routes.Calls = append(routes.Calls, known)
	}
	return routes
}

// freeObject is the field of a charge whose content belongs to the user.
const freeObject = "metadata"

// WalletRoutes are the calls of the open-finance gateway in front of a Djamo wallet, with its paths as package wallet has
// them, and those of its token endpoint.
func WalletRoutes() Routes {
	currency := map[string][]string{"currency": {"XOF"}}
	return Routes{
		Calls: []Route{
			{Method: "GET", Pattern: "/v1/djamo/wallets/{id}/transactions", Closed: map[string][]string{
				"currency":     {"XOF"},
				"items.type":   {"mobile_money_in", "mobile_money_out", "card_purchase", "card_refund", "coffre_sweep", "salary", "fee"},
				"items.rail":   {"orange_money", "mtn_momo", "moov_money", "wave"},
				"items.status": {"pending", "settled"},
			}},
			{Method: "GET", Pattern: "/v1/djamo/wallets/{id}/balance", Closed: currency},
			{Method: "GET", Pattern: "/v1/djamo/wallets/{id}/coffres", Closed: currency},
			{Method: "GET", Pattern: "/v1/djamo/wallets/{id}/cards"},
			{Method: "GET", Pattern: "/v1/djamo/wallets/{id}/profile"},
			{Method: "POST", Pattern: "/oauth/token"},
		},
		Private: []string{"name", "document_refs", "first_name", "last_name", "email", "birth_date", "address"},
		Free:    []string{"merchant", "counterparty_masked", "name", "message"},
	}
}

// orKnown are the tables that a caller has given, or those that are known.
func orKnown(tables []Routes) []Routes {
	if len(tables) > 0 {
		return tables
	}
	return []Routes{BusinessRoutes(), WalletRoutes()}
}
