// Package natsexec runs calls on many machines: an [executor.Executor] over NATS
// JetStream.
//
// A pool whose work outgrows one machine changes one line. executor.NewProcessPool(cfg)
// becomes [New], and the same registered functions run on every node of a cluster; a
// program becomes a node by [Serve]. It is a module of its own, so that programs which do
// not use it do not get its dependencies.
//
//	submitter                     server                          node
//	Submit ── call ─────────────► work queue ── call ───────────► free slot
//	   ▲                                                            │
//	   ├──◄── may I run it? ─────────── (passes through) ───────────┤
//	   ├───── yes, 20 s are left ─────────────────────────────────► local ProcessPool
//	   ├──◄── I am there and have it, every 200 ms ─────────────────┤
//	   └──◄── result ───────────────────────────────────────────────┘
//
// The server keeps what no node has taken. From the claim on, a call is between its
// submitter and one node: only that one may run it. A node that has a worker to spare says
// so with its results, and the next call is then granted to it without a claim. If the node
// falls silent the call fails with an [*executor.CrashError] that names it, or is repeated if
// [Config.Retry] says so.
package natsexec
