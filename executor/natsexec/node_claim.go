package natsexec

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/seed-1b9fde7b/asyncgo/executor"
)

// maxClaims is how many calls a submitter is asked for at once, at most.
const maxClaims = 256

// A question is a claim that was not answered yet. The node's mutex guards it.
type question struct {
	from  string
	asked time.Time
	calls []*held
}

// claim asks for calls whether this node may run them: those of one submitter together.
func (n *Node) claim(calls []*held) {
	for len(calls) > 0 {
		from := calls[0].from
		var others, asked []*held
		for _, h := range calls {
			switch {
			case h.call.Durable:
				go n.claimDurable(h)
			case h.from == from && len(asked) < maxClaims:
				asked = append(asked, h)
			default:
				others = append(others, h)
			}
		}
		if len(asked) > 0 {
			n.ask(from, asked)
		}
		calls = others
	}
}

func (n *Node) ask(from string, calls []*held) {
	m := &claimMsg{Node: n.id, Name: n.name, Calls: make([]ref, len(calls))}
	n.mu.Lock()
	n.lastToken++
	token := strconv.FormatUint(n.lastToken, 36)
	n.questions[token] = &question{from, time.Now(), calls}
	for i, h := range calls {
		h.question, m.Calls[i] = token, h.ref
	}
	n.mu.Unlock()
	_ = n.nc.PublishRequest(n.cfg.subject("claim."+from), n.inbox+".claim."+token, encode(m)) // the watch does it again
}

// lastOf returns the last token of a subject.
func lastOf(subject string) string {
	for i := len(subject) - 1; i >= 0; i-- {
		if subject[i] == '.' {
			return subject[i+1:]
		}
	}
	return subject
}

// onVerdict takes the answer to a claim.
func (n *Node) onVerdict(m *nats.Msg) {
	var v verdictMsg
	var wrong error
	if !noResponders(m) {
		wrong = decode(m.Data, &v)
	}
	run, canRun, ended := n.judge(m, &v, &wrong)
	if wrong != nil {
		n.garbage(m.Subject, wrong)
		return
	}
	n.ackLater(run) // since the verdict they are between the submitter and this node
	n.ackLater(ended)
	for i, h := range run {
		n.run(h, canRun[i].Left)
	}
	for _, h := range ended {
		n.release(h)
		n.giveBack(h)
	}
}

// judge returns the calls that may run, and what was said of them; and those that were to
// run, but were canceled meanwhile.
func (n *Node) judge(m *nats.Msg, v *verdictMsg, wrong *error) (run []*held, canRun []verdict, ended []*held) {
	token := lastOf(m.Subject)
	n.mu.Lock()
	defer n.mu.Unlock()
	q := n.questions[token]
	if q == nil || *wrong != nil {
		return nil, nil, nil // the calls are claimed again
	}
	delete(n.questions, token)
	reached := n.heardLocked(q.from, m)
	if reached && len(v.Calls) != len(q.calls) {
		*wrong = fmt.Errorf("%w: %d verdicts on %d calls", errGarbage, len(v.Calls), len(q.calls))
		return nil, nil, nil
	}
	for i, h := range q.calls {
		switch {
		case h.state != heldClaiming || h.question != token || n.held[h.key] != h:
		case !reached:
			_ = h.msg.NakWithDelay(n.orphanRetry())
			n.dropLocked(h)
		case !v.Calls[i].Run:
			_ = h.msg.Ack()
			n.dropLocked(h)
		case h.canceled != nil: // the submitter waits for an answer, for it said yes
			h.state = heldRunning
			ended = append(ended, h)
		default:
			h.state = heldRunning
			run, canRun = append(run, h), append(canRun, v.Calls[i])
		}
	}
	return run, canRun, ended
}

// claimAgain claims calls of which the submitter has said nothing.
func (n *Node) claimAgain(calls []*held) {
	for _, h := range calls {
		_ = h.msg.InProgress()
	}
	n.claim(calls)
}

// forgetQuestionsLocked forgets those whose answers were lost: their calls are in new ones.
func (n *Node) forgetQuestionsLocked(now time.Time) {
	for token, q := range n.questions {
		if now.Sub(q.asked) > 2*resendAfter && !slices.ContainsFunc(q.calls, func(h *held) bool { return h.question == token }) {
			delete(n.questions, token)
		}
	}
}

// onCancel ends a call at the word of its submitter.
func (n *Node) onCancel(m *nats.Msg) {
	c := new(cancelMsg)
	if err := decode(m.Data, c); err != nil {
		n.garbage(m.Subject, err)
		return
	}
	k := key{c.From, c.Call}
	if !n.end(k, executor.DecodeRemoteError(c.Cause)) {
		n.refuse(k) // it was granted, and is still in the queue
	}
}

// end ends a call for a reason. It reports false if the node does not have it.
func (n *Node) end(k key, cause error) (has bool) {
	n.mu.Lock()
	h := n.held[k]
	if h == nil || h.canceled != nil {
		n.mu.Unlock()
		return h != nil
	}
	h.canceled = cause
	f := h.future
	if h.state == heldFinished {
		n.dropLocked(h)
	}
	n.mu.Unlock()
	if f != nil {
		f.CancelCause(cause)
	}
	return true
}
