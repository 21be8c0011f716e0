CREATE TABLE djamo_wallet_schema (version INTEGER NOT NULL);
CREATE TABLE djamo_wallets (
			id TEXT PRIMARY KEY, owner TEXT NOT NULL DEFAULT '', fence INTEGER NOT NULL DEFAULT 0, consent TEXT NOT NULL,
			cursor TEXT NOT NULL DEFAULT '', first_cursor TEXT NOT NULL DEFAULT '', first_seq INTEGER NOT NULL DEFAULT 0,
			cursor_epoch INTEGER NOT NULL DEFAULT 1, pass INTEGER NOT NULL DEFAULT 1, recon_from INTEGER NOT NULL DEFAULT -1,
			tries INTEGER NOT NULL DEFAULT 0, in_step INTEGER NOT NULL DEFAULT 0, seq INTEGER NOT NULL DEFAULT 0,
			items INTEGER NOT NULL DEFAULT 0, total INTEGER NOT NULL DEFAULT 0,
			balance INTEGER NOT NULL DEFAULT 0, has_balance INTEGER NOT NULL DEFAULT 0,
			last_ok INTEGER NOT NULL DEFAULT 0, failing TEXT NOT NULL DEFAULT '', fails INTEGER NOT NULL DEFAULT 0,
			audit_n INTEGER NOT NULL DEFAULT 0, audit_hash TEXT NOT NULL DEFAULT '',
			backfill_from TEXT NOT NULL DEFAULT '', backfill_cursor TEXT NOT NULL DEFAULT '', backfill_done INTEGER NOT NULL DEFAULT 0,
			look_back_at INTEGER NOT NULL DEFAULT 0, looking_back INTEGER NOT NULL DEFAULT 0, covered_from TEXT NOT NULL DEFAULT ''
		) STRICT;
CREATE TABLE djamo_wallet_items (
			wallet TEXT NOT NULL, id TEXT NOT NULL, hash TEXT NOT NULL, version INTEGER NOT NULL, seen INTEGER NOT NULL,
			gone INTEGER NOT NULL, replaced_by TEXT NOT NULL, amount INTEGER NOT NULL, final INTEGER NOT NULL,
			seq INTEGER NOT NULL, PRIMARY KEY (wallet, id)
		) STRICT, WITHOUT ROWID;
CREATE INDEX djamo_wallet_items_replaced ON djamo_wallet_items (wallet, replaced_by) WHERE replaced_by <> '';
CREATE TABLE djamo_wallet_changes (
			wallet TEXT NOT NULL, seq INTEGER NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL,
			body TEXT NOT NULL, PRIMARY KEY (wallet, seq)
		) STRICT, WITHOUT ROWID;
CREATE TABLE djamo_wallet_audit (
			chain TEXT NOT NULL, n INTEGER NOT NULL, at INTEGER NOT NULL, consent TEXT NOT NULL, action TEXT NOT NULL,
			request TEXT NOT NULL, status INTEGER NOT NULL, items INTEGER NOT NULL, hash TEXT NOT NULL, PRIMARY KEY (chain, n)
		) STRICT, WITHOUT ROWID;
CREATE TABLE djamo_wallet_expected (
			wallet TEXT NOT NULL, id TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (wallet, id)
		) STRICT, WITHOUT ROWID;
CREATE TABLE djamo_wallet_quarantine (
			wallet TEXT NOT NULL, hash TEXT NOT NULL, id TEXT NOT NULL, reason TEXT NOT NULL, at INTEGER NOT NULL,
			body BLOB NOT NULL,
			PRIMARY KEY (wallet, hash)
		) STRICT;
