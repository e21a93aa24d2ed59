package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// child is a process that was started here, and is ended by its own id.
type child struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	cancel context.CancelFunc
	errors string // file of its standard error
}

// killWait is how long a child may take to end after SIGTERM.
const killWait = 20 * time.Second

// start starts a program whose standard error goes to a file in dir. When ctx ends, the program is ended, too.
func start(ctx context.Context, dir, program string, args ...string) (*child, error) {
	ctx, cancel := context.WithCancel(ctx)
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = killWait
	c := &child{cmd: cmd, cancel: cancel, errors: filepath.Join(dir, "errors.log")}
	err := c.start()
	if err != nil {
		cancel()
		return nil, fmt.Errorf("starting %s: %w", filepath.Base(program), err)
	}
	return c, nil
}

func (c *child) start() error {
	log, err := os.Create(c.errors)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	c.cmd.Stderr = log
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		return err
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	c.out = bufio.NewReader(out)
	return c.cmd.Start()
}

// line returns the next line that the child prints, or why it prints no more.
func (c *child) line() (string, error) {
	line, err := c.out.ReadString('\n')
	if err != nil {
		said, _ := os.ReadFile(c.errors)
		return "", fmt.Errorf("%s ended early: %w: %s", filepath.Base(c.cmd.Path), err, said)
	}
	return strings.TrimSuffix(line, "\n"), nil
}

// stop ends the child, with SIGTERM and by the end of its input, and waits for it.
func (c *child) stop() error {
	_ = c.in.Close()
	c.cancel()
	err := c.cmd.Wait()
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

func (c *child) pid() int { return c.cmd.Process.Pid }

// cpu is the CPU time that the child has used, to the nanosecond: see clock_getcpuclockid(3) for the clock of another process.
func (c *child) cpu() (time.Duration, error) { return clock(^int32(c.pid())<<3 | processClock) }

// processClock is Linux's CPUCLOCK_SCHED: what the scheduler has given to all threads of a process.
const processClock = 2

// work is what something took.
type work struct{ cpu, wall time.Duration }

// during returns what the child used of the CPU while do ran, and how long that was.
func (c *child) during(do func() error) (work, error) { return during(c.cpu, do) }

func during(cpu func() (time.Duration, error), do func() error) (work, error) {
	before, err := cpu()
	if err != nil {
		return work{}, err
	}
	begun := time.Now()
	if err := do(); err != nil {
		return work{}, err
	}
	wall := time.Since(begun)
	after, err := cpu()
	return work{after - before, wall}, err
}

// tick is the unit of CPU times in /proc: USER_HZ, 100 a second on every architecture that Go knows.
const tick = 10 * time.Millisecond

// stat is what /proc/<pid>/stat says.
type stat struct {
	parent int
	cpu    time.Duration
}

// readStat reads proc_pid_stat(5): after the name, which is in parentheses and may hold any character, come the state, the parent
// and, as 12th and 13th, user and system time.
func readStat(pid int) (stat, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return stat{}, fmt.Errorf("reading the CPU time of a process (which needs Linux): %w", err)
	}
	fields := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))
	if len(fields) < 13 {
		return stat{}, fmt.Errorf("/proc/%d/stat has %d fields after the name", pid, len(fields))
	}
	parent, err1 := strconv.Atoi(fields[1])
	user, err2 := strconv.Atoi(fields[11])
	system, err3 := strconv.Atoi(fields[12])
	return stat{parent, time.Duration(user+system) * tick}, errors.Join(err1, err2, err3)
}

// ownCPU is the CPU time of this process, to the nanosecond.
func ownCPU() (time.Duration, error) { return clock(unix.CLOCK_PROCESS_CPUTIME_ID) }

// threadCPU is that of the thread that calls.
func threadCPU() (time.Duration, error) { return clock(unix.CLOCK_THREAD_CPUTIME_ID) }

// interrupted is how often another program took the place of the thread that calls.
func interrupted() (int64, error) {
	var u unix.Rusage
	const thread = 1 // Linux's RUSAGE_THREAD, see getrusage(2): other systems' headers have none, and say so when they are asked
	if err := unix.Getrusage(thread, &u); err != nil {
		return 0, fmt.Errorf("reading what this thread used: %w", err)
	}
	return int64(u.Nivcsw), nil //nolint:unconvert // not on every system
}

func clock(id int32) (time.Duration, error) {
	var t unix.Timespec
	if err := unix.ClockGettime(id, &t); err != nil {
		return 0, fmt.Errorf("reading a CPU time: %w", err)
	}
	return time.Duration(t.Nano()), nil
}

// familyCPU is the CPU time of a process and its children that live.
func familyCPU(pid int) (time.Duration, error) {
	s, err := readStat(pid)
	if err != nil {
		return 0, err
	}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return 0, err
	}
	total := s.cpu
	for _, e := range entries {
		id, err := strconv.Atoi(e.Name())
		if err != nil {
			continue // no process
		}
		if s, err := readStat(id); err == nil && s.parent == pid {
			total += s.cpu
		}
	}
	return total, nil
}

// resident returns how much of the child is in memory now, and how much was at most, in MiB.
func (c *child) resident() (now, most float64, err error) {
	file := fmt.Sprintf("/proc/%d/status", c.pid())
	read := func(name string) float64 {
		kib, bad := strconv.ParseFloat(strings.TrimSuffix(field(file, name, ":"), " kB"), 64)
		err = errors.Join(err, bad)
		return kib / 1024
	}
	now, most = read("VmRSS"), read("VmHWM")
	return now, most, err
}
