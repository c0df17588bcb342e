//go:build unix && asyncgo_browser

package debugz_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A browser is a headless Chromium, spoken to over two pipes by its DevTools protocol, in
// which each message ends with a NUL.
type browser struct {
	t       *testing.T
	to      *os.File
	session string
	number  int
	answers chan message

	mu     sync.Mutex
	loaded chan struct{}
	errors []string // that the page has had
}

type message struct {
	ID     int             `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
	Result json.RawMessage `json:"result"`
	Error  *struct {
		Message string `json:"message"`
	} `json:"error"`
}

// openBrowser starts one. The step "browser" of .ci/run decides whether these tests run,
// by their build tag: where there is no Chromium it says so at its end.
func openBrowser(t *testing.T) *browser {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	require.NotEmpty(t, path, "there is no Chromium")
	toRead, to, err := os.Pipe()
	require.NoError(t, err)
	from, fromWrite, err := os.Pipe()
	require.NoError(t, err)
	cmd := exec.Command(path, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
		"--remote-debugging-pipe", "--user-data-dir="+t.TempDir(), "about:blank")
	cmd.ExtraFiles = []*os.File{toRead, fromWrite}
	require.NoError(t, cmd.Start())
	require.NoError(t, toRead.Close())
	require.NoError(t, fromWrite.Close())
	b := &browser{t: t, to: to, answers: make(chan message, 16), loaded: make(chan struct{}, 16)}
	read := make(chan struct{})
	go func() {
		defer close(read)
		b.read(from)
	}()
	t.Cleanup(func() {
		// It ends by itself, with all of its processes, when it is asked to: the folder
		// is to be removed after that.
		_, _ = fmt.Fprintf(to, `{"id":-1,"method":"Browser.close"}%c`, 0)
		kill := time.AfterFunc(20*time.Second, func() { _ = cmd.Process.Kill() })
		_ = cmd.Wait()
		kill.Stop()
		_ = to.Close()
		<-read
		_ = from.Close()
	})
	var target struct{ TargetID string }
	b.call("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var session struct{ SessionID string }
	b.call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &session)
	b.session = session.SessionID
	for _, domain := range []string{"Page", "Runtime", "Log"} {
		b.call(domain+".enable", nil, nil)
	}
	return b
}

func (b *browser) read(from *os.File) {
	in := bufio.NewReaderSize(from, 1<<20)
	for {
		text, err := in.ReadBytes(0)
		if err != nil {
			close(b.answers)
			return
		}
		var m message
		if json.Unmarshal(text[:len(text)-1], &m) != nil {
			continue
		}
		switch m.Method {
		case "":
			b.answers <- m
		case "Page.loadEventFired":
			b.loaded <- struct{}{}
		case "Runtime.exceptionThrown", "Log.entryAdded", "Runtime.consoleAPICalled":
			b.mu.Lock()
			b.errors = append(b.errors, string(m.Params))
			b.mu.Unlock()
		}
	}
}

// call calls a method of the browser and waits for its result.
func (b *browser) call(method string, params, result any) {
	b.t.Helper()
	b.number++
	request := map[string]any{"id": b.number, "method": method}
	if params != nil {
		request["params"] = params
	}
	if b.session != "" {
		request["sessionId"] = b.session
	}
	text, err := json.Marshal(request)
	require.NoError(b.t, err)
	_, err = b.to.Write(append(text, 0))
	require.NoError(b.t, err)
	late := time.NewTimer(time.Minute)
	defer late.Stop()
	for {
		select {
		case m, ok := <-b.answers:
			require.True(b.t, ok, "the browser has ended")
			if m.ID != b.number {
				continue
			}
			require.Nil(b.t, m.Error, "%s: %+v", method, m.Error)
			if result != nil {
				require.NoError(b.t, json.Unmarshal(m.Result, result))
			}
			return
		case <-late.C:
			require.Fail(b.t, "the browser does not answer", method)
		}
	}
}

// open loads a page in a window of that width.
func (b *browser) open(url string, width int, scheme string) {
	b.t.Helper()
	b.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false}, nil)
	b.call("Emulation.setEmulatedMedia", map[string]any{"features": []any{map[string]any{"name": "prefers-color-scheme", "value": scheme}}}, nil)
	b.call("Page.navigate", map[string]any{"url": url}, nil)
	<-b.loaded
}

// eval runs an expression in the page, waits for it if it is a promise, and decodes what
// it has come to.
func (b *browser) eval(expression string, result any) {
	b.t.Helper()
	var r struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails json.RawMessage
	}
	b.call("Runtime.evaluate", map[string]any{"expression": expression, "awaitPromise": true, "returnByValue": true}, &r)
	require.Empty(b.t, r.ExceptionDetails, expression)
	if result != nil {
		require.NoError(b.t, json.Unmarshal(r.Result.Value, result), "%s: %s", expression, r.Result.Value)
	}
}

// refreshed waits until the page has been brought up to date once more.
func (b *browser) refreshed() {
	b.t.Helper()
	b.eval(`new Promise((done) => {
		const watch = new MutationObserver(() => { watch.disconnect(); done(true); });
		watch.observe(document.getElementById("status"), {childList: true, characterData: true, subtree: true});
	})`, nil)
}

// shoot writes a picture of the whole page to the folder that ASYNCGO_SCREENSHOTS names, if
// it names one: so the pictures in docs/img are made.
func (b *browser) shoot(name string) {
	b.t.Helper()
	folder := os.Getenv("ASYNCGO_SCREENSHOTS")
	if folder == "" {
		return
	}
	var shot struct{ Data []byte }
	b.call("Page.captureScreenshot", map[string]any{"format": "png", "captureBeyondViewport": true}, &shot)
	require.NoError(b.t, os.WriteFile(filepath.Join(folder, name+".png"), shot.Data, 0o600))
}

// fine requires that the page has had no error.
func (b *browser) fine() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	require.Empty(b.t, b.errors)
}
