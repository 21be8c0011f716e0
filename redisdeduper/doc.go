// Package redisdeduper remembers handled webhook deliveries in a Redis that several machines share: a delivery that
// reaches two of them runs the callback of a [djamo.WebhookHandler] once, and one whose machine was killed in the middle
// is handled again by another.
//
//	rdb := redis.NewClient(&redis.Options{Addr: "127.0.0.1:6379"})
//	seen, err := redisdeduper.New(rdb)
//
// Each delivery is one key, and each call one script on that key, so a cluster works as well as a single server. Keys
// end by themselves: claims with their leases, handled deliveries after 30 days or what [WithRetention] says. Nothing has
// to be created or pruned. Nothing in them is secret or personal: a hash that names the delivery, and a random name of
// who handles it.
//
// Redis forgets more easily than a database. A server that restarts without persistence, evicts keys when its memory is
// full (use the policy noeviction), or fails over to a replica that lags may forget deliveries handled last, or let two
// machines have one claim. A callback must bear to run twice then; where it cannot, use the module sqldeduper.
package redisdeduper
