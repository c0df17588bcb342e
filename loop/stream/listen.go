package stream

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"strings"
	"syscall"
)

// listen is net.Listen, but for the file of a Unix socket at which no server answers
// any more: it is replaced.
func listen(ctx context.Context, cfg *net.ListenConfig, network, address string) (net.Listener, error) {
	ln, err := cfg.Listen(ctx, network, address)
	if errors.Is(err, syscall.EADDRINUSE) && network == "unix" && isStale(ctx, address) {
		if err := os.Remove(address); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		ln, err = cfg.Listen(ctx, network, address)
	}
	if ln, ok := ln.(*net.UnixListener); ok {
		ln.SetUnlinkOnClose(false) // it would remove what has replaced it, too
	}
	return ln, err
}

// isStale reports whether the socket at path is one that a server has left behind.
func isStale(ctx context.Context, path string) bool {
	info, err := os.Lstat(path)
	if err != nil || info.Mode()&fs.ModeSocket == 0 {
		return false
	}
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", path)
	if err == nil {
		_ = conn.Close() // it has told what was asked
	}
	return errors.Is(err, syscall.ECONNREFUSED)
}

// A socketFile is the file of a Unix socket, as it was when the server began.
type socketFile struct {
	path string
	info os.FileInfo
}

func socketOf(ln net.Listener) *socketFile {
	addr, ok := ln.Addr().(*net.UnixAddr)
	if !ok || addr.Name == "" || strings.HasPrefix(addr.Name, "@") { // those have no file
		return nil
	}
	info, err := os.Lstat(addr.Name)
	if err != nil {
		return nil
	}
	return &socketFile{addr.Name, info}
}

// remove removes the file, unless another one is in its place by now.
func (f *socketFile) remove() {
	if f == nil {
		return
	}
	if info, err := os.Lstat(f.path); err == nil && os.SameFile(info, f.info) {
		_ = os.Remove(f.path) // it is as good as gone
	}
}
