// Package report makes of measurements what people read: tables, pictures, and the
// answer whether a target is met.
package report

// The peers that conditions refer to. Others have no name here: what was measured has a
// column.
const (
	Us    = "asyncgo"
	Limit = "limit"
	Go    = "go"
	// Python's peers are known by how their names begin, for a version follows.
	uvloop = "uvloop"
)

// A Metric is a row of a table: what is measured, and what it is to come to.
type Metric struct {
	Name    string
	What    string // one operation, for the page
	Higher  bool   // is better
	Targets []Target
}

// A Target says what our median is to be: at most (if higher is better, at least) Factor times
// the median of a peer, or of a row of ours, or the number Factor itself.
type Target struct {
	Factor float64
	Peer   string // "" is a number
	Row    string // "" is the row itself
}

// A Section is a table.
type Section struct {
	Title   string
	Metrics []Metric
}

// loopTargets are those of every row of the loop, as far as the peers are there.
var loopTargets = []Target{{0.1, uvloop, ""}, {1.3, Go, ""}}

// Catalog returns every row that compare measures, but for those that are drawn as lines.
func Catalog(cpus string) []Section {
	return []Section{loopSection(), threadSection(), processSection(cpus), memorySection()}
}

func loopSection() Section {
	s := Section{Title: "The event loop", Metrics: []Metric{
		{Name: "call_soon_chain", What: "a callback that schedules the next one: one iteration of the loop"},
		{Name: "call_soon_bulk", What: "one of many callbacks in one iteration"},
		{Name: "call_soon_threadsafe_1", What: "a callback posted by another goroutine (thread)"},
		{Name: "call_soon_threadsafe_4", What: "a callback posted by one of four other goroutines (threads)"},
		{Name: "task_switch_1", What: "`Sleep(0)` in one task, which then is the next one and needs no switch"},
		{Name: "task_switch_100", What: "`Sleep(0)` in a hundred tasks at once"},
		{Name: "create_task_gather", What: "an empty task, created and gathered with 999 others"},
		{Name: "future_await", What: "a future made, settled by a later callback, and awaited"},
		{Name: "timer_schedule_cancel", What: "a timer scheduled and canceled"},
		{Name: "timer_fire", What: "one of 100,000 timers that are all due"},
		{Name: "timers_1k", What: "a timer scheduled and fired while there are 1000 others"},
		{Name: "timers_100k", What: "the same while there are 100,000"},
		{Name: "timers_1M", What: "the same while there are a million"},
		{Name: "queue_put_get", What: "an item put and got through a queue of 100, by two tasks"},
		{Name: "lock_contended", What: "a lock taken, held over one switch and released, by ten tasks"},
		{Name: "stream_echo_1", What: "64 bytes there and back over loopback; both ends are tasks of one loop"},
		{Name: "stream_echo_16", What: "the same on 16 connections at once"},
	}}
	for i := range s.Metrics {
		s.Metrics[i].Targets = loopTargets
	}
	s.Metrics = append(s.Metrics,
		Metric{
			Name: "executor_sequential", What: "`RunInExecutor` with the default executor, one after the other",
			Targets: []Target{{0.1, uvloop, ""}, {1.3, Go, ""}},
		},
		Metric{
			Name: "executor_gather", What: "`RunInExecutor`, 1000 at once",
			Targets: []Target{{0.1, uvloop, ""}, {2, Go, ""}},
		},
		Metric{
			Name: "sleeping_tasks_1M", What: "a task created, put to sleep with a million others, and canceled; a hundred at a time",
			Targets: []Target{{3000, "", ""}},
		},
		Metric{
			Name: "sleeping_tasks_1M_memory", What: "heap and stack of one of them while it sleeps",
			Targets: []Target{{2560, "", ""}},
		},
		Metric{
			Name: "sleeping_tasks_1M_turn", What: "the longest time meanwhile that a timer had to wait for its turn",
			Targets: []Target{{10, "", ""}},
		})
	return s
}

func threadSection() Section {
	return Section{Title: "Pools of two goroutines, without a loop", Metrics: []Metric{
		{
			Name: "thread_submit_await", What: "a function given to the pool and its result awaited, one after the other",
			Targets: []Target{{700, "", ""}},
		},
		{
			Name: "thread_burst_10k", What: "one of 10,000 functions given to the pool at once, all results awaited",
			Targets: []Target{{1, "errgroup", ""}, {1, "conc", ""}, {1, "ants", ""}, {1, "pond", ""}, {1, "workerpool", ""}},
		},
		{
			Name: "thread_burst_10k_bytes", What: "what one of them allocates",
			Targets: []Target{{250, "", ""}},
		},
	}}
}

func processSection(cpus string) Section {
	return Section{Title: "Process pools and shared memory", Metrics: []Metric{
		{
			Name: "start_to_first_result", What: "a pool of four made, and the first result of it",
			Targets: []Target{{1.5, Limit, ""}},
		},
		{
			Name: "call_sequential", What: "a call of another process, one after the other",
			Targets: []Target{{1.5, Limit, ""}},
		},
		{
			Name: "call_pipelined", What: "calls of other processes, 10,000 at once", Higher: true,
			Targets: []Target{{2e6, "", ""}},
		},
		{
			Name: "map_chunk_100", What: "elements of a map of 200,000 in chunks of 100", Higher: true,
			Targets: []Target{{15e6, "", ""}},
		},
		{
			Name: "argument_16MiB", What: "a call with an argument of 16 MiB, the fastest of ten", Higher: true,
			Targets: []Target{{0.5, Limit, ""}},
		},
		{
			Name: "result_16MiB", What: "a call with a result of 16 MiB, which the function has already; the fastest of ten", Higher: true,
			Targets: []Target{{0.5, Limit, ""}},
		},
		{
			Name: "makespan_over_ideal", What: "calls of 10 ms among calls of 1 ms: the time for all over the sum divided by four",
			Targets: []Target{{1.03, "", ""}},
		},
		{
			Name: "cpu_speedup_on_" + cpus + "_cores", What: "four computations on a pool of four, over the same in one process", Higher: true,
			Targets: []Target{{1.95, "", ""}},
		},
		{
			Name: "shared_value_locked_add", What: "an addition under the lock of a shared value, by four processes",
			Targets: []Target{{30, "", ""}},
		},
		{
			Name: "kill_worker_to_next_result", What: "from SIGKILL of a worker to the first result of its replacement, while the others are busy (in Python: of a new pool)",
			Targets: []Target{{1.5, Us, "start_to_first_result"}},
		},
		{
			Name: "idle_100_pools_wakeups", What: "times a second that a thread of a program with 100 idle pools, or of their workers, is given a processor",
			Targets: []Target{{0, "", ""}},
		},
		{
			Name: "idle_100_pools_cpu", What: "processor time of the same, of one CPU",
			Targets: []Target{{0, "", ""}},
		},
	}}
}

func memorySection() Section {
	return Section{Title: "Memory", Metrics: []Metric{
		{Name: "bytes_queued_thread_call", What: "heap and stack of a call that waits in the queue of a thread pool, with its future"},
		{Name: "bytes_queued_process_call", What: "the same of a process pool"},
		{Name: "bytes_thread_worker", What: "the same of an idle worker of a thread pool"},
		{Name: "bytes_thread_pool", What: "the same of a thread pool with one worker"},
		{Name: "bytes_process_worker", What: "what an idle worker process takes in its parent"},
		{Name: "bytes_process_pool", What: "what a process pool with one worker takes in its parent"},
	}}
}
