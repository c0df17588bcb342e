//go:build linux

package main

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"golang.org/x/sync/errgroup"

	"github.com/seed-1b9fde7b/asyncgo/internal/exampletest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A server is the service in a process of its own, and a client of it.
type server struct {
	*testing.T
	process *exampletest.Process
	client  http.Client
	url     string
}

func start(t *testing.T, command []string, args ...string) *server {
	t.Helper()
	cmd := exampletest.Command(t, command, slices.Concat([]string{"--address=127.0.0.1:0"}, args, []string{"languages.txt"})...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	s := &server{T: t, process: exampletest.Start(t, cmd)}
	s.url = "http://" + strings.TrimPrefix(s.process.Line(), "listening on ")
	s.client = http.Client{Transport: &http.Transport{MaxConnsPerHost: 100, MaxIdleConnsPerHost: 100}, Timeout: time.Minute}
	return s
}

// terminate asks the service to stop.
func (s *server) terminate() { require.NoError(s, s.process.Process.Signal(syscall.SIGTERM)) }

// ends requires that the service stops, in good order, and leaves no process behind.
func (s *server) ends() {
	s.Helper()
	s.client.CloseIdleConnections()
	s.process.Ends()
	require.Eventually(s, func() bool { return syscall.Kill(-s.process.Process.Pid, 0) == syscall.ESRCH }, time.Minute, time.Millisecond)
}

// get returns the status of an answer, and its text.
func (s *server) get(path, q string) (string, error) {
	response, err := s.client.Get(s.url + path + "?q=" + url.QueryEscape(q))
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return fmt.Sprint(response.StatusCode, " ", strings.TrimSpace(string(text))), err
}

func (s *server) gets(want, path, q string) {
	s.Helper()
	got, err := s.get(path, q)
	require.NoError(s, err)
	require.Equal(s, want, got, "%s %s: %s", path, q, s.process.Errs.String())
}

// getLater gets an answer while the test goes on; the function it returns requires it.
func (s *server) getLater(want, path, q string) func() {
	type answer struct {
		text string
		err  error
	}
	answers := make(chan answer, 1)
	go func() {
		text, err := s.get(path, q)
		answers <- answer{text, err}
	}()
	return func() {
		s.Helper()
		require.Equal(s, answer{want, nil}, <-answers, "%s %s", path, q)
	}
}

// has waits until so many calls are in work.
func (s *server) has(calls int) {
	s.Helper()
	require.Eventually(s, func() bool {
		got, err := s.get("/stats", "")
		return err == nil && got == fmt.Sprint("200 calls: ", calls)
	}, time.Minute, time.Millisecond)
}

func TestAnswersAsPythonDoes(t *testing.T) {
	for name, command := range exampletest.Commands(t, "") {
		t.Run(name, func(t *testing.T) {
			s := start(t, command, "--workers=2")
			s.gets("200 en", "/guess", "The cat sat on the mat, and that was all")
			s.gets("200 de", "/guess", "Die Katze saß auf der Matte, und das war schon alles")
			s.gets("200 fr", "/guess", "Le chat est sur le tapis, et elle ne dort pas")
			s.gets("200 unknown", "/guess", "")
			s.gets("404 "+map[string]string{"Go": "404 page not found", "Python": "Not Found"}[name], "/nothing", "")
			s.gets("400 Bad Request", "/spin", "a while")
			s.gets("200 done", "/spin", "0.01")
			s.gets("500 Internal Server Error", "/crash", "")
			s.gets("200 it", "/guess", "Non è una cosa di tutti i giorni")
			s.gets("200 calls: 0", "/stats", "")
			s.terminate()
			s.ends()
		})
	}
}

func TestRefusesWhatIsTooMuchAndWhatTakesTooLong(t *testing.T) {
	for name, command := range exampletest.Commands(t, "") {
		t.Run(name, func(t *testing.T) {
			s := start(t, command, "--workers=1", "--queue=1", map[string]string{"Go": "--deadline=3s", "Python": "--deadline=3"}[name])
			s.gets("200 en", "/guess", "the") // the worker is there
			running := s.getLater("504 Gateway Timeout", "/spin", "6")
			s.has(1)
			waiting := s.getLater("504 Gateway Timeout", "/guess", "the")
			s.has(2)
			s.gets("503 Service Unavailable", "/guess", "the")
			running()
			waiting()
			if name == "Go" {
				s.has(0)                          // a call that is given up leaves its place a moment later
				s.gets("200 en", "/guess", "the") // in Python the worker is busy still
			}
			s.terminate()
			s.ends()
		})
	}
}

func TestAnswersWhatItHasAcceptedBeforeItStops(t *testing.T) {
	for name, command := range exampletest.Commands(t, "") {
		t.Run(name, func(t *testing.T) {
			s := start(t, command, "--workers=1", map[string]string{"Go": "--deadline=1m", "Python": "--deadline=60"}[name])
			running := s.getLater("200 done", "/spin", "1")
			s.has(1)
			waiting := s.getLater("200 en", "/guess", "the")
			s.has(2)
			s.terminate()
			running()
			waiting()
			s.ends()
		})
	}
}

func TestDoesNotStartWithoutItsModel(t *testing.T) {
	for name, command := range exampletest.Commands(t, "") {
		stdout, stderr, code := exampletest.Run(t, command, "--address=127.0.0.1:0", "missing.txt")
		require.Equal(t, 1, code, name)
		require.Contains(t, stderr, "missing.txt", name)
		require.Empty(t, stdout, name)
	}
}

func TestShowsWhatItDoes(t *testing.T) {
	s := start(t, exampletest.Commands(t, "")["Go"])
	page, err := s.get("/debug/asyncgo/ps", "")
	require.NoError(t, err)
	require.Contains(t, page, "200 ")
	require.Contains(t, page, "main.run")
	s.terminate()
	s.ends()
}

// Of ten thousand requests ten end their worker, and no other request notices.
func TestServesTenThousandRequests(t *testing.T) {
	const requests, atOnce, crashes = 10_000, 60, 10
	s := start(t, exampletest.Commands(t, "")["Go"], "-queue=60", "-deadline=1m")
	began := time.Now()
	var clients errgroup.Group
	clients.SetLimit(atOnce)
	for i := range requests {
		clients.Go(func() error {
			path, q, want := "/guess", "wir sind nicht allein", "200 de"
			if i%(requests/crashes) == requests/crashes/2 {
				path, q, want = "/crash", "", "500 Internal Server Error"
			}
			if got, err := s.get(path, q); err != nil || got != want {
				return fmt.Errorf("request %d: %q, %w", i, got, err)
			}
			return nil
		})
	}
	require.NoError(t, clients.Wait())
	t.Logf("%d requests in %v", requests, time.Since(began))
	s.gets("200 calls: 0", "/stats", "")
	s.terminate()
	s.ends()
	require.Equal(t, crashes, strings.Count(s.process.Errs.String(), "exited with code 3"), s.process.Errs.String())
}
