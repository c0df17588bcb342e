package promexec_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/seed-1b9fde7b/asyncgo/executor"
	"github.com/seed-1b9fde7b/asyncgo/executor/promexec"
)

// region metrics

// metrics serves the numbers of pools; keep it where only Prometheus can reach it.
func metrics(pools ...promexec.Pool) http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(promexec.New(pools...))
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
}

// endregion metrics

func Example() {
	pool, err := executor.NewThreadPool(executor.ThreadConfig{Name: "images"})
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Shutdown(context.Background()) //nolint:errcheck // the context never ends
	answer := httptest.NewRecorder()
	metrics(pool).ServeHTTP(answer, httptest.NewRequestWithContext(context.Background(), http.MethodGet, "/metrics", nil))
	fmt.Println(answer.Code)
	// Output: 200
}
