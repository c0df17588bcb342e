//go:build linux

package main

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/seed-1b9fde7b/asyncgo/internal/exampletest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// photo has a left half of one color and a right half of another.
func photo(width, height int) image.Image {
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			c := color.RGBA{200, 40, 40, 255}
			if x >= width/2 {
				c = color.RGBA{40, 40, 200, 255}
			}
			m.SetRGBA(x, y, c)
		}
	}
	return m
}

// bomb is a PNG of some ten kilobytes with side by side pixels, of one bit in the file and of a
// byte in memory: no part of it is wrong.
func bomb(t *testing.T, side uint32) []byte {
	t.Helper()
	var b bytes.Buffer
	b.WriteString("\x89PNG\r\n\x1a\n")
	chunk := func(name string, data []byte) {
		body := append([]byte(name), data...)
		require.NoError(t, binary.Write(&b, binary.BigEndian, uint32(len(data))))
		b.Write(body)
		require.NoError(t, binary.Write(&b, binary.BigEndian, crc32.ChecksumIEEE(body)))
	}
	head := binary.BigEndian.AppendUint32(nil, side)
	head = binary.BigEndian.AppendUint32(head, side)
	chunk("IHDR", append(head, 1, 0, 0, 0, 0))
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	row := make([]byte, 1+side/8)
	for range side {
		_, err := z.Write(row)
		require.NoError(t, err)
	}
	require.NoError(t, z.Close())
	chunk("IDAT", packed.Bytes())
	chunk("IEND", nil)
	return b.Bytes()
}

// files writes what there is to be shrunk and returns the paths.
func files(t *testing.T) (list []string) {
	t.Helper()
	dir := t.TempDir()
	add := func(name string, data []byte) {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, data, 0o600))
		list = append(list, path)
	}
	var wide, high bytes.Buffer
	require.NoError(t, jpeg.Encode(&wide, photo(640, 480), nil))
	require.NoError(t, png.Encode(&high, photo(100, 1000)))
	giant := bomb(t, 16_000) // where an int has 32 bits a larger one is refused
	require.Less(t, len(giant), 100<<10, "what it takes to fill a quarter of a gigabyte")
	add("bomb.png", giant)
	add("wide.jpg", wide.Bytes())
	add("notes.png", []byte("This is no picture."))
	add("high.png", high.Bytes())
	add("cut.png", high.Bytes()[:high.Len()/2])
	add("bomb2.png", giant)
	add("last.jpg", wide.Bytes())
	return list
}

// output runs a program and returns what it printed, and where the thumbnails are.
func output(t *testing.T, list []string, program string, args ...string) (stdout, dir string) {
	t.Helper()
	dir = t.TempDir()
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(t.Context(), program, append(append(args, "--out="+dir, "--workers=2", "--memory=128", "--timeout=60"+unit(args)), list...)...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	require.NoError(t, cmd.Run(), "%s", errs.String())
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	require.True(t, ok)
	require.Less(t, int64(usage.Maxrss), int64(200<<10), "KiB of the largest of its processes; a bomb is larger")
	return out.String(), dir
}

// unit is that of a duration, which Python does not have.
func unit(args []string) string {
	if len(args) > 0 {
		return ""
	}
	return "s"
}

// testdata/main.out is what Python prints; where there is a Python with Pillow, it says so
// itself.
func TestThePythonOriginalSaysTheSame(t *testing.T) {
	recorded, err := os.ReadFile("testdata/main.out")
	require.NoError(t, err)
	program := exampletest.Build(t)
	list := files(t)
	stdout, dir := output(t, list, program)
	require.Equal(t, string(recorded), stdout)
	check(t, dir)
	if python, err := exec.LookPath("python3"); err == nil && exec.CommandContext(t.Context(), python, "-c", "import PIL").Run() == nil {
		stdout, dir := output(t, list, python, "main.py")
		require.Equal(t, string(recorded), stdout)
		check(t, dir)
	}
}

// check looks at the thumbnails: those of the good files are there, small, and in color.
func check(t *testing.T, dir string) {
	t.Helper()
	made, err := filepath.Glob(filepath.Join(dir, "*"))
	require.NoError(t, err)
	require.Len(t, made, 3)
	for name, size := range map[string]image.Point{"wide.jpg": {128, 96}, "last.jpg": {128, 96}, "high.png": {12, 128}} {
		f, err := os.Open(filepath.Join(dir, name+".thumb.png"))
		require.NoError(t, err)
		small, err := png.Decode(f)
		require.NoError(t, err)
		require.NoError(t, f.Close())
		require.Equal(t, size, small.Bounds().Size(), name)
		r, _, b, _ := small.At(1, size.Y/2).RGBA()
		require.Greater(t, r, 2*b, "red on the left")
		r, _, b, _ = small.At(size.X-2, size.Y/2).RGBA()
		require.Greater(t, b, 2*r, "blue on the right")
	}
}
