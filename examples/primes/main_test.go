package main_test

import (
	"fmt"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/seed-1b9fde7b/asyncgo/internal/exampletest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// primes returns what is to be printed, by another way than that of the example.
func primes(from int64, count int) string {
	var b strings.Builder
	for n := from; count > 0; n++ {
		if big.NewInt(n).ProbablyPrime(0) { // exact below 2^64
			fmt.Fprintln(&b, n)
			count--
		}
	}
	return b.String()
}

var report = regexp.MustCompile(`(?m)^worker (\d): (\d+) primes in (\d+) blocks$`)

func TestTheFirstPrimes(t *testing.T) {
	for name, command := range exampletest.Commands(t, "") {
		for _, c := range []struct {
			from           int64
			count, workers int
		}{{0, 1, 2}, {0, 500, 1}, {1_000_000, 1000, 3}} {
			stdout, stderr, code := exampletest.Run(t, command, fmt.Sprint("--from=", c.from), fmt.Sprint("--count=", c.count), fmt.Sprint("--workers=", c.workers))
			require.Zero(t, code, "%s: %s", name, stderr)
			require.Equal(t, primes(c.from, c.count), stdout, "%s: %+v", name, c)
			workers, found := map[string]bool{}, 0
			for _, line := range report.FindAllStringSubmatch(stderr, -1) {
				n, err := strconv.Atoi(line[2])
				require.NoError(t, err)
				workers[line[1]] = true
				found += n
			}
			require.Len(t, workers, c.workers, "%s: all workers have come home: %s", name, stderr)
			require.GreaterOrEqual(t, found, c.count, "%s: %s", name, stderr)
		}
	}
}

// Without the event the workers would go on to the end of all numbers. One that is alone
// does not begin a block that is not needed: the first four have 305 primes.
func TestTheyStopEarly(t *testing.T) {
	for name, command := range exampletest.Commands(t, "") {
		_, stderr, _ := exampletest.Run(t, command, "--from=1000000", "--count=300", "--workers=1")
		require.Equal(t, "worker 0: 305 primes in 4 blocks\n", stderr, name)
	}
}
