package sqldb

// Local is an expression of PostgreSQL that sets what a transaction needs which writes, until it ends and no longer: the connection
// may be one of the caller's pool. A process that is frozen in the middle, or whose machine sleeps, must not keep its locks from
// others for ever, and what is committed must be on the disk and on every synchronous standby. idle, such as 60s, is how long it may
// do nothing; what the caller has set is kept where that is less.
func Local(idle string) string {
	return `set_config('idle_in_transaction_session_timeout', CASE
			WHEN CAST(current_setting('idle_in_transaction_session_timeout') AS INTERVAL) BETWEEN '1 microsecond' AND '` + idle + `'
			THEN current_setting('idle_in_transaction_session_timeout') ELSE '` + idle + `' END, true) ||
		set_config('synchronous_commit',
			CASE current_setting('synchronous_commit') WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, true)`
}

// BeginPostgres begins a transaction that writes, with what Local sets. It is one text without parameters, which drivers send as it
// is, so that it costs one round trip. After an error the transaction may have begun.
func BeginPostgres(idle string) string {
	return "BEGIN ISOLATION LEVEL READ COMMITTED; SELECT " + Local(idle)
}