CREATE TABLE djamo_wallet_readers (owner TEXT PRIMARY KEY, until INTEGER NOT NULL) STRICT;
CREATE TABLE djamo_wallet_consents (
			id TEXT PRIMARY KEY, state TEXT NOT NULL DEFAULT '', epoch INTEGER NOT NULL DEFAULT 0,
			generation INTEGER NOT NULL DEFAULT 0,
			sealed BLOB, first TEXT NOT NULL DEFAULT '', token_expires INTEGER NOT NULL DEFAULT 0,
			lifetime INTEGER NOT NULL DEFAULT 0,
			ends INTEGER NOT NULL DEFAULT 0, held_until INTEGER NOT NULL DEFAULT 0, refresh_after INTEGER NOT NULL DEFAULT 0,
			exchanges INTEGER NOT NULL DEFAULT 0, lessee TEXT NOT NULL DEFAULT '', lease_until INTEGER NOT NULL DEFAULT 0,
			warned INTEGER NOT NULL DEFAULT 0, audit_n INTEGER NOT NULL DEFAULT 0, audit_hash TEXT NOT NULL DEFAULT ''
		) STRICT;
INSERT INTO djamo_wallets (id, owner, fence, consent, cursor, first_cursor, first_seq, cursor_epoch, pass, recon_from, tries, in_step, seq, items, total, balance, has_balance, last_ok, failing, fails, audit_n, audit_hash, backfill_from, backfill_cursor, backfill_done, look_back_at, looking_back, covered_from) VALUES ('wal_1', '', 0, '424b453a682af82bb71538b6bfc1e488', '', '', 0, 1, 1, -1, 0, 0, 0, 0, 0, 0, 0, 1779962400000000000, '', 0, 4, '4de7de7cde9f9e6e6bca52b9d7590c82194fac0ac8191dcd9e4e04da0802f14d', '', '', 0, 0, 0, '');
INSERT INTO djamo_wallet_audit (chain, n, at, consent, action, request, status, items, hash) VALUES ('consent:424b453a682af82bb71538b6bfc1e488', 1, 1795931402557399783, '424b453a682af82bb71538b6bfc1e488', 'granted', '', 0, 0, '1d7fce1cdc0d5b554090cc148a6d41736e9d42745e8b264db77f7e15e03fe494');
INSERT INTO djamo_wallet_audit (chain, n, at, consent, action, request, status, items, hash) VALUES ('wal_1', 1, 1779958800000000000, '424b453a682af82bb71538b6bfc1e488', 'read', '0000000000000000', 200, 0, '6a841f99265bbb806c869aa959a4fc9bdd99b0f2fdf5eca00a3d21f085ba0af7');
INSERT INTO djamo_wallet_audit (chain, n, at, consent, action, request, status, items, hash) VALUES ('wal_1', 2, 1779958860000000000, '424b453a682af82bb71538b6bfc1e488', 'read', '0000000000000001', 200, 1, '1c1658d2faf7bfa147e4a81349335d1bb0660aa2b7e0d4988871d71360c02df9');
INSERT INTO djamo_wallet_audit (chain, n, at, consent, action, request, status, items, hash) VALUES ('wal_1', 3, 1779958920000000000, '424b453a682af82bb71538b6bfc1e488', 'read', '0000000000000002', 200, 2, '8ecfe4637cb492ef9847d5a11e06da7b0cce7e19adfdd9476b14138557b3ec4c');
INSERT INTO djamo_wallet_audit (chain, n, at, consent, action, request, status, items, hash) VALUES ('wal_1', 4, 1779962400000000000, '424b453a682af82bb71538b6bfc1e488', 'idle', '', 200, 30, '4de7de7cde9f9e6e6bca52b9d7590c82194fac0ac8191dcd9e4e04da0802f14d');
INSERT INTO djamo_wallet_consents (id, state, epoch, generation, sealed, first, token_expires, lifetime, ends, held_until, refresh_after, exchanges, lessee, lease_until, warned, audit_n, audit_hash) VALUES ('424b453a682af82bb71538b6bfc1e488', 'granted', 1, 1, x'', '40b2a820e197878f32f433a77d9298e9', 0, 0, 0, 0, 0, 0, '', 0, 0, 1, '1d7fce1cdc0d5b554090cc148a6d41736e9d42745e8b264db77f7e15e03fe494');
INSERT INTO djamo_wallet_schema (version) VALUES (1)