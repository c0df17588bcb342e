// Package promexec shows the pools of package executor to Prometheus.
//
//	prometheus.MustRegister(promexec.New(pool))
//
// It is a module of its own, so that only programs that use it depend on Prometheus.
//
// Every series has the label pool, the name of the pool:
//
//	asyncgo_pool_max_workers              the limit
//	asyncgo_pool_workers                  workers that exist
//	asyncgo_pool_idle_workers             of them, without a job
//	asyncgo_pool_running_jobs             jobs that have begun and not ended
//	asyncgo_pool_queued_jobs              jobs that were accepted and have not begun
//	asyncgo_pool_blocked_submitters       callers of Submit that wait for room in the queue
//	asyncgo_pool_jobs_total{outcome=…}    jobs that ended: completed, failed, canceled
//	asyncgo_pool_wait_seconds             from Submit to the start, a native histogram
//	asyncgo_pool_run_seconds              from the start to the end, a native histogram
//
// A Prometheus that does not scrape native histograms gets their sums and counts.
package promexec
