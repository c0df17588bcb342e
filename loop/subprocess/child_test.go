package subprocess_test

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"time"
)

// children are the programs that the tests run: this test binary plays them, for it is
// there on every system.
var children map[string]func(args []string) int

func init() {
	children = map[string]func(args []string) int{
		"cat": func([]string) int {
			data, _ := io.ReadAll(os.Stdin)
			_, _ = os.Stdout.Write(data)
			return 0
		},
		"count": func([]string) int {
			data, _ := io.ReadAll(os.Stdin)
			fmt.Println(len(data))
			return 0
		},
		"block": func([]string) int {
			fmt.Println("ready")
			time.Sleep(time.Hour)
			return 0
		},
		"stubborn": func([]string) int {
			signal.Ignore(terminating...)
			fmt.Println("ready")
			time.Sleep(time.Hour)
			return 0
		},
		"polite": func([]string) int {
			asked := make(chan os.Signal, 1)
			signal.Notify(asked, terminating...)
			fmt.Println("ready")
			<-asked
			fmt.Println("cleaned up")
			return 3
		},
		"exit": func(args []string) int {
			code, _ := strconv.Atoi(args[0])
			return code
		},
		"print": func(args []string) int {
			fmt.Print(args[0])
			fmt.Fprint(os.Stderr, args[1])
			return 0
		},
		"env": func(args []string) int {
			fmt.Print(os.Getenv(args[0]))
			return 0
		},
		"where": func([]string) int {
			dir, _ := os.Getwd()
			fmt.Print(dir)
			return 0
		},
		"flood": func(args []string) int {
			n, _ := strconv.Atoi(args[0])
			_, _ = io.WriteString(os.Stdout, strings.Repeat("x", n))
			return 1
		},
		// family starts another child, which has the same standard output, and then is
		// that child itself.
		"family": func(args []string) int {
			cmd := exec.Command(os.Args[0], append([]string{"as"}, args...)...)
			cmd.Stdout = os.Stdout
			if err := cmd.Start(); err != nil {
				return 1
			}
			return children[args[0]](args[1:])
		},
		// orphan starts another child and exits.
		"orphan": func(args []string) int {
			cmd := exec.Command(os.Args[0], append([]string{"as"}, args...)...)
			cmd.Stdout = os.Stdout
			if err := cmd.Start(); err != nil {
				return 1
			}
			return 0
		},
		"read": func([]string) int { // one byte of descriptor 3
			_, _ = os.NewFile(3, "three").Read(make([]byte, 1))
			return 0
		},
		"open": func([]string) int {
			data, err := os.ReadFile("/dev/stdin")
			if err != nil {
				return 1
			}
			fmt.Println(len(data))
			return 0
		},
	}
}

// as returns the command that plays a child.
func as(child string, args ...string) (name string, all []string) {
	return os.Args[0], append([]string{"as", child}, args...)
}
