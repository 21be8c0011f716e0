// Package riverwallet has many machines read wallets into one PostgreSQL database, with River handing out the work. Wallets are
// divided into shards. For each shard that nobody reads there is a job: the worker that takes it reads the shard's wallets until it
// ends, or until another process has fewer shards. So a process knows when its wallets were read, and a wallet where nothing
// happens costs no write. A worker that is killed keeps nobody waiting: its leases in the store run out within seconds, and in the
// next turn its shards are handed out anew. The leases and fences of the store keep it safe, River only spreads the work. The leases of
// all shards of a process are renewed together, on a connection of their own: nothing that takes long keeps them waiting.
//
// It is built on package walletsync and, like it, outside of the module's compatibility promise until a gateway confirms the
// shapes. River's own UI shows the jobs: see https://riverqueue.com/docs/river-ui.
package riverwallet
