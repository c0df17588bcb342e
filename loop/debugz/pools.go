package debugz

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/seed-1b9fde7b/asyncgo/internal/sight"
)

// writePools writes the pools and the objects in shared memory as tables.
func writePools(w io.Writer, pools []sight.Pool, objects []sight.Object) error {
	tw := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	for _, p := range pools {
		fmt.Fprintf(tw, "%s pool %s: %d workers of %d, %d running, %d queued, %d completed, %d failed, %d canceled, %d crashes\n",
			line(p.Kind), line(p.Name), len(p.Workers), p.MaxWorkers, p.Running, p.Queued, p.Completed, p.Failed, p.Canceled, p.Crashes)
		if p.Broken != "" {
			fmt.Fprintf(tw, "broken: %s\n", line(p.Broken))
		}
		if len(p.Workers) > 0 {
			fmt.Fprintln(tw, "worker\tpid\tstate\tcall\tfor\tmemory\tage")
		}
		for _, r := range newPoolView(p).Rows {
			fmt.Fprintf(tw, "%s\t%d\t%s\t%s\t%s\t%s\t%s\n", line(r.Name), r.Number, r.State, dash(line(r.Call)), dash(r.For), dash(r.RSS), dash(r.Age))
		}
		for _, e := range p.Errors {
			fmt.Fprintf(tw, "%s %s: %s\n", e.When.Format("15:04:05"), line(e.What), line(e.Text))
		}
	}
	if len(objects) > 0 {
		fmt.Fprintf(tw, "shared memory: %s\nobject\tid\telements\tmemory\tlock\n", plural(len(objects), "object"))
	}
	for _, o := range objects {
		fmt.Fprintf(tw, "%s\t%s\t%d\t%s\t%s\n", o.Kind, o.ID, o.Len, dash(bytes(int64(o.Bytes))), dash(lock(o)))
	}
	return tw.Flush()
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
